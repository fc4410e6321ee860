"""How does one comparison read in SQL, the same on SQLite and PostgreSQL?

Every test here is two-valued: a column that is null fails it, so that NOT turns any test around. ``=`` and LIKE are
exact about case; ``~`` and ILIKE are not. ``column`` is always SQL text of ours.
"""

import math
from collections.abc import Callable

from runs.limits import INDEXED_TEXT
from runs.query_language.sql import Sql, all_of, any_of, listed, opposite, value
from runs.query_language.times import Interval, interval, length_interval
from runs.query_language.tree import Number, Op, Range, Value, Word

NEGATIVE: dict[Op, Op] = {
    Op.NOT_EQUAL: Op.EQUAL,
    Op.NOT_IN: Op.IN,
    Op.NOT_LIKE: Op.LIKE,
    Op.NOT_ILIKE: Op.ILIKE,
}
_SIGN = {Op.LESS: "<", Op.LESS_EQUAL: "<=", Op.GREATER: ">", Op.GREATER_EQUAL: ">="}
EXACT_INTEGER = 2**53


def text_of(given: Value) -> str:
    """The spelling of a value that is compared as text."""
    return given.text if isinstance(given, Word | Number) else str(given)


def text_test(column: str, op: Op, values: tuple[Value, ...], *, postgres: bool) -> Sql:
    """A text column that holds whole texts."""
    match op:
        case Op.EQUAL | Op.IN if not any(isinstance(given, Range) for given in values):
            texts = [text_of(given) for given in values]
            return f"{column} = " + value(texts[0]) if len(texts) == 1 else f"{column} IN " + listed(texts)
        case Op.EQUAL | Op.IN:
            return any_of(_text_range(column, given) for given in values)
        case Op.LIKE | Op.ILIKE | Op.CONTAINS:
            return pattern_test(column, op, text_of(values[0]), postgres)
        case Op.LESS | Op.LESS_EQUAL | Op.GREATER | Op.GREATER_EQUAL:
            return f"{column} {_SIGN[op]} " + value(text_of(values[0]))
    return all_of([Sql(f"{column} IS NOT NULL"), opposite(text_test(column, NEGATIVE[op], values, postgres=postgres))])


def _text_range(column: str, given: Value) -> Sql:
    if not isinstance(given, Range):
        return f"{column} = " + value(text_of(given))
    ends = [(">=", given.low), ("<=", given.high)]
    return all_of(f"{column} {sign} " + value(text_of(end)) for sign, end in ends if end is not None)


def pattern_test(column: str, op: Op, text: str, postgres: bool) -> Sql:
    """LIKE and ``~``. SQLite's own LIKE ignores the case of ASCII only; GLOB is exact, `studio_lower` knows Unicode."""
    if op is Op.CONTAINS:
        lowered = text.lower()
        if postgres:
            return f"strpos(lower({column}), " + value(lowered) + ") > 0"
        return f"instr(studio_lower({column}), " + value(lowered) + ") > 0"
    if postgres:
        # ESCAPE '': a backslash stands for itself, as it does in MLflow on SQLite.
        return f"{column} {'LIKE' if op is Op.LIKE else 'ILIKE'} " + value(text) + " ESCAPE ''"
    if op is Op.LIKE:
        return f"{column} GLOB " + value(as_glob(text))
    return f"studio_lower({column}) GLOB " + value(as_glob(text.lower()))


def as_glob(pattern: str) -> str:
    """A LIKE pattern as SQLite's GLOB has it."""
    return "".join({"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}.get(char, char) for char in pattern)


def is_exact_number(number: Number) -> bool:
    """Whether a double tells it from its neighbours (a long numeric id it does not: that is compared as text)."""
    return math.isfinite(number.value) and (abs(number.value) < EXACT_INTEGER or not number.text.lstrip("+-").isdigit())


def attribute_test(alias: str, op: Op, values: tuple[Value, ...], *, postgres: bool) -> Sql:
    """A tag, parameter or property: ``num`` when the value is a number, else ``txt`` (its first 250) and ``long``."""
    if op in NEGATIVE:
        positive = attribute_test(alias, NEGATIVE[op], values, postgres=postgres)
        if "num" in positive.text:  # null for what is no number: it differs from every number
            positive = "COALESCE(" + positive + ", 1=0)"
        return all_of([Sql(f"{alias}.txt IS NOT NULL"), opposite(positive)])
    if op in (Op.LIKE, Op.ILIKE, Op.CONTAINS):
        return text_test(f"COALESCE({alias}.long, {alias}.txt)", op, values, postgres=postgres)
    return any_of(_attribute_compared(alias, op, given) for given in values)


def _attribute_compared(alias: str, op: Op, given: Value) -> Sql:
    if isinstance(given, Range):
        ends = [(_SIGN[Op.GREATER_EQUAL], given.low), (_SIGN[Op.LESS_EQUAL], given.high)]
        present = [(sign, end) for sign, end in ends if end is not None]
        if all(isinstance(end, Number) and is_exact_number(end) for _, end in present):
            return all_of(f"{alias}.num {sign} " + value(_double(end)) for sign, end in present)
        return all_of(_long_text(alias, sign, text_of(end)) for sign, end in present)
    if isinstance(given, Number) and (is_exact_number(given) or op in _SIGN):
        return f"{alias}.num {_SIGN.get(op, '=')} " + value(given.value)
    return _long_text(alias, _SIGN.get(op, "="), text_of(given))


def _long_text(alias: str, sign: str, text: str) -> Sql:
    """Found through the index on the first 250 characters, then rechecked where those do not decide."""
    if len(text) < INDEXED_TEXT:
        return f"{alias}.txt {sign} " + value(text)
    whole = f"COALESCE({alias}.long, {alias}.txt) {sign} " + value(text)
    if sign == "=":
        return all_of([f"{alias}.txt = " + value(text[:INDEXED_TEXT]), whole])
    return all_of([f"{alias}.txt {sign[0]}= " + value(text[:INDEXED_TEXT]), whole])


def number_test(column: str, op: Op, values: tuple[Value, ...], is_nan: Callable[[], Sql] | None) -> Sql:
    """A column of numbers in which NaN is kept as null; ``is_nan`` tells such a null from a missing value."""
    nan = is_nan() if is_nan is not None else None
    if op in NEGATIVE:
        positive = number_test(column, NEGATIVE[op], values, is_nan)
        held = Sql(f"{column} IS NOT NULL") if nan is None else any_of([Sql(f"{column} IS NOT NULL"), nan])
        return all_of([held, opposite("COALESCE(" + positive + ", 1=0)")])
    return any_of(_number_compared(column, op, given, nan) for given in values)


def _number_compared(column: str, op: Op, given: Value, nan: Sql | None) -> Sql:
    if isinstance(given, Range):
        ends = [(">=", given.low), ("<=", given.high)]
        return all_of(f"{column} {sign} " + value(_double(end)) for sign, end in ends if isinstance(end, Number))
    number = _double(given)
    if math.isnan(number):
        return nan if nan is not None and op in (Op.EQUAL, Op.IN) else Sql("1=0")
    return f"{column} {_SIGN.get(op, '=')} " + value(number)


def _double(given: Value) -> float:
    return given.value if isinstance(given, Number) else float("nan")


def time_test(column: str, op: Op, values: tuple[Value, ...], now_ms: int) -> Sql:
    """A column of moments (ms since 1970)."""
    return _interval_test(column, op, [interval(op, given, now_ms) for given in values])


def duration_test(column: str, op: Op, values: tuple[Value, ...]) -> Sql:
    """An expression that gives a length of time in ms."""
    return _interval_test(column, op, [length_interval(op, given) for given in values])


def _interval_test(column: str, op: Op, intervals: list[Interval]) -> Sql:
    inside = any_of(_within(column, low, high) for low, high in intervals)
    test = opposite(inside) if op in NEGATIVE else inside
    return all_of([Sql(f"{column} IS NOT NULL"), test])


def _within(column: str, low: int | None, high: int | None) -> Sql:
    tests = [f"{column} >= " + value(low)] if low is not None else []
    if high is not None:
        tests.append(f"{column} < " + value(high))
    return all_of(tests)

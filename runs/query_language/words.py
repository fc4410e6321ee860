"""How does one say a query in plain English? For chips, page titles, a view's summary and alert mails.

Nothing is abbreviated: ``created in the last 7 days``, ``lowest val_loss below 0.12``.
"""

from datetime import UTC, datetime, timedelta

from runs.query_language.fields import Kind, row_of
from runs.query_language.tree import (
    Age,
    Aggregate,
    And,
    Condition,
    Day,
    Family,
    Field,
    Flag,
    Me,
    Moment,
    Node,
    Not,
    Number,
    Op,
    Or,
    Precision,
    Range,
    StatusSet,
    Text,
    Unit,
    Value,
    Word,
)

_AGGREGATES = {
    Aggregate.LAST: "{}",
    Aggregate.MIN: "lowest {}",
    Aggregate.MAX: "highest {}",
    Aggregate.FIRST: "first {}",
    Aggregate.COUNT: "number of {} points",
}
_NUMERIC = {Op.LESS: "below", Op.LESS_EQUAL: "at most", Op.GREATER: "above", Op.GREATER_EQUAL: "at least"}
_DATED = {Op.LESS: "before", Op.LESS_EQUAL: "up to", Op.GREATER: "after", Op.GREATER_EQUAL: "from"}
# said plainly, and turned around
_VERBS = {
    Op.EQUAL: ("is", "is not"),
    Op.NOT_EQUAL: ("is not", "is"),
    Op.IN: ("is", "is not"),
    Op.NOT_IN: ("is not", "is"),
    Op.CONTAINS: ("contains", "does not contain"),
    Op.LIKE: ("is like", "is not like"),
    Op.NOT_LIKE: ("is not like", "is like"),
    Op.ILIKE: ("is like (in any case)", "is not like (in any case)"),
    Op.NOT_ILIKE: ("is not like (in any case)", "is like (in any case)"),
}
_MONTHS = ("January February March April May June July August September October November December").split()
_UNITS = {
    Unit.MILLISECOND: "millisecond",
    Unit.SECOND: "second",
    Unit.MINUTE: "minute",
    Unit.HOUR: "hour",
    Unit.DAY: "day",
    Unit.WEEK: "week",
}


def to_words(node: Node | None) -> str:
    """The tree as a phrase without a full stop, such as ``status is Failed and loss below 0.3``."""
    match node:
        case None:
            return "all runs"
        case And(parts):
            return " and ".join(_inner(part) for part in parts)
        case Or(parts):
            return " or ".join(_inner(part) for part in parts)
        case Not(part):
            return _opposite(part)
        case Text(text):
            return f"mentions “{text}”"
    return _condition(node)


def field_words(field: Field) -> str:
    """How a sentence or a column heading calls the field: ``lowest val_loss``, ``parameter lr``, ``status``."""
    if field.family is Family.METRIC:
        return _AGGREGATES[field.aggregate].format(field.key)
    row = row_of(field)
    return row.words if field.family is Family.ATTRIBUTE else f"{row.words} {field.key}"


def _inner(node: Node) -> str:
    return f"({to_words(node)})" if isinstance(node, And | Or) else to_words(node)


def _opposite(node: Node) -> str:
    match node:
        case Text(text):
            return f"does not mention “{text}”"
        case Condition(field, Op.EXISTS):
            return _condition(Condition(field, Op.MISSING))
        case Condition(field, Op.MISSING):
            return _condition(Condition(field, Op.EXISTS))
        case Condition(_, op, (Flag(yes),)) if op is Op.EQUAL:
            return _condition(Condition(node.field, op, (Flag(not yes),)))
        case Condition() if row_of(node.field).kind not in (Kind.TIME, Kind.DURATION) and node.op in _VERBS:
            return f"{_verbed(node, 1)}{_or_absent(node)}"
    return f"not ({to_words(node)})"


def _or_absent(condition: Condition) -> str:
    """`Not` also finds runs without the value: said where that is news."""
    nullable = condition.field.family is not Family.ATTRIBUTE and condition.op in (Op.EQUAL, Op.IN)
    return " or is absent" if nullable else ""


def _condition(condition: Condition) -> str:
    field, op = condition.field, condition.op
    name, kind = field_words(field), row_of(field).kind
    if op in (Op.EXISTS, Op.MISSING):
        return f"has {'no ' if op is Op.MISSING else ''}{name}"
    if kind is Kind.FLAG:
        return f"{'' if condition.value == Flag(True) else 'not '}{name}"
    if kind is Kind.TIME:
        return f"{name} {_when(condition)}"
    if op in _NUMERIC:
        return f"{name} {_NUMERIC[op]} {value_words(condition.value)}"
    return _verbed(condition, 0)


def _verbed(condition: Condition, turned: int) -> str:
    values = _or([value_words(value) for value in condition.values])
    return f"{field_words(condition.field)} {_VERBS[condition.op][turned]} {values}"


def _when(condition: Condition) -> str:
    match condition.op, condition.values:
        case ((Op.LESS | Op.LESS_EQUAL), (Age() as age,)):
            return f"more than {value_words(age)} ago"
        case ((Op.GREATER | Op.GREATER_EQUAL), (Age() as age,)):
            return f"in the last {value_words(age)}"
        case op, (value,) if op in _DATED:
            return f"{_DATED[op]} {value_words(value)}"
    periods = _or([_period(value) for value in condition.values])
    return f"not {periods}" if condition.op in (Op.NOT_EQUAL, Op.NOT_IN) else periods


def _period(value: Value) -> str:
    match value:
        case Age():
            return f"in the last {value_words(value)}"
        case Range(low, None) if low is not None:
            return f"from {value_words(low)}{' ago' * isinstance(low, Age)}"
        case Range(low, high):
            return _range(low, high, " ago" if isinstance(low or high, Age) else "")
        case Moment(_, precision):
            preposition = {Precision.YEAR: "in", Precision.MONTH: "in", Precision.DAY: "on"}.get(precision, "at")
            return f"{preposition} {value_words(value)}"
    return value_words(value)


def value_words(value: Value) -> str:
    """A value as a sentence says it."""
    match value:
        case Word(text):
            return f"“{text}”" if not text or any(character.isspace() for character in text) else text
        case Number(text):
            return text
        case StatusSet(word):
            return word
        case Flag(yes):
            return "yes" if yes else "no"
        case Moment():
            return _moment(value)
        case Day(back):
            return "yesterday" if back else "today"
        case Age(count, unit):
            return f"{count:,} {_UNITS[unit]}{'' if count == 1 else 's'}"
        case Me():
            return "me"
        case Range(low, high):
            return _range(low, high)


def _range(low: Value | None, high: Value | None, after: str = "") -> str:
    first, last = (None if end is None else value_words(end) + after for end in (low, high))
    if first is None:
        return f"up to {last}"
    return f"{first} or more" if last is None else f"between {first} and {last}"


def _moment(moment: Moment) -> str:
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment.ms)
    month = f"{_MONTHS[when.month - 1]} {when.year}"
    match moment.precision:
        case Precision.YEAR:
            return str(when.year)
        case Precision.MONTH:
            return month
        case Precision.DAY:
            return f"{when.day} {month}"
        case Precision.MINUTE:
            return f"{when.day} {month}, {when:%H:%M} UTC"
    return f"{when.day} {month}, {when:%H:%M:%S} UTC"


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"

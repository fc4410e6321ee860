"""Hypothesis strategies for every tree that a query can mean, for the tests that hold for all of them."""

from hypothesis import strategies as st

from runs.query_language.fields import DATASET_KEYS, FAMILY_ROWS, ROWS, STATUS_BY_EXACT_WORD, STATUS_BY_WORD, Kind, Row
from runs.query_language.times import LATEST, parse_moment
from runs.query_language.tree import (
    Age,
    Aggregate,
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
    Precision,
    Range,
    Scalar,
    Text,
    Unit,
    Value,
    Word,
    conjunction,
    disjunction,
)
from runs.query_language.values import PATTERN_OPERATORS

TRICKY = ["and", "NOT", "in", "me", "null", "a..b", "1..2", "1e-3", "nan", "7d", "-x", "--x", 'say "hi"', "C:\\dir\\",
          "don't", "`tick`", "tag.x", "min(metric.x)", "has:x", "status:failed", "a,b", "(", "lİke",
          ")", "größe", "日本", "a\nb"]  # fmt: skip
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
WRITTEN = st.one_of(st.sampled_from(TRICKY), st.text(CHARACTERS, max_size=20))
FILLED = WRITTEN.filter(lambda text: bool(text.strip()))
FINITE = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.sampled_from(["1e-3", "-.5", "+7", "1."])
AGES = st.builds(Age, st.integers(0, 999_999_999), st.sampled_from(Unit))
DATES = st.dates().filter(lambda day: day.year >= 1970)


def _moments() -> st.SearchStrategy[Moment]:
    exact = st.builds(Moment, st.integers(0, LATEST), st.just(Precision.MILLISECOND))
    seconds = st.integers(0, LATEST // 1000).map(lambda second: Moment(second * 1000, Precision.SECOND))
    minutes = st.integers(0, LATEST // 60_000).map(lambda minute: Moment(minute * 60_000, Precision.MINUTE))
    dates = st.builds(lambda day, length: parse_moment(day.isoformat()[:length]), DATES, st.sampled_from([4, 7, 10]))
    return exact | seconds | minutes | dates.filter(lambda moment: isinstance(moment, Moment))  # type: ignore[return-value]


TIMES = AGES | _moments() | st.sampled_from([Day(0), Day(1)])


def _scalars(kind: Kind) -> st.SearchStrategy[Scalar]:
    return {
        Kind.STATUS: st.sampled_from([*STATUS_BY_EXACT_WORD.values(), *STATUS_BY_WORD.values()]),
        Kind.TIME: TIMES,
        Kind.DURATION: AGES,
        Kind.FLAG: st.booleans().map(Flag),
        Kind.NUMBER: st.one_of(FINITE, st.sampled_from(["nan", "inf", "-inf"])).map(Number),
        Kind.MIXED: WRITTEN.map(Word) | FINITE.map(Number),
        Kind.PERSON: WRITTEN.map(Word) | st.just(Me()),
    }.get(kind, WRITTEN.map(Word))


def _ranges(kind: Kind) -> st.SearchStrategy[Value]:
    if kind is Kind.TIME:
        return st.builds(Range, TIMES, st.none()) | st.builds(Range, st.none(), TIMES)
    if kind is Kind.DURATION:
        return st.tuples(AGES, AGES).map(lambda ends: Range(*sorted(ends, key=lambda age: age.ms)))
    return st.tuples(FINITE, FINITE).map(lambda ends: Range(*map(Number, sorted(ends, key=float))))


@st.composite
def fields(draw: st.DrawFn) -> tuple[Field, Row]:
    """Any field there is, with its row."""
    row = draw(st.sampled_from([*ROWS, *FAMILY_ROWS]))
    if row.family is Family.ATTRIBUTE:
        return Field(Family.ATTRIBUTE, row.name), row
    key = draw(st.sampled_from(DATASET_KEYS) if row.family is Family.DATASET else FILLED)
    aggregate = draw(st.sampled_from(Aggregate)) if row.family is Family.METRIC else Aggregate.LAST
    return Field(row.family, key, aggregate), row


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """Any condition in its canonical form."""
    field, row = draw(fields())
    operators = row.kind.operators - {Op.NOT_EQUAL} if row.kind is Kind.FLAG else row.kind.operators
    op = draw(st.sampled_from(sorted(operators)))
    if op in (Op.EXISTS, Op.MISSING):
        return Condition(field, op)
    if op in PATTERN_OPERATORS:
        return Condition(field, op, (Word(draw(WRITTEN.filter(bool))),))
    if op in (Op.IN, Op.NOT_IN):
        return Condition(field, op, tuple(draw(st.lists(_scalars(row.kind), min_size=2, max_size=4, unique=True))))
    ranged = row.kind in (Kind.TIME, Kind.DURATION, Kind.NUMBER, Kind.MIXED) and op in (Op.EQUAL, Op.NOT_EQUAL)
    value = draw(_scalars(row.kind) | _ranges(row.kind) if ranged else _scalars(row.kind))
    if op not in (Op.EQUAL, Op.NOT_EQUAL) and value == Number("nan"):
        value = Number("0")
    return Condition(field, op, (value,))


def nodes() -> st.SearchStrategy[Node]:
    """Any tree."""
    leaves = conditions() | FILLED.map(Text)
    return st.recursive(leaves, _branches, max_leaves=12)


def _branches(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=4)
    return several.map(conjunction) | several.map(disjunction) | parts.map(Not)

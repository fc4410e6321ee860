"""What does a query say, once read? Plain frozen values that every reader of a query walks.

Comparing operators, also the negative ones (``!=``, ``NOT IN``, ``NOT LIKE``), hold only for a run that *has* the
value, as in SQL and MLflow; `Not` turns any part around, so ``NOT tag.a = 1`` also finds runs without the tag.
``span`` is where a part stands in the text it was read from, as 0-based columns; it takes no part in equality.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from runs.statuses import Status


class Family(StrEnum):
    """Whose name a field's key is: one of the run's own attributes, or a name that its logger chose."""

    ATTRIBUTE = "attribute"
    TAG = "tag"
    PARAM = "param"
    METRIC = "metric"
    PROPERTY = "property"
    DATASET = "dataset"


class Aggregate(StrEnum):
    """Which number of a metric's series is meant."""

    LAST = "last"
    MIN = "min"
    MAX = "max"
    FIRST = "first"
    COUNT = "count"


class Op(StrEnum):
    """How a field is compared; the text is the canonical spelling."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="
    CONTAINS = "~"
    LIKE = "LIKE"
    NOT_LIKE = "NOT LIKE"
    ILIKE = "ILIKE"
    NOT_ILIKE = "NOT ILIKE"
    IN = "IN"
    NOT_IN = "NOT IN"
    MISSING = "IS NULL"
    EXISTS = "IS NOT NULL"


class Unit(StrEnum):
    """A unit of time as people write it after a number."""

    MILLISECOND = "ms"
    SECOND = "s"
    MINUTE = "m"
    HOUR = "h"
    DAY = "d"
    WEEK = "w"

    @property
    def ms(self) -> int:
        """Its length in milliseconds."""
        return _UNIT_MS[self]


_UNIT_MS = {
    Unit.MILLISECOND: 1,
    Unit.SECOND: 1_000,
    Unit.MINUTE: 60_000,
    Unit.HOUR: 3_600_000,
    Unit.DAY: 86_400_000,
    Unit.WEEK: 604_800_000,
}


class Precision(StrEnum):
    """How exactly a moment was written: ``2026-11-23`` stands for the whole day."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    MINUTE = "minute"
    SECOND = "second"
    MILLISECOND = "millisecond"


@dataclass(frozen=True, slots=True)
class Field:
    """What is compared. For an attribute ``key`` is a name of `fields.ROWS`; ``aggregate`` counts on metrics only."""

    family: Family
    key: str
    aggregate: Aggregate = Aggregate.LAST


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written (``1e-3``), so that text columns can compare the spelling; NaN and ±Inf on metrics only."""

    text: str

    @property
    def value(self) -> float:
        """The number itself."""
        return float(self.text)


@dataclass(frozen=True, slots=True)
class Word:
    """Text to compare exactly; a pattern with ``%`` and ``_`` after LIKE and ILIKE."""

    text: str


@dataclass(frozen=True, slots=True)
class StatusSet:
    """One state or a group of states. ``word`` is its canonical spelling: ``Failed``, or a group such as ``ended``."""

    word: str
    statuses: tuple[Status, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    value: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: where the written period begins, in ms since 1970 (UTC), and how long a period it names."""

    ms: int
    precision: Precision


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day (UTC) counted back from now: 0 is today, 1 yesterday."""

    back: int


@dataclass(frozen=True, slots=True)
class Age:
    """A length of time: how long ago on dates, how long on durations."""

    count: int
    unit: Unit

    @property
    def ms(self) -> int:
        """Its length in milliseconds."""
        return self.count * self.unit.ms


@dataclass(frozen=True, slots=True)
class Me:
    """Whoever asks."""


Scalar = Number | Word | StatusSet | Flag | Moment | Day | Age | Me


@dataclass(frozen=True, slots=True)
class Range:
    """From ``low`` to ``high``, both included; None is open. At least one end is given."""

    low: Scalar | None
    high: Scalar | None


Value = Scalar | Range
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Condition:
    """``field op values``: no value for MISSING and EXISTS, one or more for IN and NOT_IN, exactly one otherwise."""

    field: Field
    op: Op
    values: tuple[Value, ...] = ()
    span: Span = dataclasses.field(default=(0, 0), compare=False, repr=False)

    @property
    def value(self) -> Value:
        """The only value of an operator that takes one."""
        return self.values[0]


@dataclass(frozen=True, slots=True)
class Text:
    """Free text to look for anywhere in a run, as one case-insensitive substring."""

    text: str
    span: Span = dataclasses.field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a part."""

    part: "Node"
    span: Span = dataclasses.field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts, none of which is itself an And."""

    parts: tuple["Node", ...]
    span: Span = dataclasses.field(default=(0, 0), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more parts, none of which is itself an Or."""

    parts: tuple["Node", ...]
    span: Span = dataclasses.field(default=(0, 0), compare=False, repr=False)


Node = And | Or | Not | Condition | Text


def conjunction(parts: list[Node], span: Span = (0, 0)) -> Node:
    """All of ``parts`` (one or more) as one flat node."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat), span)


def disjunction(parts: list[Node], span: Span = (0, 0)) -> Node:
    """Any of ``parts`` (one or more) as one flat node."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat), span)


def respan(node: Node, span: Span) -> Node:
    """The same node, standing at ``span``."""
    return dataclasses.replace(node, span=span)


def leaves(node: Node | None) -> Iterator[Condition | Text]:
    """Every condition and free text of a tree, from left to right."""
    waiting: list[Node] = [] if node is None else [node]
    while waiting:
        part = waiting.pop()
        match part:
            case And(parts) | Or(parts):
                waiting.extend(reversed(parts))
            case Not(inner):
                waiting.append(inner)
            case _:
                yield part


def fields_used(node: Node | None) -> tuple[Field, ...]:
    """The fields a tree speaks of, each once, in the order they first appear."""
    return tuple(dict.fromkeys(leaf.field for leaf in leaves(node) if isinstance(leaf, Condition)))

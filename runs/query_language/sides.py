"""Which rows of a side table does a condition on a tag, parameter, property or metric mean? Does an index hold them?"""

from dataclasses import dataclass

from runs.query_language.comparing import attribute_test, number_test
from runs.query_language.sql import TRUE, Sql
from runs.query_language.tree import Aggregate, Condition, Family, Op, Range, Value

METRIC_COLUMN = {
    Aggregate.LAST: "last",
    Aggregate.MIN: "low",
    Aggregate.MAX: "high",
    Aggregate.FIRST: "first",
    Aggregate.COUNT: "count",
}
INDEXED_AGGREGATES = frozenset({Aggregate.LAST, Aggregate.MIN, Aggregate.MAX})
_POSITIVE_INDEXED = frozenset({Op.EQUAL, Op.IN, Op.LESS, Op.LESS_EQUAL, Op.GREATER, Op.GREATER_EQUAL, Op.EXISTS})


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A name that runs of the scope use: its number, and on how many runs it stands (all lifecycles)."""

    id: int
    n: int


@dataclass(frozen=True, slots=True)
class Side:
    """A condition on a side table's row ``x``: which table and key, and the test of its value.

    ``indexed``: the test is a range of an index led by (experiment, key). ``ordered``: that range is one value, so
    inside an experiment it comes in run order.
    """

    table: str
    key_id: int
    n: int
    test: Sql
    indexed: bool
    ordered: bool


def side_of(condition: Condition, known: KnownKey, postgres: bool) -> Side:
    """The side-table form of a condition on a tag, parameter, property or metric (MISSING reads as EXISTS)."""
    op, values = condition.op, condition.values
    present = op in (Op.EXISTS, Op.MISSING)
    single = op in (Op.EQUAL, Op.IN) and len(values) == 1 and not isinstance(values[0], Range)
    if condition.field.family is Family.METRIC:
        aggregate = condition.field.aggregate
        test = _metric_presence(aggregate) if present else _metric_test(aggregate, op, values)
        indexed = aggregate in INDEXED_AGGREGATES and op in _POSITIVE_INDEXED and "flag" not in test.text
        return Side("runs_runmetric", known.id, known.n, test, indexed, single and indexed)
    test = TRUE if present else attribute_test("x", op, values, postgres=postgres)
    indexed = op in _POSITIVE_INDEXED or op is Op.MISSING
    return Side("runs_runattr", known.id, known.n, test, indexed, single)


def _metric_presence(aggregate: Aggregate) -> Sql:
    if aggregate in (Aggregate.MIN, Aggregate.MAX):
        return Sql(f"x.{METRIC_COLUMN[aggregate]} IS NOT NULL")
    return TRUE


def _metric_test(aggregate: Aggregate, op: Op, values: tuple[Value, ...]) -> Sql:
    nan = {Aggregate.LAST: Sql("x.flag = 1"), Aggregate.FIRST: Sql("x.first IS NULL")}.get(aggregate)
    return number_test(f"x.{METRIC_COLUMN[aggregate]}", op, values, None if nan is None else lambda: nan)

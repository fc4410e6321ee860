"""What does a run sort by, and which index holds that order? Sort keys as SQL; missing values last, ids break ties."""

from dataclasses import dataclass, replace

from runs.query_language.order import SortKey
from runs.query_language.predicates import Reader, key_name
from runs.query_language.sides import INDEXED_AGGREGATES, METRIC_COLUMN, KnownKey
from runs.query_language.sql import Sql, all_of, any_of, value
from runs.query_language.tree import Condition, Family, Field, Op
from runs.reading.cursors import Cursor, Place

_NAMES = {"experiment": "runs_experiment", "submitter": "runs_submitter", "compute": "runs_compute"}
_INDEXED_COLUMNS = frozenset({"started", "name"})


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of an order that an index led by the experiment holds: ``column`` of ``table x`` where ``test``."""

    table: str
    run: str
    column: str
    test: Sql

    def rows(self, experiment: Sql, place: tuple[Place, int] | None, descending: bool) -> Sql:
        """FROM and WHERE of one experiment's stretch, beyond ``place`` (a value and a run id)."""
        body = f"FROM {self.table} x WHERE x.experiment_id = " + experiment + " AND " + self.test
        if place is None:
            return body
        sign = "<" if descending else ">"
        return body + f" AND ({self.column}, {self.run}) {sign} (" + value(place[0]) + ", " + value(place[1]) + ")"


@dataclass(frozen=True, slots=True)
class Order:
    """A sort as SQL: an expression on ``r`` for each value a run sorts by, and its direction.

    ``columns`` are those of ``r`` that they read. ``stages`` stand one for each expression where one index after the
    other gives the whole order; ``key`` is the interned name, if the order is that of one.
    """

    expressions: tuple[Sql, ...]
    descending: tuple[bool, ...]
    columns: frozenset[str] = frozenset()
    stages: tuple[Stage, ...] = ()
    key: KnownKey | None = None

    @property
    def held(self) -> int:
        """How many runs at most have the value, where a counter tells; else very many."""
        return self.key.n if self.key is not None else 10**12

    def is_down(self, back: bool) -> bool:
        """Whether the first key falls when reading forwards (backwards with ``back``)."""
        return self.descending[0] != back


def order_of(sort: tuple[SortKey, ...], reader: Reader) -> Order:
    """The sort in SQL. ``reader`` remembers the columns of ``r`` that it needs."""
    expressions: list[Sql] = []
    directions: list[bool] = []
    for key in sort:
        values = _values(key.field, reader)
        expressions += values
        directions += [key.descending] * len(values)
    order = Order(tuple(expressions), tuple(directions), frozenset(reader.columns))
    if len(sort) > 1:
        return order
    known = _known(sort[0].field, reader)
    return replace(order, stages=_stages(sort[0].field, known), key=known)


def number_of_values(sort: tuple[SortKey, ...], reader: Reader) -> int:
    """How many values a run sorts by: two for a parameter, tag or property (its number, its text), else one."""
    return len(order_of(sort, reader).expressions)


def _known(field: Field, reader: Reader) -> KnownKey | None:
    name = key_name(Condition(field, Op.EXISTS))
    return reader.keys.get(name) if name is not None else None


def _stages(field: Field, known: KnownKey | None) -> tuple[Stage, ...]:
    if field.family is Family.ATTRIBUTE:
        column = f"x.{field.key}"
        held = Sql(f"{column} IS NOT NULL")
        return (Stage("runs_run", "x.id", column, held),) if field.key in _INDEXED_COLUMNS else ()
    if known is None:
        return ()
    key = "x.key_id = " + value(known.id) + " AND "
    if field.family is Family.METRIC:
        column = f"x.{METRIC_COLUMN[field.aggregate]}"
        stage = Stage("runs_runmetric", "x.run_id", column, key + f"{column} IS NOT NULL")
        return (stage,) if field.aggregate in INDEXED_AGGREGATES else ()
    return (
        Stage("runs_runattr", "x.run_id", "x.num", key + "x.num IS NOT NULL"),
        Stage("runs_runattr", "x.run_id", "x.txt", key + "x.txt IS NOT NULL AND x.num IS NULL"),
    )


def _values(field: Field, reader: Reader) -> list[Sql]:
    """What a run sorts by. An attribute that is a number sorts before all texts, by its number."""
    if field.family is Family.ATTRIBUTE:
        return [_own_value(field.key, reader)]
    known = _known(field, reader)
    if known is None:
        return [Sql("CAST(NULL AS double precision)")]
    if field.family is Family.METRIC:
        return [_side_value("runs_runmetric", f"x.{METRIC_COLUMN[field.aggregate]}", known, reader)]
    text = "CASE WHEN x.num IS NULL THEN x.txt END"
    return [_side_value("runs_runattr", column, known, reader) for column in ("x.num", text)]


def _side_value(table: str, column: str, known: KnownKey, reader: Reader) -> Sql:
    return (
        f"(SELECT {column} FROM {table} x WHERE x.experiment_id = "
        + reader.experiment()
        + f" AND x.run_id = {reader.column('id')} AND x.key_id = "
        + value(known.id)
        + " LIMIT 1)"
    )


def _own_value(key: str, reader: Reader) -> Sql:
    if key == "duration":
        return Sql(reader.duration())
    if key in _NAMES:
        column = reader.column(f"{key}_id")
        return Sql(f"(SELECT n.name FROM {_NAMES[key]} n WHERE n.id = {column})")
    if key == "type":
        return Sql(f"NULLIF({reader.column('type')}, '')")
    return Sql(reader.column({"id": "uid"}.get(key, key)))


def order_by(names: list[str], order: Order, back: bool) -> str:
    """The ORDER BY list over columns ``names`` and ``run``."""
    parts = []
    for name, down in zip(names, order.descending, strict=True):
        parts.append(f"({name} IS NULL) {'DESC' if back else 'ASC'}")
        parts.append(f"{name} {'DESC' if down != back else 'ASC'}")
    return ", ".join([*parts, f"run {'DESC' if order.is_down(back) else 'ASC'}"])


def beyond(names: list[str], order: Order, cursor: Cursor, back: bool) -> Sql:
    """That a row comes after the cursor (before it, with ``back``), missing values being last."""
    steps: list[Sql] = []
    equal: list[Sql] = []
    for name, down, place in zip(names, order.descending, cursor.values, strict=True):
        further, same = _step(name, place, down != back, back)
        if further is not None:
            steps.append(all_of([*equal, further]))
        equal.append(same)
    steps.append(all_of([*equal, f"run {'<' if order.is_down(back) else '>'} " + value(cursor.id)]))
    return any_of(steps)


def _step(name: str, place: Place, down: bool, back: bool) -> tuple[Sql | None, Sql]:
    """What lies strictly beyond ``place`` in one column, and what is equal to it."""
    if place is None:
        return (Sql(f"{name} IS NOT NULL") if back else None), Sql(f"{name} IS NULL")
    further = f"{name} {'<' if down else '>'} " + value(place)
    if not back:
        further = any_of([further, Sql(f"{name} IS NULL")])
    return further, f"{name} = " + value(place)

"""Which runs come first when a list is sorted by something else than age? Missing values last, ids break ties.

Two forms. **By index**: one metric, parameter, tag or property is read from its index in order, each run probed for
the conditions; over many experiments their tops are merged. **Collected**: the candidates of the newest-first search
(at most one slice) are sorted by the values of all keys; what lies beyond the slice is left out, and said so.
"""

from dataclasses import dataclass, replace

from runs.query_language.order import SortKey
from runs.query_language.predicates import INDEXED_AGGREGATES, METRIC_COLUMN, KnownKey, Reader, key_name, rows_of
from runs.query_language.sql import Sql, all_of, any_of, joined, value
from runs.query_language.tree import Condition, Family, Field, Op
from runs.reading.cursors import Cursor, Place
from runs.reading.planner import (
    Bounds,
    Found,
    Part,
    Plan,
    candidates,
    cheapest,
    counted,
    driven,
    find_newest,
    passes,
    slice_size,
)
from studio.database import BudgetSpent, is_postgres, time_budget

COLLECT_AT_MOST = 20_000
LANES_AT_ONCE = 16
BUDGET_MS = 150
_NAMES = {"experiment": "runs_experiment", "submitter": "runs_submitter", "compute": "runs_compute"}


@dataclass(frozen=True, slots=True)
class Sorted:
    """Run ids in order with the values they sort by; ``cut`` when not all matching runs took part."""

    rows: list[tuple[int, tuple[Place, ...]]]
    cut: bool = False
    searched: int | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of the order that one index holds: ``column`` of the side table, where ``test`` holds."""

    table: str
    column: str
    test: str


@dataclass(frozen=True, slots=True)
class Order:
    """A sort as SQL: one expression on ``r`` for each value a run sorts by, and its direction."""

    expressions: tuple[Sql, ...]
    descending: tuple[bool, ...]
    stages: tuple[Stage, ...] = ()
    key: KnownKey | None = None


def order_of(sort: tuple[SortKey, ...], reader: Reader) -> Order:
    """The sort in SQL. ``reader`` remembers the columns of ``r`` that it needs."""
    expressions: list[Sql] = []
    directions: list[bool] = []
    for key in sort:
        for expression in _values(key.field, reader):
            expressions.append(expression)
            directions.append(key.descending)
    single = sort[0].field if len(sort) == 1 else None
    name = key_name(Condition(single, Op.EXISTS)) if single is not None else None
    known = reader.keys.get(name) if name is not None else None
    stages = _stages(single) if single is not None and known is not None else ()
    return Order(tuple(expressions), tuple(directions), stages, known)


def _stages(field: Field) -> tuple[Stage, ...]:
    if field.family is Family.METRIC:
        column = f"x.{METRIC_COLUMN[field.aggregate]}"
        return (
            (Stage("runs_runmetric", column, f"{column} IS NOT NULL"),) if field.aggregate in INDEXED_AGGREGATES else ()
        )
    return (
        Stage("runs_runattr", "x.num", "x.num IS NOT NULL"),
        Stage("runs_runattr", "x.txt", "x.txt IS NOT NULL AND x.num IS NULL"),
    )


def _values(field: Field, reader: Reader) -> list[Sql]:
    """What a run sorts by. An attribute's text that is a number sorts before all others, by its number."""
    if field.family is Family.ATTRIBUTE:
        return [_own_value(field.key, reader)]
    name = key_name(Condition(field, Op.EXISTS))
    known = reader.keys.get(name) if name is not None else None
    if known is None:
        return [_null(field)]
    if field.family is Family.METRIC:
        return [_side_value("runs_runmetric", f"x.{METRIC_COLUMN[field.aggregate]}", known, reader)]
    text = "CASE WHEN x.num IS NULL THEN x.txt END"
    return [_side_value("runs_runattr", column, known, reader) for column in ("x.num", text)]


def _null(field: Field) -> Sql:
    return Sql("CAST(NULL AS double precision)" if field.family is Family.METRIC else "CAST(NULL AS text)")


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


def find_sorted(asked: Plan, sort: tuple[SortKey, ...], limit: int, cursor: Cursor | None, *, back: bool) -> Sorted:
    """The first ``limit`` matching runs after ``cursor`` in this sort, or the last before it (``back``)."""
    reader = asked.reader()
    order = order_of(sort, reader)
    driver: Part | None = None
    if asked.parts or not order.stages:
        asked = counted(asked)
        driver, _ = cheapest(asked, COLLECT_AT_MOST)
    if order.stages and order.key is not None and not _collecting_is_cheaper(asked, order.key, driver, limit):
        return _by_stages(asked, order, limit, cursor, back)
    return _collected(asked, order, reader, driver, limit, cursor, back)


def _collecting_is_cheaper(asked: Plan, key: KnownKey, driver: Part | None, limit: int) -> bool:
    """Compare: sort all candidates of the rarest condition, or read the index in order until a page is full."""
    if driver is None or driver.n is None:
        return False
    reading = min(key.n, limit / max(asked.shares(), 1e-9))
    return driver.n <= COLLECT_AT_MOST and 1.5 * driver.n < reading


def _collected(
    asked: Plan, order: Order, reader: Reader, driver: Part | None, limit: int, cursor: Cursor | None, back: bool
) -> Sorted:
    """Sort the newest candidates by value: one statement, and one that tells whether there were more."""
    size = slice_size()
    statement = _collect_statement(asked, order, reader, driver, limit, cursor, back, size)
    try:
        with time_budget(2 * BUDGET_MS):
            rows = rows_of(statement)
    except BudgetSpent:
        size //= 10
        rows = rows_of(_collect_statement(asked, order, reader, driver, limit, cursor, back, size))
    known = driver.n if driver is not None else asked.total
    cut = False
    if known is None or known * 2 >= size:
        cut = bool(rows_of(_beyond(asked, driver, size)))
    found = [(int(row[0]), tuple(row[1:])) for row in rows]
    return Sorted(found[::-1] if back else found, cut, size if cut else None)


def _source(asked: Plan, driver: Part | None, size: int) -> Sql:
    """The newest candidates: run ids."""
    if driver is not None and driver.route is not None:
        return driven(driver.route, size, True, asked.bounds)
    return "SELECT r.id AS run FROM (" + candidates(asked.scope, {"id"}, size, True, asked.bounds) + ") r"


def _beyond(asked: Plan, driver: Part | None, size: int) -> Sql:
    return "SELECT c.run FROM (" + _source(asked, driver, size + 1) + ") c LIMIT 1 OFFSET " + value(size)


def _collect_statement(
    asked: Plan,
    order: Order,
    reader: Reader,
    driver: Part | None,
    limit: int,
    cursor: Cursor | None,
    back: bool,
    size: int,
) -> Sql:
    names = [f"v{i}" for i in range(len(order.expressions))]
    picked = joined(
        ", ", [expression + f" AS {name}" for expression, name in zip(order.expressions, names, strict=True)]
    )
    columns = ", ".join(f"r.{column}" for column in sorted(reader.columns))
    fence = "MATERIALIZED " if is_postgres() else ""
    statement = (
        f"WITH c AS {fence}("
        + _source(asked, driver, size)
        + f"), m AS {fence}(SELECT {columns} FROM c CROSS JOIN runs_run r WHERE r.id = c.run AND "
        + passes(asked, driver)
        + "), s AS (SELECT r.id AS run, "
        + picked
        + " FROM m r) SELECT run, "
        + ", ".join(names)
        + " FROM s"
    )
    if cursor is not None:
        statement = statement + " WHERE " + beyond(names, order.descending, cursor, back)
    return statement + " ORDER BY " + _order_by(names, order.descending, back) + " LIMIT " + value(limit)


def _order_by(names: list[str], descending: tuple[bool, ...], back: bool) -> str:
    parts = []
    for name, down in zip(names, descending, strict=True):
        parts.append(f"({name} IS NULL) {'DESC' if back else 'ASC'}")
        parts.append(f"{name} {'DESC' if down != back else 'ASC'}")
    return ", ".join([*parts, f"run {'DESC' if descending[0] != back else 'ASC'}"])


def beyond(names: list[str], descending: tuple[bool, ...], cursor: Cursor, back: bool) -> Sql:
    """That a row comes after the cursor (before it, with ``back``), missing values being last."""
    steps: list[Sql] = []
    equal: list[Sql] = []
    for name, down, place in zip(names, descending, cursor.values, strict=True):
        if place is None:
            further = Sql(f"{name} IS NOT NULL") if back else None
            same = Sql(f"{name} IS NULL")
        else:
            further = f"{name} {'<' if down != back else '>'} " + value(place)
            if not back:
                further = any_of([further, Sql(f"{name} IS NULL")])
            same = f"{name} = " + value(place)
        if further is not None:
            steps.append(all_of([*equal, further]))
        equal.append(same)
    steps.append(all_of([*equal, f"run {'<' if descending[0] != back else '>'} " + value(cursor.id)]))
    return any_of(steps)


def _by_stages(asked: Plan, order: Order, limit: int, cursor: Cursor | None, back: bool) -> Sorted:
    """Read the stages one after the other: each stretch of values in its index, then the runs that have none."""
    count = len(order.expressions)
    stages: list[int] = list(range(len(order.stages) + 1))
    if back:
        stages.reverse()
    at = (
        stages[0]
        if cursor is None
        else next((i for i, v in enumerate(cursor.values) if v is not None), len(order.stages))
    )
    rows: list[tuple[int, tuple[Place, ...]]] = []
    cut = False
    for stage in stages[stages.index(at) :]:
        place = cursor if stage == at else None
        wanted = limit - len(rows)
        if stage == len(order.stages):
            found, was_cut = _without(asked, order, wanted, place, back)
            rows += [(run, (None,) * count) for run in found]
        else:
            some, was_cut = _stage(asked, order, stage, wanted, place, back)
            rows += [(run, tuple(v if i == stage else None for i in range(count))) for run, v in some]
        cut = cut or was_cut
        if len(rows) >= limit or was_cut:
            break
    return Sorted(rows[::-1] if back else rows, cut)


def _without(asked: Plan, order: Order, limit: int, place: Cursor | None, back: bool) -> tuple[list[int], bool]:
    """Runs that have no value, in order of id."""
    missing = tuple(expression + " IS NULL" for expression in order.expressions)
    down = order.descending[0] != back
    bounds = Bounds()
    if place is not None:
        bounds = Bounds(high=place.id) if down else Bounds(low=place.id + 1)
    found: Found = find_newest(replace(asked, extra=missing), limit, descending=down, bounds=bounds)
    return found.ids, found.floor is not None


def _stage(
    asked: Plan, order: Order, stage: int, limit: int, place: Cursor | None, back: bool
) -> tuple[list[tuple[int, Place]], bool]:
    down = order.descending[0] != back
    key = order.key
    assert key is not None
    if asked.scope.experiment is not None:
        lanes = [asked.scope.experiment]
        return _merged(asked, order.stages[stage], key, lanes, limit, _place(place, stage), down)
    return _over_experiments(asked, order.stages[stage], key, limit, _place(place, stage), down)


def _place(cursor: Cursor | None, stage: int) -> tuple[Place, int] | None:
    return None if cursor is None else (cursor.values[stage], cursor.id)


def _lane(stage: Stage, key: KnownKey, experiment: Sql, place: tuple[Place, int] | None, down: bool) -> Sql:
    """FROM and WHERE of one experiment's stretch of the index, beyond ``place``."""
    body = f"FROM {stage.table} x WHERE x.experiment_id = " + experiment + " AND x.key_id = " + value(key.id)
    body = body + f" AND {stage.test}"
    if place is not None:
        body = (
            body
            + f" AND ({stage.column}, x.run_id) {'<' if down else '>'} ("
            + value(place[0])
            + ", "
            + value(place[1])
            + ")"
        )
    return body


def _merged(
    asked: Plan, stage: Stage, key: KnownKey, lanes: list[int], limit: int, place: tuple[Place, int] | None, down: bool
) -> tuple[list[tuple[int, Place]], bool]:
    """The first of these experiments' runs by value: one statement."""
    way = "DESC" if down else "ASC"
    size = max(20 * limit, slice_size() // len(lanes))
    fence = "MATERIALIZED " if is_postgres() else ""
    each = []
    for number in lanes:
        inner = (
            f"SELECT x.run_id AS run, {stage.column} AS v "
            + _lane(stage, key, value(number), place, down)
            + f" ORDER BY {stage.column} {way}, x.run_id {way} LIMIT "
            + value(size)
        )
        each.append(
            f"WITH c AS {fence}("
            + inner
            + ") SELECT c.run, c.v FROM c WHERE "
            + passes(asked, None)
            + " LIMIT "
            + value(limit)
        )
    if len(each) == 1:
        statement = each[0]
    else:
        union = joined(" UNION ALL ", ["SELECT * FROM (" + one + f") l{i}" for i, one in enumerate(each)])
        statement = "SELECT run, v FROM (" + union + f") u ORDER BY v {way}, run {way} LIMIT " + value(limit)
    try:
        with time_budget(BUDGET_MS):
            rows = rows_of(statement)
    except BudgetSpent:
        return [], True
    cut = len(rows) < limit and key.n > size
    return [(int(run), v) for run, v in rows], cut


def _over_experiments(
    asked: Plan, stage: Stage, key: KnownKey, limit: int, place: tuple[Place, int] | None, down: bool
) -> tuple[list[tuple[int, Place]], bool]:
    """Experiments in the order of their first value, merged until no further one can have a better run."""
    way = "DESC" if down else "ASC"
    scope = asked.scope
    which = (
        "e.workspace_id = " + value(scope.workspace_id)
        if scope.experiments is None
        else "k.experiment_id IN (" + joined(", ", [value(number) for number in scope.experiments]) + ")"
    )
    top = f"(SELECT {stage.column} " + _lane(stage, key, Sql("k.experiment_id"), place, down)
    top = top + f" ORDER BY {stage.column} {way}, x.run_id {way} LIMIT 1)"
    statement = (
        "SELECT k.experiment_id, "
        + top
        + " FROM runs_experimentkey k JOIN runs_experiment e ON e.id = k.experiment_id WHERE k.key_id = "
        + value(key.id)
        + " AND "
        + which
    )
    tops = [(v, int(number)) for number, v in rows_of(statement) if v is not None]
    tops.sort(key=lambda pair: pair[0], reverse=down)
    best: list[tuple[int, Place]] = []
    cut = False
    done = 0
    while done < len(tops):
        if len(best) >= limit and not _may_beat(tops[done][0], best[limit - 1][1], down):
            break
        many = LANES_AT_ONCE if done == 0 else 4 * LANES_AT_ONCE
        lanes = [number for _, number in tops[done : done + many]]
        rows, was_cut = _merged(asked, stage, key, lanes, limit, place, down)
        cut = cut or was_cut
        best = sorted(best + rows, key=lambda row: (row[1], row[0]), reverse=down)[:limit]
        done += many
    return best, cut and len(best) < limit


def _may_beat(top: Place, last: Place, down: bool) -> bool:
    return bool(top >= last if down else top <= last)

"""Which runs come first when a list is sorted by something else than age?

Two forms. **By index**: values are read from an index in order, each run probed for the conditions; over many
experiments their tops are merged. **Collected**: the candidates of the newest-first search (at most one slice) are
sorted by the values of all keys; what lies beyond the slice is left out, and said so.
"""

from dataclasses import dataclass, replace

from runs.query_language.order import SortKey
from runs.query_language.predicates import Reader, rows_of
from runs.query_language.sql import Sql, joined, listed, value
from runs.reading.cursors import Cursor, Place
from runs.reading.planner import (
    Bounds,
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
from runs.reading.sort_orders import Order, Stage, beyond, order_by, order_of
from studio.database import BudgetSpent, is_postgres, time_budget

COLLECT_AT_MOST = 20_000
FEW = 2_000
LANES_AT_ONCE = 16
BUDGET_MS = 150
WHOLE = 10**12


@dataclass(frozen=True, slots=True)
class Sorted:
    """Run ids in order with the values they sort by; ``cut`` when not all matching runs took part."""

    rows: list[tuple[int, tuple[Place, ...]]]
    cut: bool = False
    searched: int | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """What one stage gave: runs with their value; ``cut`` when it stopped early."""

    rows: list[tuple[int, Place]]
    cut: bool = False


def find_sorted(
    asked: Plan, sort: tuple[SortKey, ...], limit: int, cursor: Cursor | None, *, back: bool, whole: bool = False
) -> Sorted:
    """The first ``limit`` matching runs after ``cursor`` in this sort, or the last before it (``back``).

    With ``whole`` nothing is left out, however long it takes.
    """
    reader = asked.reader()
    order = order_of(sort, reader)
    asked = counted(asked)
    driver, _ = cheapest(asked, COLLECT_AT_MOST)
    if order.stages and not _collecting_is_cheaper(asked, order, driver, limit):
        found = _by_stages(asked, order, limit, cursor, back)
        if not (whole and found.cut):
            return found
    return _collected(asked, order, reader, driver, limit, cursor, back, WHOLE if whole else slice_size())


def _collecting_is_cheaper(asked: Plan, order: Order, driver: Part | None, limit: int) -> bool:
    """Compare: sort all candidates of the rarest condition, or read the index in order until a page is full."""
    if (asked.total or 0) <= FEW:
        return True
    if driver is None or driver.n is None:
        return False
    held = order.key.n if order.key is not None else asked.total or 0
    reading = min(held, limit / max(asked.shares(), 1e-9))
    return driver.n <= COLLECT_AT_MOST and 1.5 * driver.n < reading


def _collected(
    asked: Plan,
    order: Order,
    reader: Reader,
    driver: Part | None,
    limit: int,
    cursor: Cursor | None,
    back: bool,
    size: int,
) -> Sorted:
    """Sort the newest candidates by value: one statement, and one that tells whether there were more."""
    if size == WHOLE:
        rows = rows_of(_collecting(asked, order, reader, driver, limit, cursor, back, size))
    else:
        try:
            with time_budget(2 * BUDGET_MS):
                rows = rows_of(_collecting(asked, order, reader, driver, limit, cursor, back, size))
        except BudgetSpent:
            size //= 10
            rows = rows_of(_collecting(asked, order, reader, driver, limit, cursor, back, size))
    known = driver.n if driver is not None else asked.total
    cut = size < WHOLE and (known is None or known * 2 >= size) and bool(rows_of(_one_more(asked, driver, size)))
    found = [(int(row[0]), tuple(row[1:])) for row in rows]
    return Sorted(found[::-1] if back else found, cut, size if cut else None)


def _source(asked: Plan, driver: Part | None, size: int) -> Sql:
    """The newest candidates: run ids."""
    if driver is not None and driver.route is not None:
        return driven(driver.route, size, True, asked.bounds)
    return "SELECT r.id AS run FROM (" + candidates(asked.scope, {"id"}, size, True, asked.bounds) + ") r"


def _one_more(asked: Plan, driver: Part | None, size: int) -> Sql:
    return "SELECT c.run FROM (" + _source(asked, driver, size + 1) + ") c LIMIT 1 OFFSET " + value(size)


def _collecting(
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
    picked = joined(", ", [part + f" AS {name}" for part, name in zip(order.expressions, names, strict=True)])
    columns = ", ".join(f"r.{column}" for column in sorted(reader.columns))
    fence = "MATERIALIZED " if is_postgres() else ""
    statement = (
        f"WITH c AS {fence}("
        + _source(asked, driver, size)
        + f"), m AS {fence}(SELECT {columns} FROM c CROSS JOIN runs_run r WHERE r.id = c.run AND "
        + passes(asked, driver)
        + "), s AS (SELECT r.id AS run, "
        + picked
        + f" FROM m r) SELECT run, {', '.join(names)} FROM s"
    )
    if cursor is not None:
        statement = statement + " WHERE " + beyond(names, order, cursor, back)
    return statement + " ORDER BY " + order_by(names, order, back) + " LIMIT " + value(limit)


def _by_stages(asked: Plan, order: Order, limit: int, cursor: Cursor | None, back: bool) -> Sorted:
    """Read the stages one after the other: each stretch of values in its index, then the runs that have none."""
    count = len(order.stages)
    stages = list(range(count + 1))
    if back:
        stages.reverse()
    at = stages[0] if cursor is None else next((i for i, v in enumerate(cursor.values) if v is not None), count)
    rows: list[tuple[int, tuple[Place, ...]]] = []
    cut = False
    for stage in stages[stages.index(at) :]:
        place = cursor if stage == at else None
        found = _stretch(asked, order, stage, limit - len(rows), place, back)
        rows += [(run, tuple(v if i == stage else None for i in range(count))) for run, v in found.rows]
        cut = cut or found.cut
        if len(rows) >= limit or found.cut:
            break
    return Sorted(rows[::-1] if back else rows, cut)


def _stretch(asked: Plan, order: Order, stage: int, limit: int, cursor: Cursor | None, back: bool) -> Stretch:
    down = order.is_down(back)
    if stage == len(order.stages):
        return _without(asked, order, limit, cursor, down)
    place = None if cursor is None else (cursor.values[stage], cursor.id)
    if asked.scope.experiment is not None:
        return _merged(asked, order, order.stages[stage], [asked.scope.experiment], limit, place, down)
    return _over_experiments(asked, order.stages[stage], order, limit, place, down)


def _without(asked: Plan, order: Order, limit: int, cursor: Cursor | None, down: bool) -> Stretch:
    """Runs that have no value, in order of id."""
    missing = tuple(expression + " IS NULL" for expression in order.expressions)
    asked = replace(asked, extra=missing, extra_columns=order.columns)
    bounds = Bounds()
    if cursor is not None:
        bounds = Bounds(high=cursor.id) if down else Bounds(low=cursor.id + 1)
    found = find_newest(asked, limit, descending=down, bounds=bounds)
    return Stretch([(run, None) for run in found.ids], found.floor is not None)


def _merged(
    asked: Plan, order: Order, stage: Stage, lanes: list[int], limit: int, place: tuple[Place, int] | None, down: bool
) -> Stretch:
    """The first of these experiments' runs by value: one statement, and one more when they were fewer."""
    way = "DESC" if down else "ASC"
    held = order.key.n if order.key is not None else asked.total
    size = max(20 * limit, slice_size() // len(lanes))
    fence = "MATERIALIZED " if is_postgres() else ""
    inner = [
        f"SELECT {stage.run} AS run, {stage.column} AS v "
        + stage.rows(value(number), place, down)
        + f" ORDER BY {stage.column} {way}, {stage.run} {way} LIMIT "
        + value(size)
        for number in lanes
    ]
    last = ") SELECT c.run, c.v FROM c WHERE " + passes(asked, None) + " LIMIT " + value(limit)
    each = [f"WITH c AS {fence}(" + one + last for one in inner]
    statement = each[0]
    if len(each) > 1:
        statement = "SELECT run, v FROM (" + _union(each) + f") u ORDER BY v {way}, run {way} LIMIT " + value(limit)
    try:
        with time_budget(BUDGET_MS):
            rows = rows_of(statement)
            beyond_size = [one + " OFFSET " + value(size - 1) for one in inner]
            cut = (
                len(rows) < limit
                and (held is None or held >= size)
                and bool(rows_of("SELECT run FROM (" + _union(beyond_size) + ") u LIMIT 1"))
            )
    except BudgetSpent:
        return Stretch([], True)
    return Stretch([(int(run), v) for run, v in rows], cut)


def _union(parts: list[Sql]) -> Sql:
    return joined(" UNION ALL ", ["SELECT * FROM (" + one + f") l{i}" for i, one in enumerate(parts)])


def _over_experiments(
    asked: Plan, stage: Stage, order: Order, limit: int, place: tuple[Place, int] | None, down: bool
) -> Stretch:
    """Experiments in the order of their first value, merged until no further one can have a better run."""
    tops = _tops(asked, stage, order, place, down)
    best: list[tuple[int, Place]] = []
    cut = False
    done = 0
    while done < len(tops):
        if len(best) >= limit and not _may_beat(tops[done][0], best[limit - 1][1], down):
            break
        many = LANES_AT_ONCE if done == 0 else 4 * LANES_AT_ONCE
        found = _merged(asked, order, stage, [number for _, number in tops[done : done + many]], limit, place, down)
        cut = cut or found.cut
        best = sorted(best + found.rows, key=lambda row: (row[1], row[0]), reverse=down)[:limit]
        done += many
    return Stretch(best, cut and len(best) < limit)


def _tops(
    asked: Plan, stage: Stage, order: Order, place: tuple[Place, int] | None, down: bool
) -> list[tuple[Place, int]]:
    """The first value of each experiment that has one, best first. One statement, a seek for each experiment."""
    way = "DESC" if down else "ASC"
    scope = asked.scope
    first = f"(SELECT {stage.column} " + stage.rows(Sql("e.id"), place, down)
    first = first + f" ORDER BY {stage.column} {way}, {stage.run} {way} LIMIT 1)"
    used = Sql("")
    if order.key is not None:
        used = " JOIN runs_experimentkey k ON k.experiment_id = e.id AND k.key_id = " + value(order.key.id)
    which = "e.workspace_id = " + value(scope.workspace_id)
    if scope.experiments is not None:
        which = which + " AND e.id IN " + listed(scope.experiments or (-1,))
    statement = "SELECT e.id, " + first + " FROM runs_experiment e" + used + " WHERE " + which
    tops = [(v, int(number)) for number, v in rows_of(statement) if v is not None]
    return sorted(tops, key=lambda pair: pair[0], reverse=down)


def _may_beat(top: Place, last: Place, down: bool) -> bool:
    return bool(top >= last if down else top <= last)

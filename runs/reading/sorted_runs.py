"""Which runs come first when a list is sorted by something else than age?

Two forms. **By index**: values are read from an index in order, each run probed for the conditions; over many
experiments their tops are merged. **Collected**: the candidates of the newest-first search (at most one slice) are
sorted by the values of all keys; what lies beyond the slice is left out, and said so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from runs.query_language.order import SortKey
from runs.query_language.predicates import rows_of
from runs.query_language.sql import Sql, joined, listed, literal, value
from runs.reading.cursors import Cursor, Place
from runs.reading.planner import Lines, Reading, candidates, driven, find_newest, passes, slice_size
from runs.reading.plans import EVERYWHERE, Bounds, Part, Plan, cheapest, counted
from runs.reading.sort_orders import Order, Stage, beyond, order_by, order_of
from studio.database import BudgetSpent, is_postgres, time_budget

COLLECT_AT_MOST = 20_000
FEW = 2_000
LANES_AT_FIRST = 6
MOST_LANES_AT_ONCE = 400  # SQLite joins at most 500 by UNION
BUDGET_MS = 100
WHOLE = 10**12


def ids_only(values: int) -> Reading:
    """Reads ids and the values they sort by, and nothing more."""
    del values
    return rows_of


@dataclass(frozen=True, slots=True)
class Sorted:
    """Lines in order: a run's id, what it sorts by, and whatever else was read. ``cut`` when not all runs took part."""

    lines: Lines
    cut: bool = False
    searched: int | None = None


@dataclass
class _Search:
    """One page's search. ``reads`` gives the reader of statements that have so many values after the id."""

    asked: Plan
    order: Order
    limit: int
    cursor: Cursor | None
    back: bool
    reads: Callable[[int], Reading]

    @property
    def down(self) -> bool:
        return self.order.is_down(self.back)


def find_sorted(
    asked: Plan,
    sort: tuple[SortKey, ...],
    limit: int,
    cursor: Cursor | None,
    *,
    back: bool,
    whole: bool = False,
    reads: Callable[[int], Reading] = ids_only,
) -> Sorted:
    """The first ``limit`` matching runs after ``cursor`` in this sort, or the last before it (``back``).

    With ``whole`` nothing is left out, however long it takes.
    """
    search = _Search(asked, order_of(sort, asked.reader()), limit, cursor, back, reads)
    driver: Part | None = None
    if asked.parts or not search.order.stages or search.order.held <= FEW:
        search.asked = counted(asked)
        driver, _ = cheapest(search.asked, COLLECT_AT_MOST)
    if search.order.stages and not _collecting_is_cheaper(search, driver):
        found = _by_stages(search)
        if found.lines if not whole else not found.cut:
            return found
    return _collected(search, driver, WHOLE if whole else slice_size() // 2)


def _collecting_is_cheaper(search: _Search, driver: Part | None) -> bool:
    """Compare: sort all candidates of the rarest condition, or read the index in order until a page is full."""
    asked = search.asked
    if asked.total is not None and asked.total <= FEW:
        return True
    if driver is None or driver.n is None:
        return False
    reading = min(search.order.held or asked.total or 0, search.limit / max(asked.shares(), 1e-9))
    return driver.n <= COLLECT_AT_MOST and 1.5 * driver.n < reading


def _collected(search: _Search, driver: Part | None, size: int) -> Sorted:
    """Sort the newest candidates by value: one statement, and one that tells whether there were more."""
    asked = search.asked
    read = search.reads(len(search.order.expressions))
    if size == WHOLE:
        lines = read(_collecting(search, driver, size))
    else:
        try:
            with time_budget(2 * BUDGET_MS):
                lines = read(_collecting(search, driver, size))
        except BudgetSpent:
            size //= 10
            lines = read(_collecting(search, driver, size))
    known = driver.n if driver is not None else asked.total
    cut = size < WHOLE and (known is None or known * 2 >= size) and bool(rows_of(_one_more(asked, driver, size)))
    return Sorted(lines[::-1] if search.back else lines, cut, size if cut else None)


def _source(asked: Plan, driver: Part | None, size: int) -> Sql:
    """The newest candidates: run ids."""
    if driver is not None and driver.route is not None:
        return driven(driver.route, size, True, asked.bounds)
    inner = candidates(asked.scope, {"id", "experiment_id"}, size, True, asked.bounds)
    return "SELECT r.id AS run, r.experiment_id AS experiment FROM (" + inner + ") r"


def _tells_experiment(driver: Part | None) -> bool:
    return driver is None or driver.route is None or driver.route.experiment is not None


def _one_more(asked: Plan, driver: Part | None, size: int) -> Sql:
    return "SELECT c.run FROM (" + _source(asked, driver, size + 1) + ") c LIMIT 1 OFFSET " + literal(size)


def _collecting(search: _Search, driver: Part | None, size: int) -> Sql:
    """Values are looked up by run id inside a fence. Without it PostgreSQL works each one out twice, once for its
    IS NULL: 40 ms instead of 26 for 2,100 candidates.
    """
    order, fence = search.order, "MATERIALIZED " if is_postgres() else ""
    names = [f"v{i}" for i in range(len(order.expressions))]
    picked = joined(
        ", ",
        [
            "(SELECT " + part + f" FROM runs_run r WHERE r.id = c.run) AS {name}"
            for part, name in zip(order.expressions, names, strict=True)
        ],
    )
    statement = (
        f"WITH c AS {fence}("
        + _source(search.asked, driver, size)
        + f"), s AS {fence}(SELECT c.run, "
        + picked
        + " FROM c WHERE "
        + passes(search.asked, driver, experiment_known=_tells_experiment(driver))
        + f") SELECT run, {', '.join(names)} FROM s"
    )
    if search.cursor is not None:
        statement = statement + " WHERE " + beyond(names, order, search.cursor, search.back)
    return statement + " ORDER BY " + order_by(names, order, search.back) + f" LIMIT {search.limit}"


def _by_stages(search: _Search) -> Sorted:
    """Read the stages one after the other: each stretch of values in its index, then the runs that have none."""
    count = len(search.order.stages)
    stages = list(range(count + 1))
    if search.back:
        stages.reverse()
    values = search.cursor.values if search.cursor is not None else ()
    at = next((i for i, v in enumerate(values) if v is not None), count) if values else stages[0]
    lines: Lines = []
    cut = False
    for stage in stages[stages.index(at) :]:
        found = _stretch(search, stage, search.limit - len(lines), search.cursor if stage == at else None)
        for line in found.lines:
            run, v, *more = line
            lines.append((run, *(v if i == stage else None for i in range(count)), *more))
        cut = cut or found.cut
        if len(lines) >= search.limit or found.cut:
            break
    return Sorted(lines[::-1] if search.back else lines, cut)


def _stretch(search: _Search, stage: int, limit: int, cursor: Cursor | None) -> Sorted:
    """One stage's lines, each with one value."""
    if stage == len(search.order.stages):
        return _without(search, limit, cursor)
    place = None if cursor is None else (cursor.values[stage], cursor.id)
    held = search.order.stages[stage]
    if search.asked.scope.experiment is not None:
        return _merged(search, held, [search.asked.scope.experiment], limit, place)
    return _over_experiments(search, held, limit, place)


def _without(search: _Search, limit: int, cursor: Cursor | None) -> Sorted:
    """Runs that have no value, in order of id."""
    missing = tuple(expression + " IS NULL" for expression in search.order.expressions)
    asked = replace(search.asked, extra=missing, extra_columns=search.order.columns)
    bounds = EVERYWHERE
    if cursor is not None:
        bounds = Bounds(high=cursor.id) if search.down else Bounds(low=cursor.id + 1)
    found = find_newest(asked, limit, descending=search.down, bounds=bounds, read=search.reads(0))
    return Sorted([(line[0], None, *line[1:]) for line in found.lines], found.floor is not None)


def _merged(
    search: _Search,
    stage: Stage,
    lanes: list[int],
    limit: int,
    place: tuple[Place, int] | None,
    enough: Place = None,
) -> Sorted:
    """The first of these experiments' runs by value, none worse than ``enough``: one statement, and one more when
    they were fewer.
    """
    way = "DESC" if search.down else "ASC"
    size = max(2 * limit, slice_size() // len(lanes))
    no_worse = Sql("")
    if enough is not None:
        no_worse = f" AND {stage.column} {'>=' if search.down else '<='} " + value(enough)

    def candidates_of(experiment: Sql) -> Sql:
        return (
            f"SELECT {stage.run} AS run, {stage.column} AS v, x.experiment_id AS experiment "
            + stage.rows(experiment, place, search.down)
            + no_worse
            + f" ORDER BY {stage.column} {way}, {stage.run} {way} LIMIT {size}"
        )

    test = passes(search.asked, None, experiment_known=True)

    def best_of(experiment: Sql) -> Sql:
        return "SELECT c.run, c.v FROM (" + candidates_of(experiment) + ") c WHERE " + test + f" LIMIT {limit}"

    statement = best_of(value(lanes[0]))
    if len(lanes) > 1:
        together = _of_each(lanes, best_of)
        statement = "SELECT u.run, u.v FROM (" + together + f") u ORDER BY u.v {way}, u.run {way} LIMIT {limit}"
    try:
        with time_budget(BUDGET_MS):
            lines = search.reads(1)(statement)
            cut = False
            if len(lines) < limit and search.order.held >= size:
                ends = _of_each(lanes, lambda experiment: candidates_of(experiment) + f" OFFSET {size - 1}")
                cut = bool(rows_of("SELECT u.run FROM (" + ends + ") u LIMIT 1"))
    except BudgetSpent:
        return Sorted([], True)
    return Sorted(lines, cut)


def _of_each(lanes: list[int], rows: Callable[[Sql], Sql]) -> Sql:
    """The rows of each experiment, together. SQLite knows no LATERAL; PostgreSQL would plan every part of a UNION."""
    if is_postgres():
        numbers = ", ".join(str(number) for number in lanes)
        return (
            f"SELECT l.* FROM unnest(ARRAY[{numbers}]::bigint[]) k(e) CROSS JOIN LATERAL (" + rows(Sql("k.e")) + ") l"
        )
    parts = [rows(value(number)) for number in lanes]
    return joined(" UNION ALL ", ["SELECT * FROM (" + part + f") l{i}" for i, part in enumerate(parts)])


def _over_experiments(search: _Search, stage: Stage, limit: int, place: tuple[Place, int] | None) -> Sorted:
    """Experiments in the order of their first value, merged until no further one can have a better run."""
    tops = _tops(search.asked, stage, search.order, place, search.down)
    best: Lines = []
    cut = False
    many = LANES_AT_FIRST
    while tops:
        enough = best[limit - 1][1] if len(best) >= limit else None
        if enough is not None:
            tops = [top for top in tops if _may_beat(top[0], enough, search.down)]
        lanes, tops = [number for _, number in tops[:many]], tops[many:]
        if lanes:
            found = _merged(search, stage, lanes, limit, place, enough)
            cut = cut or found.cut
            best = sorted(best + found.lines, key=lambda line: (line[1], line[0]), reverse=search.down)[:limit]
        many = min(4 * many, MOST_LANES_AT_ONCE)
    return Sorted(best, cut and len(best) < limit)


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

"""By which statement are the newest matching runs found? Two fenced forms, and one cost rule (data-measured.md 3.2).

- **Walk**: runs newest first, each probed for every condition. Good when many match.
- **Drive**: the candidates of one condition from its index, newest first, each probed for the others. Good when
  that condition is rare.

Left to themselves the databases took 11 ms to 1.8 s for the same question. The fences: a sub-select with LIMIT, on
PostgreSQL a MATERIALIZED one, around scalar subqueries. No statement checks more than `SLICE` candidates: then the
answer is partial and says from where to go on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from runs.query_language.predicates import Scope, rows_of
from runs.query_language.sql import Sql, all_of, joined, listed, literal, value
from runs.reading.plans import EVERYWHERE, Bounds, Part, Plan, cheapest, counted, other_lives
from runs.reading.routes import Route, own_test
from studio.database import BudgetSpent, is_postgres, time_budget

MOST_LANES = 50
MOST_HIDDEN = 2_000
SLICE_SQLITE, SLICE_POSTGRES = 30_000, 12_000
NEWEST_TEXTS = 4_000
BUDGET_MS = 100
CHEAP = 2_000


Lines = list[tuple[Any, ...]]
Reading = Callable[[Sql], Lines]


@dataclass(frozen=True, slots=True)
class Found:
    """Lines in order of the run id that each begins with. ``floor`` is set when the search stopped before the end:
    everything up to that id was looked at.
    """

    lines: Lines
    floor: int | None = None
    searched: int | None = None

    @property
    def ids(self) -> list[int]:
        """The ids of the runs."""
        return [int(line[0]) for line in self.lines]


def find_newest(
    asked: Plan,
    limit: int,
    *,
    descending: bool = True,
    bounds: Bounds = EVERYWHERE,
    read: Reading = rows_of,
) -> Found:
    """The first ``limit`` matching runs in order of id, newest first unless ``descending`` is false.

    ``read`` runs the statement that gives their ids; it may put more into each line. At most three statements:
    counts, the search, and where it stopped (only when it was cut short). On PostgreSQL free text takes one more:
    it looks at the newest runs first.
    """
    bounds = asked.bounds.within(bounds)
    search = _Search(asked, limit, descending, bounds, read)
    if not asked.parts and not asked.extra:
        return Found(search.lines(_walk(asked, limit, limit, descending, bounds)))
    lazy = _lazy_route(asked)
    if lazy is not None:
        return search.run(lazy, cheap=True)
    text = next((part for part in asked.parts if part.is_dear_text), None)
    if text is not None:
        found = search.lines(_walk(asked, limit, NEWEST_TEXTS, descending, bounds))
        if len(found) >= limit:
            return Found(found)
        if len(asked.parts) == 1:
            return search.run(text, cheap=False)
    search.asked = counted(asked)
    driver, cost = cheapest(search.asked, limit)
    is_astray = driver is not None and driver.route is not None and driver.route.everywhere
    return search.run(driver, cheap=cost < CHEAP and not is_astray)


def _lazy_route(asked: Plan) -> Part | None:
    """The only condition, when its index gives runs in order: nothing needs to be counted."""
    if len(asked.parts) != 1:
        return None
    part = asked.parts[0]
    if part.route is None or not part.route.ordered:
        return None
    return None if part.route.everywhere and asked.scope.experiments is not None else part


@dataclass
class _Search:
    """One page's search, while it is on."""

    asked: Plan
    limit: int
    descending: bool
    bounds: Bounds
    read: Reading

    def lines(self, statement: Sql) -> Lines:
        return sorted(self.read(statement), key=lambda line: int(line[0]), reverse=self.descending)

    def run(self, driver: Part | None, *, cheap: bool) -> Found:
        size = slice_size()
        try:
            with _budget(not cheap):
                found = self.lines(self.statement(driver, size))
        except BudgetSpent:
            size //= 20
            found = self.lines(self.statement(driver, size))
        if len(found) >= self.limit or _is_small(self.asked, driver, size):
            return Found(found)
        floor = rows_of(_boundary(self.asked, driver, size, self.descending, self.bounds))
        return Found(found, int(floor[0][0]), size) if floor else Found(found)

    def statement(self, driver: Part | None, size: int) -> Sql:
        return _statement(self.asked, driver, self.limit, size, self.descending, self.bounds)


def slice_size() -> int:
    """How many candidates one statement may check: about 50 ms of probes on this database."""
    return SLICE_POSTGRES if is_postgres() else SLICE_SQLITE


@contextmanager
def _budget(needed: bool) -> Iterator[None]:
    if not needed:
        yield
        return
    with time_budget(BUDGET_MS):
        yield


def _is_small(asked: Plan, driver: Part | None, size: int) -> bool:
    """Whether the candidates were certainly fewer than one slice."""
    n = asked.total if driver is None else driver.n
    return n is not None and n * 2 < size


def _statement(asked: Plan, driver: Part | None, limit: int, size: int, descending: bool, bounds: Bounds) -> Sql:
    if driver is None or driver.route is None:
        return _walk(asked, limit, size, descending, bounds)
    return _drive(asked, driver, limit, size, descending, bounds)


def _boundary(asked: Plan, driver: Part | None, size: int, descending: bool, bounds: Bounds) -> Sql:
    """Where a search over ``size`` candidates stopped: the id of the last, nothing when there were fewer."""
    if driver is None or driver.route is None:
        inner = candidates(asked.scope, {"id"}, size, descending, bounds)
        return "SELECT r.id FROM (" + inner + ") r LIMIT 1 OFFSET " + literal(size - 1)
    return (
        "SELECT c.run FROM ("
        + driven(driver.route, size, descending, bounds)
        + ") c LIMIT 1 OFFSET "
        + literal(size - 1)
    )


def _walk(asked: Plan, limit: int, size: int, descending: bool, bounds: Bounds) -> Sql:
    reader = asked.reader()
    rarest_first = sorted(asked.parts, key=asked.share)
    test = all_of([*(reader.condition(part.node) for part in rarest_first), *asked.extra])
    reader.columns |= asked.extra_columns
    inner = candidates(asked.scope, reader.columns, size, descending, bounds)
    return "SELECT r.id AS run FROM (" + inner + ") r WHERE " + test + " LIMIT " + literal(limit)


def candidates(scope: Scope, columns: set[str], size: int, descending: bool, bounds: Bounds) -> Sql:
    """The scope's runs in order, at most ``size``: one lane for each equal start of an index, merged."""
    names = ", ".join(f"r.{name}" for name in sorted(columns))
    order = f" ORDER BY r.id {'DESC' if descending else 'ASC'} LIMIT "
    each = [
        f"SELECT {names} FROM runs_run r WHERE " + lane + bounds.test("r.id") + order + literal(size)
        for lane in _lanes(scope)
    ]
    if len(each) == 1:
        return each[0]
    merged = joined(" UNION ALL ", ["SELECT * FROM (" + one + f") l{i}" for i, one in enumerate(each)])
    return "SELECT * FROM (" + merged + ") r" + order + literal(size)


def _lanes(scope: Scope) -> list[Sql]:
    """Equality on the leading columns of an index on (workspace or experiment, lifecycle, id).

    The partial indexes of root runs need their condition as literals.
    """
    root = " AND r.parent_id IS NULL" if scope.roots_only else ""
    if scope.experiments is None:
        places = ["r.workspace_id = " + value(scope.workspace_id)]
    elif len(scope.experiments) > MOST_LANES:
        among = " AND r.experiment_id IN " + listed(scope.experiments)
        places = ["r.workspace_id = " + value(scope.workspace_id) + among]
    else:
        places = ["r.experiment_id = " + value(number) for number in scope.experiments] or [Sql("1=0")]
    return [place + f"{root} AND r.lifecycle = {int(life)}" for place in places for life in scope.lifecycles]


def driven(route: Route, size: int, descending: bool, bounds: Bounds) -> Sql:
    """The candidates of a route in order, at most ``size``.

    ``+ 0`` keeps both databases from walking all runs in order instead.
    """
    order = route.column if route.ordered else f"({route.column} + 0)"
    way = "DESC" if descending else "ASC"
    return unsorted(route, bounds) + f" ORDER BY {order} {way} LIMIT {size}"


def unsorted(route: Route, bounds: Bounds) -> Sql:
    """The candidates of a route: ``run``, and ``experiment`` where the index tells it."""
    where = f", {route.experiment} AS experiment" if route.experiment is not None else ""
    return f"SELECT {route.column} AS run{where} " + route.body + bounds.test(route.column)


def _drive(asked: Plan, driver: Part, limit: int, size: int, descending: bool, bounds: Bounds) -> Sql:
    assert driver.route is not None
    inner = driven(driver.route, size, descending, bounds)
    test = passes(asked, driver, experiment_known=driver.route.experiment is not None)
    if is_postgres():
        return "WITH c AS MATERIALIZED (" + inner + ") SELECT c.run FROM c WHERE " + test + " LIMIT " + literal(limit)
    return "SELECT c.run FROM (" + inner + ") c WHERE " + test + " LIMIT " + literal(limit)


def passes(asked: Plan, driver: Part | None, *, experiment_known: bool) -> Sql:
    """That the candidate ``c.run`` lies in the scope and passes every condition but the exact driver's.

    Conditions on side tables come first, rarest first, and are asked by ``c.run`` (and ``c.experiment``) alone: most
    candidates fail there, and their rows of ``runs_run`` are never read.
    """
    rest = [part for part in asked.parts if part is not driver or part.route is None or not part.route.exact]
    known = {"id": "c.run"} | ({"experiment_id": "c.experiment"} if experiment_known else {})
    near: list[Sql] = []
    far: list[Sql] = []
    for part in sorted(rest, key=asked.share):
        reader = replace(asked.reader(), known=known)
        test = reader.condition(part.node)
        if reader.columns <= known.keys():
            near.append(test)
        else:
            far.append(asked.reader().condition(part.node))
    if not far and not asked.extra and _few_are_hidden(asked, driver):
        return all_of([*near, _not_hidden(asked.scope)])
    tests = all_of([in_scope(asked.scope), *far, *asked.extra])
    return all_of([*near, "(SELECT 1 FROM runs_run r WHERE r.id = c.run AND " + tests + " LIMIT 1) IS NOT NULL"])


def _few_are_hidden(asked: Plan, driver: Part | None) -> bool:
    """Whether candidates need only be kept out of a short list, instead of each being looked up."""
    inside = driver is None or (driver.route is not None and driver.route.inside)
    return inside and not asked.scope.roots_only and asked.hidden is not None and asked.hidden <= MOST_HIDDEN


def _not_hidden(scope: Scope) -> Sql:
    """That the candidate, which is known to lie in the scope's place, is in a state of life that the scope lets in."""
    lives = ", ".join(str(life) for life in other_lives(scope))
    return "c.run NOT IN (SELECT r.id FROM runs_run r WHERE " + own_test(scope, "r") + f" AND r.lifecycle IN ({lives}))"


def in_scope(scope: Scope) -> Sql:
    """That the run ``r`` lies in the scope."""
    lives = ", ".join(str(int(life)) for life in scope.lifecycles)
    root = " AND r.parent_id IS NULL" if scope.roots_only else ""
    return own_test(scope, "r") + f" AND r.lifecycle IN ({lives}){root}"


def counting_statement(asked: Plan, cap: int | None) -> Sql:
    """How many runs match, no further than ``cap``. Runs the counts of the cost rule first."""
    asked = counted(asked)
    limit = cap or 10**12
    driver, _ = cheapest(asked, limit)
    if len(asked.parts) == 1 and asked.parts[0].route is not None:
        driver = asked.parts[0]  # however many: counting needs no order
    if driver is None or driver.route is None:
        return "SELECT count(*) FROM (" + _walk(asked, limit, 10**12, True, asked.bounds) + ") z"
    # Candidates in whatever order the index has them: sorting them first took most of the time.
    inner = unsorted(driver.route, asked.bounds)
    test = passes(asked, driver, experiment_known=driver.route.experiment is not None)
    return "SELECT count(*) FROM (SELECT 1 AS one FROM (" + inner + ") c WHERE " + test + f" LIMIT {limit}) z"

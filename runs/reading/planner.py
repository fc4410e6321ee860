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

from runs.models import Facet, Lifecycle
from runs.query_language.predicates import ID_AHEAD_MS, ID_EPOCH_MS, Keys, Reader, Scope, rows_of
from runs.query_language.sql import Sql, all_of, joined, listed, literal, value
from runs.query_language.times import interval
from runs.query_language.tree import And, Condition, Family, Node, Op, Text
from runs.reading.routes import Route, is_indexed_text, own_test, route_of
from studio.database import BudgetSpent, is_postgres, time_budget

COUNT_CAP = 50_000
TEXT_COUNT_CAP = 3_000
MOST_LANES = 50
MOST_HIDDEN = 2_000
SLICE_SQLITE, SLICE_POSTGRES = 30_000, 12_000
NEWEST_TEXTS = 4_000
BUDGET_MS = 100
GUESS = 0.3
RARE_TEXT = 0.005  # of a text that the newest runs did not have often enough
CHEAP = 2_000
_POSITIVE = frozenset({Op.EQUAL, Op.IN, Op.LESS, Op.LESS_EQUAL, Op.GREATER, Op.GREATER_EQUAL})


def has_text(node: Node) -> bool:
    """Whether a condition is free text."""
    return isinstance(node, Text) or (isinstance(node, And) and all(isinstance(part, Text) for part in node.parts))


@dataclass(frozen=True, slots=True)
class Part:
    """One of the conditions that must all hold: its SQL form on ``r``, its route, and how many runs pass."""

    node: Node
    route: Route | None
    n: int | None = None

    @property
    def is_dear_text(self) -> bool:
        """Free text on PostgreSQL: the index gives candidates, but neither in order nor counted."""
        return self.route is not None and not self.route.countable and has_text(self.node)


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


@dataclass(frozen=True, slots=True)
class Bounds:
    """Only ids with ``low <= id < high``; None is open."""

    low: int | None = None
    high: int | None = None

    def test(self, column: str) -> Sql:
        """The bounds as a condition that begins with AND."""
        tests = Sql("")
        if self.low is not None:
            tests = tests + f" AND {column} >= " + value(self.low)
        if self.high is not None:
            tests = tests + f" AND {column} < " + value(self.high)
        return tests

    def within(self, other: "Bounds") -> "Bounds":
        """The narrower of both at each end."""
        lows = [low for low in (self.low, other.low) if low is not None]
        highs = [high for high in (self.high, other.high) if high is not None]
        return Bounds(max(lows, default=None), min(highs, default=None))


EVERYWHERE = Bounds()


@dataclass(frozen=True, slots=True)
class Plan:
    """A question that is ready to be asked: which runs of ``scope`` pass all ``parts``?

    ``extra`` are further conditions on ``r``, which read ``extra_columns`` of it.
    """

    scope: Scope
    keys: Keys
    parts: tuple[Part, ...]
    bounds: Bounds
    total: int | None = None
    world: int | None = None
    hidden: int | None = None
    extra: tuple[Sql, ...] = ()
    extra_columns: frozenset[str] = frozenset()

    def reader(self) -> Reader:
        """A fresh reader of conditions."""
        return Reader(self.scope, self.keys, is_postgres())

    def share(self, part: Part) -> float:
        """Which part of the scope's runs passes, as far as is known."""
        of = self.world if part.route is not None and part.route.everywhere else self.total
        if part.n is None or not of:
            return RARE_TEXT if part.is_dear_text else GUESS
        return min(1.0, part.n / of)

    def shares(self) -> float:
        """Which part passes all, taking the conditions as independent."""
        share = 1.0
        for part in self.parts:
            share *= self.share(part)
        return share


def plan(scope: Scope, keys: Keys, tree: Node | None) -> Plan:
    """The question, its top-level conditions apart. No statement is run."""
    nodes = _together(tree.parts if isinstance(tree, And) else () if tree is None else (tree,))
    reader = Reader(scope, keys, is_postgres())
    bounds = Bounds()
    for node in nodes:
        bounds = bounds.within(_created_bounds(node, scope.now_ms))
    return Plan(scope, keys, tuple(Part(node, route_of(node, reader)) for node in nodes), bounds)


def _together(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Free texts as one condition: the index then looks for all of them at once."""
    texts = tuple(node for node in nodes if is_indexed_text(node))
    if len(texts) < 2:
        return nodes
    return (And(texts), *(node for node in nodes if not is_indexed_text(node)))


def _created_bounds(node: Node, now_ms: int) -> Bounds:
    """Ids follow creation times, so a condition on `created` is a range of ids (rechecked on the column)."""
    if not isinstance(node, Condition) or node.field.family is not Family.ATTRIBUTE or node.field.key != "created":
        return Bounds()
    if node.op not in _POSITIVE or len(node.values) != 1:
        return Bounds()
    low, high = interval(node.op, node.value, now_ms)
    return Bounds(
        None if low is None else (low - ID_EPOCH_MS) * 256,
        None if high is None else (high - ID_EPOCH_MS + ID_AHEAD_MS) * 256,
    )


def counted(asked: Plan) -> Plan:
    """The plan with the counts that the cost rule needs: one statement."""
    routes = [(i, part.route) for i, part in enumerate(asked.parts) if part.route is not None and _needs_count(part)]
    counts = [route.count(_cap(route) + 1) for _, route in routes]
    totals = [total_of(asked.scope), total_of(replace(asked.scope, experiments=None, roots_only=False))]
    others = replace(asked.scope, lifecycles=_other_lives(asked.scope), roots_only=False)
    *found, total, all_runs, hidden = rows_of("SELECT " + joined(", ", [*counts, *totals, total_of(others)]))[0]
    parts = [
        replace(part, n=part.route.known) if part.route is not None and part.route.known is not None else part
        for part in asked.parts
    ]
    for (i, route), n in zip(routes, found, strict=True):
        is_more = route.everywhere and n > _cap(route)
        parts[i] = replace(parts[i], n=max(int(n), int(all_runs * GUESS)) if is_more else int(n))
    return replace(asked, parts=tuple(parts), total=int(total), world=int(all_runs), hidden=int(hidden))


def _other_lives(scope: Scope) -> tuple[int, ...]:
    """The states of life that the scope keeps out (-1, which none has, if it lets all in)."""
    return tuple(int(life) for life in Lifecycle if life not in scope.lifecycles) or (-1,)


def _cap(route: Route) -> int:
    """Counting in a text index is dear: beyond this it is common, whatever the number."""
    return TEXT_COUNT_CAP if route.everywhere else COUNT_CAP


def _needs_count(part: Part) -> bool:
    return part.route is not None and part.route.known is None and part.route.countable


def total_of(scope: Scope) -> Sql:
    """How many runs the scope has, from the counters kept with every write."""
    dimension, test = Facet.Dimension.LIFECYCLE, " AND f.value IN " + listed(scope.lifecycles)
    if scope.roots_only:
        dimension, test = Facet.Dimension.ROOT_STATUS, Sql("")
    places = (0,) if scope.experiments is None else (scope.experiments or (-1,))
    return (
        "(SELECT COALESCE(SUM(f.n), 0) FROM runs_facet f WHERE f.workspace_id = "
        + value(scope.workspace_id)
        + " AND f.experiment_id IN "
        + listed(places)
        + f" AND f.dimension = {int(dimension)}"
        + test
        + ")"
    )


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
    return search.run(driver, cheap=cost < CHEAP)


def _lazy_route(asked: Plan) -> Part | None:
    """The only condition, when its index gives runs in order: nothing needs to be counted."""
    if len(asked.parts) != 1:
        return None
    part = asked.parts[0]
    if part.route is None or not part.route.ordered:
        return None
    return None if part.route.everywhere and asked.scope.experiments is not None else part


def cheapest(asked: Plan, limit: int) -> tuple[Part | None, float]:
    """The condition to drive from, or None to walk, and the cost in candidates (fitted: data-measured.md 3.2)."""
    share = max(asked.shares(), 1e-9)
    total = asked.total or 0
    best: tuple[Part | None, float] = (None, min(total, limit / share))
    for part in asked.parts:
        if part.route is None or (part.n is None and part.route.countable):
            continue
        n = part.n if part.n is not None else total * (RARE_TEXT if part.is_dear_text else GUESS)
        if n > COUNT_CAP and not part.route.ordered:
            continue
        needed = n * min(1.0, limit / max(1e-9, share * total))
        cost = needed + (0 if part.route.ordered else 0.15 * n)
        if cost <= best[1]:
            best = (part, cost)
    return best


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
    where = f", {route.experiment} AS experiment" if route.experiment is not None else ""
    return (
        f"SELECT {route.column} AS run{where} "
        + route.body
        + bounds.test(route.column)
        + f" ORDER BY {order} {'DESC' if descending else 'ASC'} LIMIT "
        + literal(size)
    )


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
    lives = ", ".join(str(life) for life in _other_lives(scope))
    return "c.run NOT IN (SELECT r.id FROM runs_run r WHERE " + own_test(scope, "r") + f" AND r.lifecycle IN ({lives}))"


def in_scope(scope: Scope) -> Sql:
    """That the run ``r`` lies in the scope."""
    lives = ", ".join(str(int(life)) for life in scope.lifecycles)
    root = " AND r.parent_id IS NULL" if scope.roots_only else ""
    return own_test(scope, "r") + f" AND r.lifecycle IN ({lives}){root}"


def counting_statement(asked: Plan, cap: int | None) -> Sql:
    """How many runs match, no further than ``cap``. Runs the counts of the cost rule first."""
    asked = counted(asked)
    driver, _ = cheapest(asked, cap or 10**9)
    limit = cap or 10**12
    return "SELECT count(*) FROM (" + _statement(asked, driver, limit, 10**12, True, asked.bounds) + ") z"

"""What exactly is asked, and which condition should lead? A tree taken apart, counted, and judged by cost.

The cost rule (data-measured.md 3.2): count each condition through its index, then drive from the rarest or walk newest
first, whichever checks fewer candidates before a page is full.
"""

from dataclasses import dataclass, replace

from runs.models import Facet, Lifecycle
from runs.query_language.predicates import ID_AHEAD_MS, ID_EPOCH_MS, Keys, Reader, Scope, rows_of
from runs.query_language.sql import Sql, joined, listed, value
from runs.query_language.times import interval
from runs.query_language.tree import And, Condition, Family, Node, Op, Text
from runs.reading.routes import Route, is_indexed_text, route_of
from studio.database import is_postgres

COUNT_CAP = 30_000
TEXT_COUNT_CAP = 3_000
GUESS = 0.3
RARE_TEXT = 0.005  # of a text that the newest runs did not have often enough
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
    others = replace(asked.scope, lifecycles=other_lives(asked.scope), roots_only=False)
    *found, total, all_runs, hidden = rows_of("SELECT " + joined(", ", [*counts, *totals, total_of(others)]))[0]
    parts = [
        replace(part, n=part.route.known) if part.route is not None and part.route.known is not None else part
        for part in asked.parts
    ]
    for (i, route), n in zip(routes, found, strict=True):
        parts[i] = replace(parts[i], n=int(n) if n <= _cap(route) else _guessed(route, int(n), int(all_runs)))
    return replace(asked, parts=tuple(parts), total=int(total), world=int(all_runs), hidden=int(hidden))


def _guessed(route: Route, counted_to: int, all_runs: int) -> int:
    """How many there may be when counting stopped at the cap."""
    return max(counted_to, int(GUESS * (all_runs if route.everywhere else route.most)))


def other_lives(scope: Scope) -> tuple[int, ...]:
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

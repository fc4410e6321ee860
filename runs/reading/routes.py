"""Through which index can a condition find runs, and how many would that be?

A route is the FROM and WHERE of a statement that gives run ids. Raw SQL, because the order and the fences matter.
"""

from dataclasses import dataclass, replace

from runs.query_language.predicates import SHORTEST_INDEXED_TEXT, Reader, Scope, experiments_test, key_name
from runs.query_language.sides import Side, side_of
from runs.query_language.sql import TRUE, Sql, joined, literal, value
from runs.query_language.tree import And, Condition, Family, Flag, Node, Op, Or, Range, Text

LARGEST_SCAN = 20_000  # rows of a key that may be read one by one when the test has no index
_BY_EQUALITY = frozenset({"status", "submitter", "compute", "parent", "root", "id"})


@dataclass(frozen=True, slots=True)
class Route:
    """``SELECT {column} {body}`` gives candidates: runs that may match.

    ``ordered``: the index gives them in run order, so reading can stop early. ``exact``: each candidate passes the
    condition, no recheck. ``known``: how many, where a counter tells. ``countable``: the index can count them.
    ``everywhere``: candidates come from all experiments, also where the scope is one. ``experiment`` is the column
    that tells a candidate's experiment, if there is one at hand. ``inside``: all candidates lie in the workspace, or
    the experiments, of the scope. ``most``: there cannot be more than so many, where a counter tells.
    """

    column: str
    body: Sql
    ordered: bool
    exact: bool = True
    known: int | None = None
    countable: bool = True
    everywhere: bool = False
    experiment: str | None = None
    inside: bool = True
    most: int = 0

    def count(self, cap: int) -> Sql:
        """How many candidates, no further than ``cap``."""
        return "(SELECT count(*) FROM (SELECT 1 AS one " + self.body + " LIMIT " + literal(cap) + ") z)"


def route_of(node: Node, reader: Reader) -> Route | None:
    """The route by which ``node`` finds its runs, if an index helps."""
    match node:
        case Text(text):
            return _text_route([text], reader)
        case Condition():
            return _condition_route(node, reader)
        case And(parts) if all(isinstance(part, Text) for part in parts):
            return _text_route([part.text for part in parts if isinstance(part, Text)], reader)
        case And(parts):
            found = [route for part in parts if (route := route_of(part, reader))]
            return _superset(found[0]) if found else None
        case Or(parts):
            routes = [route_of(part, reader) for part in parts]
            return _union([route for route in routes if route]) if all(routes) else None
    return None


def _superset(route: Route) -> Route:
    return replace(route, exact=False)


def _union(routes: list[Route]) -> Route:
    each = [f"SELECT {route.column} AS run " + route.body for route in routes]
    known = [route.known for route in routes]
    return Route(
        column="u.run",
        body="FROM (" + joined(" UNION ", each) + ") u WHERE 1=1",
        ordered=False,
        exact=all(route.exact for route in routes),
        known=sum(n for n in known if n is not None) if None not in known else None,
        countable=all(route.countable for route in routes),
        inside=all(route.inside for route in routes),
    )


def _condition_route(condition: Condition, reader: Reader) -> Route | None:
    name = key_name(condition)
    if name is not None:
        known = reader.keys.get(name)
        if known is None or condition.op is Op.MISSING:
            return None
        return _side_route(side_of(condition, known, reader.postgres), reader.scope)
    if condition.field.family is not Family.ATTRIBUTE:
        return None
    if condition.field.key == "favourite":
        return _favourite_route(condition, reader.scope)
    if condition.field.key not in _BY_EQUALITY or condition.op not in (Op.EQUAL, Op.IN):
        return None
    if any(isinstance(given, Range) for given in condition.values):
        return None
    test = Reader(reader.scope, reader.keys, reader.postgres).condition(condition)
    body = "FROM runs_run r WHERE " + own_test(reader.scope, "r") + " AND " + test
    return Route("r.id", body, _is_single(condition), experiment="r.experiment_id")


def _is_single(condition: Condition) -> bool:
    """Whether the condition names one value of an index, whose runs then come in order."""
    if condition.op is not Op.EQUAL or condition.field.key in ("parent", "root"):
        return False
    statuses = getattr(condition.value, "statuses", None)
    return statuses is None or len(statuses) == 1


def own_test(scope: Scope, alias: str) -> Sql:
    """That a row of ``runs_run`` lies in the scope's place (whatever its state of life)."""
    if scope.experiments is None:
        return f"{alias}.workspace_id = " + value(scope.workspace_id)
    return experiments_test(f"{alias}.experiment_id", scope)


def _side_route(side: Side, scope: Scope) -> Route | None:
    if not side.indexed and side.n > LARGEST_SCAN:
        return None
    if scope.experiments is None:
        # Through the experiments that use the key: 200 seeks instead of a second set of indexes.
        place = (
            "x.experiment_id IN (SELECT k.experiment_id FROM runs_experimentkey k "
            "JOIN runs_experiment e ON e.id = k.experiment_id WHERE k.key_id = "
            + value(side.key_id)
            + " AND e.workspace_id = "
            + value(scope.workspace_id)
            + ")"
        )
    else:
        place = experiments_test("x.experiment_id", scope)
    present = side.test is TRUE
    body = f"FROM {side.table} x WHERE " + place + " AND x.key_id = " + value(side.key_id)
    if not present:
        body = body + " AND " + side.test
    ordered = side.ordered and scope.experiment is not None
    known = side.n if present else None
    return Route("x.run_id", body, ordered, True, known, side.indexed, experiment="x.experiment_id", most=side.n)


def _favourite_route(condition: Condition, scope: Scope) -> Route | None:
    wanted = isinstance(condition.value, Flag) and condition.value.value == (condition.op is Op.EQUAL)
    if scope.person_id is None or not wanted:
        return None
    return Route("f.run_id", "FROM runs_favourite f WHERE f.person_id = " + value(scope.person_id), False, inside=False)


def is_indexed_text(node: Node) -> bool:
    """Whether a node is free text that is long enough for the trigram index."""
    return isinstance(node, Text) and len(node.text.casefold()) >= SHORTEST_INDEXED_TEXT


def _text_route(texts: list[str], reader: Reader) -> Route | None:
    """All texts in one search of the index, which meets their trigrams before it reads a run."""
    folded = [text.casefold() for text in texts if len(text.casefold()) >= SHORTEST_INDEXED_TEXT]
    if not folded:
        return None
    exact = len(folded) == len(texts)
    if not reader.postgres:
        # A quoted phrase of the trigram index is a substring. By rowid it comes newest first, unsorted it costs 480 ms.
        phrases = " AND ".join('"' + text.replace('"', '""') + '"' for text in folded)
        body = "FROM runs_fts WHERE runs_fts MATCH " + value(phrases)
        exact = exact and all(text.isascii() for text in folded)
        return Route("runs_fts.rowid", body, True, exact, everywhere=True, inside=False)
    tests = ["x.search LIKE " + value(_pattern(text)) for text in folded]
    if reader.scope.experiments is not None:
        tests.insert(0, experiments_test("x.experiment_id", reader.scope))
    body = "FROM runs_runtext x WHERE " + joined(" AND ", tests)
    inside = reader.scope.experiments is not None
    return Route("x.run_id", body, False, exact, countable=False, experiment="x.experiment_id", inside=inside)


def _pattern(text: str) -> str:
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"

"""Which runs does a search find, a page at a time? The only place that runs the list's SQL.

A page takes at most five statements, whatever its size: names, counts, ids, rows, and one of the overlays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from runs.mistakes import UserMistake
from runs.models import Experiment, KeyKind, Lifecycle, Person, Workspace
from runs.query_language.field_names import field_to_text
from runs.query_language.order import SortKey, sort_to_text
from runs.query_language.predicates import (
    KeyName,
    Scope,
    experiments_test,
    key_name,
    known_keys,
    rows_of,
    unknown_names,
)
from runs.query_language.sql import value
from runs.query_language.suggestions import nearest
from runs.query_language.tree import And, Condition, Family, Field, Flag, Node, Op, Word, leaves
from runs.reading.cursors import Cursor
from runs.reading.planner import Lines, Reading, counting_statement, find_newest
from runs.reading.plans import EVERYWHERE, Bounds, Plan, plan, total_of
from runs.reading.run_rows import RunRow, rows_from, rows_too
from runs.reading.run_search import RunSearch
from runs.reading.sort_orders import number_of_values
from runs.reading.sorted_runs import find_sorted, ids_only
from studio.database import BudgetSpent, now_ms, time_budget

COUNT_CAP = 10_000
COUNT_BUDGET_MS = 250
EXACT_BUDGET_MS = 5_000
CREATED = Field(Family.ATTRIBUTE, "created")


@dataclass(frozen=True, slots=True)
class RunPage:
    """A page of runs. ``next`` and ``previous`` are cursors for the parameters ``after`` and ``before``, or None.

    ``complete`` is False when the search stopped early: it looked at ``searched`` runs, and ``next`` goes on from
    there (or, in a sorted list, only those ``searched`` took part in the sort). ``warnings`` are mistakes that
    did not keep the query from running, such as a name that no run uses. ``count`` is how many match, where the page
    itself tells; else ask `count_runs`, which need not think again when it is handed the ``plan``.
    """

    rows: list[RunRow]
    columns: tuple[Field, ...]
    next: str | None = None
    previous: str | None = None
    complete: bool = True
    searched: int | None = None
    warnings: tuple[UserMistake, ...] = ()
    count: int | None = None
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many runs match: exactly ``n``, or more than ``n`` when ``capped``. None when the time ran out."""

    n: int | None
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines in order: a run's id, its ``values`` to sort by, what else was read. ``more``: there is another page."""

    lines: Lines
    values: int
    more: bool
    floor: int | None = None
    searched: int | None = None

    @property
    def ids(self) -> list[int]:
        """The runs' ids."""
        return [int(line[0]) for line in self.lines]

    def place(self, sort: str, i: int) -> str:
        """The cursor of one line, as text."""
        line = self.lines[i]
        return Cursor(sort, tuple(line[1 : 1 + self.values]), int(line[0])).to_text()


def find_runs(
    workspace: Workspace,
    search: RunSearch,
    *,
    experiment: Experiment | None = None,
    person: Person | None = None,
    columns: Sequence[Field] | None = None,
    lifecycles: Sequence[int] | None = None,
) -> RunPage:
    """The page that ``search`` asks for, in a workspace or one experiment, as ``person`` sees it.

    ``columns`` are the cells wanted where the search names none. ``lifecycles`` lets archived or trashed runs in
    (else the query decides: one that speaks of `archived` does). A query with a mistake finds nothing.
    """
    shown = tuple(search.columns if search.columns is not None else columns or ())
    if search.mistakes_in("q"):
        return RunPage([], shown)
    scope = scope_of(workspace, search, experiment, person, lifecycles)
    page = _find_lines(scope, search)
    rows = rows_from(page.lines, shown, scope.now_ms, nested=scope.roots_only)
    return RunPage(
        rows, shown, page.next, page.previous, page.complete, page.searched, page.warnings, page.count, page.plan
    )


@dataclass(frozen=True, slots=True)
class LinePage:
    """A page of runs before they are made into rows: lines of an id and `run_rows.ROW_COLUMNS`; else as `RunPage`."""

    lines: Lines
    next: str | None = None
    previous: str | None = None
    complete: bool = True
    searched: int | None = None
    warnings: tuple[UserMistake, ...] = ()
    count: int | None = None
    plan: Plan | None = None


def find_lines(
    workspace: Workspace,
    search: RunSearch,
    *,
    experiment: Experiment | None = None,
    person: Person | None = None,
    lifecycles: Sequence[int] | None = None,
) -> LinePage:
    """As `find_runs`, for a door that shapes 1,000 runs at once and shows all that they carry."""
    if search.mistakes_in("q"):
        return LinePage([])
    return _find_lines(scope_of(workspace, search, experiment, person, lifecycles), search)


def _find_lines(scope: Scope, search: RunSearch) -> LinePage:
    asked, warnings = _plan(scope, search.tree, search.sort)
    cursor, back = (search.before, True) if search.before is not None else (search.after, False)
    listing = _list(asked, search.sort, search.page_size, cursor, back, reads=partial(rows_too, scope.person_id))
    lines = listing.lines
    if listing.values:
        lines = [(line[0], *line[1 + listing.values :]) for line in lines]
    following, previous = _cursors(listing, sort_to_text(search.sort) if search.sort else "", cursor, back)
    complete = listing.floor is None and listing.searched is None
    count = len(lines) if complete and cursor is None and following is None else None
    return LinePage(lines, following, previous, complete, listing.searched, warnings, count, asked)


def children_of(
    workspace: Workspace,
    parent_uid: str,
    search: RunSearch,
    *,
    person: Person | None = None,
    columns: Sequence[Field] = (),
) -> RunPage:
    """The child runs of a run, newest first or as ``search`` sorts them, its query left aside."""
    field = Field(Family.ATTRIBUTE, "parent")
    only = replace(search, tree=Condition(field, Op.EQUAL, (Word(parent_uid),)), nest=False, mistakes=())
    return find_runs(workspace, only, person=person, columns=columns)


def count_runs(
    workspace: Workspace,
    search: RunSearch,
    *,
    experiment: Experiment | None = None,
    person: Person | None = None,
    lifecycles: Sequence[int] | None = None,
    exact: bool = False,
    asked: Plan | None = None,
) -> Count:
    """How many runs match, up to 10,000 (``capped`` beyond); all of them with ``exact``.

    At most three statements; one when ``asked`` is the plan of a page of the same search.

    ``n`` is None when the time was over (250 ms, with ``exact`` 5 s).
    """
    if search.mistakes_in("q"):
        return Count(0)
    scope = scope_of(workspace, search, experiment, person, lifecycles)
    if search.tree is None and (not scope.roots_only or scope.lifecycles == (Lifecycle.ACTIVE,)):
        return Count(int(rows_of("SELECT " + total_of(scope))[0][0]))
    asked = asked or _plan(scope, search.tree, ())[0]
    cap = None if exact else COUNT_CAP + 1
    try:
        with time_budget(EXACT_BUDGET_MS if exact else COUNT_BUDGET_MS):
            n = int(rows_of(counting_statement(asked, cap))[0][0])
    except BudgetSpent:
        return Count(None)
    return Count(min(n, COUNT_CAP), capped=n > COUNT_CAP) if not exact else Count(n)


@dataclass(frozen=True, slots=True)
class FoundIds:
    """Run ids in order, and the cursor (as text) of the next page."""

    ids: list[int]
    next: str | None


def search_runs_by_tree(
    workspace: Workspace,
    experiment_ids: Sequence[int],
    tree: Node | None,
    order: tuple[SortKey, ...],
    cursor: Cursor | None,
    limit: int,
    lifecycles: Sequence[int],
    *,
    person: Person | None = None,
) -> FoundIds:
    """Ids of the matching runs of these experiments, ``limit`` at a time, for the MLflow door. Never cut short:
    where one search stops, the next begins. Newest first unless ``order`` says otherwise.
    """
    scope = Scope(
        workspace.pk,
        tuple(experiment_ids),
        now_ms(),
        person.pk if person else None,
        person.username if person else "",
        tuple(lifecycles),
    )
    if not experiment_ids:
        return FoundIds([], None)
    asked, _ = _plan(scope, tree, order)
    ids: list[int] = []
    while True:
        listing = _list(asked, order, limit - len(ids), cursor, False, whole=True)
        ids += listing.ids
        following, _ = _cursors(listing, sort_to_text(order) if order else "", cursor, False)
        if listing.floor is None or len(ids) >= limit:
            return FoundIds(ids, following)
        cursor = Cursor(sort_to_text(order) if order else "", (), listing.floor)


def scope_of(
    workspace: Workspace,
    search: RunSearch,
    experiment: Experiment | None,
    person: Person | None,
    lifecycles: Sequence[int] | None = None,
) -> Scope:
    """Where a search looks."""
    return Scope(
        workspace_id=workspace.pk,
        experiments=None if experiment is None else (experiment.pk,),
        now_ms=now_ms(),
        person_id=person.pk if person is not None else None,
        person_name=person.username if person is not None else "",
        lifecycles=tuple(lifecycles) if lifecycles is not None else lifecycles_in(search.tree),
        roots_only=search.nested,
    )


def lifecycles_in(tree: Node | None) -> tuple[int, ...]:
    """Active runs only, unless the query speaks of `archived`: then just those states that it can find."""
    asked = [leaf for leaf in leaves(tree) if isinstance(leaf, Condition) and leaf.field.key == "archived"]
    asked = [leaf for leaf in asked if leaf.field.family is Family.ATTRIBUTE]
    if not asked:
        return (int(Lifecycle.ACTIVE),)
    parts = tree.parts if isinstance(tree, And) else (tree,)
    for leaf in asked:
        if leaf in parts:
            flag = leaf.value
            wanted = isinstance(flag, Flag) and flag.value == (leaf.op is Op.EQUAL)
            return (int(Lifecycle.ARCHIVED if wanted else Lifecycle.ACTIVE),)
    return int(Lifecycle.ACTIVE), int(Lifecycle.ARCHIVED)


def _plan(scope: Scope, tree: Node | None, sort: tuple[SortKey, ...]) -> tuple[Plan, tuple[UserMistake, ...]]:
    names: list[KeyName] = []
    for leaf in leaves(tree):
        if isinstance(leaf, Condition) and (name := key_name(leaf)):
            names.append(name)
    for key in sort:
        if name := key_name(Condition(key.field, Op.EXISTS)):
            names.append(name)
    keys = known_keys(names, scope)
    unknown = unknown_names(tree, keys)
    warnings = _warnings(unknown, scope)
    scope, tree = _narrowed(scope, tree)
    return plan(scope, keys, tree), warnings


def _narrowed(scope: Scope, tree: Node | None) -> tuple[Scope, Node | None]:
    """``experiment:name`` in a search of the whole workspace is a search of that experiment."""
    parts = tree.parts if isinstance(tree, And) else (tree,)
    for part in parts:
        if (
            scope.experiments is None
            and isinstance(part, Condition)
            and part.field == Field(Family.ATTRIBUTE, "experiment")
            and part.op is Op.EQUAL
            and isinstance(part.value, Word)
        ):
            statement = "SELECT e.id FROM runs_experiment e WHERE e.workspace_id = " + value(scope.workspace_id)
            found = rows_of(statement + " AND e.name = " + value(part.value.text))
            rest = tuple(other for other in parts if other is not part and other is not None)
            left = None if not rest else rest[0] if len(rest) == 1 else And(rest)
            return replace(scope, experiments=tuple(int(row[0]) for row in found)), left
    return scope, tree


def _warnings(unknown: list[Condition], scope: Scope) -> tuple[UserMistake, ...]:
    """What to say about names that no run uses. One statement for each family of them."""
    named = [(leaf, name) for leaf in unknown if (name := key_name(leaf)) is not None]
    near = {kind: _names_used(kind, scope) for kind in {name[0] for _, name in named}}
    warnings = []
    for leaf, (kind, _) in named:
        text = f"{field_to_text(leaf.field)} is not used by any run here{_hint(leaf.field, near[kind])}"
        warnings.append(UserMistake(text, "q", leaf.span[0]))
    return tuple(warnings)


def _hint(field: Field, known: list[str]) -> str:
    """The nearest name that is used, as people write it."""
    meant = nearest(field.key, known)
    return f"; did you mean {field_to_text(replace(field, key=meant))}?" if meant is not None else ""


def _names_used(kind: KeyKind, scope: Scope) -> list[str]:
    """Names that runs of the scope use: those of other workspaces are nobody's business here."""
    statement = (
        "SELECT DISTINCT k.name FROM runs_experimentkey x JOIN runs_key k ON k.id = x.key_id WHERE k.kind = "
        + value(int(kind))
        + " AND x.n > 0 AND "
        + experiments_test("x.experiment_id", scope)
        + " LIMIT 2000"
    )
    return [str(row[0]) for row in rows_of(statement)]


def _list(
    asked: Plan,
    sort: tuple[SortKey, ...],
    size: int,
    cursor: Cursor | None,
    back: bool,
    *,
    whole: bool = False,
    reads: Callable[[int], Reading] = ids_only,
) -> Listing:
    """One page, and whether there is more beyond it."""
    if not sort or (len(sort) == 1 and sort[0].field == CREATED):
        return _by_age(asked, size, cursor, back, not sort or sort[0].descending, reads(0))
    found = find_sorted(asked, sort, size + 1, cursor, back=back, whole=whole, reads=reads)
    more = len(found.lines) > size
    lines = (found.lines[1:] if back else found.lines[:size]) if more else found.lines
    searched = (found.searched or len(lines)) if found.cut else None
    return Listing(lines, number_of_values(sort, asked.reader()), more, searched=searched)


def _by_age(asked: Plan, size: int, cursor: Cursor | None, back: bool, descending: bool, read: Reading) -> Listing:
    down = descending != back
    bounds = EVERYWHERE
    if cursor is not None:
        bounds = Bounds(high=cursor.id) if down else Bounds(low=cursor.id + 1)
    found = find_newest(asked, size + 1, descending=down, bounds=bounds, read=read)
    lines = found.lines[:size]
    if back:
        lines.reverse()
    return Listing(lines, 0, len(found.lines) > size, found.floor, found.searched)


def _cursors(listing: Listing, sort: str, cursor: Cursor | None, back: bool) -> tuple[str | None, str | None]:
    """The cursors of the next and the previous page."""
    following = previous = None
    if listing.lines:
        following = listing.place(sort, -1) if listing.more or back else None
        previous = listing.place(sort, 0) if (listing.more if back else cursor is not None) else None
    if listing.floor is not None:
        go_on = Cursor(sort, (), listing.floor).to_text()
        return (following, go_on) if back else (go_on, previous)
    return following, previous

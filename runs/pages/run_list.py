"""Which runs are there? The list with its query box: the URL is the whole state, and every control changes the URL."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from runs.access import experiment_or_404, run_or_404, workspace_or_404
from runs.models import Experiment, Workspace
from runs.pages.answers import person_of, show, whole_number
from runs.pages.home import tracking_uri
from runs.pages.run_list_controls import STATUS, Address, controls, count_words
from runs.pages.run_table import Links, heads, name_head, rows_html
from runs.query_language.tree import Family, Field
from runs.reading.columns import default_columns
from runs.reading.find_runs import Count, RunPage, children_of, count_runs, find_runs
from runs.reading.run_search import RunSearch
from runs.reading.status_counts import StatusCounts, status_counts

EXPERIMENT = Field(Family.ATTRIBUTE, "experiment")
DEEPEST = 4
MOST_CHILD_ROWS = 200


@require_safe
def run_list(request: HttpRequest, workspace_name: str) -> HttpResponse:
    """All runs of the workspace."""
    workspace = workspace_or_404(person_of(request), workspace_name)
    return _show_list(request, workspace, None, reverse("run_list", args=[workspace.name]))


@require_safe
def experiment_runs(request: HttpRequest, workspace_name: str, experiment_name: str) -> HttpResponse:
    """The runs of one experiment."""
    workspace = workspace_or_404(person_of(request), workspace_name)
    experiment = experiment_or_404(workspace, experiment_name)
    path = reverse("experiment_runs", args=[workspace.name, experiment.name])
    return _show_list(request, workspace, experiment, path)


def _show_list(request: HttpRequest, workspace: Workspace, experiment: Experiment | None, path: str) -> HttpResponse:
    person = person_of(request)
    search = RunSearch.from_query(request.GET)
    fields = search.columns if search.columns is not None else shown_at_first(workspace, experiment)
    page = find_runs(workspace, search, experiment=experiment, person=person, columns=fields)
    counts = status_counts(workspace, experiment)
    count = _known_count(search, page, counts)
    if count is None and "count" in request.GET:
        exact = request.GET["count"] == "all"
        count = count_runs(workspace, search, experiment=experiment, person=person, exact=exact, asked=page.plan)
    address = Address(path, search)
    columns = heads(page.columns, search, path)
    links = Links(workspace, page.columns, search.sort)
    context = {
        "workspace": workspace,
        "experiment": experiment,
        "search": search,
        "page": page,
        "counts": counts,
        **_count_context(count, search, address, len(page.rows)),
        "count_url": "" if count is not None else count_url(workspace, experiment, search, len(page.rows)),
        "name_head": name_head(search, path),
        "columns": columns,
        "rows_html": rows_html(page.rows, columns, links, nested=search.nested),
        "columns_url": columns_url(workspace, experiment, search),
        "tracking_uri": tracking_uri(request, workspace),
        **controls(search, page, counts, address),
    }
    return show(request, "runs/run_list.html", context, part="list")


def _known_count(search: RunSearch, page: RunPage, counts: StatusCounts) -> Count | None:
    """How many runs match, where that is known already. A filtered list that goes on is counted after it is shown."""
    if page.count is not None:
        return Count(page.count)
    if search.tree is None and not search.mistakes_in("q"):
        return Count(counts.roots if search.nested else counts.runs)
    return None


def _count_context(count: Count | None, search: RunSearch, address: Address, shown: int) -> dict[str, str]:
    """The words under the table, and a link that counts further where there is more to count."""
    url = ""
    if count is None or count.capped or count.n is None:
        url = address.with_(count="some" if count is None else "all")
    words = "count" if count is None else "count all"
    return {"count_words": count_words(count, shown, nested=search.nested), "count_all_url": url, "count_all": words}


@require_safe
def run_count(request: HttpRequest, workspace_name: str) -> HttpResponse:
    """How many runs a search matches: fetched when its list is on the screen, so that no list waits for a count."""
    person = person_of(request)
    workspace = workspace_or_404(person, workspace_name)
    name = request.GET.get("experiment", "")
    experiment = experiment_or_404(workspace, name) if name else None
    search = RunSearch.from_query(request.GET)
    count = count_runs(workspace, search, experiment=experiment, person=person)
    path = (
        reverse("experiment_runs", args=[workspace.name, name]) if name else reverse("run_list", args=[workspace.name])
    )
    shown = whole_number(request.GET.get("shown")) or 0
    return show(request, "components/list_count.html", _count_context(count, search, Address(path, search), shown))


def count_url(workspace: Workspace, experiment: Experiment | None, search: RunSearch, shown: int) -> str:
    """Where the count of a list is fetched from."""
    place = {"experiment": experiment.name} if experiment is not None else {}
    query = urlencode({**search.to_query(), **place, "shown": shown})
    return f"{reverse('run_count', args=[workspace.name])}?{query}"


def columns_url(workspace: Workspace, experiment: Experiment | None, search: RunSearch) -> str:
    """The column chooser, which comes back to this list."""
    place = {"experiment": experiment.name} if experiment is not None else {}
    return f"{reverse('run_columns', args=[workspace.name])}?{urlencode({**search.to_query(), **place})}"


def shown_at_first(workspace: Workspace, experiment: Experiment | None) -> tuple[Field, ...]:
    """The columns of a list that names none."""
    first = (STATUS,) if experiment is not None else (STATUS, EXPERIMENT)
    return first + default_columns(workspace, experiment)


@require_safe
def child_rows(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponse:
    """The child runs of a run as rows of the list's table, for a row that opens."""
    person = person_of(request)
    workspace = workspace_or_404(person, workspace_name)
    run = run_or_404(workspace, uid)
    search = RunSearch.from_query({**request.GET.dict(), "q": "", "rows": str(MOST_CHILD_ROWS)})
    fields = search.columns or ()
    page = children_of(workspace, run.uid, search, person=person, columns=fields)
    depth = min(max(whole_number(request.GET.get("depth")) or 1, 1), DEEPEST)
    links = Links(workspace, fields, search.sort)
    more = links.children(run.uid) if page.next else ""
    html = rows_html(
        page.rows, heads(fields, search, ""), links, nested=True, depth=depth, under=run.uid, more_url=more
    )
    return HttpResponse(html)

"""What does the page of one run show? Overview, children and activity; the other tabs have modules of their own."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from runs.access import workspace_or_404
from runs.models import Lifecycle, Run, Workspace
from runs.pages.answers import may_edit, person_of, show, whole_number
from runs.pages.description_html import with_own_files
from runs.reading.activity import find_activity
from runs.reading.child_runs import find_child_runs
from runs.reading.run_detail import RunDetail, RunHead, load_run_detail, load_run_head
from runs.reading.summaries import Summary, summaries

FILTER_FROM = 12
"""A table with fewer rows than this needs no filter box."""
MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a run, as components/tabs.html takes it."""

    label: str
    url: str
    current: bool
    quiet: bool = False
    count: int | None = None


def run_url(workspace: Workspace, uid: str, place: str = "run") -> str:
    """The address of one of a run's pages, by URL name."""
    return reverse(place, args=[workspace.name, uid])


def head_context(workspace: Workspace, head: RunHead, tab: str) -> dict[str, Any]:
    """What run_head.html needs, on every tab."""
    editor = may_edit(workspace)
    active, trashed = head.lifecycle == Lifecycle.ACTIVE, head.lifecycle == Lifecycle.TRASHED
    return {
        "workspace": workspace,
        "head": head,
        "tab": tab,
        "tabs": _tabs(workspace, head, tab),
        "may_edit": editor and not trashed,
        "may_cancel": editor and not trashed and not head.status.is_terminal,
        "may_archive": editor and active,
        "may_trash": editor and not trashed,
        "may_restore": editor and not active,
        "is_archived": head.lifecycle == Lifecycle.ARCHIVED,
        "is_trashed": trashed,
    }


def _tabs(workspace: Workspace, head: RunHead, current: str) -> list[Tab]:
    def tab(label: str, place: str, **more: Any) -> Tab:
        return Tab(label, run_url(workspace, head.uid, place), place == current, **more)

    found = [
        tab("Overview", "run"),
        tab("Metrics", "run_metrics"),
        tab("Outputs + logs", "run_outputs", quiet=not head.has_files),
    ]
    if head.children.total or current == "run_children":
        found.append(tab("Children", "run_children", count=head.children.total))
    return [*found, tab("Activity", "run_activity")]


def open_run(request: HttpRequest, workspace_name: str, uid: str) -> tuple[Workspace, Run, RunHead]:
    """The workspace, the run and its head, if the person may see them."""
    workspace = workspace_or_404(person_of(request), workspace_name)
    run, head = load_run_head(workspace, uid)
    return workspace, run, head


@require_safe
def run_page(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponse:
    """The overview."""
    workspace = workspace_or_404(person_of(request), workspace_name)
    return show_overview(request, workspace, load_run_detail(workspace, uid))


def show_overview(
    request: HttpRequest,
    workspace: Workspace,
    detail: RunDetail,
    more: dict[str, Any] | None = None,
    *,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """The overview, or a part of it; ``more`` is what an editor of a part adds to the context."""
    metrics = summaries(detail.run) if not part or not request.htmx else []  # type: ignore[attr-defined]
    context = {
        **head_context(workspace, detail.head, "run"),
        "detail": detail,
        "description_html": with_own_files(detail.html, workspace.name, detail.head.uid),
        **_filtered(request, detail, metrics),
        **(more or {}),
    }
    return show(request, "runs/run_overview.html", context, part=part, status=status)


def _filtered(request: HttpRequest, detail: RunDetail, metrics: list[Summary]) -> dict[str, Any]:
    """Both tables, narrowed by their filter boxes and cut at 500 rows; both say how many there are in all."""
    params_text, metrics_text = request.GET.get("params", "").strip(), request.GET.get("metrics", "").strip()
    wanted = params_text.casefold()
    params = [one for one in detail.params if wanted in f"{one.key}\n{one.text}".casefold()]
    found = [one for one in metrics if metrics_text.casefold() in one.key.casefold()]
    return {
        "params": params[:MOST_ROWS],
        "params_found": len(params),
        "params_text": params_text,
        "params_filter": len(detail.params) >= FILTER_FROM,
        "metrics": found[:MOST_ROWS],
        "metrics_found": len(found),
        "metrics_total": len(metrics),
        "metrics_text": metrics_text,
        "metrics_filter": len(metrics) >= FILTER_FROM,
    }


@require_safe
def run_children(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponse:
    """The run's child runs, newest first."""
    workspace, run, head = open_run(request, workspace_name, uid)
    children = find_child_runs(run, whole_number(request.GET.get("before")))
    context = {**head_context(workspace, head, "run_children"), "children": children}
    return show(request, "runs/run_children.html", context)


@require_safe
def run_activity(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponse:
    """What happened to the run, newest first."""
    workspace, run, head = open_run(request, workspace_name, uid)
    activity = find_activity(run, whole_number(request.GET.get("before")))
    context = {**head_context(workspace, head, "run_activity"), "activity": activity}
    return show(request, "runs/run_activity.html", context)

"""What does a person see first? Their workspaces, and in one of them what runs now and how to begin."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from runs.access import workspace_or_404, workspaces_of
from runs.models import Workspace
from runs.pages.answers import may_edit, person_of, show
from runs.reading.experiments import find_experiments
from runs.reading.recent_runs import find_recent_runs


def tracking_uri(request: HttpRequest, workspace: Workspace) -> str:
    """What an MLflow client takes as its tracking URI to log into this workspace."""
    return request.build_absolute_uri(reverse("workspace_home", args=[workspace.name])).rstrip("/")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The only workspace at once, or a choice of them."""
    mine = workspaces_of(person_of(request))
    if len(mine) == 1:
        return redirect("workspace_home", mine[0].name)
    return show(request, "home.html", {"workspaces": mine})


@require_safe
def workspace_home(request: HttpRequest, workspace_name: str) -> HttpResponse:
    """Running now, the latest runs, experiments, and the three lines that log a first run."""
    workspace = workspace_or_404(person_of(request), workspace_name)
    context = {
        "workspace": workspace,
        "recent": find_recent_runs(workspace),
        "experiments": find_experiments(workspace, limit=8),
        "tracking_uri": tracking_uri(request, workspace),
        "may_edit": may_edit(workspace),
    }
    return show(request, "workspace_home.html", context)

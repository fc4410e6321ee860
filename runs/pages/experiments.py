"""Which experiments are there? A list with a form to make one; an experiment's own page is its runs."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from runs.access import experiment_or_404, workspace_or_404
from runs.mistakes import UserMistake
from runs.models import Lifecycle, Role, Workspace
from runs.pages.answers import author_of, may_edit, person_of, show
from runs.reading.experiments import find_experiments
from runs.recording.experiments import create_experiment, restore_experiment, trash_experiment


@require_http_methods(["GET", "HEAD", "POST"])
def experiment_list(request: HttpRequest, workspace_name: str) -> HttpResponse:
    """The list; a POST makes an experiment and opens it."""
    person = person_of(request)
    if request.method != "POST":
        return _list(request, workspace_or_404(person, workspace_name))
    workspace = workspace_or_404(person, workspace_name, Role.EDITOR)
    name = request.POST.get("name", "")
    try:
        experiment = create_experiment(workspace, name, author_of(request))
    except UserMistake as mistake:
        status = 409 if mistake.status == 409 else 422
        return _list(request, workspace, {"mistake": mistake, "new_name": name}, status)
    messages.success(request, f"Made the experiment {experiment.name}.")
    return redirect("experiment_runs", workspace.name, experiment.name)


def _list(
    request: HttpRequest, workspace: Workspace, more: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    text = request.GET.get("q", "").replace("\x00", "")[:500]
    trashed = request.GET.get("show") == "trash"
    page = find_experiments(
        workspace,
        text=text,
        lifecycle=Lifecycle.TRASHED if trashed else Lifecycle.ACTIVE,
        after=request.GET.get("cursor", ""),
    )
    context = {
        "workspace": workspace,
        "page": page,
        "text": text,
        "trashed": trashed,
        "may_edit": may_edit(workspace),
        **(more or {}),
    }
    return show(request, "runs/experiment_list.html", context, part="list", status=status)


@require_POST
def move_experiment(request: HttpRequest, workspace_name: str) -> HttpResponse:
    """Put an experiment in the trash, or bring it back. Its name is in the form, since it may hold any character."""
    workspace = workspace_or_404(person_of(request), workspace_name, Role.EDITOR)
    experiment = experiment_or_404(workspace, request.POST.get("name", ""))
    if request.POST.get("to") == "active":
        restore_experiment(experiment, author_of(request))
        messages.success(request, f"{experiment.name} is back, with the runs that went to the trash with it.")
        return redirect("experiment_runs", workspace.name, experiment.name)
    try:
        trash_experiment(experiment, author_of(request))
    except UserMistake as mistake:
        messages.error(request, mistake.message)
    else:
        messages.success(request, f"{experiment.name} and its runs are in the trash, and can be restored.")
    return redirect("experiment_list", workspace.name)

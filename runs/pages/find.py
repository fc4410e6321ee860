"""Where is the run, or the experiment, whose number somebody has? The links that MLflow's clients print lead here.

A client ends a run with "View run … at <tracking URI>/#/experiments/7/runs/26c2fe…". What follows the # never reaches
a server, so ``static/js/mlflow_links.js`` sends it on to these two.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from runs.access import workspaces_of
from runs.mistakes import NotFound
from runs.models import Experiment, Run
from runs.pages.answers import person_of


@require_safe
def find_run(request: HttpRequest, uid: str) -> HttpResponse:
    """To the page of the run with this id, in whichever workspace of the person's it is."""
    mine = workspaces_of(person_of(request))
    found = Run.objects.select_related("workspace").filter(uid=uid, workspace__in=mine).first()
    if found is None:
        raise NotFound(f"There is no run {uid!r} in your workspaces.", "run_id")
    return redirect("run", found.workspace.name, found.uid)


@require_safe
def find_experiment(request: HttpRequest, number: int) -> HttpResponse:
    """To the runs of the experiment with this number, in whichever workspace of the person's it is."""
    mine = workspaces_of(person_of(request))
    found = Experiment.objects.select_related("workspace").filter(pk=number, workspace__in=mine).first()
    if found is None:
        raise NotFound(f"There is no experiment {number} in your workspaces.", "experiment_id")
    return redirect("experiment_runs", found.workspace.name, found.name)

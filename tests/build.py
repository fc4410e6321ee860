"""How does a test get its experiments and runs? Through the recording layer, like everybody else."""

from typing import Any

from runs.authors import Author
from runs.models import Experiment, Run, Workspace
from runs.recording.experiments import find_or_create_experiment
from runs.recording.lifecycle import NewRun, create_run
from runs.recording.metrics import Point, log_metrics

SOMEBODY = Author(None, "somebody", "command")


def make_experiment(workspace: Workspace, name: str = "churn") -> Experiment:
    """The experiment of that name, made when missing."""
    return find_or_create_experiment(workspace, name, SOMEBODY)


def make_run(where: Workspace | Experiment, *, metrics: dict[str, float] | None = None, **fields: Any) -> Run:
    """A run with the given `NewRun` fields, and one point at step 0 for each of ``metrics``."""
    experiment = where if isinstance(where, Experiment) else make_experiment(where)
    run = create_run(experiment, NewRun(**fields), SOMEBODY)
    if metrics:
        log_metrics(run, [Point(key, value, 0, run.created) for key, value in metrics.items()])
    return run

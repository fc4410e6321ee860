"""How does a writer get hold of a run as it stands now?"""

from runs.mistakes import UserMistake
from runs.models import Lifecycle, Run
from studio.database import is_postgres


def fresh(run: Run) -> Run:
    """The run as it stands now, locked until the transaction ends, its experiment, submitter and compute with it."""
    rows = Run.objects.select_related("experiment", "submitter", "compute")
    if is_postgres():
        rows = rows.select_for_update(of=("self",), no_key=True)
    return rows.get(pk=run.pk)


def refuse_unless_active(run: Run) -> None:
    """Raise UserMistake for a run in the trash: nothing is logged to it. (The wording is what MLflow clients match.)"""
    if run.lifecycle == Lifecycle.TRASHED:
        raise UserMistake(f"The run {run.uid} must be in the 'active' state. Current state is deleted.", "run_id")

"""Who changed what? One row an edit, in the transaction of the edit."""

from collections.abc import Iterable
from dataclasses import dataclass

from runs.authors import Author
from runs.models import Change, Experiment, Run
from studio.database import now_ms


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that changed: what (name, description, tag …), its key if it has one, before, after."""

    what: str
    before: str | None
    after: str | None
    key: str = ""


def record_edits(run: Run, author: Author, edits: Iterable[Edit]) -> None:
    """Write the history rows of a run's edits."""
    moment = now_ms()
    Change.objects.bulk_create(
        _row(edit, author, moment, run.workspace_id, run.experiment_id, run.pk) for edit in edits
    )


def record_experiment_edits(experiment: Experiment, author: Author, edits: Iterable[Edit]) -> None:
    """Write the history rows of an experiment's edits."""
    moment = now_ms()
    Change.objects.bulk_create(
        _row(edit, author, moment, experiment.workspace_id, experiment.pk, None) for edit in edits
    )


def _row(edit: Edit, author: Author, at: int, workspace: int, experiment: int, run: int | None) -> Change:
    return Change(
        workspace_id=workspace,
        experiment_id=experiment,
        run_id=run,
        person_id=author.person_id,
        who=author.name,
        door=author.door,
        what=edit.what,
        key=edit.key,
        before=edit.before,
        after=edit.after,
        at=at,
    )

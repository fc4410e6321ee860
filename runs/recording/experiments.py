"""How do experiments come and go? Created, renamed, tagged, put in the trash with their runs, and restored."""

from collections import Counter
from collections.abc import Mapping

from django.db import IntegrityError, models

from runs.authors import Author
from runs.limits import DESCRIPTION, EXPERIMENT_NAME, EXPERIMENT_TAG_VALUE, clean_key, clean_text
from runs.mistakes import AlreadyExists, NotFound, UserMistake
from runs.models import Experiment, ExperimentTag, Facet, Lifecycle, Run, Workspace
from runs.recording.changes import Edit, record_experiment_edits
from runs.recording.counters import count_facets
from studio.database import is_postgres, now_ms, write_transaction

DEFAULT_NAME = "Default"


def create_experiment(
    workspace: Workspace,
    name: str,
    author: Author,
    *,
    artifact_location: str = "",
    tags: Mapping[str, str] | None = None,
    description: str = "",
) -> Experiment:
    """Make an experiment. Raises AlreadyExists when the name is taken, also by one in the trash."""
    name = _clean_name(name)
    artifact_location = clean_text(artifact_location, "artifact_location", 1000)
    description = clean_text(description, "description", DESCRIPTION)
    try:
        with write_transaction():
            return _create(workspace, name, author, artifact_location, tags or {}, description)
    except IntegrityError as error:
        raise _taken(workspace, name) from error


def _create(
    workspace: Workspace, name: str, author: Author, location: str, tags: Mapping[str, str], description: str
) -> Experiment:
    if Experiment.objects.filter(workspace=workspace, name=name).exists():
        raise _taken(workspace, name)
    now = now_ms()
    experiment = Experiment.objects.create(
        workspace=workspace,
        name=name,
        artifact_location=location,
        description=description,
        created=now,
        updated=now,
    )
    for key, value in tags.items():
        _put_tag(experiment, key, value)
    record_experiment_edits(experiment, author, [Edit("experiment", None, name)])
    return experiment


def _clean_name(name: object) -> str:
    text = clean_text(name, "name", EXPERIMENT_NAME).strip()
    if not text:
        raise UserMistake("An experiment needs a name.", "name")
    return text


def _taken(workspace: Workspace, name: str) -> AlreadyExists:
    trashed = Experiment.objects.filter(workspace=workspace, name=name, lifecycle=Lifecycle.TRASHED).exists()
    hint = " It is in the trash: restore it, or take another name." if trashed else ""
    return AlreadyExists(f"Experiment(name={name}) already exists.{hint}", "name")


def find_or_create_experiment(workspace: Workspace, name: str, author: Author) -> Experiment:
    """The experiment of that name, made when missing. Raises UserMistake when it is in the trash."""
    found = Experiment.objects.filter(workspace=workspace, name=_clean_name(name)).first()
    if found is None:
        try:
            return create_experiment(workspace, name, author)
        except AlreadyExists:  # somebody made it in this moment
            found = Experiment.objects.get(workspace=workspace, name=_clean_name(name))
    if found.lifecycle == Lifecycle.TRASHED:
        raise UserMistake(f"The experiment {name!r} is in the trash; restore it first.", "experiment")
    return found


def default_experiment(workspace: Workspace) -> Experiment:
    """The experiment called "Default" that MLflow's clients know as "0", made on first use."""
    if workspace.default_experiment is not None:
        return workspace.default_experiment
    with write_transaction():
        experiment, _ = Experiment.objects.get_or_create(
            workspace=workspace, name=DEFAULT_NAME, defaults={"created": now_ms(), "updated": now_ms()}
        )
        Workspace.objects.filter(pk=workspace.pk).update(default_experiment=experiment)
    workspace.default_experiment = experiment
    return experiment


def rename_experiment(experiment: Experiment, name: str, author: Author) -> Experiment:
    """Give an experiment another name. Raises AlreadyExists when it is taken."""
    name = _clean_name(name)
    if name == experiment.name:
        return experiment
    try:
        with write_transaction():
            if Experiment.objects.filter(workspace=experiment.workspace_id, name=name).exists():
                raise _taken(experiment.workspace, name)
            edit = Edit("name", experiment.name, name)
            experiment.name, experiment.updated = name, now_ms()
            experiment.save(update_fields=["name", "updated"])
            record_experiment_edits(experiment, author, [edit])
    except IntegrityError as error:
        raise _taken(experiment.workspace, name) from error
    return experiment


def describe_experiment(experiment: Experiment, description: str, author: Author) -> Experiment:
    """Write an experiment's description."""
    description = clean_text(description, "description", DESCRIPTION)
    with write_transaction():
        edit = Edit("description", experiment.description, description)
        experiment.description, experiment.updated = description, now_ms()
        experiment.save(update_fields=["description", "updated"])
        record_experiment_edits(experiment, author, [edit])
    return experiment


def trash_experiment(experiment: Experiment, author: Author) -> Experiment:
    """Put an experiment in the trash, and its runs with it. The workspace's default one stays."""
    if experiment.pk == experiment.workspace.default_experiment_id:
        raise UserMistake("The default experiment cannot be deleted.", "experiment_id")
    return _set_lifecycle(experiment, Lifecycle.TRASHED, author)


def restore_experiment(experiment: Experiment, author: Author) -> Experiment:
    """Bring an experiment back from the trash, with the runs that went there with it."""
    return _set_lifecycle(experiment, Lifecycle.ACTIVE, author)


def _set_lifecycle(experiment: Experiment, to: Lifecycle, author: Author) -> Experiment:
    with write_transaction():
        rows = Experiment.objects.select_for_update() if is_postgres() else Experiment.objects
        experiment = rows.get(pk=experiment.pk)
        before = Lifecycle(experiment.lifecycle)
        if before == to:
            return experiment
        if to == Lifecycle.TRASHED:
            moved_at = now_ms()
            _move_runs(experiment, Lifecycle.ACTIVE, to, moved_at, {"lifecycle": Lifecycle.ACTIVE})
        else:
            moved_at = now_ms()
            gone_with_it = {"lifecycle": before, "lifecycle_changed": experiment.updated}
            _move_runs(experiment, before, to, moved_at, gone_with_it)
        experiment.lifecycle, experiment.updated = to, moved_at
        experiment.save(update_fields=["lifecycle", "updated"])
        record_experiment_edits(experiment, author, [Edit("lifecycle", before.label, to.label)])
    return experiment


def _move_runs(experiment: Experiment, before: Lifecycle, to: Lifecycle, at: int, which: Mapping[str, int]) -> None:
    """Move many runs at once; their counters follow from one grouped count instead of one run at a time."""
    runs = Run.objects.filter(experiment=experiment, **which)
    counted = _facets_of_many(experiment, runs)
    runs.update(lifecycle=to, lifecycle_changed=at, change_seq=at)
    total = sum(n for (_, scope, dim, _), n in counted.items() if dim == Facet.Dimension.STATUS and scope == 0)
    sign = 1 if to == Lifecycle.ACTIVE else -1
    deltas = Counter({key: sign * n for key, n in counted.items()})
    for scope in (0, experiment.pk):
        base = (experiment.workspace_id, scope, int(Facet.Dimension.LIFECYCLE))
        deltas[(*base, int(before))] -= total
        deltas[(*base, int(to))] += total
    count_facets(deltas)


def _facets_of_many(experiment: Experiment, runs: models.QuerySet[Run]) -> Counter[tuple[int, int, int, int]]:
    columns = {
        Facet.Dimension.STATUS: ("status", runs),
        Facet.Dimension.SUBMITTER: ("submitter_id", runs),
        Facet.Dimension.COMPUTE: ("compute_id", runs.exclude(compute=None)),
        Facet.Dimension.ROOT_STATUS: ("status", runs.filter(parent=None)),
    }
    counted: Counter[tuple[int, int, int, int]] = Counter()
    for dimension, (column, rows) in columns.items():
        for value, n in rows.order_by().values_list(column).annotate(n=models.Count("id")):
            for scope in (0, experiment.pk):
                counted[(experiment.workspace_id, scope, int(dimension), value)] = n
    return counted


def set_experiment_tag(experiment: Experiment, key: str, value: str) -> None:
    """Add or overwrite a tag of an experiment."""
    with write_transaction():
        _put_tag(experiment, key, value)


def _put_tag(experiment: Experiment, key: str, value: str) -> None:
    key = clean_key(key, "tag key")
    value = clean_text(value, f"tag {key!r}", EXPERIMENT_TAG_VALUE)
    ExperimentTag.objects.update_or_create(experiment=experiment, key=key, defaults={"value": value})


def delete_experiment_tag(experiment: Experiment, key: str) -> None:
    """Remove a tag of an experiment. Raises NotFound when it has none of that name."""
    with write_transaction():
        gone, _ = ExperimentTag.objects.filter(experiment=experiment, key=key).delete()
    if not gone:
        raise NotFound(f"No tag with name: {key} in experiment with id {experiment.pk}", "key")

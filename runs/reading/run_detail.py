"""What does the page of one run show? Its head on every tab, and everything that stands on the overview."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import BigIntegerField, Case, F, OuterRef, Subquery, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from runs.access import run_or_404
from runs.models import Artifact, KeyKind, Lifecycle, LoggedModel, Run, RunAttr, RunDataset, RunModel, Workspace
from runs.statuses import Status
from studio.database import now_ms

MOST_CHILDREN_COUNTED = 1000
_DATASET, _MODEL_IN, _MODEL_OUT = 0, 1, 2
_LOG_FOLDERS = ("user_logs", "logs")
_SOURCE_TAGS = {
    "mlflow.source.name": "Script",
    "mlflow.source.type": "Kind",
    "mlflow.source.git.repoURL": "Repository",
    "mlflow.source.git.branch": "Branch",
    "mlflow.source.git.commit": "Commit",
    "mlflow.project.entryPoint": "Entry point",
}


@dataclass(frozen=True, slots=True)
class RunLink:
    """Enough of another run to link to it."""

    uid: str
    name: str
    status: Status


@dataclass(frozen=True, slots=True)
class ChildCounts:
    """How many child runs there are, by state; ``capped`` when only the newest 1,000 were counted."""

    total: int
    capped: bool
    by_status: tuple[tuple[Status, int], ...]


@dataclass(frozen=True, slots=True)
class RunHead:
    """What stands above the tabs. Times are ms since 1970; ``trail`` is root first and leaves out the run itself.

    ``gap`` says that the trail skips runs between the root and the parent.
    """

    uid: str
    name: str
    status: Status
    lifecycle: Lifecycle
    experiment: str
    submitter: str
    compute: str
    type: str
    created: int
    started: int | None
    ended: int | None
    error_code: str
    error_message: str
    error_log: str
    trail: tuple[RunLink, ...]
    gap: bool
    children: ChildCounts
    has_files: bool

    @property
    def duration(self) -> int | None:
        """How long it ran, or has been running, in ms; None for a run that has not begun."""
        if self.started is None:
            return None
        return max((self.ended if self.ended is not None else now_ms()) - self.started, 0)


@dataclass(frozen=True, slots=True)
class Attribute:
    """A tag, parameter or property with its whole text; None is a bare tag."""

    key: str
    text: str | None


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """A dataset that went into the run, and what for (training, validation …)."""

    name: str
    digest: str
    source_type: str
    context: str


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A logged model that went into the run or came out of it."""

    uid: str
    name: str
    is_output: bool


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run as its overview shows it. ``html`` is safe: it was cleaned when the description was saved."""

    run: Run
    head: RunHead
    description: str
    html: str
    tags: tuple[Attribute, ...]
    system_tags: tuple[Attribute, ...]
    params: tuple[Attribute, ...]
    properties: tuple[Attribute, ...]
    source: tuple[Attribute, ...]
    datasets: tuple[DatasetUse, ...]
    models: tuple[ModelUse, ...]


def load_run_head(workspace: Workspace, uid: str) -> tuple[Run, RunHead]:
    """The run and its head, in three queries. Raises NotFound for a run that is not in this workspace."""
    run = run_or_404(workspace, uid, "parent", "root", "text")
    trail, gap = _trail(run)
    log, has_files = _first_files(run)
    head = RunHead(
        uid=run.uid,
        name=run.name,
        status=Status(run.status),
        lifecycle=Lifecycle(run.lifecycle),
        experiment=run.experiment.name,
        submitter=run.submitter.name,
        compute=run.compute.name if run.compute else "",
        type=run.type,
        created=run.created,
        started=run.started,
        ended=run.ended,
        error_code=run.error_code,
        error_message=run.error_message,
        error_log=log,
        trail=trail,
        gap=gap,
        children=count_children(run),
        has_files=has_files,
    )
    return run, head


def load_run_detail(workspace: Workspace, uid: str) -> RunDetail:
    """Everything of the overview but the metrics, in five queries. Raises NotFound."""
    run, head = load_run_head(workspace, uid)
    families = _attributes(run)
    datasets, models = _lineage(run)
    tags = families[KeyKind.TAG]
    return RunDetail(
        run=run,
        head=head,
        description=run.text.description,
        html=run.text.html,
        tags=tuple(tag for tag in tags if not is_system_tag(tag.key)),
        system_tags=tuple(tag for tag in tags if is_system_tag(tag.key)),
        params=families[KeyKind.PARAM],
        properties=families[KeyKind.PROPERTY],
        source=_source(tags),
        datasets=datasets,
        models=models,
    )


def is_system_tag(key: str) -> bool:
    """Whether a client's machinery wrote this tag rather than a person."""
    return key.startswith("mlflow.")


def count_children(run: Run) -> ChildCounts:
    """The newest 1,000 child runs by state. One query on the index of children."""
    newest = Run.objects.filter(parent_id=run.pk, lifecycle__lt=Lifecycle.TRASHED).order_by("-id")
    found = list(newest.values_list("status", flat=True)[: MOST_CHILDREN_COUNTED + 1])
    counted = found[:MOST_CHILDREN_COUNTED]
    by_status = sorted((Status(status), n) for status, n in Counter(counted).items())
    return ChildCounts(len(counted), len(found) > len(counted), tuple(by_status))


def _trail(run: Run) -> tuple[tuple[RunLink, ...], bool]:
    """Root and parent; whether runs lie between them that are not shown."""
    parent, root = run.parent, run.root
    if parent is None:
        return (), False
    if root is None or root.pk == parent.pk:
        return (_link(parent),), False
    return (_link(root), _link(parent)), parent.parent_id != root.pk


def _link(run: Run) -> RunLink:
    return RunLink(run.uid, run.name, Status(run.status))


def _first_files(run: Run) -> tuple[str, bool]:
    """The path of the log that tells what went wrong, if there is one, and whether there is any file at all.

    A run with any file has a row in its top folder. One query.
    """
    rows = Artifact.objects.filter(run_id=run.pk, run__isnull=False, folder__in=("", *_LOG_FOLDERS))
    found = list(rows.order_by("-folder", "name")[:20])
    logs = (row for row in found if not row.is_folder and row.folder)
    log = min(logs, key=lambda row: ("std_log" not in row.name, row.path), default=None)
    return (log.path if log else ""), bool(found)


def _attributes(run: Run) -> dict[KeyKind, tuple[Attribute, ...]]:
    rows = RunAttr.objects.filter(experiment_id=run.experiment_id, run_id=run.pk)
    found: dict[KeyKind, list[Attribute]] = {kind: [] for kind in KeyKind}
    for kind, key, txt, long in rows.values_list("key__kind", "key__name", "txt", "long"):
        found[KeyKind(kind)].append(Attribute(key, txt if long is None else long))
    return {kind: tuple(sorted(attributes, key=_by_name)) for kind, attributes in found.items()}


def _by_name(attribute: Attribute) -> tuple[str, str]:
    return attribute.key.casefold(), attribute.key


def _source(tags: Iterable[Attribute]) -> tuple[Attribute, ...]:
    texts = {tag.key: tag.text for tag in tags}
    return tuple(Attribute(words, texts[key]) for key, words in _SOURCE_TAGS.items() if texts.get(key))


def _lineage(run: Run) -> tuple[tuple[DatasetUse, ...], tuple[ModelUse, ...]]:
    """What went in and came out, datasets and models in one query."""
    datasets = RunDataset.objects.filter(run_id=run.pk).values_list(
        Value(_DATASET),
        Cast(F("id"), BigIntegerField()),
        Cast(F("dataset__name"), TextField()),
        Cast(F("dataset__digest"), TextField()),
        Cast(F("dataset__source_type"), TextField()),
        Coalesce(KeyTextTransform("mlflow.data.context", "tags"), Value("", TextField())),
    )
    name = LoggedModel.objects.filter(uid=OuterRef("model_uid")).values("name")[:1]
    models = RunModel.objects.filter(run_id=run.pk).values_list(
        Case(When(is_output=True, then=Value(_MODEL_OUT)), default=Value(_MODEL_IN)),
        Cast(F("id"), BigIntegerField()),
        Cast(Coalesce(Subquery(name), F("model_uid")), TextField()),
        Cast(F("model_uid"), TextField()),
        Value("", TextField()),
        Value("", TextField()),
    )
    rows = sorted(datasets.union(models, all=True))
    return (
        tuple(DatasetUse(*rest) for kind, _, *rest in rows if kind == _DATASET),
        tuple(ModelUse(uid, named, kind == _MODEL_OUT) for kind, _, named, uid, *_ in rows if kind != _DATASET),
    )

"""A small random workspace, kept twice: in the database, and as plain Python values to judge answers by."""

import math
import random
from dataclasses import dataclass, field

import orjson

from runs.models import ExperimentKey, Favourite, Flag, Key, KeyKind, Lifecycle, Run, RunDoc, RunMetric
from runs.recording.experiments import find_or_create_experiment
from runs.recording.lifecycle import NewRun, archive_run, create_run, trash_run
from runs.statuses import Status
from tests.build import SOMEBODY
from tests.cast import Cast

LONG = "x" * 249
TEXTS = ["adam", "Adam", "ADAMW", "sgd", "Ärger", "ärger", "a_b", "a%b", "a\\b", "[x]*?", "", "it's \"q\"", "ß",
         LONG + "ab", LONG + "abc", LONG + "abd", LONG + "a", "nan", "inf"]  # fmt: skip
NUMBERS = ["0", "1", "1.0", "0.1", "1e-3", "-2", "10", "9", "100", "9007199254740993", "9007199254740992"]
METRICS = [0.0, 0.1, 0.5, 0.5, 1.0, -3.0, 1e-9, 12.0, math.nan, math.inf, -math.inf]
NAMES = ["bold fox", "Bold Fox", "resnet50", "ResNet", "überflieger", "run", "a b"]
STATUSES = [Status.COMPLETED, Status.FAILED, Status.RUNNING, Status.QUEUED, Status.CANCELED]
START_MS = 1_750_000_000_000
DAY = 86_400_000


@dataclass
class Series:
    last: float
    low: float | None
    high: float | None
    first: float
    count: int


@dataclass
class Known:
    """A run as Python sees it."""

    id: int
    uid: str
    name: str
    status: Status
    experiment: str
    submitter: str
    compute: str
    type: str
    created: int
    started: int | None
    ended: int | None
    parent: str | None
    root: str | None
    lifecycle: Lifecycle
    description: str
    favourite: bool
    tags: dict[str, str | None]
    params: dict[str, str]
    properties: dict[str, str]
    metrics: dict[str, Series] = field(default_factory=dict)


def make_workspace(cast: Cast, seed: int, many: int = 60) -> list[Known]:
    """Runs in three experiments of ``cast.lab``, and some elsewhere that nobody may find."""
    chance = random.Random(seed)
    places = [find_or_create_experiment(cast.lab, name, SOMEBODY) for name in ("one", "Two", "three_3")]
    found: list[Known] = []
    rows: dict[str, Run] = {}
    for i in range(many):
        place = chance.choice(places)
        parent = chance.choice(found) if found and chance.random() < 0.25 else None
        known, row = _make(chance, cast, place, i, rows[parent.uid] if parent else None, parent)
        found.append(known)
        rows[known.uid] = row
    outside = find_or_create_experiment(cast.elsewhere, "one", SOMEBODY)
    for i in range(5):
        _make(chance, cast, outside, i, None, None)
    return found


def _make(chance, cast, place, i, parent_row, parent):
    kinds = {
        "tags": {k: chance.choice([None, *TEXTS, *NUMBERS]) for k in ("quality", "team") if chance.random() < 0.6},
        "params": {k: chance.choice(TEXTS + NUMBERS * 2) for k in ("lr", "optimizer") if chance.random() < 0.7},
        "properties": {k: chance.choice(TEXTS + NUMBERS) for k in ("author",) if chance.random() < 0.5},
    }
    created = START_MS + i * DAY // 3 + chance.randrange(1000)
    started = created + chance.randrange(60_000) if chance.random() < 0.8 else None
    status = chance.choice(STATUSES)
    ended = (started or created) + chance.randrange(10_000_000) if status.is_terminal else None
    run = create_run(
        place,
        NewRun(
            name=chance.choice(NAMES),
            status=status,
            created=created,
            started=started,
            ended=ended,
            submitter=chance.choice(["olga", "Olga", "edgar"]),
            compute=chance.choice(["", "gpu-1", "GPU-1"]),
            type=chance.choice(["", "sweep"]),
            description=chance.choice(["", "Out of memory at step 3", "learning RATE 100%", "Ärger im Spaß"]),
            parent=parent_row,
            **kinds,
        ),
        SOMEBODY,
    )
    if chance.random() < 0.15:
        run = archive_run(run, SOMEBODY)
    elif chance.random() < 0.1:
        run = trash_run(run, SOMEBODY)
    starred = chance.random() < 0.2
    if starred:
        Favourite.objects.create(person=cast.editor, run=run)
    run.refresh_from_db()
    known = Known(
        run.pk, run.uid, run.name, Status(run.status), place.name, run.submitter.name,
        run.compute.name if run.compute else "", run.type, run.created, run.started, run.ended,
        parent.uid if parent else None, (parent.root or parent.uid) if parent else None,
        Lifecycle(run.lifecycle), run.text.description, starred, **kinds,
    )  # fmt: skip
    known.metrics = {k: _series(chance) for k in ("loss", "acc") if chance.random() < 0.7}
    _write_metrics(run, known, pending=chance.random() < 0.3)
    return known, run


def _series(chance: random.Random) -> Series:
    values = [chance.choice(METRICS) for _ in range(chance.randrange(1, 4))]
    finite = [value for value in values if math.isfinite(value)]
    return Series(values[-1], min(finite, default=None), max(finite, default=None), values[0], len(values))


def _write_metrics(run: Run, known: Known, *, pending: bool) -> None:
    doc = orjson.loads(run.doc.doc)
    for name, series in known.metrics.items():
        key, _ = Key.objects.get_or_create(kind=KeyKind.METRIC, name=name)
        flag = {True: Flag.NAN}.get(math.isnan(series.last), Flag.FINITE)
        if math.isinf(series.last):
            flag = Flag.PLUS_INFINITY if series.last > 0 else Flag.MINUS_INFINITY
        last, first = (None if math.isnan(value) else value for value in (series.last, series.first))
        RunMetric.objects.create(
            experiment_id=run.experiment_id, run=run, key=key, last=last, flag=flag, low=series.low,
            high=series.high, first=first, count=series.count, step=series.count, ts=run.created,
        )  # fmt: skip
        row, _ = ExperimentKey.objects.get_or_create(experiment_id=run.experiment_id, key=key)
        ExperimentKey.objects.filter(experiment_id=run.experiment_id, key=key).update(n=row.n + 1)
        if not pending:
            kept = [last, int(flag), series.count, run.created, series.low, series.high, first, series.count]
            doc["m"][name] = [v if not isinstance(v, float) or math.isfinite(v) else None for v in kept]
    RunDoc.objects.filter(run=run).update(doc=orjson.dumps(doc).decode())
    Run.objects.filter(pk=run.pk).update(metrics_pending=pending)

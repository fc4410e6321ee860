"""What went into a run and what came out of it: datasets, logged models, and the metrics that speak of them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runs.limits import clean_text
from runs.mistakes import UserMistake
from runs.models import Dataset, Flag, KeyKind, MetricOrigin, Run, RunDataset, RunModel
from runs.recording.keys import key_ids
from runs.recording.locking import fresh, refuse_unless_active
from studio.database import now_ms, write_transaction

_LIMITS = {"name": 500, "digest": 36, "source_type": 36, "source": 65535, "schema": 1048575, "profile": 16777215}
_INPUT_TAG_KEY, _INPUT_TAG_VALUE = 255, 500
_MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class DatasetInput:
    """A dataset that goes into a run, as the client describes it, with the tags of this use of it."""

    name: str
    digest: str
    source_type: str = ""
    source: str = ""
    schema: str = ""
    profile: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MetricSource:
    """A metric point that speaks of a logged model, a dataset, or both."""

    key: str
    value: float
    step: int
    ts: int
    model_uid: str = ""
    dataset_name: str = ""
    dataset_digest: str = ""


def log_inputs(run: Run, datasets: Sequence[DatasetInput] = (), models: Sequence[str] = ()) -> None:
    """Note the datasets and logged models (by uid) that go into a run. Again the same: nothing new, tags added.

    Raises UserMistake for text that is too long, and keeps nothing then.
    """
    for each in datasets:
        _check_dataset(each)
    uids = [_clean_uid(uid) for uid in models]
    with write_transaction():
        run = fresh(run)
        refuse_unless_active(run)
        _put_datasets(run, datasets)
        _put_models(run, [(uid, 0) for uid in uids], is_output=False)
        _touch(run)


def log_outputs(run: Run, models: Sequence[tuple[str, int]]) -> None:
    """Note the logged models that come out of a run, as (uid, step); a model again: its step is the new one."""
    clean = [(_clean_uid(uid), step) for uid, step in models]
    with write_transaction():
        run = fresh(run)
        refuse_unless_active(run)
        _put_models(run, clean, is_output=True)
        _touch(run)


def _check_dataset(given: DatasetInput) -> None:
    for name, limit in _LIMITS.items():
        clean_text(getattr(given, name), f"dataset {name}", limit)
    if not given.name or not given.digest:
        raise UserMistake("A dataset needs a name and a digest.", "datasets")
    for key, value in given.tags.items():
        clean_text(key, "dataset tag key", _INPUT_TAG_KEY)
        clean_text(value, f"dataset tag {key[:100]!r}", _INPUT_TAG_VALUE)


def _clean_uid(uid: str) -> str:
    text = clean_text(uid, "model_id", 64)
    if not text:
        raise UserMistake("model_id must not be empty", "model_id")
    return text


def _put_datasets(run: Run, given: Sequence[DatasetInput]) -> None:
    if len(given) > _MOST_AT_ONCE:
        raise UserMistake(f"At most {_MOST_AT_ONCE} datasets can be logged at once.", "datasets")
    if not given:
        return
    ordered = sorted(given, key=lambda each: (each.name, each.digest))  # one order for all: no deadlock
    described = [{name: getattr(each, name) for name in _LIMITS} for each in ordered]
    Dataset.objects.bulk_create(
        [Dataset(experiment_id=run.experiment_id, **fields) for fields in described], ignore_conflicts=True
    )
    rows = Dataset.objects.filter(experiment_id=run.experiment_id, name__in={each.name for each in ordered})
    ids = {(name, digest): pk for pk, name, digest in rows.values_list("pk", "name", "digest")}
    tags: dict[int, dict[str, str]] = {}
    for each in ordered:
        tags.setdefault(ids[each.name, each.digest], {}).update(each.tags)
    for use in RunDataset.objects.filter(run=run, dataset_id__in=tags):
        new = tags.pop(use.dataset_id)
        if not new.items() <= use.tags.items():
            use.tags |= new
            use.save(update_fields=["tags"])
    RunDataset.objects.bulk_create([RunDataset(run=run, dataset_id=pk, tags=new) for pk, new in tags.items()])


def _put_models(run: Run, models: Sequence[tuple[str, int]], *, is_output: bool) -> None:
    if len(models) > _MOST_AT_ONCE:
        raise UserMistake(f"At most {_MOST_AT_ONCE} models can be logged at once.", "models")
    if models:
        RunModel.objects.bulk_create(
            [RunModel(run=run, model_uid=uid, is_output=is_output, step=step) for uid, step in dict(models).items()],
            update_conflicts=True,
            unique_fields=["run", "model_uid", "is_output"],
            update_fields=["step"],
        )


def _touch(run: Run) -> None:
    run.change_seq = now_ms()
    run.save(update_fields=["change_seq"])


def record_metric_sources(run: Run, points: Sequence[MetricSource]) -> None:
    """Keep the latest value, by (step, time), of each metric for each model and dataset it speaks of.

    Call beside the logging of the points themselves; inside its write transaction, or it opens one.
    """
    latest: dict[tuple[str, str, str, str], MetricSource] = {}
    for point in points:
        clean_text(point.model_uid, "model_id", 64)
        clean_text(point.dataset_name, "dataset_name", _LIMITS["name"])
        clean_text(point.dataset_digest, "dataset_digest", _LIMITS["digest"])
        place = (point.key, point.model_uid, point.dataset_name, point.dataset_digest)
        if any(place[1:]) and (place not in latest or _order(point) >= _order(latest[place])):
            latest[place] = point
    if not latest:
        return
    with write_transaction():
        _put_sources(run, [latest[place] for place in sorted(latest)])


def _put_sources(run: Run, points: Sequence[MetricSource]) -> None:
    numbers = key_ids(KeyKind.METRIC, [point.key for point in points])
    known = {
        (row.key_id, row.model_uid, row.dataset_name, row.dataset_digest): (row.step, row.ts)
        for row in MetricOrigin.objects.filter(run=run, key_id__in=list(numbers.values()))
    }
    rows = []
    for point in points:
        place = (numbers[point.key], point.model_uid, point.dataset_name, point.dataset_digest)
        if place not in known or known[place] <= _order(point):
            rows.append(_origin(run, place, point))
    MetricOrigin.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["run", "key", "model_uid", "dataset_name", "dataset_digest"],
        update_fields=["value", "flag", "step", "ts"],
    )


def _order(point: MetricSource) -> tuple[int, int]:
    return point.step, point.ts


def _origin(run: Run, place: tuple[int, str, str, str], point: MetricSource) -> MetricOrigin:
    key_id, model_uid, name, digest = place
    flag = Flag.FINITE
    if math.isnan(point.value):
        flag = Flag.NAN
    elif math.isinf(point.value):
        flag = Flag.PLUS_INFINITY if point.value > 0 else Flag.MINUS_INFINITY
    return MetricOrigin(
        run=run,
        key_id=key_id,
        model_uid=model_uid,
        dataset_name=name,
        dataset_digest=digest,
        value=None if flag == Flag.NAN else point.value,
        flag=flag,
        step=point.step,
        ts=point.ts,
    )

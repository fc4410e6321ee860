"""How do metrics, parameters, tags, inputs and outputs arrive? In batches of which all or nothing is kept."""

import json
from collections.abc import Sequence
from typing import Any

from runs.limits import BATCH_METRICS, BATCH_PARAMS, BATCH_TAGS, BIGGEST_INTEGER, KEY, PARAM_VALUE, TAG_VALUE
from runs.mistakes import UserMistake
from runs.mlflow_api.doors import Answer, Call, writes
from runs.mlflow_api.names import bad_name, checked_name, key_value_pairs, tag_key, unique_pairs
from runs.mlflow_api.run_calls import find_run, find_run_to_log, run_id_of, run_of
from runs.mlflow_api.sent import Sent
from runs.models import KeyKind, Run
from runs.recording.attribute_rows import attribute_texts
from runs.recording.attributes import delete_tags, log_params, set_tags
from runs.recording.batches import log_batch
from runs.recording.lineage import DatasetInput, MetricSource, log_inputs, log_outputs, record_metric_sources
from runs.recording.metrics import Point
from studio.database import write_transaction

MODEL_HISTORY_TAG = "mlflow.log-model.history"
_MODEL_ID, _DATASET_NAME, _DATASET_DIGEST = 64, 500, 36


@writes("POST")
def log_metric(call: Call) -> Answer:
    """runs/log-metric."""
    run = find_run_to_log(call, run_id_of(call))
    point = _point(call.sent)
    _log(call, run, [point], _sources(call.sent, point))
    return {}


@writes("POST")
def log_parameter(call: Call) -> Answer:
    """runs/log-parameter."""
    run = run_of(call)
    key = checked_name(call.sent, "parameter")
    log_params(run, {key: call.sent.text("value", limit=PARAM_VALUE)})
    return {}


@writes("POST")
def set_tag(call: Call) -> Answer:
    """runs/set-tag."""
    set_tags(run_of(call), {tag_key(call.sent): call.sent.text("value", limit=TAG_VALUE)}, call.author)
    return {}


@writes("POST")
def delete_tag(call: Call) -> Answer:
    """runs/delete-tag."""
    delete_tags(run_of(call), [call.sent.text("key", required=True, limit=KEY)], call.author)
    return {}


@writes("POST")
def log_a_batch(call: Call) -> Answer:
    """runs/log-batch."""
    sent = call.sent
    run = find_run_to_log(call, sent.text("run_id", required=True))
    metrics, params, tags = (sent.objects(name) for name in ("metrics", "params", "tags"))
    _check_sizes(metrics, params, tags)
    points, sources = _points(sent, metrics)
    _log(
        call,
        run,
        points,
        sources,
        params=unique_pairs(sent.each("params"), value_limit=PARAM_VALUE) if params else {},
        tags=key_value_pairs(sent, "tags", value_limit=TAG_VALUE) if tags else {},
    )
    return {}


def _log(
    call: Call,
    run: Run,
    points: Sequence[Point],
    sources: Sequence[MetricSource],
    params: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
) -> None:
    if not sources:
        log_batch(run, call.author, points=points, params=params, tags=tags)
        return
    with write_transaction():
        log_batch(run, call.author, points=points, params=params, tags=tags)
        record_metric_sources(run, sources)


def _check_sizes(metrics: Sequence[Any], params: Sequence[Any], tags: Sequence[Any]) -> None:
    for name, n, limit in (
        ("metrics", len(metrics), BATCH_METRICS),
        ("params", len(params), BATCH_PARAMS),
        ("tags", len(tags), BATCH_TAGS),
        ("metrics, params, and tags", len(metrics) + len(params) + len(tags), BATCH_METRICS),
    ):
        if n > limit:
            raise UserMistake(
                f"A batch logging request can contain at most {limit} {name}. Got {n} {name}. "
                f"Please split up {name} across multiple requests and try again.",
                name.partition(",")[0],
            )


def _points(sent: Sent, items: Sequence[dict[str, Any]]) -> tuple[list[Point], list[MetricSource]]:
    """The points of a batch, and those that speak of a model or dataset.

    A thousand points come at a time: what is plainly right is taken as it stands, anything else goes to the
    careful reader, which takes it or says what is wrong with it.
    """
    points: list[Point] = []
    sources: list[MetricSource] = []
    good: set[str] = set()
    for index, item in enumerate(items):
        key: Any = item.get("key")
        value: Any = item.get("value")
        moment: Any = item.get("timestamp")
        step: Any = item.get("step", 0)
        plain = key.__class__ is str and value.__class__ is float and moment.__class__ is int and step.__class__ is int
        plain = plain and 0 <= moment <= BIGGEST_INTEGER and -BIGGEST_INTEGER <= step <= BIGGEST_INTEGER
        if plain and (key in good or _is_good(key, good)):
            points.append(Point(key, value, step, moment))
            if len(item) > 4:
                sources += _sources(Sent(item, f"metrics[{index}]"), points[-1])
            continue
        careful = Sent(item, f"{sent.path('metrics')}[{index}]")
        points.append(_point(careful))
        sources += _sources(careful, points[-1])
    return points, sources


def _is_good(key: str, good: set[str]) -> bool:
    """Whether a name can be used; if so, it is remembered for the rest of the batch."""
    if not key or bad_name(key):
        return False
    good.add(key)
    return True


def _point(sent: Sent) -> Point:
    key = checked_name(sent, "metric")
    return Point(key, sent.number("value"), sent.whole("step", default=0), sent.whole("timestamp", low=0))


def _sources(sent: Sent, point: Point) -> list[MetricSource]:
    """What a point says it speaks of, if anything."""
    about = (
        sent.text("model_id", limit=_MODEL_ID),
        sent.text("dataset_name", limit=_DATASET_NAME),
        sent.text("dataset_digest", limit=_DATASET_DIGEST),
    )
    return [MetricSource(point.key, point.value, point.step, point.ts, *about)] if any(about) else []


@writes("POST")
def log_run_inputs(call: Call) -> Answer:
    """runs/log-inputs: datasets and models that went in."""
    run = find_run(call, call.sent.text("run_id", required=True))
    datasets = [_dataset(item) for item in call.sent.each("datasets", most=1000)]
    models = [item.text("model_id", required=True, limit=_MODEL_ID) for item in call.sent.each("models", most=1000)]
    log_inputs(run, datasets, models)
    return {}


def _dataset(item: Sent) -> DatasetInput:
    described = item.child("dataset")
    return DatasetInput(
        name=described.text("name", required=True, limit=_DATASET_NAME),
        digest=described.text("digest", required=True, limit=_DATASET_DIGEST),
        source_type=described.text("source_type", required=True),
        source=described.text("source", required=True),
        schema=described.text("schema"),
        profile=described.text("profile"),
        tags={tag.text("key", required=True): tag.text("value") for tag in item.each("tags", most=1000)},
    )


@writes("POST")
def log_run_outputs(call: Call) -> Answer:
    """runs/outputs: models that came out."""
    run = find_run(call, call.sent.text("run_id", required=True))
    models = call.sent.each("models", most=1000)
    log_outputs(
        run, [(item.text("model_id", required=True, limit=_MODEL_ID), item.whole("step", default=0)) for item in models]
    )
    return {}


@writes("POST")
def log_model(call: Call) -> Answer:
    """runs/log-model, which clients before MLflow 3 use: adds the model's description to a tag of the run."""
    run = run_of(call)
    try:
        model = json.loads(call.sent.text("model_json", required=True))
    except (ValueError, RecursionError):
        raise UserMistake("Malformed model info. 'model_json' is not valid JSON.", "model_json") from None
    missing = {"artifact_path", "flavors", "utc_time_created", "run_id"} - set(model if isinstance(model, dict) else ())
    if missing:
        raise UserMistake(f"Model json is missing mandatory fields: {', '.join(sorted(missing))}", "model_json")
    with write_transaction():
        kept = attribute_texts(run, KeyKind.TAG, [MODEL_HISTORY_TAG]).get(MODEL_HISTORY_TAG)
        set_tags(run, {MODEL_HISTORY_TAG: json.dumps([*_history(kept), model])}, call.author)
    return {}


def _history(kept: str | None) -> list[Any]:
    """The models noted so far; a tag that somebody overwrote by hand begins a new list."""
    try:
        found = json.loads(kept or "[]")
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []

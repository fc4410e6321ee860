"""How does MLflow write an experiment, a run, a metric, a model? Dicts in its words, empty lists left out."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from runs.models import Artifact, Experiment, Flag, Lifecycle, LoggedModel, Run, RunDataset, Workspace
from runs.reading.lineage import DatasetSummary, Lineage, ModelMetric
from runs.statuses import MLFLOW_WORD

Shape = dict[str, Any]
_WORD_OF = {int(status): word for status, word in MLFLOW_WORD.items()}
_FLAGGED = {Flag.NAN: "NaN", Flag.PLUS_INFINITY: "Infinity", Flag.MINUS_INFINITY: "-Infinity"}


class RunInfo(NamedTuple):
    """The columns of a run that its ``info`` says, in the order in which `RUN_COLUMNS` fetches them."""

    pk: int
    uid: str
    name: str
    experiment_id: int
    submitter: str
    status: int
    lifecycle: int
    created: int
    started: int | None
    ended: int | None


RUN_COLUMNS = (
    "pk",
    "uid",
    "name",
    "experiment_id",
    "submitter__name",
    "status",
    "lifecycle",
    "created",
    "started",
    "ended",
)


def info_of(run: Run) -> RunInfo:
    """The same of a run that is loaded, its submitter with it."""
    return RunInfo(
        run.pk,
        run.uid,
        run.name,
        run.experiment_id,
        run.submitter.name,
        run.status,
        run.lifecycle,
        run.created,
        run.started,
        run.ended,
    )


def experiment_id(workspace: Workspace, pk: int) -> str:
    """An experiment's id as clients know it: the workspace's default one is "0"."""
    return "0" if pk == workspace.default_experiment_id else str(pk)


def run_uri(workspace: Workspace, experiment_pk: int, uid: str) -> str:
    """Where a run's files lie; clients resolve it against their tracking URI."""
    return f"mlflow-artifacts:/{experiment_id(workspace, experiment_pk)}/{uid}/artifacts"


def model_uri(workspace: Workspace, model: LoggedModel) -> str:
    """Where a logged model's files lie."""
    return f"mlflow-artifacts:/{experiment_id(workspace, model.experiment_id)}/models/{model.uid}/artifacts"


def stage(lifecycle: int) -> str:
    """MLflow knows two stages; what is archived is still active for it."""
    return "deleted" if lifecycle == Lifecycle.TRASHED else "active"


def pairs(texts: Mapping[str, str | None]) -> list[Shape]:
    """Tags or parameters as MLflow lists them; a bare tag has an empty value."""
    return [{"key": key, "value": value or ""} for key, value in texts.items()]


def without_empty(shape: Shape) -> Shape:
    """The shape without what protobuf's JSON leaves out: nothing, and empty lists."""
    return {name: value for name, value in shape.items() if value is not None and value != []}


def experiment_shape(workspace: Workspace, experiment: Experiment, tags: Mapping[str, str]) -> Shape:
    """An Experiment."""
    number = experiment_id(workspace, experiment.pk)
    return without_empty(
        {
            "experiment_id": number,
            "name": experiment.name,
            "artifact_location": experiment.artifact_location or f"mlflow-artifacts:/{number}",
            "lifecycle_stage": stage(experiment.lifecycle),
            "last_update_time": experiment.updated,
            "creation_time": experiment.created,
            "tags": pairs(tags),
        }
    )


def info_shape(workspace: Workspace, info: RunInfo) -> Shape:
    """A RunInfo."""
    shape = {
        "run_uuid": info.uid,
        "run_id": info.uid,
        "run_name": info.name,
        "experiment_id": experiment_id(workspace, info.experiment_id),
        "user_id": info.submitter,
        "status": _WORD_OF[info.status],
        "start_time": info.started if info.started is not None else info.created,
        "artifact_uri": run_uri(workspace, info.experiment_id, info.uid),
        "lifecycle_stage": stage(info.lifecycle),
    }
    if info.ended is not None:
        shape["end_time"] = info.ended
    return shape


def value_shape(value: float) -> float | str:
    """A metric's value; what JSON has no number for is the text that protobuf's JSON reads."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def kept_value(value: float | None, flag: int) -> float | str:
    """A value as a summary keeps it: a flag stands for what a database or JSON cannot hold."""
    return value if not flag and value is not None else _FLAGGED.get(Flag(flag), "NaN")


def metric_shapes(summaries: Mapping[str, list[Any]]) -> list[Shape]:
    """The last value of each metric, from a run's document: ``{key: [last, flag, step, ts, ...]}``."""
    return [
        {"key": key, "value": kept_value(kept[0], kept[1]), "timestamp": kept[3], "step": kept[2]}
        for key, kept in summaries.items()
    ]


def run_shape(workspace: Workspace, info: RunInfo, doc: Mapping[str, Any], lineage: Lineage | None = None) -> Shape:
    """A Run: info, the latest metrics, params, tags, and what went in and came out."""
    data = {"metrics": metric_shapes(doc["m"]), "params": pairs(doc["p"]), "tags": pairs(doc["t"])}
    return {
        "info": info_shape(workspace, info),
        "data": {name: listed for name, listed in data.items() if listed},
        "inputs": inputs_shape(lineage) if lineage else {},
        "outputs": outputs_shape(lineage) if lineage else {},
    }


def inputs_shape(lineage: Lineage) -> Shape:
    """RunInputs: datasets with their tags, and logged models."""
    return without_empty(
        {
            "dataset_inputs": [dataset_input_shape(used) for used in lineage.datasets],
            "model_inputs": [{"model_id": used.model_uid} for used in lineage.models_in],
        }
    )


def dataset_input_shape(used: RunDataset) -> Shape:
    """A DatasetInput."""
    dataset = used.dataset
    shape = {
        "name": dataset.name,
        "digest": dataset.digest,
        "source_type": dataset.source_type,
        "source": dataset.source,
        "schema": dataset.schema or None,
        "profile": dataset.profile or None,
    }
    return without_empty({"tags": pairs(used.tags), "dataset": without_empty(shape)})


def outputs_shape(lineage: Lineage) -> Shape:
    """RunOutputs: logged models with the step they came out at."""
    made = [{"model_id": model.model_uid, "step": model.step} for model in lineage.models_out]
    return without_empty({"model_outputs": made})


def model_shape(workspace: Workspace, model: LoggedModel, metrics: Iterable[ModelMetric]) -> Shape:
    """A LoggedModel, its source run loaded with it."""
    info = {
        "model_id": model.uid,
        "experiment_id": experiment_id(workspace, model.experiment_id),
        "name": model.name,
        "creation_timestamp_ms": model.created,
        "last_updated_timestamp_ms": model.updated,
        "artifact_uri": model_uri(workspace, model),
        "status": model.status,
        "model_type": model.model_type or None,
        "source_run_id": model.source_run.uid if model.source_run else None,
        "status_message": model.status_message or None,
        "tags": pairs(model.tags),
    }
    data = {"params": pairs(model.params), "metrics": [model_metric_shape(metric, model.uid) for metric in metrics]}
    return {"info": without_empty(info), "data": without_empty(data)}


def dataset_summary_shape(workspace: Workspace, summary: DatasetSummary) -> Shape:
    """A DatasetSummary."""
    return without_empty(
        {
            "experiment_id": experiment_id(workspace, summary.experiment_id),
            "name": summary.name,
            "digest": summary.digest,
            "context": summary.context or None,
        }
    )


def model_metric_shape(metric: ModelMetric, model_uid: str) -> Shape:
    """A Metric of a logged model."""
    return without_empty(
        {
            "key": metric.key,
            "value": value_shape(metric.value),
            "timestamp": metric.ts,
            "step": metric.step,
            "dataset_name": metric.dataset_name or None,
            "dataset_digest": metric.dataset_digest or None,
            "model_id": model_uid,
            "run_id": metric.run_uid,
        }
    )


def file_shape(entry: Artifact, path: str) -> Shape:
    """A FileInfo."""
    if entry.is_folder:
        return {"path": path, "is_dir": True}
    return {"path": path, "is_dir": False, "file_size": entry.size}

"""What went into runs and what came out of them? Datasets, logged models, and metrics that speak of either."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models.fields.json import KeyTextTransform

from runs.mistakes import NotFound
from runs.models import Flag, LoggedModel, MetricOrigin, RunDataset, RunModel, Workspace

CONTEXT_TAG = "mlflow.data.context"
MOST_SUMMARIES = 1000
_SPECIAL = {
    Flag.NAN: float("nan"),
    Flag.PLUS_INFINITY: float("inf"),
    Flag.MINUS_INFINITY: float("-inf"),
}


@dataclass(slots=True)
class Lineage:
    """What went into a run (datasets with the tags of this use, logged models), and the models that came out."""

    datasets: list[RunDataset] = field(default_factory=list)
    models_in: list[RunModel] = field(default_factory=list)
    models_out: list[RunModel] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ModelMetric:
    """The latest value of a metric that a run logged for a model; NaN and ±Inf stand as themselves."""

    run_uid: str
    key: str
    value: float
    step: int
    ts: int
    dataset_name: str
    dataset_digest: str


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """One dataset of an experiment in one context."""

    experiment_id: int
    name: str
    digest: str
    context: str


def lineage_of(run_ids: Collection[int]) -> dict[int, Lineage]:
    """The lineage of each of these runs (an empty one where there is none). Two queries."""
    found = {run_id: Lineage() for run_id in run_ids}
    for use in RunDataset.objects.filter(run_id__in=run_ids).select_related("dataset").order_by("id"):
        found[use.run_id].datasets.append(use)
    for model in RunModel.objects.filter(run_id__in=run_ids).order_by("id"):
        lineage = found[model.run_id]
        (lineage.models_out if model.is_output else lineage.models_in).append(model)
    return found


def find_logged_model(workspace: Workspace, uid: str) -> LoggedModel:
    """The logged model with this id in the workspace, also one in the trash, its experiment and source run with it.

    Raises NotFound.
    """
    found = (
        LoggedModel.objects.select_related("experiment", "source_run")
        .filter(uid=uid, experiment__workspace=workspace)
        .first()
    )
    if found is None:
        raise NotFound(f"There is no logged model {uid!r} in this workspace.", "model_id")
    return found


def metrics_of_models(workspace: Workspace, uids: Collection[str]) -> dict[str, list[ModelMetric]]:
    """The metrics that runs of the workspace logged for each of these models (by uid), by name. One query.

    Anybody may log a point that names any model: what other workspaces say of this one's stays with them.
    """
    found: dict[str, list[ModelMetric]] = {uid: [] for uid in uids}
    rows = MetricOrigin.objects.filter(run__workspace=workspace, model_uid__in=list(found)).exclude(model_uid="")
    for row in rows.select_related("key", "run").order_by("key__name", "dataset_name", "id"):
        value = _SPECIAL.get(Flag(row.flag), row.value)
        found[row.model_uid].append(
            ModelMetric(
                row.run.uid,
                row.key.name,
                float("nan") if value is None else value,
                row.step,
                row.ts,
                row.dataset_name,
                row.dataset_digest,
            )
        )
    return found


def dataset_summaries(workspace: Workspace, experiment_ids: Collection[int]) -> list[DatasetSummary]:
    """The datasets that the runs of these experiments used, each once a context; at most 1,000 of them."""
    rows = (
        RunDataset.objects.filter(dataset__experiment__in=experiment_ids, dataset__experiment__workspace=workspace)
        .annotate(context=KeyTextTransform(CONTEXT_TAG, "tags"))
        .values_list("dataset__experiment_id", "dataset__name", "dataset__digest", "context")
        .order_by("dataset__experiment_id", "dataset__name", "dataset__digest", "context")
        .distinct()
    )
    return [
        DatasetSummary(experiment, name, digest, context or "")
        for experiment, name, digest, context in rows[:MOST_SUMMARIES]
    ]

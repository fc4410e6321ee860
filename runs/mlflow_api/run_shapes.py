"""What do many runs look like to MLflow? Their documents, inputs and outputs, in a fixed number of statements."""

from collections.abc import Sequence

from runs.mlflow_api.shapes import RUN_COLUMNS, RunInfo, Shape, run_shape
from runs.models import Run, RunText, Workspace
from runs.reading.lineage import lineage_of
from runs.reading.run_documents import Doc, documents
from runs.recording.texts import DESCRIPTION_TAG


def runs_by_id(workspace: Workspace, ids: Sequence[int]) -> list[Shape]:
    """The runs with these numbers, in this order."""
    rows = Run.objects.filter(workspace=workspace, pk__in=ids).values_list(*RUN_COLUMNS)
    infos = {row[0]: RunInfo._make(row) for row in rows}
    return run_shapes(workspace, [infos[pk] for pk in ids if pk in infos])


def run_shapes(workspace: Workspace, infos: Sequence[RunInfo]) -> list[Shape]:
    """The same of runs whose columns are loaded. Four statements, and two more where some need them."""
    ids = [info.pk for info in infos]
    docs = documents(ids)
    _put_descriptions(docs)
    lineages = lineage_of(ids)
    return [run_shape(workspace, info, docs[info.pk], lineages[info.pk]) for info in infos]


def _put_descriptions(docs: dict[int, Doc]) -> None:
    """A description that was written elsewhere is the tag that MLflow's clients look for."""
    without = [pk for pk, doc in docs.items() if DESCRIPTION_TAG not in doc["t"]]
    rows = RunText.objects.filter(run_id__in=without).exclude(description="")
    for pk, description in rows.values_list("run_id", "description"):
        docs[pk]["t"][DESCRIPTION_TAG] = description

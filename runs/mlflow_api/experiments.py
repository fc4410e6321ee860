"""Which experiments are there? MLflow's nine experiment calls."""

import re
from collections.abc import Iterable, Mapping

from runs.limits import EXPERIMENT_NAME, EXPERIMENT_TAG_VALUE, KEY
from runs.mistakes import NotFound, UserMistake
from runs.mlflow_api.doors import Answer, Call, reads, writes
from runs.mlflow_api.names import key_value_pairs, tag_key
from runs.mlflow_api.shapes import dataset_summary_shape, experiment_id, experiment_shape, without_empty
from runs.models import Experiment, Lifecycle
from runs.query_language.mlflow_names import EXPERIMENTS, parse_mlflow_filter, parse_mlflow_order
from runs.reading.experiment_search import search_experiments as search
from runs.reading.lineage import dataset_summaries
from runs.recording import experiments as recording

_ID = re.compile(r"[0-9]{1,18}")
_MOST = 50_000
VIEWS: Mapping[str, tuple[Lifecycle, ...]] = {
    "ACTIVE_ONLY": (Lifecycle.ACTIVE,),
    "DELETED_ONLY": (Lifecycle.TRASHED,),
    "ALL": tuple(Lifecycle),
}


def experiment_of(call: Call, name: str = "experiment_id") -> Experiment:
    """The experiment whose id was sent in this field; "0" is the workspace's default one."""
    return find_experiment(call, call.sent.text(name, required=True))


def find_experiment(call: Call, number: str) -> Experiment:
    """The experiment with this id in the workspace. Raises NotFound; UserMistake for what is no id."""
    if number == "0":
        return recording.default_experiment(call.workspace)
    found = Experiment.objects.filter(workspace=call.workspace, pk=experiment_number(number)).first()
    if found is None:
        raise NotFound(f"No Experiment with id={number} exists", "experiment_id")
    return found


def experiment_number(text: str) -> int:
    """An experiment id as a number. Raises UserMistake for what is none."""
    if not _ID.fullmatch(text):
        raise UserMistake(
            f"Invalid experiment ID '{text[:100]}'. Experiment ID must be a valid integer.", "experiment_id"
        )
    return int(text)


def experiment_numbers(call: Call, texts: Iterable[str]) -> list[int]:
    """The same of many; "0" becomes the number of the default experiment."""
    return [
        recording.default_experiment(call.workspace).pk if text == "0" else experiment_number(text) for text in texts
    ]


def _shape_of(call: Call, experiment: Experiment) -> Answer:
    tags = dict(experiment.tags.values_list("key", "value"))
    return {"experiment": experiment_shape(call.workspace, experiment, tags)}


@writes("POST")
def create(call: Call) -> Answer:
    """experiments/create."""
    made = recording.create_experiment(
        call.workspace,
        call.sent.text("name", required=True, limit=EXPERIMENT_NAME),
        call.author,
        artifact_location=_artifact_location(call),
        tags=key_value_pairs(call.sent, "tags", value_limit=EXPERIMENT_TAG_VALUE),
    )
    return {"experiment_id": experiment_id(call.workspace, made.pk)}


def _artifact_location(call: Call) -> str:
    """Files always go through the studio: another place is kept as it was said, and shown, if it names a store."""
    text = call.sent.text("artifact_location", limit=1000)
    scheme, separator, _ = text.partition(":")
    if any(mark in text for mark in "#?;") or (separator and scheme.lower() in ("http", "https")):
        raise call.sent.invalid("artifact_location", text, "it may have no '#', '?', ';' and no http scheme")
    return text


@reads("GET")
def get(call: Call) -> Answer:
    """experiments/get."""
    return _shape_of(call, experiment_of(call))


@reads("GET")
def get_by_name(call: Call) -> Answer:
    """experiments/get-by-name."""
    name = call.sent.text("experiment_name", required=True)
    found = Experiment.objects.filter(workspace=call.workspace, name=name).first()
    if found is None and name == recording.DEFAULT_NAME:
        found = recording.default_experiment(call.workspace)
    if found is None:
        raise NotFound(f"Could not find experiment with name '{name}'", "experiment_name")
    return _shape_of(call, found)


@reads("GET", "POST")
def search_experiments(call: Call) -> Answer:
    """experiments/search."""
    sent = call.sent
    recording.default_experiment(call.workspace)
    page = search(
        call.workspace,
        parse_mlflow_filter(sent.text("filter"), EXPERIMENTS),
        parse_mlflow_order(sent.texts("order_by", most=20), EXPERIMENTS),
        lifecycles=VIEWS[sent.word("view_type", VIEWS, default="ACTIVE_ONLY")],
        limit=sent.whole("max_results", low=1, high=_MOST),
        cursor=sent.text("page_token"),
    )
    shapes = [experiment_shape(call.workspace, found, page.tags.get(found.pk, {})) for found in page.experiments]
    return without_empty({"experiments": shapes, "next_page_token": page.next})


@writes("POST")
def update(call: Call) -> Answer:
    """experiments/update: another name."""
    experiment = experiment_of(call)
    if experiment.lifecycle == Lifecycle.TRASHED:
        raise UserMistake("Cannot rename experiment in non-active lifecycle stage", "experiment_id")
    if call.sent.has("new_name"):
        name = call.sent.text("new_name", required=True, limit=EXPERIMENT_NAME)
        recording.rename_experiment(experiment, name, call.author)
    return {}


@writes("POST")
def delete(call: Call) -> Answer:
    """experiments/delete: into the trash."""
    experiment = experiment_of(call)
    if experiment.lifecycle == Lifecycle.TRASHED:
        raise NotFound(f"No Experiment with id={call.sent.text('experiment_id')} exists", "experiment_id")
    recording.trash_experiment(experiment, call.author)
    return {}


@writes("POST")
def restore(call: Call) -> Answer:
    """experiments/restore."""
    recording.restore_experiment(experiment_of(call), call.author)
    return {}


@writes("POST")
def set_tag(call: Call) -> Answer:
    """experiments/set-experiment-tag."""
    experiment = experiment_of(call)
    value = call.sent.text("value", limit=EXPERIMENT_TAG_VALUE)
    recording.set_experiment_tag(experiment, tag_key(call.sent), value)
    return {}


@writes("POST")
def delete_tag(call: Call) -> Answer:
    """experiments/delete-experiment-tag."""
    recording.delete_experiment_tag(experiment_of(call), call.sent.text("key", required=True, limit=KEY))
    return {}


@reads("POST")
def search_datasets(call: Call) -> Answer:
    """experiments/search-datasets: which datasets the runs of these experiments used, and as what."""
    numbers = experiment_numbers(call, call.sent.texts("experiment_ids", most=20))
    summaries = dataset_summaries(call.workspace, numbers)
    return without_empty({"dataset_summaries": [dataset_summary_shape(call.workspace, each) for each in summaries]})

"""How do MLflow 3's logged models come, change, show themselves and go?"""

from runs.limits import PARAM_VALUE, TAG_VALUE
from runs.mlflow_api.doors import Answer, Call, reads, writes
from runs.mlflow_api.experiments import experiment_numbers, experiment_of
from runs.mlflow_api.logged_model_lookup import find_model
from runs.mlflow_api.names import key_value_pairs
from runs.mlflow_api.run_calls import find_run
from runs.mlflow_api.sent import Sent
from runs.mlflow_api.shapes import model_shape, without_empty
from runs.models import LoggedModel
from runs.reading.lineage import metrics_of_models
from runs.reading.logged_models import ModelOrder, search_models
from runs.recording import logged_models as recording

_STATUSES = {word: word for word in (recording.PENDING, recording.READY, recording.UPLOAD_FAILED)}
_PAGE, _MOST = 100, 1000


def _answer(call: Call, model: LoggedModel) -> Answer:
    metrics = metrics_of_models(call.workspace, [model.uid])[model.uid]
    return {"model": model_shape(call.workspace, model, metrics)}


@writes("POST")
def create(call: Call) -> Answer:
    """logged-models: a new one, pending."""
    sent = call.sent
    source = sent.text("source_run_id")
    model = recording.create_logged_model(
        experiment_of(call),
        sent.text("name", limit=recording.NAME),
        model_type=sent.text("model_type", limit=200),
        source_run=find_run(call, source) if source else None,
        params=key_value_pairs(sent, "params", value_limit=PARAM_VALUE, kind="parameter"),
        tags=key_value_pairs(sent, "tags", value_limit=TAG_VALUE),
    )
    return _answer(call, model)


@reads("GET")
def get(call: Call, model_id: str) -> Answer:
    """logged-models/{id}."""
    return _answer(call, find_model(call, model_id, also_deleted=call.sent.flag("allow_deleted")))


@writes("PATCH")
def finalize(call: Call, model_id: str) -> Answer:
    """PATCH logged-models/{id}: how its upload ended."""
    model = find_model(call, model_id)
    return _answer(call, recording.finish_logged_model(model, call.sent.word("status", _STATUSES)))


@writes("DELETE")
def delete(call: Call, model_id: str) -> Answer:
    """DELETE logged-models/{id}: into the trash."""
    recording.delete_logged_model(find_model(call, model_id))
    return {}


@writes("PATCH")
def set_tags(call: Call, model_id: str) -> Answer:
    """PATCH logged-models/{id}/tags."""
    model = find_model(call, model_id)
    tags = key_value_pairs(call.sent, "tags", value_limit=TAG_VALUE)
    return _answer(call, recording.tag_logged_model(model, tags))


@writes("DELETE")
def delete_tag(call: Call, model_id: str, key: str) -> Answer:
    """DELETE logged-models/{id}/tags/{key}."""
    recording.untag_logged_model(find_model(call, model_id), key)
    return {}


@writes("POST")
def add_params(call: Call, model_id: str) -> Answer:
    """POST logged-models/{id}/params."""
    model = find_model(call, model_id)
    recording.add_model_params(model, key_value_pairs(call.sent, "params", value_limit=PARAM_VALUE, kind="parameter"))
    return {}


@reads("POST")
def search(call: Call) -> Answer:
    """logged-models/search."""
    sent = call.sent
    page = search_models(
        call.workspace,
        experiment_numbers(call, sent.texts("experiment_ids", most=_MOST)),
        sent.text("filter"),
        datasets=[
            (item.text("dataset_name", required=True), item.text("dataset_digest") or None)
            for item in sent.each("datasets", most=_MOST)
        ],
        order_by=[_order(item) for item in sent.each("order_by", most=20)],
        limit=sent.whole("max_results", default=_PAGE, low=1, high=_MOST),
        cursor=sent.text("page_token"),
    )
    metrics = metrics_of_models(call.workspace, [model.uid for model in page.models])
    models = [model_shape(call.workspace, model, metrics[model.uid]) for model in page.models]
    return without_empty({"models": models, "next_page_token": page.next})


def _order(item: Sent) -> ModelOrder:
    return ModelOrder(
        field=item.text("field_name", required=True),
        ascending=item.flag("ascending", default=True),
        dataset_name=item.text("dataset_name") or None,
        dataset_digest=item.text("dataset_digest") or None,
    )

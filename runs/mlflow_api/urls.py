"""Which path is which call? The same routes stand at the root and below ``/w/<workspace>/``."""

from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

from runs.mlflow_api import (
    artifact_calls,
    experiments,
    logged_model_calls,
    logging_calls,
    metric_calls,
    run_calls,
    search_calls,
    server_calls,
)
from runs.mlflow_api.doors import by_method


class AnyText(StringConverter):
    """The rest of a path, line breaks too, so that our own words refuse them."""

    regex = r"[\s\S]+"


register_converter(AnyText, "rest")

TRACKING = [
    path("experiments/create", experiments.create),
    path("experiments/get", experiments.get),
    path("experiments/get-by-name", experiments.get_by_name),
    path("experiments/search", experiments.search_experiments),
    path("experiments/update", experiments.update),
    path("experiments/delete", experiments.delete),
    path("experiments/restore", experiments.restore),
    path("experiments/set-experiment-tag", experiments.set_tag),
    path("experiments/delete-experiment-tag", experiments.delete_tag),
    path("experiments/search-datasets", experiments.search_datasets),
    path("runs/log-batch", logging_calls.log_a_batch),
    path("runs/log-metric", logging_calls.log_metric),
    path("runs/log-parameter", logging_calls.log_parameter),
    path("runs/set-tag", logging_calls.set_tag),
    path("runs/delete-tag", logging_calls.delete_tag),
    path("runs/log-inputs", logging_calls.log_run_inputs),
    path("runs/outputs", logging_calls.log_run_outputs),
    path("runs/log-model", logging_calls.log_model),
    path("runs/create", run_calls.create),
    path("runs/get", run_calls.get),
    path("runs/update", run_calls.update),
    path("runs/delete", run_calls.delete),
    path("runs/restore", run_calls.restore),
    path("runs/search", search_calls.search_runs),
    path("metrics/get-history", metric_calls.get_history),
    path("metrics/get-history-bulk", metric_calls.get_history_bulk),
    path("metrics/get-history-bulk-interval", metric_calls.get_history_bulk_interval),
    path("artifacts/list", artifact_calls.list_of_run),
    path("artifacts/presigned-upload-url", artifact_calls.presigned_upload),
    path("artifacts/presigned-download-url", artifact_calls.presigned),
    path("logged-models", logged_model_calls.create),
    path("logged-models/search", logged_model_calls.search),
    path(
        "logged-models/<str:model_id>",
        by_method(GET=logged_model_calls.get, PATCH=logged_model_calls.finalize, DELETE=logged_model_calls.delete),
    ),
    path("logged-models/<str:model_id>/tags", logged_model_calls.set_tags),
    path("logged-models/<str:model_id>/tags/<rest:key>", logged_model_calls.delete_tag),
    path("logged-models/<str:model_id>/params", logged_model_calls.add_params),
    path("logged-models/<str:model_id>/artifacts/directories", artifact_calls.list_of_model),
    path("registered-models/<rest:path>", server_calls.registry),
    path("model-versions/<rest:path>", server_calls.registry),
    path("<rest:path>", server_calls.unknown),
]
FILES = [
    path("artifacts", artifact_calls.list_proxied),
    path(
        "artifacts/<rest:location>",
        by_method(
            GET=artifact_calls.download,
            HEAD=artifact_calls.download,
            PUT=artifact_calls.upload,
            DELETE=artifact_calls.delete,
        ),
    ),
    path("mpu/create/<rest:location>", artifact_calls.begin_multipart),
    path("mpu/complete/<rest:location>", artifact_calls.complete_multipart),
    path("mpu/abort/<rest:location>", artifact_calls.abort_multipart),
    path("mpu/part/<str:upload_id>/<int:number>", artifact_calls.receive_part, name="mlflow_part"),
    path("presigned/<rest:location>", artifact_calls.presigned),
    path("<rest:path>", server_calls.unknown),
]
LATER = [
    path("server-info", server_calls.server_info),
    path("<rest:path>", server_calls.unknown),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("health", server_calls.health),
    path("version", server_calls.version),
    path("get-artifact", artifact_calls.get_artifact),
    path("api/2.0/mlflow/", include(TRACKING)),
    path("api/2.0/mlflow-artifacts/", include(FILES)),
    path("api/3.0/mlflow/", include(LATER)),
    path("ajax-api/2.0/mlflow/", include(TRACKING)),
    path("ajax-api/2.0/mlflow-artifacts/", include(FILES)),
    path("ajax-api/3.0/mlflow/", include(LATER)),
]

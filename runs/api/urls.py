"""The routes of the JSON API, all below /api/v1/."""

from django.urls import URLPattern, URLResolver, path, re_path

from runs.api.attributes import OneTag, Params, Properties, Tags
from runs.api.docs import Docs, Nothing, Schema
from runs.api.files import Files, OneFile, Zip
from runs.api.metrics import Batch, Metrics, Points, SeriesOfMetric
from runs.api.runs import OneRun, Runs, RunStatus
from runs.api.workspaces import Experiments, OneExperiment, OneWorkspace, Workspaces

_WORKSPACE = "workspaces/<slug:workspace>"
_RUN = f"{_WORKSPACE}/runs/<slug:run_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("workspaces", Workspaces.as_view(), name="api_workspaces"),
    path(_WORKSPACE, OneWorkspace.as_view(), name="api_workspace"),
    path(f"{_WORKSPACE}/experiments", Experiments.as_view(), name="api_experiments"),
    path(f"{_WORKSPACE}/experiments/<int:experiment_id>", OneExperiment.as_view(), name="api_experiment"),
    path(f"{_WORKSPACE}/runs", Runs.as_view(), name="api_runs"),
    path(_RUN, OneRun.as_view(), name="api_run"),
    path(f"{_RUN}/status", RunStatus.as_view(), name="api_run_status"),
    path(f"{_RUN}/tags", Tags.as_view(), name="api_run_tags"),
    path(f"{_RUN}/tags/<path:key>", OneTag.as_view(), name="api_run_tag"),
    path(f"{_RUN}/properties", Properties.as_view(), name="api_run_properties"),
    path(f"{_RUN}/params", Params.as_view(), name="api_run_params"),
    path(f"{_RUN}/batch", Batch.as_view(), name="api_run_batch"),
    path(f"{_RUN}/metrics", Metrics.as_view(), name="api_run_metrics"),
    path(f"{_RUN}/points", Points.as_view(), name="api_run_points"),
    path(f"{_RUN}/series", SeriesOfMetric.as_view(), name="api_run_series"),
    path(f"{_RUN}/files", Files.as_view(), name="api_run_files"),
    path(f"{_RUN}/files/<path:path>", OneFile.as_view(), name="api_run_file"),
    path(f"{_RUN}/zip", Zip.as_view(), name="api_run_zip"),
    path("openapi.yaml", Schema.as_view(), name="api_schema"),
    path("docs/", Docs.as_view(), name="api_docs"),
    re_path(r"", Nothing.as_view(), name="api_nothing"),
]

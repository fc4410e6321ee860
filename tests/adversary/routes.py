"""Which routes are there, and what is a valid request for each of them? A new route must be written down here.

A placeholder such as ``$run`` stands for something of the lab's; `tests.adversary.world` makes and names it. After
each request stand the answers it gets: from nobody, a stranger, a viewer, an editor and the owner, in this order.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

WHO = ("nobody", "stranger", "viewer", "editor", "owner")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

OPEN = "200 200 200 200 200"
ANYBODYS = "401 200 200 200 200"
READ = "401 404 200 200 200"
WRITE = "401 404 403 200 200"
MAKE = "401 404 403 201 201"
REMOVE = "401 404 403 204 204"
NOT_HERE = "401 404 501 501 501"
NOTHING = "401 404 404 404 404"
PAGE = "in 404 200 200 200"
OWN_PAGE = "in 200 200 200 200"
GO = "in 404 302 302 302"
EDIT = "in 404 403 302 302"


@dataclass(frozen=True)
class Request:
    """A valid request: ``body`` is sent as JSON by the APIs and as a form by pages; bytes go as they are."""

    method: str
    path: str
    answers: str
    body: Any = None
    query: Mapping[str, Any] = field(default_factory=dict)

    @property
    def door(self) -> str:
        """Whose words an error has: mlflow, api or page."""
        if self.path.startswith("api/v1/"):
            return "api"
        return "mlflow" if self.path.startswith(("api/", "get-artifact", "health", "version")) else "page"

    def answer(self, who: str) -> str:
        """What somebody gets: a status, or ``in`` for the way to the sign-in page."""
        return self.answers.split()[WHO.index(who)]


def _m(name: str, method: str, answers: str, body: Any = None, /, **query: Any) -> Request:
    return Request(method, f"api/2.0/mlflow/{name}", answers, body, query)


def _a(name: str, method: str, answers: str, body: Any = None, /, **query: Any) -> Request:
    return Request(method, f"api/v1/workspaces/lab{name}", answers, body, query)


def _p(path: str, method: str, answers: str, body: Any = None, /, **query: Any) -> Request:
    return Request(method, path, answers, body, query)


TAGS = [{"key": "team", "value": "red"}]
DATASET = {"name": "wine", "digest": "d1", "source_type": "local", "source": "{}", "schema": "{}", "profile": "{}"}
MODEL_JSON = '{"artifact_path": "m", "flavors": {}, "utc_time_created": "now", "run_id": "r"}'
FILES = "api/2.0/mlflow-artifacts"
PLACE = "$experiment/$run/artifacts"

MLFLOW: dict[str, list[Request]] = {
    "health": [_p("health", "GET", OPEN)],
    "version": [_p("version", "GET", OPEN)],
    "get-artifact": [_p("get-artifact", "GET", READ, run_id="$run", path="$file")],
    f"{FILES}/artifacts": [_p(f"{FILES}/artifacts", "GET", READ, path=PLACE)],
    f"{FILES}/artifacts/<rest:location>": [
        _p(f"{FILES}/artifacts/{PLACE}/$file", "GET", READ),
        _p(f"{FILES}/artifacts/$experiment/models/$model/artifacts/weights.bin", "GET", READ),
        _p(f"{FILES}/artifacts/{PLACE}/new.txt", "PUT", WRITE, b"new"),
        _p(f"{FILES}/artifacts/{PLACE}/$file", "DELETE", WRITE),
    ],
    f"{FILES}/mpu/create/<rest:location>": [
        _p(f"{FILES}/mpu/create/{PLACE}", "POST", WRITE, {"path": "big.bin", "num_parts": 2})
    ],
    f"{FILES}/mpu/complete/<rest:location>": [
        _p(
            f"{FILES}/mpu/complete/{PLACE}",
            "POST",
            WRITE,
            {"path": "big.bin", "upload_id": "$upload", "parts": [{"part_number": 1, "etag": "$etag"}]},
        )
    ],
    f"{FILES}/mpu/abort/<rest:location>": [
        _p(f"{FILES}/mpu/abort/{PLACE}", "POST", WRITE, {"path": "big.bin", "upload_id": "$upload"})
    ],
    # Whoever knows the secret id of an upload may send its parts, as with any presigned URL.
    f"{FILES}/mpu/part/<str:upload_id>/<int:number>": [_p(f"{FILES}/mpu/part/$upload/1", "PUT", OPEN, b"part")],
    f"{FILES}/presigned/<rest:location>": [
        _p(f"{FILES}/presigned/{PLACE}/$file", "GET", NOT_HERE),
        _p(f"{FILES}/presigned/{PLACE}/$file", "POST", NOT_HERE, {}),
    ],
    f"{FILES}/<rest:path>": [_p(f"{FILES}/nothing", method, NOTHING, {}) for method in METHODS],
    "api/3.0/mlflow/server-info": [_p("api/3.0/mlflow/server-info", "GET", READ)],
    "api/3.0/mlflow/<rest:path>": [_p("api/3.0/mlflow/nothing", method, NOTHING, {}) for method in METHODS],
}
_TRACKING = [
    _m("experiments/create", "POST", WRITE, {"name": "new", "artifact_location": "", "tags": TAGS}),
    _m("experiments/get", "GET", READ, experiment_id="$experiment"),
    _m("experiments/get-by-name", "GET", READ, experiment_name="$name"),
    _m(
        "experiments/search",
        "POST",
        READ,
        {"max_results": 5, "filter": "name LIKE 'c%'", "order_by": ["name ASC"], "view_type": "ALL"},
    ),
    _m("experiments/search", "GET", READ, max_results=5, filter="name LIKE 'c%'", order_by="name", page_token=""),
    _m("experiments/update", "POST", WRITE, {"experiment_id": "$experiment", "new_name": "other"}),
    _m("experiments/delete", "POST", WRITE, {"experiment_id": "$experiment"}),
    _m("experiments/restore", "POST", WRITE, {"experiment_id": "$experiment"}),
    _m("experiments/set-experiment-tag", "POST", WRITE, {"experiment_id": "$experiment", "key": "k", "value": "v"}),
    _m("experiments/delete-experiment-tag", "POST", WRITE, {"experiment_id": "$experiment", "key": "$tag"}),
    _m("experiments/search-datasets", "POST", READ, {"experiment_ids": ["$experiment"]}),
    _m(
        "runs/log-batch",
        "POST",
        WRITE,
        {
            "run_id": "$run",
            "metrics": [
                {"key": "acc", "value": 0.5, "timestamp": 1000, "step": 1},
                {"key": "acc", "value": 0.6, "timestamp": 1001, "step": 2, "model_id": "$model", "dataset_name": "d"},
                {"key": "auc", "value": "NaN", "timestamp": 1002, "step": 2},
            ],
            "params": [{"key": "depth", "value": "3"}, {"key": "width", "value": "4"}],
            "tags": TAGS,
        },
    ),
    _m(
        "runs/log-metric",
        "POST",
        WRITE,
        {
            "run_id": "$run",
            "key": "acc",
            "value": 0.5,
            "timestamp": 1000,
            "step": 1,
            "model_id": "$model",
            "dataset_name": "d",
            "dataset_digest": "x",
        },
    ),
    _m("runs/log-parameter", "POST", WRITE, {"run_id": "$run", "key": "depth", "value": "3"}),
    _m("runs/set-tag", "POST", WRITE, {"run_id": "$run", "key": "k", "value": "v"}),
    _m("runs/delete-tag", "POST", WRITE, {"run_id": "$run", "key": "$tag"}),
    _m(
        "runs/log-inputs",
        "POST",
        WRITE,
        {
            "run_id": "$run",
            "datasets": [{"dataset": DATASET, "tags": [{"key": "context", "value": "train"}]}],
            "models": [{"model_id": "$model"}],
        },
    ),
    _m("runs/outputs", "POST", WRITE, {"run_id": "$run", "models": [{"model_id": "$model", "step": 1}]}),
    _m("runs/log-model", "POST", WRITE, {"run_id": "$run", "model_json": MODEL_JSON}),
    _m(
        "runs/create",
        "POST",
        WRITE,
        {
            "experiment_id": "$experiment",
            "user_id": "edgar",
            "run_name": "second",
            "start_time": 1000,
            "tags": [{"key": "mlflow.parentRunId", "value": "$run"}],
        },
    ),
    _m("runs/get", "GET", READ, run_id="$run"),
    _m("runs/update", "POST", WRITE, {"run_id": "$run", "status": "FINISHED", "end_time": 2000, "run_name": "done"}),
    _m("runs/delete", "POST", WRITE, {"run_id": "$run"}),
    _m("runs/restore", "POST", WRITE, {"run_id": "$run"}),
    _m(
        "runs/search",
        "POST",
        READ,
        {
            "experiment_ids": ["$experiment"],
            "filter": "metrics.acc > 0.1 and tags.team = 'red'",
            "run_view_type": "ALL",
            "max_results": 5,
            "order_by": ["metrics.acc DESC", "attribute.start_time"],
            "page_token": "",
        },
    ),
    _m("metrics/get-history", "GET", READ, run_id="$run", metric_key="acc", max_results=5),
    _m("metrics/get-history-bulk", "GET", READ, run_id="$run", metric_key="acc", max_results=5),
    _m(
        "metrics/get-history-bulk-interval",
        "GET",
        READ,
        run_ids="$run",
        metric_key="acc",
        start_step=0,
        end_step=5,
        max_results=5,
    ),
    _m("artifacts/list", "GET", READ, run_id="$run", path="$folder", page_token="a"),
    _m("artifacts/presigned-upload-url", "POST", NOT_HERE, {"run_id": "$run", "path": "a"}),
    _m("artifacts/presigned-download-url", "GET", NOT_HERE, run_id="$run", path="a"),
    _m("artifacts/presigned-download-url", "POST", NOT_HERE, {"run_id": "$run", "path": "a"}),
    _m(
        "logged-models",
        "POST",
        WRITE,
        {
            "experiment_id": "$experiment",
            "name": "m",
            "model_type": "t",
            "source_run_id": "$run",
            "params": [{"key": "a", "value": "1"}],
            "tags": TAGS,
        },
    ),
    _m(
        "logged-models/search",
        "POST",
        READ,
        {
            "experiment_ids": ["$experiment"],
            "filter": "params.a = '1'",
            "datasets": [{"dataset_name": "wine", "dataset_digest": "d1"}],
            "max_results": 5,
            "order_by": [{"field_name": "metrics.acc", "ascending": False, "dataset_name": "wine"}],
            "page_token": "",
        },
    ),
]
for _request in _TRACKING:
    MLFLOW.setdefault(_request.path, []).append(_request)
MLFLOW |= {
    "api/2.0/mlflow/logged-models/<str:model_id>": [
        _m("logged-models/$model", "GET", READ, allow_deleted="true"),
        _m("logged-models/$model", "PATCH", WRITE, {"status": "LOGGED_MODEL_READY"}),
        _m("logged-models/$model", "DELETE", WRITE),
    ],
    "api/2.0/mlflow/logged-models/<str:model_id>/tags": [
        _m("logged-models/$model/tags", "PATCH", WRITE, {"tags": TAGS})
    ],
    "api/2.0/mlflow/logged-models/<str:model_id>/tags/<rest:key>": [
        _m("logged-models/$model/tags/$tag", "DELETE", WRITE)
    ],
    "api/2.0/mlflow/logged-models/<str:model_id>/params": [
        _m("logged-models/$model/params", "POST", WRITE, {"params": [{"key": "b", "value": "1"}]})
    ],
    "api/2.0/mlflow/logged-models/<str:model_id>/artifacts/directories": [
        _m("logged-models/$model/artifacts/directories", "GET", READ, artifact_directory_path="", page_token="")
    ],
    "api/2.0/mlflow/registered-models/<rest:path>": [
        _m("registered-models/create", method, NOT_HERE, {"name": "m"}) for method in METHODS
    ],
    "api/2.0/mlflow/model-versions/<rest:path>": [
        _m("model-versions/create", method, NOT_HERE, {"name": "m"}) for method in METHODS
    ],
    "api/2.0/mlflow/<rest:path>": [_m("nothing", method, NOTHING, {}) for method in METHODS],
}

_API_RUN = "api/v1/workspaces/<slug:workspace>/runs/<slug:run_id>"
_QUERY = {
    "q": "status:running metric.acc>0.1",
    "sort": "-metric.acc,name",
    "cols": "status,metric.acc,param.depth",
    "lifecycle": "all",
    "nest": "0",
    "limit": 5,
    "after": "",
    "before": "",
    "count": 1,
}
API: dict[str, list[Request]] = {
    "api/v1/workspaces": [_p("api/v1/workspaces", "GET", ANYBODYS)],
    "api/v1/workspaces/<slug:workspace>": [_a("", "GET", READ)],
    "api/v1/workspaces/<slug:workspace>/experiments": [
        _a("/experiments", "GET", READ, text="ch", lifecycle="active", limit=5, after=""),
        _a("/experiments", "POST", MAKE, {"name": "new", "description": "d", "tags": {"a": "b"}}),
    ],
    "api/v1/workspaces/<slug:workspace>/experiments/<int:experiment_id>": [
        _a("/experiments/$experiment", "GET", READ),
        _a("/experiments/$experiment", "PATCH", WRITE, {"name": "x", "description": "d", "lifecycle": "active"}),
    ],
    "api/v1/workspaces/<slug:workspace>/runs": [
        _a("/runs", "GET", READ, experiment_id="$experiment", **_QUERY),
        _a("/runs", "GET", READ, q="acc", lifecycle="trashed", nest="1"),
        _a(
            "/runs",
            "POST",
            MAKE,
            {
                "experiment": "by name",
                "name": "n",
                "status": "Running",
                "started": 1000,
                "created": 1000,
                "ended": 2000,
                "tags": {"a": "b", "bare": None},
                "properties": {"p": "1"},
                "params": {"lr": "1"},
                "parent": "$run",
                "submitter": "s",
                "compute": "c",
                "description": "d",
                "type": "t",
                "request_id": "r1",
            },
        ),
        _a("/runs", "POST", MAKE, {"experiment_id": "$experiment_number"}),
    ],
    _API_RUN: [
        _a("/runs/$run", "GET", READ),
        _a(
            "/runs/$run",
            "PATCH",
            WRITE,
            {"name": "n", "description": "d", "lifecycle": "active", "expected": {"name": "first", "description": ""}},
        ),
    ],
    f"{_API_RUN}/status": [
        _a(
            "/runs/$run/status",
            "PUT",
            WRITE,
            {
                "status": "Failed",
                "expected": "Running",
                "ended": 9_000_000_000_000,
                "reason": "r",
                "error_code": "c",
                "error_message": "m",
                "override": False,
            },
        )
    ],
    f"{_API_RUN}/tags": [_a("/runs/$run/tags", "PATCH", WRITE, {"a": "b", "bare": None})],
    f"{_API_RUN}/tags/<path:key>": [
        _a("/runs/$run/tags/$tag", "PUT", WRITE, {"value": "v"}),
        _a("/runs/$run/tags/$tag", "DELETE", REMOVE),
    ],
    f"{_API_RUN}/properties": [_a("/runs/$run/properties", "POST", WRITE, {"a": "b"})],
    f"{_API_RUN}/params": [_a("/runs/$run/params", "POST", WRITE, {"a": "b"})],
    f"{_API_RUN}/batch": [
        _a(
            "/runs/$run/batch",
            "POST",
            WRITE,
            {
                "points": [
                    {"key": "acc", "value": 0.5, "step": 3, "time": 1000},
                    {"key": "acc", "value": "NaN", "step": 4, "time": 1000},
                ],
                "params": {"depth": "3"},
                "tags": {"team": "red", "bare": None},
                "batch_id": "b1",
            },
        )
    ],
    f"{_API_RUN}/metrics": [_a("/runs/$run/metrics", "GET", READ)],
    f"{_API_RUN}/points": [
        _a("/runs/$run/points", "GET", READ, **{"metric": "acc", "from": 0, "to": 5, "limit": 5, "after": "0_0_0"})
    ],
    f"{_API_RUN}/series": [
        _a("/runs/$run/series", "GET", READ, **{"metric": "acc", "x": "step", "width": 10, "from": 0, "to": 5})
    ],
    f"{_API_RUN}/files": [_a("/runs/$run/files", "GET", READ, folder="$folder", limit=5, after="a")],
    f"{_API_RUN}/files/<path:path>": [
        _a("/runs/$run/files/$file", "GET", READ),
        _a("/runs/$run/files/new.txt", "PUT", MAKE, b"new"),
        _a("/runs/$run/files/$file", "DELETE", WRITE),
    ],
    f"{_API_RUN}/zip": [_a("/runs/$run/zip", "GET", READ, folder="$folder")],
    "api/v1/openapi.yaml": [_p("api/v1/openapi.yaml", "GET", ANYBODYS, lang="en", version="1")],
    "api/v1/docs/": [_p("api/v1/docs/", "GET", ANYBODYS, script="")],
    "api/v1/": [_p("api/v1/nothing", method, "401 404 404 404 404", {}) for method in METHODS],
}

_RUN = "w/<slug:workspace_name>/runs/<run_uid:uid>"
_LIST = {
    "q": "status:running metric.acc>0.1",
    "sort": "-metric.acc,name",
    "cols": "status,metric.acc,param.depth",
    "group": "",
    "nest": "1",
    "rows": "25",
    "after": "",
    "before": "",
    "count": "all",
}
PAGES: dict[str, list[Request]] = {
    "": [_p("", "GET", "in 302 302 302 302")],
    "sign-in/": [
        _p("sign-in/", "GET", "200 302 302 302 302", next="/tokens/"),
        _p(
            "sign-in/",
            "POST",
            "302 302 302 302 302",
            {"username": "edgar", "password": "correct horse battery", "next": "/"},
        ),
    ],
    "sign-in/link/<str:secret>/": [
        _p("sign-in/link/$secret/", "GET", OPEN),
        _p("sign-in/link/$secret/", "POST", "302 302 302 302 302", {}),
    ],
    "sign-out/": [_p("sign-out/", "POST", "in in in in in", {})],
    "preferences/": [
        _p("preferences/", "POST", "in 302 302 302 302", {"theme": "dark", "density": "compact", "next": "/"})
    ],
    "tokens/": [
        _p("tokens/", "GET", OWN_PAGE, workspace="lab"),
        # A viewer may make a token that reads, but not this one: the form says so in place.
        _p("tokens/", "POST", "in 404 422 200 200", {"name": "t", "scope": "log", "days": "90", "workspace": "lab"}),
        _p("tokens/", "POST", "in 404 200 200 200", {"name": "t", "scope": "read", "days": "0", "workspace": "lab"}),
    ],
    "tokens/<int:token_id>/revoke/": [_p("tokens/$token/revoke/", "POST", "in 404 404 302 404", {})],
    "find/runs/<run_uid:uid>": [_p("find/runs/$run", "GET", GO)],
    "find/experiments/<int:number>": [_p("find/experiments/$experiment", "GET", GO)],
    # It shows itself to developers only (STUDIO_DEBUG).
    "styleguide/": [_p("styleguide/", "GET", "in 404 404 404 404", chart="one", theme="dark")],
    "w/<slug:workspace_name>/": [_p("w/lab/", "GET", PAGE)],
    "w/<slug:workspace_name>/experiments": [
        _p("w/lab/experiments", "GET", PAGE, q="ch", show="trash", cursor=""),
        _p("w/lab/experiments", "POST", EDIT, {"name": "new"}),
    ],
    "w/<slug:workspace_name>/move_experiment": [
        _p("w/lab/move_experiment", "POST", EDIT, {"name": "$name", "to": "trash"}),
        _p("w/lab/move_experiment", "POST", EDIT, {"name": "$name", "to": "active"}),
    ],
    "w/<slug:workspace_name>/experiments/<any_text:experiment_name>": [
        _p("w/lab/experiments/$name", "GET", PAGE, **_LIST)
    ],
    "w/<slug:workspace_name>/columns": [
        _p("w/lab/columns", "GET", PAGE, experiment="$name", **_LIST),
        _p("w/lab/columns", "GET", GO, experiment="$name", apply="1", col=["status", "metric.acc"], **_LIST),
        _p("w/lab/columns", "GET", GO, reset="1", **_LIST),
    ],
    "w/<slug:workspace_name>/runs": [_p("w/lab/runs", "GET", PAGE, **_LIST)],
    "w/<slug:workspace_name>/count": [
        _p("w/lab/count", "GET", PAGE, experiment="$name", shown="1", **_LIST),
    ],
    _RUN: [_p("w/lab/runs/$run", "GET", PAGE, all="1")],
    # These two only lead on to the page above, whoever asks: it is that page which knows whose the run is.
    f"{_RUN}/": [_p("w/lab/runs/$run/", method, "in 302 302 302 302", {}) for method in METHODS],
    f"{_RUN}/overview": [_p("w/lab/runs/$run/overview", method, "in 302 302 302 302", {}) for method in METHODS],
    f"{_RUN}/metrics": [_p("w/lab/runs/$run/metrics", "GET", PAGE, metric="a", x="time", start="0")],
    f"{_RUN}/metrics.json": [
        _p(
            "w/lab/runs/$run/metrics.json",
            "GET",
            PAGE,
            metric="acc",
            x="step",
            width=100,
            start=0,
            end=5,
        )
    ],
    f"{_RUN}/outputs": [_p("w/lab/runs/$run/outputs", "GET", PAGE, line="1", part="1")],
    f"{_RUN}/outputs/<any_text:path>": [
        _p("w/lab/runs/$run/outputs/$file", "GET", PAGE, **{"line": "2", "from": "start"}),
        _p("w/lab/runs/$run/outputs/$file", "GET", PAGE, at="1"),
        _p("w/lab/runs/$run/outputs/$file", "GET", PAGE, before="9"),
    ],
    f"{_RUN}/folder": [_p("w/lab/runs/$run/folder", "GET", PAGE, path="$folder", after="a")],
    f"{_RUN}/download/<any_text:path>": [_p("w/lab/runs/$run/download/$file", "GET", PAGE, show="1")],
    f"{_RUN}/download.zip": [_p("w/lab/runs/$run/download.zip", "GET", PAGE, path="$folder")],
    f"{_RUN}/children": [_p("w/lab/runs/$run/children", "GET", PAGE, before="1")],
    f"{_RUN}/child_rows": [_p("w/lab/runs/$run/child_rows", "GET", PAGE, depth="1", **_LIST)],
    f"{_RUN}/activity": [_p("w/lab/runs/$run/activity", "GET", PAGE, before="9")],
    f"{_RUN}/name": [_p("w/lab/runs/$run/name", "POST", EDIT, {"name": "n", "expected": "first"})],
    f"{_RUN}/description": [
        _p("w/lab/runs/$run/description", "GET", "in 404 403 200 200", cancel="1"),
        _p("w/lab/runs/$run/description", "POST", EDIT, {"description": "d", "began_with": "$fingerprint"}),
        _p("w/lab/runs/$run/description", "POST", "in 404 403 200 200", {"description": "*d*", "preview": "1"}),
    ],
    f"{_RUN}/tags": [
        _p("w/lab/runs/$run/tags", "GET", "in 404 403 200 200", key="$tag"),
        _p("w/lab/runs/$run/tags", "POST", EDIT, {"key": "$tag", "value": "v"}),
    ],
    f"{_RUN}/tags/delete": [_p("w/lab/runs/$run/tags/delete", "POST", EDIT, {"key": "$tag"})],
    **{
        f"{_RUN}/{move}": [_p(f"w/lab/runs/$run/{move}", "POST", EDIT, {})]
        for move in ("cancel", "archive", "trash", "restore")
    },
}
ROUTES = MLFLOW | API | PAGES


def requests() -> Iterator[tuple[str, Request]]:
    """Every valid request with its route."""
    return ((route, request) for route, found in ROUTES.items() for request in found)


def walk() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every route that the URL resolver knows, as its whole pattern, with its view."""
    return _below("", get_resolver().url_patterns)


def _below(prefix: str, patterns: list[Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    for found in patterns:
        whole = f"{prefix}{found.pattern}"
        if isinstance(found, URLResolver):
            yield from _below(whole, found.url_patterns)
        else:
            assert isinstance(found, URLPattern)
            yield whole, found.callback


def known_as(route: str) -> str:
    """The route under which one is written down here: MLflow's stand four times, once for each way to call them."""
    rest = route.removeprefix("w/<slug:workspace_name>/").removeprefix("ajax-")
    return rest if rest in MLFLOW else route

"""Every field of every call, given every kind of nonsense: an error that names it, never a failure of ours."""

import json
from typing import Any

import pytest

from runs.models import Experiment, Run
from tests.mlflow_api.door import FILES, Door

DEEP: Any = []
for _ in range(60):
    DEEP = [DEEP]

NONSENSE: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "é" * 300,
    "x" * 70_000,
    "0' OR '1'='1",
    "%",
    "a__in",
    "NaN",
    [],
    [None],
    [[]],
    [{}],
    ["x"] * 2000,
    {},
    {"key": None},
    {"a": {"b": {}}},
    DEEP,
]

POSTS: dict[str, list[str]] = {
    "experiments/create": ["name", "artifact_location", "tags"],
    "experiments/search": ["max_results", "page_token", "filter", "order_by", "view_type"],
    "experiments/update": ["experiment_id", "new_name"],
    "experiments/delete": ["experiment_id"],
    "experiments/restore": ["experiment_id"],
    "experiments/set-experiment-tag": ["experiment_id", "key", "value"],
    "experiments/delete-experiment-tag": ["experiment_id", "key"],
    "experiments/search-datasets": ["experiment_ids"],
    "runs/create": ["experiment_id", "user_id", "run_name", "start_time", "tags"],
    "runs/update": ["run_id", "run_uuid", "status", "end_time", "run_name"],
    "runs/delete": ["run_id"],
    "runs/restore": ["run_id"],
    "runs/log-metric": ["run_id", "key", "value", "timestamp", "step", "model_id", "dataset_name", "dataset_digest"],
    "runs/log-parameter": ["run_id", "key", "value"],
    "runs/set-tag": ["run_id", "key", "value"],
    "runs/delete-tag": ["run_id", "key"],
    "runs/log-batch": ["run_id", "metrics", "params", "tags"],
    "runs/log-inputs": ["run_id", "datasets", "models"],
    "runs/outputs": ["run_id", "models"],
    "runs/log-model": ["run_id", "model_json"],
    "runs/search": ["experiment_ids", "filter", "run_view_type", "max_results", "order_by", "page_token"],
    "logged-models": ["experiment_id", "name", "model_type", "source_run_id", "params", "tags"],
    "logged-models/search": ["experiment_ids", "filter", "datasets", "max_results", "order_by", "page_token"],
    f"{FILES}/mpu/create/0/{{run}}/artifacts": ["path", "num_parts"],
    f"{FILES}/mpu/complete/0/{{run}}/artifacts": ["path", "upload_id", "parts"],
    f"{FILES}/mpu/abort/0/{{run}}/artifacts": ["path", "upload_id"],
}
GOOD: dict[str, Any] = {
    "name": "n",
    "max_results": 5,
    "experiment_id": "0",
    "experiment_ids": ["0"],
    "new_name": "m",
    "key": "k",
    "value": "1",
    "timestamp": 1,
    "path": "a.bin",
    "num_parts": 1,
    "upload_id": "0" * 48,
    "parts": [],
    "model_json": "{}",
}
NESTED: dict[str, list[dict[str, Any]]] = {
    "metrics": [{"key": "a", "value": 1.0, "timestamp": 1, "step": 0, "model_id": "m", "dataset_name": "d"}],
    "params": [{"key": "a", "value": "1"}],
    "tags": [{"key": "a", "value": "1"}],
    "models": [{"model_id": "m-1", "step": 0}],
    "datasets": [{"dataset_name": "a", "dataset_digest": "b"}],
    "order_by": [{"field_name": "name", "ascending": True, "dataset_name": "a"}],
    "parts": [{"part_number": 1, "etag": "x"}],
}
GETS: dict[str, list[str]] = {
    "experiments/get": ["experiment_id"],
    "experiments/get-by-name": ["experiment_name"],
    "experiments/search": ["max_results", "page_token", "filter", "order_by", "view_type"],
    "runs/get": ["run_id", "run_uuid"],
    "metrics/get-history": ["run_id", "metric_key", "max_results", "page_token"],
    "metrics/get-history-bulk": ["run_id", "metric_key", "max_results"],
    "metrics/get-history-bulk-interval": ["run_ids", "metric_key", "start_step", "end_step", "max_results"],
    "artifacts/list": ["run_id", "path", "page_token"],
    f"{FILES}/artifacts": ["path"],
    "/get-artifact": ["run_id", "path"],
}


def check(response: Any) -> None:
    """A plain answer, or an error that is told."""
    assert response.status_code in (200, 400, 404, 409, 413), (response.status_code, response.content)
    if response.status_code != 200:
        answer = json.loads(response.content)
        assert answer["error_code"]
        assert answer["message"]
        assert "SELECT" not in answer["message"]
        assert "Traceback" not in answer["message"]


@pytest.mark.parametrize("path", POSTS)
def test_nonsense_in_any_field_of_a_body_is_told(door: Door, path: str) -> None:
    run = door.new_run()
    url = path.format(run=run)
    for field in POSTS[path]:
        for nonsense in NONSENSE:
            body = {**GOOD, "run_id": run, field: nonsense}
            if path == "runs/log-metric":
                body.setdefault("step", 0)
            check(door.send("POST", url, body))
        for known in NESTED.get(field, []):
            for inner in known:
                for nonsense in NONSENSE:
                    check(door.send("POST", url, {**GOOD, "run_id": run, field: [{**known, inner: nonsense}]}))


@pytest.mark.parametrize("path", GETS)
def test_nonsense_in_any_field_of_a_query_is_told(door: Door, path: str) -> None:
    run = door.new_run()
    for field in GETS[path]:
        for nonsense in NONSENSE:
            texts = [str(each) for each in nonsense[:200]] if isinstance(nonsense, list) else str(nonsense)[:70_000]
            if "\ud800" in texts:
                continue  # no URL can say it
            query = {**GOOD, "run_id": run, "run_ids": run, "metric_key": "a", field: texts}
            check(door.send("GET", path, **query))


def test_nonsense_leaves_the_workspace_as_it_was(door: Door) -> None:
    run = door.new_run()
    before = door.get("runs/get", run_id=run)
    for nonsense in NONSENSE:
        check(door.send("POST", "runs/log-batch", {"run_id": run, "metrics": [{"key": "a", "value": nonsense}]}))
        check(door.send("POST", "experiments/create", {"name": nonsense, "tags": 7}))
    assert door.get("runs/get", run_id=run) == before
    assert (Run.objects.count(), Experiment.objects.count()) == (1, 1)


@pytest.mark.parametrize("nonsense", ["%00", "%ED%A0%80", "%FF", "..%2f..%2fetc", "a" * 5000, "%0a", "%25%30%30"])
def test_nonsense_in_a_path_is_told(door: Door, nonsense: str) -> None:
    for path in (
        f"logged-models/{nonsense}",
        f"logged-models/{nonsense}/tags/{nonsense}",
        f"{FILES}/artifacts/{nonsense}",
        f"{FILES}/artifacts/0/{nonsense}/artifacts/{nonsense}",
        f"{FILES}/artifacts/0/models/{nonsense}/artifacts/x",
        f"{FILES}/mpu/part/{nonsense}/1",
    ):
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            response = door.client.generic(
                method,
                path if path.startswith("/") else f"/api/2.0/mlflow/{path}",
                b"{}",
                content_type="application/json",
            )
            assert 400 <= response.status_code < 500, (method, path, response.status_code)

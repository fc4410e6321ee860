"""MLflow 3's logged models."""

from typing import Any

import pytest

from tests.cast import Cast
from tests.mlflow_api.door import Door, door_of

UNKNOWN = "RESOURCE_DOES_NOT_EXIST"
INVALID = "INVALID_PARAMETER_VALUE"


def make(door: Door, name: str = "forest", **body: Any) -> dict[str, Any]:
    return door.post("logged-models", experiment_id="0", name=name, **body)["model"]


@pytest.fixture
def model_id(door: Door) -> str:
    return make(door)["info"]["model_id"]


def test_a_model_begins_pending_and_becomes_ready(door: Door) -> None:
    run = door.new_run()
    model = make(
        door,
        model_type="sklearn",
        source_run_id=run,
        params=[{"key": "depth", "value": "3"}],
        tags=[{"key": "team", "value": "red"}],
    )
    info = model["info"]
    assert info["model_id"].startswith("m-")
    assert len(info["model_id"]) == 34
    assert (info["name"], info["model_type"], info["source_run_id"]) == ("forest", "sklearn", run)
    assert info["status"] == "LOGGED_MODEL_PENDING"
    assert info["tags"] == [{"key": "team", "value": "red"}]
    assert model["data"] == {"params": [{"key": "depth", "value": "3"}]}
    path = f"logged-models/{info['model_id']}"
    ready = door.ok("PATCH", path, {"model_id": info["model_id"], "status": "LOGGED_MODEL_READY"})["model"]
    assert ready["info"]["status"] == "LOGGED_MODEL_READY"
    assert door.get(path) == {"model": ready}


def test_a_model_without_a_name_gets_one(door: Door) -> None:
    assert door.post("logged-models", experiment_id="0")["model"]["info"]["name"]


def test_tags_and_params_change(door: Door, model_id: str) -> None:
    path = f"logged-models/{model_id}"
    tagged = door.ok("PATCH", f"{path}/tags", {"tags": [{"key": "a/b", "value": "1"}]})["model"]
    assert tagged["info"]["tags"] == [{"key": "a/b", "value": "1"}]
    assert door.ok("DELETE", f"{path}/tags/a/b") == {}
    door.refused(404, UNKNOWN, "DELETE", f"{path}/tags/a/b")
    for _ in range(2):
        assert door.ok("POST", f"{path}/params", {"params": [{"key": "p", "value": "1"}]}) == {}
    assert door.get(path)["model"]["data"]["params"] == [{"key": "p", "value": "1"}]


def test_a_deleted_model_is_found_only_on_request(door: Door, model_id: str) -> None:
    path = f"logged-models/{model_id}"
    assert door.ok("DELETE", path, {"model_id": model_id}) == {}
    door.refused(404, UNKNOWN, "GET", path)
    assert door.get(path, allow_deleted="true")["model"]["info"]["model_id"] == model_id
    assert door.post("logged-models/search", experiment_ids=["0"]) == {}


def test_metrics_of_a_model_are_shown_with_it(door: Door, model_id: str) -> None:
    run = door.new_run()
    for step, value in enumerate((0.5, 0.75)):
        metric = {"key": "acc", "value": value, "timestamp": 7, "step": step, "model_id": model_id}
        door.post("runs/log-batch", run_id=run, metrics=[{**metric, "dataset_name": "iris", "dataset_digest": "abc"}])
    door.post("runs/log-metric", run_id=run, key="f1", value="NaN", timestamp=8, model_id=model_id)
    metrics = door.get(f"logged-models/{model_id}")["model"]["data"]["metrics"]
    about = {"model_id": model_id, "run_id": run}
    assert metrics == [
        {
            "key": "acc",
            "value": 0.75,
            "timestamp": 7,
            "step": 1,
            "dataset_name": "iris",
            "dataset_digest": "abc",
            **about,
        },
        {"key": "f1", "value": "NaN", "timestamp": 8, "step": 0, **about},
    ]
    history = door.get("metrics/get-history", run_id=run, metric_key="acc")["metrics"]
    assert [point["value"] for point in history] == [0.5, 0.75]


@pytest.fixture
def three(door: Door) -> list[str]:
    """Models a, b, c with depth 1, 2, 3 and accuracy 0.1, 0.2, 0.3."""
    run = door.new_run()
    uids = []
    for number, name in enumerate("abc", 1):
        uid = make(door, name, params=[{"key": "depth", "value": str(number)}])["info"]["model_id"]
        door.post("runs/log-metric", run_id=run, key="acc", value=number / 10, timestamp=1, model_id=uid)
        uids.append(uid)
    door.ok("PATCH", f"logged-models/{uids[0]}", {"status": "LOGGED_MODEL_READY"})
    return uids


def names(door: Door, **body: Any) -> str:
    found = door.post("logged-models/search", experiment_ids=["0"], **body)
    return "".join(model["info"]["name"] for model in found.get("models", []))


@pytest.mark.parametrize(
    ("filter_text", "expected"),
    [
        ("", "cba"),
        ("name = 'b'", "b"),
        ("attributes.name != 'b'", "ca"),
        ("metrics.acc > 0.15", "cb"),
        ("params.depth = '3'", "c"),
        ("status = 'READY'", "a"),
        ("tags.x = 'y'", ""),
        ("creation_timestamp > 0", "cba"),
        ("name = 'b' AND metrics.acc > 0.25", ""),
    ],
)
def test_models_are_found(door: Door, three: list[str], filter_text: str, expected: str) -> None:
    assert names(door, filter=filter_text) == expected


def test_models_are_sorted_and_paged(door: Door, three: list[str]) -> None:
    order = [{"field_name": "metrics.acc", "ascending": True}]
    assert names(door, order_by=order) == "abc"
    first = door.post("logged-models/search", experiment_ids=["0"], order_by=order, max_results=2)
    rest = door.post(
        "logged-models/search",
        experiment_ids=["0"],
        order_by=order,
        max_results=2,
        page_token=first["next_page_token"],
    )
    assert [model["info"]["name"] for model in first["models"] + rest["models"]] == ["a", "b", "c"]
    assert "next_page_token" not in rest


def test_who_may_see_and_change_a_model(
    door: Door, model_id: str, stranger_door: Door, reading_door: Door, cast: Cast
) -> None:
    path = f"logged-models/{model_id}"
    changes: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", path, {"status": "LOGGED_MODEL_READY"}),
        ("PATCH", f"{path}/tags", {"tags": [{"key": "a", "value": "b"}]}),
        ("POST", f"{path}/params", {"params": [{"key": "a", "value": "b"}]}),
        ("DELETE", f"{path}/tags/a", {}),
        ("DELETE", path, {}),
    ]
    before = door.get(path)
    assert reading_door.get(path) == before
    for method, where, body in changes:
        stranger_door.refused(404, UNKNOWN, method, where, body)
        for reader in (reading_door, door_of(cast, cast.viewer)):
            reader.refused(403, "PERMISSION_DENIED", method, where, body)
        door.refused(404, UNKNOWN, method, where.replace(model_id, "m-" + "0" * 32), body)
    stranger_door.refused(404, UNKNOWN, "GET", path)
    stranger_door.refused(404, UNKNOWN, "GET", f"{path}/artifacts/directories")
    assert door.get(path) == before


@pytest.mark.parametrize(
    ("method", "path", "body", "part"),
    [
        ("POST", "logged-models", {}, "experiment_id"),
        ("POST", "logged-models", {"experiment_id": "0", "name": "a/b"}, "must not contain"),
        ("POST", "logged-models", {"experiment_id": "0", "name": "n" * 501}, "500"),
        ("POST", "logged-models", {"experiment_id": "0", "params": [{"key": "a", "value": "v" * 6001}]}, "6000"),
        ("POST", "logged-models", {"experiment_id": "0", "source_run_id": "../x"}, "run id"),
        ("PATCH", "logged-models/{id}", {}, "status"),
        ("PATCH", "logged-models/{id}", {"status": "DONE"}, "status"),
        ("PATCH", "logged-models/{id}", {"status": "LOGGED_MODEL_PENDING"}, "status"),
        ("PATCH", "logged-models/{id}/tags", {"tags": [{"key": "", "value": ""}]}, "tags[0].key"),
        ("POST", "logged-models/search", {"experiment_ids": ["0"], "max_results": 0}, "between"),
        ("POST", "logged-models/search", {"experiment_ids": ["0"], "filter": "colour = 'x'"}, "colour"),
        ("POST", "logged-models/search", {"experiment_ids": ["0"], "order_by": [{}]}, "field_name"),
        ("POST", "logged-models/search", {"experiment_ids": ["0"], "order_by": [{"field_name": "colour"}]}, "colour"),
        ("POST", "logged-models/search", {"experiment_ids": ["0"], "page_token": "junk"}, "page"),
        ("POST", "logged-models/search", {"experiment_ids": ["0"], "datasets": [{}]}, "dataset_name"),
    ],
)
def test_what_cannot_be_used_is_refused_naming_it(
    door: Door, model_id: str, method: str, path: str, body: dict[str, Any], part: str
) -> None:
    assert part in door.refused(400, INVALID, method, path.format(id=model_id), body)


def test_a_wrong_method_is_told_the_right_ones(door: Door, model_id: str) -> None:
    response = door.send("PUT", f"logged-models/{model_id}", {})
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, PATCH, DELETE")

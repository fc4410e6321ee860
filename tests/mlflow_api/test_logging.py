"""The calls that log metrics, parameters, tags, inputs and outputs."""

import json
import math
from typing import Any

import pytest

from runs.models import Dataset, RunDataset
from tests.cast import Cast
from tests.mlflow_api.door import Door, door_of

UNKNOWN = "RESOURCE_DOES_NOT_EXIST"
INVALID = "INVALID_PARAMETER_VALUE"
NOW = 1_700_000_000_000


@pytest.fixture
def uid(door: Door) -> str:
    return door.new_run(run_name="r")


def data_of(door: Door, uid: str) -> dict[str, Any]:
    return door.get("runs/get", run_id=uid)["run"]["data"]


def values_of(door: Door, uid: str, family: str) -> dict[str, Any]:
    return {each["key"]: each["value"] for each in data_of(door, uid).get(family, [])}


def point(key: str = "loss", value: Any = 0.5, timestamp: Any = NOW, step: Any = 0) -> dict[str, Any]:
    return {"key": key, "value": value, "timestamp": timestamp, "step": step}


def test_a_metric_is_logged_and_its_latest_value_shown(door: Door, uid: str) -> None:
    for step, value in enumerate([0.5, 0.25, 1]):
        assert door.post("runs/log-metric", run_id=uid, **point(value=value, step=step)) == {}
    assert data_of(door, uid)["metrics"] == [{"key": "loss", "value": 1.0, "timestamp": NOW, "step": 2}]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"NaN", "NaN"),
        (b"Infinity", "Infinity"),
        (b"-Infinity", "-Infinity"),
        (b'"NaN"', "NaN"),
        (b'"Infinity"', "Infinity"),
        (b'"-Infinity"', "-Infinity"),
        (b"1e308", 1e308),
        (b"-0.0", -0.0),
        (b"5e-324", 5e-324),
        (b"0.1", 0.1),
        (b'"2.5"', 2.5),
        (b"9007199254740993", 9007199254740992.0),
    ],
)
def test_a_value_comes_back_as_it_was_sent(door: Door, uid: str, sent: bytes, kept: object) -> None:
    body = b'{"run_id": "%s", "key": "m", "value": %s, "timestamp": 1, "step": 3}' % (uid.encode(), sent)
    door.ok("POST", "runs/log-metric", body)
    batch = b'{"run_id": "%s", "metrics": [{"key": "n", "value": %s, "timestamp": 1}]}' % (uid.encode(), sent)
    door.ok("POST", "runs/log-batch", batch)
    assert values_of(door, uid, "metrics") == {"m": kept, "n": kept}
    history = door.get("metrics/get-history", run_id=uid, metric_key="m")["metrics"]
    assert history == [{"key": "m", "value": kept, "timestamp": 1, "step": 3}]
    if kept == 0:
        assert math.copysign(1, history[0]["value"]) == -1


def test_a_parameter_is_written_once(door: Door, uid: str) -> None:
    for _ in range(2):
        assert door.post("runs/log-parameter", run_id=uid, key="lr", value="0.1") == {}
    message = door.refused(400, INVALID, "POST", "runs/log-parameter", {"run_id": uid, "key": "lr", "value": "0.2"})
    assert "Changing param values is not allowed" in message
    assert values_of(door, uid, "params") == {"lr": "0.1"}


def test_a_parameter_without_a_value_is_empty(door: Door, uid: str) -> None:
    door.post("runs/log-parameter", run_id=uid, key="none")
    assert values_of(door, uid, "params") == {"none": ""}


def test_tags_are_set_and_deleted(door: Door, uid: str) -> None:
    door.post("runs/set-tag", run_id=uid, key="stage", value="a")
    door.post("runs/set-tag", run_id=uid, key="stage", value="b")
    assert values_of(door, uid, "tags") == {"mlflow.runName": "r", "stage": "b"}
    door.post("runs/delete-tag", run_id=uid, key="stage")
    assert "stage" not in values_of(door, uid, "tags")
    door.refused(404, UNKNOWN, "POST", "runs/delete-tag", {"run_id": uid, "key": "stage"})


def test_the_name_and_the_description_are_tags(door: Door, uid: str) -> None:
    door.post("runs/set-tag", run_id=uid, key="mlflow.runName", value="renamed")
    door.post("runs/set-tag", run_id=uid, key="mlflow.note.content", value="why")
    assert door.get("runs/get", run_id=uid)["run"]["info"]["run_name"] == "renamed"
    assert values_of(door, uid, "tags") == {"mlflow.runName": "renamed", "mlflow.note.content": "why"}


def test_a_batch_lands_whole(door: Door, uid: str) -> None:
    body = {
        "run_id": uid,
        "metrics": [point(f"m{number}", number / 4, NOW, number) for number in range(800)],
        "params": [{"key": f"p{number}", "value": str(number)} for number in range(100)],
        "tags": [{"key": f"t{number}", "value": str(number)} for number in range(100)],
    }
    assert door.ok("POST", "runs/log-batch", body) == {}
    data = data_of(door, uid)
    assert sorted(data["metrics"], key=lambda each: each["step"]) == body["metrics"]
    assert {each["key"]: each["value"] for each in data["params"]} == {f"p{n}": str(n) for n in range(100)}
    assert len(data["tags"]) == 101


def test_values_of_the_greatest_length_come_back_whole(door: Door, uid: str) -> None:
    door.ok(
        "POST",
        "runs/log-batch",
        {
            "run_id": uid,
            "params": [{"key": "p" * 250, "value": "v" * 6000}],
            "tags": [{"key": "t" * 250, "value": "ü" * 8000}],
        },
    )
    assert values_of(door, uid, "params") == {"p" * 250: "v" * 6000}
    assert values_of(door, uid, "tags")["t" * 250] == "ü" * 8000
    found = door.post("runs/search", experiment_ids=["0"])["runs"][0]
    assert found["data"]["params"] == [{"key": "p" * 250, "value": "v" * 6000}]


GOOD = {
    "metrics": [point("fine")],
    "params": [{"key": "fine", "value": "1"}],
    "tags": [{"key": "fine", "value": "1"}],
}
BAD_METRICS: list[tuple[Any, str]] = [
    (point(key=""), "parameter 'metrics[1].key'"),
    ({"value": 1.0, "timestamp": 1}, "parameter 'metrics[1].key'"),
    (point(key=7), "metrics[1].key"),
    (point(key=["a"]), "metrics[1].key"),
    (point(key="k" * 251), "250"),
    (point(key="../x"), "'../x'"),
    (point(key="/x"), "'/x'"),
    (point(key="a//b"), "'a/b'"),
    (point(key="a/./b"), "'a/b'"),
    (point(key="."), "'.'"),
    (point(key="a[0]"), "Names may only contain"),
    (point(key="a\nb"), "Names may only contain"),
    (point(key="a\u0000b"), "NUL"),
    ({"key": "a", "timestamp": 1}, "parameter 'metrics[1].value'"),
    (point(value=None), "parameter 'metrics[1].value'"),
    (point(value="high"), "metrics[1].value"),
    (point(value="nan"), "metrics[1].value"),
    (point(value="1_0"), "metrics[1].value"),
    (point(value=True), "metrics[1].value"),
    (point(value=[1]), "metrics[1].value"),
    ({"key": "a", "value": 1.0}, "parameter 'metrics[1].timestamp'"),
    (point(timestamp=-1), "metrics[1].timestamp"),
    (point(timestamp="now"), "metrics[1].timestamp"),
    (point(timestamp=1.5), "metrics[1].timestamp"),
    (point(timestamp=2**63), "metrics[1].timestamp"),
    (point(step=1.5), "metrics[1].step"),
    (point(step="one"), "metrics[1].step"),
    (point(step=2**63), "metrics[1].step"),
    ("loss", "metrics[1]"),
    ({**point(), "dataset_name": "d" * 501}, "500 characters"),
    ({**point(), "dataset_digest": "d" * 37}, "36 characters"),
    ({**point(), "model_id": "d" * 65}, "64 characters"),
]


@pytest.mark.parametrize(("bad", "part"), BAD_METRICS)
def test_one_bad_point_leaves_nothing_of_its_batch(door: Door, uid: str, bad: Any, part: str) -> None:
    body = {"run_id": uid, **GOOD, "metrics": [point("fine"), bad]}
    assert part in door.refused(400, INVALID, "POST", "runs/log-batch", body)
    assert data_of(door, uid) == {"tags": [{"key": "mlflow.runName", "value": "r"}]}


@pytest.mark.parametrize(("bad", "part"), [pair for pair in BAD_METRICS if isinstance(pair[0], dict)])
def test_a_bad_point_alone_is_refused_too(door: Door, uid: str, bad: dict[str, Any], part: str) -> None:
    message = door.refused(400, INVALID, "POST", "runs/log-metric", {"run_id": uid, **bad})
    assert part.replace("metrics[1].", "") in message
    assert "metrics" not in data_of(door, uid)


@pytest.mark.parametrize(
    ("family", "entries", "part"),
    [
        ("params", [{"key": "", "value": "1"}], "params[0].key"),
        ("params", [{"key": "a", "value": 1}], "Invalid value 1 for parameter 'params[0].value'"),
        ("params", [{"key": "a", "value": "v" * 6001}], "6000 characters"),
        ("params", [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}], "Duplicate parameter keys"),
        ("params", [{"key": "a", "value": "\ud800"}], ""),
        ("tags", [{"key": "a", "value": "v" * 8001}], "8000 characters"),
        ("tags", [{"key": "k" * 251, "value": "v"}], "250"),
        ("tags", [{"key": "a;b", "value": "v"}], "Names may only contain"),
        ("tags", [None], "tags[0]"),
        ("tags", "a", "expected a list"),
        ("metrics", [point()] * 1001, "at most 1000 metrics. Got 1001 metrics"),
        ("params", [{"key": f"p{n}", "value": ""} for n in range(101)], "at most 100 params. Got 101 params"),
        ("tags", [{"key": f"p{n}", "value": ""} for n in range(101)], "at most 100 tags. Got 101 tags"),
        ("metrics", [point()] * 999, "at most 1000 metrics, params, and tags. Got 1001"),
    ],
)
def test_a_batch_over_a_limit_or_with_a_bad_entry_leaves_nothing(
    door: Door, uid: str, family: str, entries: Any, part: str
) -> None:
    body = json.dumps({"run_id": uid, **GOOD, family: entries}).encode()
    assert part in door.refused(400, INVALID, "POST", "runs/log-batch", body)
    assert data_of(door, uid) == {"tags": [{"key": "mlflow.runName", "value": "r"}]}


def test_a_param_that_changes_leaves_nothing_of_its_batch(door: Door, uid: str) -> None:
    door.post("runs/log-parameter", run_id=uid, key="lr", value="0.1")
    body = {"run_id": uid, **GOOD, "params": [{"key": "new", "value": "1"}, {"key": "lr", "value": "0.2"}]}
    assert "Changing param values is not allowed" in door.refused(400, INVALID, "POST", "runs/log-batch", body)
    assert values_of(door, uid, "params") == {"lr": "0.1"}
    assert "metrics" not in data_of(door, uid)


def test_the_same_param_twice_in_a_batch_is_fine(door: Door, uid: str) -> None:
    door.post("runs/log-batch", run_id=uid, params=[{"key": "a", "value": "1"}] * 2)
    assert values_of(door, uid, "params") == {"a": "1"}


LOGGING: list[tuple[str, dict[str, Any]]] = [
    ("log-metric", point()),
    ("log-parameter", {"key": "a", "value": "1"}),
    ("set-tag", {"key": "a", "value": "1"}),
    ("delete-tag", {"key": "mlflow.runName"}),
    ("log-batch", GOOD),
    ("log-inputs", {"datasets": [{"dataset": {"name": "d", "digest": "1", "source_type": "x", "source": "y"}}]}),
    ("outputs", {"models": [{"model_id": "m-1", "step": 0}]}),
    (
        "log-model",
        {"model_json": '{"run_id": "a", "artifact_path": "m", "utc_time_created": "now", "flavors": {}}'},
    ),
]


@pytest.mark.parametrize(("path", "body"), LOGGING)
def test_every_call_refuses_strangers_readers_and_runs_in_the_trash(
    door: Door, uid: str, cast: Cast, stranger_door: Door, reading_door: Door, path: str, body: dict[str, Any]
) -> None:
    before = door.get("runs/get", run_id=uid)
    sent = {"run_id": uid, **body}
    stranger_door.refused(404, UNKNOWN, "POST", f"runs/{path}", sent)
    reading_door.refused(403, "PERMISSION_DENIED", "POST", f"runs/{path}", sent)
    door_of(cast, cast.viewer).refused(403, "PERMISSION_DENIED", "POST", f"runs/{path}", sent)
    door.refused(404, UNKNOWN, "POST", f"runs/{path}", {**sent, "run_id": "f" * 32})
    assert "run_id" in door.refused(400, INVALID, "POST", f"runs/{path}", body)
    assert door.send("GET", f"runs/{path}").status_code == 405
    door.post("runs/delete", run_id=uid)
    assert "'active' state" in door.refused(400, INVALID, "POST", f"runs/{path}", sent)
    door.post("runs/restore", run_id=uid)
    assert door.get("runs/get", run_id=uid) == before
    assert door.ok("POST", f"runs/{path}", sent) == {}


def test_datasets_go_in_with_their_tags(door: Door, uid: str) -> None:
    dataset = {"name": "iris", "digest": "abc", "source_type": "code", "source": "{}", "schema": "s", "profile": "p"}
    used = {"tags": [{"key": "mlflow.data.context", "value": "training"}], "dataset": dataset}
    for _ in range(2):
        door.post("runs/log-inputs", run_id=uid, datasets=[used], models=[{"model_id": "m-7"}])
    inputs = door.get("runs/get", run_id=uid)["run"]["inputs"]
    assert inputs == {"dataset_inputs": [used], "model_inputs": [{"model_id": "m-7"}]}
    assert (Dataset.objects.count(), RunDataset.objects.count()) == (1, 1)
    summaries = door.ok("POST", "/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": ["0"]})[
        "dataset_summaries"
    ]
    assert summaries == [{"experiment_id": "0", "name": "iris", "digest": "abc", "context": "training"}]


@pytest.mark.parametrize(
    ("field", "value", "part"),
    [
        ("name", "", "dataset.name"),
        ("name", "n" * 501, "500 characters"),
        ("digest", "n" * 37, "36 characters"),
        ("source", None, "dataset.source"),
        ("source", "n" * 65536, "65535"),
        ("schema", "n" * 1048576, "1048575"),
        ("tags", [{"key": "k" * 256, "value": ""}], "255"),
        ("tags", [{"key": "k", "value": "v" * 501}], "500"),
    ],
)
def test_a_dataset_that_cannot_be_kept_is_refused(door: Door, uid: str, field: str, value: Any, part: str) -> None:
    dataset: dict[str, Any] = {"name": "iris", "digest": "abc", "source_type": "code", "source": "{}"}
    used: dict[str, Any] = {"dataset": dataset}
    (used if field == "tags" else dataset)[field] = value
    message = door.refused(400, INVALID, "POST", "runs/log-inputs", {"run_id": uid, "datasets": [used]})
    assert part in message
    assert door.get("runs/get", run_id=uid)["run"]["inputs"] == {}


def test_models_come_out_at_a_step(door: Door, uid: str) -> None:
    door.post("runs/outputs", run_id=uid, models=[{"model_id": "m-7", "step": 4}])
    outputs = door.get("runs/get", run_id=uid)["run"]["outputs"]
    assert outputs == {"model_outputs": [{"model_id": "m-7", "step": 4}]}


def test_old_clients_models_gather_in_a_tag(door: Door, uid: str) -> None:
    for name in ("a", "b"):
        model = {"run_id": uid, "artifact_path": name, "utc_time_created": "now", "flavors": {}}
        door.post("runs/log-model", run_id=uid, model_json=json.dumps(model))
    history = json.loads(values_of(door, uid, "tags")["mlflow.log-model.history"])
    assert [model["artifact_path"] for model in history] == ["a", "b"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "7", "[" * 100_000])
def test_an_old_clients_model_must_be_a_model(door: Door, uid: str, text: str) -> None:
    assert "odel" in door.refused(400, INVALID, "POST", "runs/log-model", {"run_id": uid, "model_json": text})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"run_id"', 400),
        (b'{"run_id": "a", "run_id": "b"}', 400),
        (b'{"run_id": "\xff"}', 400),
        (b"[" * 100_000, 400),
        (b'{"run_id":' * 1000, 400),
        (b'{"run_id": ' + b"9" * 5000 + b"}", 400),
        (b'{"run_id": "a\\u0000"}', 400),
        (b'{"run_id": "\\ud800"}', 400),
        (b'{"run_id": NaN}', 400),
        (b'{"run_id": {"a": 1}}', 400),
    ],
)
@pytest.mark.parametrize("path", ["runs/search", "runs/log-batch", "runs/create", "experiments/create"])
def test_a_body_that_is_no_request_is_refused(door: Door, path: str, body: bytes, status: int) -> None:
    response = door.send("POST", path, body)
    if path == "runs/search" and b'"run_id": ' in body and response.status_code == 200:
        return  # a field that this call does not know is not looked at
    assert response.status_code == status, response.content
    assert json.loads(response.content)["error_code"] in (INVALID, "BAD_REQUEST")


def test_only_json_is_taken(door: Door, uid: str) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        response = door.client.generic("POST", "/api/2.0/mlflow/runs/get", b"{}", content_type=kind)
        assert response.status_code == 405
        response = door.client.generic("POST", "/api/2.0/mlflow/runs/delete", b"{}", content_type=kind)
        assert response.status_code == 400
        assert json.loads(response.content)["error_code"] == "BAD_REQUEST"

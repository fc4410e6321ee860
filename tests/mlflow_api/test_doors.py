"""Who gets in, where to, and how mistakes are told."""

import base64
import gzip
import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from runs.models import ApiToken, Member
from studio.database import now_ms
from tests.cast import Cast
from tests.mlflow_api.door import ROOT, Door, door_of

UNKNOWN = "RESOURCE_DOES_NOT_EXIST"
DENIED = "PERMISSION_DENIED"


def test_health_and_version_are_open_to_everybody(client: Client) -> None:
    assert client.get("/health").content == b"OK"
    version = client.get("/version")
    assert version.status_code == 200
    assert version.content == b"3.17.2"


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Bearer ", "Basic !!!", "Basic YTpi", "Digest x", ""])
@pytest.mark.parametrize("path", ["experiments/get", "runs/create", "registered-models/create", "no/such/thing"])
def test_without_a_token_nobody_gets_in(db: None, header: str | None, path: str) -> None:
    headers = {"Authorization": header} if header is not None else {}
    for method in ("GET", "POST"):
        response = Client(headers=headers).generic(method, f"{ROOT}/{path}", b"{}", content_type="application/json")
        if response.status_code == 405:
            continue
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert json.loads(response.content)["error_code"] == "UNAUTHENTICATED"


def test_a_token_is_the_password_of_any_user_name(cast: Cast) -> None:
    text = cast.token()
    for name in ("edgar", "anybody", ""):
        basic = base64.b64encode(f"{name}:{text}".encode()).decode()
        response = Client(headers={"Authorization": f"Basic {basic}"}).get(f"{ROOT}/experiments/get?experiment_id=0")
        assert response.status_code == 200


def test_a_revoked_or_expired_token_opens_nothing_at_once(cast: Cast) -> None:
    for change in ({"revoked": now_ms()}, {"expires": now_ms() - 1}):
        door = door_of(cast)
        door.get("experiments/get", experiment_id="0")
        ApiToken.objects.filter(revoked=None, expires=None).update(**change)
        door.refused(401, "UNAUTHENTICATED", "GET", "experiments/get", experiment_id="0")


def test_a_token_is_never_worth_more_than_its_person_now(cast: Cast) -> None:
    door = door_of(cast)
    door.new_run()
    Member.objects.filter(person=cast.editor).update(role=1)
    door.refused(403, DENIED, "POST", "runs/create", {"experiment_id": "0"})
    Member.objects.filter(person=cast.editor).delete()
    door.refused(404, UNKNOWN, "POST", "runs/create", {"experiment_id": "0"})


def test_the_last_use_of_a_token_is_noted_once_a_minute(cast: Cast) -> None:
    door = door_of(cast)
    door.get("experiments/get", experiment_id="0")
    first = ApiToken.objects.get().last_used
    assert first is not None
    door.get("experiments/get", experiment_id="0")
    assert ApiToken.objects.get().last_used == first
    ApiToken.objects.update(last_used=first - 61_000)
    door.get("experiments/get", experiment_id="0")
    assert ApiToken.objects.get().last_used >= first


def test_the_workspace_may_stand_in_the_path(cast: Cast) -> None:
    token = cast.token()
    door = Door(token, "/w/lab")
    uid = door.new_run()
    assert Door(token).get("runs/get", run_id=uid) == door.get("runs/get", run_id=uid)
    assert door.put(f"0/{uid}/artifacts/a.txt", b"x").status_code == 200
    for elsewhere in ("/w/elsewhere", "/w/nowhere"):
        Door(token, elsewhere).refused(404, UNKNOWN, "GET", "runs/get", run_id=uid)
        Door(token, elsewhere).refused(404, UNKNOWN, "POST", "runs/create", {"experiment_id": "0"})


def test_a_browser_reads_with_its_session_below_ajax_api_only(cast: Cast, client: Client) -> None:
    uid = door_of(cast).new_run()
    path = f"2.0/mlflow/runs/get?run_id={uid}"
    assert client.get(f"/ajax-api/{path}").status_code == 401
    client.force_login(cast.viewer)
    assert client.get(f"/ajax-api/{path}").status_code == 200
    assert client.get(f"/w/lab/ajax-api/{path}").status_code == 200
    assert client.get(f"/api/{path}").status_code == 401
    client.force_login(cast.owner)
    for call in ("runs/create", "runs/search"):
        response = client.post(f"/ajax-api/2.0/mlflow/{call}", {"experiment_id": "0"}, content_type="application/json")
        assert response.status_code == 401
    client.force_login(cast.stranger)
    assert client.get(f"/ajax-api/{path}").status_code == 404
    assert client.get(f"/w/lab/ajax-api/{path}").status_code == 404


def test_a_browser_in_several_workspaces_must_say_which(cast: Cast, client: Client) -> None:
    Member.objects.create(workspace=cast.elsewhere, person=cast.viewer, role=1)
    client.force_login(cast.viewer)
    response = client.get("/ajax-api/2.0/mlflow/experiments/get?experiment_id=0")
    assert response.status_code == 400
    assert "/w/<workspace>" in json.loads(response.content)["message"]


@pytest.mark.parametrize("path", ["/api/2.0/mlflow/runs/nothing", "/api/3.0/mlflow/traces/search", f"{ROOT}/"])
def test_an_unknown_call_is_told_in_json(door: Door, path: str) -> None:
    if path.endswith("/"):
        assert door.send("GET", path).status_code == 404
        return
    for method in ("GET", "POST", "DELETE"):
        message = door.refused(404, "ENDPOINT_NOT_FOUND", method, path, {})
        assert path in message


REGISTRY = [
    *(
        ("POST", f"registered-models/{name}")
        for name in ("create", "rename", "get-latest-versions", "set-tag", "alias")
    ),
    *(("PATCH", f"{name}/update") for name in ("registered-models", "model-versions")),
    *(("DELETE", f"{name}/delete") for name in ("registered-models", "model-versions")),
    *(("DELETE", f"{name}/delete-tag") for name in ("registered-models", "model-versions")),
    *(("GET", f"{name}/{what}") for name in ("registered-models", "model-versions") for what in ("get", "search")),
    *(("POST", f"model-versions/{name}") for name in ("create", "transition-stage", "set-tag")),
    ("DELETE", "registered-models/alias"),
    ("GET", "registered-models/alias"),
    ("GET", "registered-models/get-latest-versions"),
    ("GET", "model-versions/get-download-uri"),
]


@pytest.mark.parametrize(("method", "path"), REGISTRY)
def test_the_model_registry_says_that_it_is_not_here(door: Door, method: str, path: str) -> None:
    assert "no model registry" in door.refused(501, "NOT_IMPLEMENTED", method, path, {"name": "m"})


def test_server_info_offers_what_works_behind_any_proxy(door: Door) -> None:
    info = door.get("/api/3.0/mlflow/server-info")
    assert info["workspaces_enabled"] is False
    assert info["multipart_uploads_enabled"] is False
    assert info["multipart_downloads_enabled"] is False


def test_a_packed_body_is_unpacked_up_to_the_limit(door: Door, settings: Any) -> None:
    def send(body: bytes) -> Any:
        return door.client.generic(
            "POST",
            f"{ROOT}/experiments/create",
            gzip.compress(body),
            content_type="application/json",
            headers={"Content-Encoding": "gzip"},
        )

    assert send(b'{"name": "packed"}').status_code == 200
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    bomb = send(b'{"name": "' + b"x" * 1_000_000 + b'"}')
    assert bomb.status_code == 413
    assert json.loads(bomb.content)["error_code"] == "INVALID_PARAMETER_VALUE"


def test_a_body_beyond_the_limit_is_refused(door: Door, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert "1000 bytes" in door.refused(
        413, "INVALID_PARAMETER_VALUE", "POST", "experiments/create", {"name": "x" * 2000}
    )


def test_a_database_that_is_away_is_a_503_that_clients_repeat(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("secret detail of SELECT")

    monkeypatch.setattr("runs.mlflow_api.run_calls.create_run", away)
    response = door.send("POST", "runs/create", {"experiment_id": "0"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert b"SELECT" not in response.content
    assert json.loads(response.content)["error_code"] == "TEMPORARILY_UNAVAILABLE"


def test_a_full_disk_is_a_507(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "/secret/path")

    monkeypatch.setattr("runs.mlflow_api.artifact_calls.put_artifact", full)
    uid = door.new_run()
    response = door.put(f"0/{uid}/artifacts/a.txt", b"x")
    assert response.status_code == 507
    assert b"secret" not in response.content


def test_one_log_call_takes_few_statements(door: Door, django_assert_max_num_queries: Any) -> None:
    uid = door.new_run()
    points = [{"key": f"m{n % 10}", "value": n / 2, "timestamp": 1, "step": n} for n in range(1000)]
    door.post("runs/log-batch", run_id=uid, metrics=points)
    with django_assert_max_num_queries(12):
        door.post("runs/log-batch", run_id=uid, metrics=points)
    with django_assert_max_num_queries(12):
        door.post("runs/log-metric", run_id=uid, key="m1", value=1.0, timestamp=2, step=5000)

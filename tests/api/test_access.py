"""Nobody calls the API without a token or a session, and what is not yours does not exist."""

import base64

import pytest
from django.test import Client
from django.urls import reverse

from runs.api.urls import urlpatterns
from runs.models import ApiToken, Member, Run
from runs.recording.artifacts import put_artifact
from studio.database import now_ms
from tests.api.conftest import Caller
from tests.build import make_run

PASSWORD = "correct horse battery"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPEN_TO_ALL_WHO_SIGNED_IN = {"api_workspaces", "api_schema", "api_docs", "api_nothing"}


@pytest.fixture
def paths(cast) -> dict[str, str]:
    """Every route of the API, filled with a run of the lab."""
    from io import BytesIO

    run = make_run(cast.lab, tags={"a": "1"}, metrics={"loss": 1.0})
    put_artifact(run, "a.txt", BytesIO(b"abc"), cast.author())
    values = {
        "workspace": "lab",
        "run_id": run.uid,
        "experiment_id": run.experiment_id,
        "key": "a",
        "path": "a.txt",
    }
    found = {}
    for route in urlpatterns:
        names = route.pattern.converters
        found[route.name] = (
            "/api/v1/none"
            if route.name == "api_nothing"
            else reverse(route.name, kwargs={name: values[name] for name in names})
        )
    return found


def test_nobody_is_let_in_anywhere(paths, nobody) -> None:
    for path in paths.values():
        for method in METHODS:
            answer = nobody.call(method, path, {})
            assert answer.status_code == 401, (method, path)
            assert answer["WWW-Authenticate"].startswith("Bearer")


def test_to_a_stranger_nothing_of_the_lab_exists(paths, stranger) -> None:
    for name, path in paths.items():
        for method in METHODS:
            if name not in OPEN_TO_ALL_WHO_SIGNED_IN:
                assert stranger.call(method, path, {}).status_code in (404, 405), (method, path)
    assert Run.objects.get().lifecycle == 0


def test_a_viewer_and_a_reading_token_change_nothing(paths, viewer, reader) -> None:
    for caller in (viewer, reader):
        for name, path in paths.items():
            if name in OPEN_TO_ALL_WHO_SIGNED_IN:
                continue
            for method in METHODS[1:]:
                assert caller.call(method, path, {}).status_code in (403, 405), (method, path)
            assert caller.get(path + ("?metric=loss" if name.endswith(("points", "series")) else "")).status_code in (
                200,
                405,
            ), path


def test_an_unknown_run_is_404_on_every_path(paths, editor) -> None:
    uid = Run.objects.get().uid
    for path in paths.values():
        if uid in path:
            for method in METHODS:
                assert editor.call(method, path.replace(uid, "0" * 32), {}).status_code in (404, 405), path


def test_a_wrong_method_is_405_with_those_allowed(paths, editor) -> None:
    answer = editor.call("DELETE", paths["api_workspaces"])
    assert answer.status_code == 405
    assert "GET" in answer["Allow"]
    assert "detail" in answer.json()


def test_a_path_that_is_none_is_404_as_json(editor) -> None:
    answer = editor.get("/api/v1/nothing/here")
    assert (answer.status_code, list(answer.json())) == (404, ["detail"])


@pytest.mark.parametrize(
    "header", ["Bearer rst_wrong", "Bearer", "Basic !!!", "Basic " + base64.b64encode(b"x").decode()]
)
def test_a_wrong_token_is_401(nobody, cast, header: str) -> None:
    assert nobody.get("runs", Authorization=header).status_code == 401


def test_a_token_works_as_the_password_of_basic(cast) -> None:
    pair = base64.b64encode(f"anybody:{cast.token()}".encode()).decode()
    assert Caller(None).get("runs", Authorization=f"Basic {pair}").status_code == 200


def test_a_revoked_or_expired_token_opens_nothing(editor) -> None:
    assert editor.get("runs").status_code == 200
    ApiToken.objects.update(expires=now_ms() - 1)
    assert editor.get("runs").status_code == 401
    ApiToken.objects.update(expires=None, revoked=now_ms())
    assert editor.get("runs").status_code == 401


def test_a_token_of_somebody_who_left_opens_nothing(cast, editor) -> None:
    Member.objects.filter(person=cast.editor).delete()
    assert editor.get("runs").status_code == 404


def test_the_use_of_a_token_is_noted(editor) -> None:
    editor.get("runs")
    assert ApiToken.objects.get().last_used is not None


def test_a_session_reads_and_writes_with_its_csrf_token(cast) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.editor)
    run = make_run(cast.lab)
    path = f"/api/v1/workspaces/lab/runs/{run.uid}"
    assert browser.get(path).status_code == 200
    assert browser.patch(path, {"name": "x"}, content_type="application/json").status_code == 403
    browser.cookies["csrftoken"] = "a" * 32
    headers = {"X-CSRFToken": "a" * 32}
    assert browser.patch(path, {"name": "x"}, content_type="application/json", headers=headers).status_code == 200


def test_a_session_does_not_open_another_workspace(cast) -> None:
    browser = Client()
    browser.force_login(cast.stranger)
    assert browser.get("/api/v1/workspaces/lab/runs").status_code == 404
    assert browser.get("/api/v1/workspaces/elsewhere/runs").status_code == 200


def test_answers_carry_the_security_headers(editor) -> None:
    answer = editor.get("runs")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"] == "application/json"

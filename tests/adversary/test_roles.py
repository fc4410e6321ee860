"""Who gets through which route? Every route, method and role, against the table in `routes`; nothing is left out."""

import re
from collections.abc import Iterator
from string import Template

import pytest
from django.test import Client

from runs.models import Run
from tests.adversary.routes import METHODS, MLFLOW, ROUTES, WHO, Request, known_as, requests, walk
from tests.adversary.world import World, body_of, digest, faults, undone
from tests.mlflow_api.door import Door

pytestmark = pytest.mark.django_db


def test_every_route_is_written_down() -> None:
    walked = [route for route, _ in walk()]
    assert sorted({known_as(route) for route in walked} - set(ROUTES)) == []
    assert sorted(set(ROUTES) - {known_as(route) for route in walked}) == []


def test_mlflows_routes_are_the_same_below_a_workspace_and_for_its_pages() -> None:
    views = dict(walk())
    for route, view in views.items():
        if known_as(route) in MLFLOW:
            assert views[known_as(route)] is view or route == known_as(route)


def outcome(response) -> str:
    """The status, or ``in`` for the way to the sign-in page."""
    if response.status_code == 302 and response.headers["Location"].startswith("/sign-in/"):
        return "in"
    return str(response.status_code)


@pytest.mark.parametrize("route", ROUTES)
def test_each_role_gets_what_is_written_down(world: World, route: str) -> None:
    before = digest()
    with faults() as found:
        wrong = [line for request in ROUTES[route] for line in played(world, request, before)]
    assert wrong == [], found


def played(world: World, request: Request, before: dict[str, str]) -> Iterator[str]:
    """What went otherwise than written down when everybody sent this request."""
    # Below the lab's own path a stranger's token is the wrong one, whatever it asks for.
    prefix = "/w/lab/" if request.door == "mlflow" else "/"
    shut_out = [who for who in WHO if request.answer(who) in ("in", "401", "403", "404")]
    with undone():
        for who in shut_out:
            got = outcome(world.send(request, who, prefix))
            if got != request.answer(who):
                yield f"{request.method} {request.path} by {who}: {got}, not {request.answer(who)}"
        if shut_out and "sign-" not in request.path and digest() != before:
            yield f"{request.method} {request.path}: refused, and yet something changed"
    for who in WHO:
        if who not in shut_out:
            with undone():
                got = outcome(world.send(request, who, prefix))
            if got != request.answer(who):
                yield f"{request.method} {request.path} by {who}: {got}, not {request.answer(who)}"


@pytest.mark.parametrize("route", ROUTES)
def test_every_other_method_is_refused(world: World, route: str) -> None:
    if route in ("health", "version"):
        return  # these answer anybody, whatever the method, and do nothing
    model, wrong = ROUTES[route][0], []
    hidden = {"404", "405"} if route == "styleguide/" else {"405"}
    allowed = {"nobody": {"in", "401", "405"}, "stranger": {"404", "405"}, "viewer": {"403"} | hidden}
    before = digest()
    with undone():
        for method in METHODS:
            if method in {request.method for request in ROUTES[route]}:
                continue
            for who in WHO:
                got = outcome(world.send(Request(method, model.path, "", {}), who))
                if got not in allowed.get(who, hidden):
                    wrong.append(f"{method} {model.path} by {who}: {got}")
        if "$secret" not in model.path and digest() != before:
            wrong.append(f"{model.path}: refused, and yet something changed")
    assert wrong == []


# Where a stranger's own workspace answers although the request speaks of the lab's things: it finds none of them.
FINDS_NOTHING = {"runs/search", "experiments/search-datasets", "logged-models/search"}


@pytest.mark.parametrize(
    "request_", [one for _, one in requests() if one.door == "mlflow"], ids=lambda one: f"{one.method} {one.path}"
)
def test_a_strangers_own_workspace_knows_nothing_of_the_labs(world: World, request_: Request) -> None:
    speaks_of_the_lab = "$" in f"{request_.path}{request_.body}{request_.query}"
    if not speaks_of_the_lab or "mpu/part" in request_.path:
        return
    before = digest()
    with undone():
        response = world.send(request_, "stranger")
        if any(request_.path.endswith(name) for name in FINDS_NOTHING):
            assert response.status_code == 200
            assert body_of(response) == b"{}"
        else:
            assert response.status_code == (501 if "presigned" in request_.path else 404), body_of(response)
        assert digest() == before


@pytest.fixture(scope="module")
def foreign(world: World) -> dict[str, str]:
    """One of everything in a workspace that is none of the editor's."""
    return world.things_of(world.cast.elsewhere, world.cast.stranger, "secret-plan")


FOREIGN = ("run", "experiment", "model", "name", "token")
# What is said of a model in a run's lineage, and of a parent in a tag, is kept as text, whoever's id it may be: MLflow
# clients log such before the other thing is there. It opens nothing, and is answered as an id that nobody has.
ONLY_TEXT = {
    ("runs/log-batch", "model"),
    ("runs/log-metric", "model"),
    ("runs/log-inputs", "model"),
    ("runs/outputs", "model"),
    ("runs/create", "run"),
}


def speaks_of(request: Request) -> list[str]:
    """Which ids of the lab's things stand in a request."""
    text = f"{request.path} {request.body} {request.query}"
    return [name for name in FOREIGN if re.search(rf"\${name}\b", text.replace("_number", ""))]


@pytest.mark.parametrize(
    "request_",
    [one for _, one in requests() if speaks_of(one) and "302 302 302 302" not in one.answers],
    ids=lambda one: f"{one.method} {one.path}",
)
def test_a_foreign_id_in_any_place_is_not_found_and_acts_on_none(
    world: World, foreign: dict[str, str], request_: Request
) -> None:
    """One id of another workspace among the editor's own: in the path, the query or the body."""
    before = digest()
    wrong = []
    for name in speaks_of(request_):
        with undone():
            response = world.send(request_, "editor", **{name: foreign[name]})
            status, body = response.status_code, body_of(response)
            if status not in allowed_for_foreign(request_, name):
                wrong.append((name, status, body[:300]))
            if status >= 400 and digest() != before:
                wrong.append((name, status, "something changed"))
            if name != "name" and b"secret-plan" in body:
                wrong.append((name, status, "it tells of the foreign experiment"))
            if status == 200 and (request_.path.rpartition("mlflow/")[2], name) not in ONLY_TEXT and body != b"{}":
                wrong.append((name, status, body[:300]))
    assert wrong == []


def allowed_for_foreign(request: Request, name: str) -> set[int]:
    """The statuses that a foreign id may be answered with."""
    call = request.path.rpartition("mlflow/")[2]
    if (call, name) in ONLY_TEXT or call in FINDS_NOTHING:
        return {200}
    return {501} if "presigned" in request.path else {404}


def test_what_strangers_say_of_a_model_is_not_shown_with_it(world: World, foreign: dict[str, str]) -> None:
    said = {"key": "acc", "value": 0.99, "timestamp": 1, "step": 0, "model_id": world.ids["model"]}
    with undone():
        stranger = Door(world.cast.token(world.cast.stranger, world.cast.elsewhere))
        stranger.post("runs/log-metric", run_id=foreign["run"], **said)
        stranger.post("runs/outputs", run_id=foreign["run"], models=[{"model_id": world.ids["model"], "step": 0}])
        editor = Door(world.cast.token())
        model = editor.get(f"logged-models/{world.ids['model']}")["model"]
        assert "metrics" not in model["data"]
        found = editor.post("logged-models/search", experiment_ids=[world.ids["experiment"]], filter="metrics.acc > 0")
        assert found == {}
        own = said | {"value": 0.5}
        editor.post("runs/log-metric", run_id=world.ids["run"], **own)
        model = editor.get(f"logged-models/{world.ids['model']}")["model"]
        assert [metric["value"] for metric in model["data"]["metrics"]] == [0.5]


def test_a_parent_in_another_workspace_is_no_parent(world: World, foreign: dict[str, str]) -> None:
    with undone():
        tags = [{"key": "mlflow.parentRunId", "value": foreign["run"]}]
        uid = Door(world.cast.token()).new_run(world.ids["experiment"], tags=tags)
        assert Run.objects.get(uid=uid).parent is None


def test_a_page_form_without_its_csrf_token_changes_nothing(world: World) -> None:
    before, wrong = digest(), []
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    with undone():
        for _, request in requests():
            if request.method == "POST" and request.door == "page" and "302 302 302 302" not in request.answers:
                path = Template(request.path).substitute(world.ids)
                strict.cookies["session"] = world.sessions["owner"]
                if strict.post(f"/{path}", {"name": "x", "key": "team"}).status_code != 403:
                    wrong.append(path)
        assert wrong == []
        assert digest() == before

"""What happens to a request that is bent? An error in the door's own words, never a failure of ours, nothing stored.

Valid requests for every route (`routes`), each bent in some of the ways of `bending`, drawn with a fixed seed. For
more of them: ``ADVERSARY=20 pytest tests/adversary`` takes twenty times as many.
"""

import json
import os
import random
import re
from string import Template
from typing import Any

import pytest

from tests.adversary.bending import Bent, bent
from tests.adversary.routes import MODEL_JSON, ROUTES
from tests.adversary.world import World, body_of, digest, faults, undone
from tests.mlflow_api.door import Door

pytestmark = pytest.mark.django_db

TIMES = int(os.environ.get("ADVERSARY", "1"))
USUAL, MORE = 4 * TIMES, 32 * TIMES
# Where what is sent is rich: a batch, a query, a list.
RICH = re.compile(r"log-batch$|/batch$|mlflow/runs/(search|create)$|workspace(_name)?>/runs$|metrics.json$")
MALFORMED = {400, 401, 404, 405, 406, 409, 410, 411, 412, 413, 415, 416, 422}
INSIDE = re.compile(
    rb"Traceback|SELECT |INSERT |UPDATE |sqlite|psycopg|DETAIL:|runs_(run|metric|experiment|key)|site-packages|/work/|"
    rb'File "|IntegrityError|DataError|ValueError|KeyError|TypeError|object at 0x'
)


@pytest.mark.parametrize("route", ROUTES)
def test_a_bent_request_is_refused_in_the_words_of_its_door(world: World, route: str) -> None:
    draw = random.Random(f"adversary {route}")
    before, wrong = digest(), []
    for request in ROUTES[route]:
        ids = world.named(request) if "$secret" not in request.path else {**world.ids, "secret": "x" * 40}
        every = list(bent(request, ids))
        some = MORE if RICH.search(route) else USUAL
        for one in draw.sample(every, min(some, len(every))):
            with undone(), faults() as found:
                wrong += [f"{one}: {reason}" for reason in faulty(world, one, before)]
                wrong += found
    assert wrong == [], "\n".join(wrong)


def faulty(world: World, one: Bent, before: dict[str, str]) -> list[str]:
    """What is wrong with the answer to a bent request."""
    headers = world.credentials(one.request.door, "owner") | one.headers
    response = world.ask(one.request.method, f"/{one.path}", one.query, one.body, one.kind, headers)
    status, body = response.status_code, body_of(response)
    wrong = []
    if status >= 500 and not (status == 501 and " 501 " in one.request.answers):
        wrong.append(f"{status}")
    if one.surely and status < 400:
        wrong.append(f"{status}, as if nothing were wrong")
    if status >= 400:
        if status not in MALFORMED | {501}:
            wrong.append(f"{status} is no answer to a mistake")
        own_page = one.request.path in ("api/v1/openapi.yaml", "api/v1/docs/")  # no JSON, whatever the answer
        if not own_page and not in_its_words(one.request.door, body, response.headers.get("Content-Type", "")):
            wrong.append(f"{status} in other words: {body[:200]!r}")
        if leak := INSIDE.search(body.replace(one.path.encode(), b"")):
            wrong.append(f"{status} tells of the inside: {leak[0]!r} in {body[:600]!r}")
        if one.request.method != "GET" and "upload" not in one.request.path and digest() != before:
            wrong.append(f"{status}, and yet something was stored")
    return wrong


def in_its_words(door: str, body: bytes, kind: str) -> bool:
    """Whether an error has the shape that clients of this door expect."""
    if door == "page":
        return kind.startswith(("text/html", "application/json")) or not body
    if not body:
        return True  # a 405 of the part upload, a 416
    if not kind.startswith("application/json"):
        return False
    said = json.loads(body)
    if door == "mlflow":
        return isinstance(said.get("error_code"), str) and isinstance(said.get("message"), str)
    return bool(said) and all(
        isinstance(texts, list) for name, texts in said.items() if name not in ("position", "current")
    )


MLFLOW_RUN = "/api/2.0/mlflow/runs/get?run_id=$run"
API_RUNS = "/api/v1/workspaces/lab/runs"
CROWD = "&".join(f"a{n}=1" for n in range(2000))
ONCE_FAILED = [
    # who asks how for what, with which headers or body, and the status it must have
    ("mlflow", "GET", MLFLOW_RUN, {"Authorization": "Basic \xe9"}, 401),
    ("api", "GET", API_RUNS, {"Authorization": "Basic \xe9"}, 401),
    ("mlflow", "GET", f"/api/2.0/mlflow-artifacts/artifacts?{CROWD}", {}, 400),
    ("mlflow", "GET", "/w/lab/health", {}, 200),
    ("mlflow", "GET", "/w/lab/version", {}, 200),
    ("mlflow", "PUT", f"/w/lab/api/2.0/mlflow-artifacts/mpu/part/{'0' * 48}/1", b"x", 404),
    ("api", "GET", "/api/v1/openapi.yaml?version=a%0D%0Ab", {}, 200),
    ("api", "GET", "/api/v1/workspaces/lab/experiments?after=junk", {}, 400),
    ("api", "GET", "/api/v1/workspaces/lab/experiments?text=a%00", {}, 400),
    ("api", "POST", f"{API_RUNS}/$run/batch", b'{"batch_id": {}}', 400),
    ("api", "POST", f"{API_RUNS}/$run/batch", b'{"batch_id": 0}', 400),
    ("page", "GET", "/sign-in/?next=home", {}, 302),
    ("page", "GET", "/sign-in/?next=nowhere", {}, 302),
    ("page", "GET", "/", {"Cookie": 'session="\\000aaaaaaaaaa"'}, 302),
    ("page", "GET", "/w/lab/experiments/a%00", {}, 404),
    ("page", "GET", "/w/lab/columns?experiment=a%00", {}, 404),
    ("page", "POST", "/w/lab/move_experiment", b"name=a%00&to=trash", 404),
    ("page", "GET", "/w/lab/runs/$run/metrics.json?metric=a%00", {}, 400),
    ("page", "GET", "/w/lab/runs/$run/folder?after=a%00", {}, 400),
]


@pytest.mark.parametrize(
    ("door", "method", "address", "more", "status"),
    ONCE_FAILED,
    ids=lambda one: one[:60] if isinstance(one, str) else "",
)
def test_what_once_failed_is_answered(
    world: World, door: str, method: str, address: str, more: Any, status: int
) -> None:
    path, _, query = Template(address).substitute(world.ids).partition("?")
    body, headers = (more, {}) if isinstance(more, bytes) else (b"", more)
    kind = "application/x-www-form-urlencoded" if door == "page" else "application/json"
    with undone():
        response = world.ask(method, path, query, body, kind, world.credentials(door, "owner") | headers)
        assert response.status_code == status, body_of(response)
        if status >= 400:
            assert in_its_words(door, body_of(response), response.headers["Content-Type"])


def test_a_page_link_of_one_list_is_refused_by_every_other(world: World) -> None:
    door = Door(world.cast.token())
    experiment, run = world.ids["experiment"], world.ids["run"]
    with undone():
        for n in range(3):
            door.new_run(experiment)
            door.post("experiments/create", name=f"more {n}")
            door.post("logged-models", experiment_id=experiment, name=f"m{n}")
            door.post("runs/log-metric", run_id=run, key="acc", value=n, timestamp=n, step=n)
        calls = {
            "experiments/search": ("POST", {"max_results": 1}),
            "runs/search": ("POST", {"max_results": 1, "experiment_ids": [experiment]}),
            "logged-models/search": ("POST", {"max_results": 1, "experiment_ids": [experiment]}),
            "metrics/get-history": ("GET", {"max_results": 1, "run_id": run, "metric_key": "acc"}),
        }
        tokens = {}
        for path, (method, sent) in calls.items():
            found = door.post(path, **sent) if method == "POST" else door.get(path, **sent)
            tokens[path] = found["next_page_token"]
        for path, (method, sent) in calls.items():
            for made_by, token in tokens.items():
                asked = sent | {"page_token": token}
                answer = door.send(method, path, asked) if method == "POST" else door.send(method, path, **asked)
                assert answer.status_code == (200 if made_by == path else 400), (made_by, path, answer.content)


def test_a_history_of_models_that_somebody_overwrote_with_nonsense_begins_anew(world: World) -> None:
    door = Door(world.cast.token())
    with undone():
        for nonsense in ("[" * 8000, "{", "9" * 5000, "7"):
            door.post("runs/set-tag", run_id=world.ids["run"], key="mlflow.log-model.history", value=nonsense)
            door.post("runs/log-model", run_id=world.ids["run"], model_json=MODEL_JSON)

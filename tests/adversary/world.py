"""What is there to be attacked? A lab with one of everything, a token and a session for everybody, and its digest."""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from string import Template
from typing import Any
from urllib.parse import quote, urlencode

from django.apps import apps
from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.http.response import HttpResponseBase
from django.test import Client

from runs.access import issue_token
from runs.models import Person, Workspace
from runs.pages.run_edit import fingerprint
from runs.recording import keys
from runs.recording.experiments import default_experiment, set_experiment_tag
from runs.recording.people import sign_in_link
from tests.adversary.routes import WHO, Request
from tests.build import make_experiment, make_run
from tests.cast import Cast
from tests.mlflow_api.door import FILES, Door

# When a token or a session was last used is no part of what a request may or may not store.
_BESIDE = {"runs_apitoken", "django_session"}


class World:
    """The lab with one run that has one of everything; ``ids`` are the names that requests have for them."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        people = (cast.stranger, cast.viewer, cast.editor, cast.owner)
        homes = (cast.elsewhere, cast.lab, cast.lab, cast.lab)
        self.tokens = {who: cast.token(person, home) for who, person, home in zip(WHO[1:], people, homes, strict=True)}
        self.sessions = {who: _session(person) for who, person in zip(WHO[1:], people, strict=True)}
        default_experiment(cast.lab)
        default_experiment(cast.elsewhere)
        self.client = Client(raise_request_exception=False)
        self.ids = self.things_of(cast.lab, cast.editor, "churn")

    def things_of(self, workspace: Workspace, person: Person, name: str) -> dict[str, str]:
        """One of everything in a workspace, made by a member of it: their ids."""
        experiment = make_experiment(workspace, name)
        set_experiment_tag(experiment, "team", "red")
        run = make_run(experiment, name="first", metrics={"acc": 0.5}, tags={"team": "red"}, params={"lr": "1"})
        make_run(experiment, name="child", parent=run)
        door = Door(self.cast.token(person, workspace))
        door.put(f"{experiment.pk}/{run.uid}/artifacts/logs/std_log.txt", b"one\ntwo\nthree\n")
        made = door.post("logged-models", experiment_id=str(experiment.pk), tags=[{"key": "team", "value": "red"}])
        model = made["model"]["info"]["model_id"]
        door.put(f"{experiment.pk}/models/{model}/artifacts/weights.bin", b"\x00\x01")
        token, _ = issue_token(person, workspace, "another")
        return {
            "run": run.uid,
            "experiment": str(experiment.pk),
            "name": name,
            "model": model,
            "tag": "team",
            "file": "logs/std_log.txt",
            "folder": "logs",
            "token": str(token.pk),
            "fingerprint": fingerprint(""),
        }

    def named(self, request: Request) -> dict[str, str]:
        """The ids for one request. Uploads and sign-in links are spent by their use: each request gets new ones."""
        sent = f"{request.path}{request.body}"
        more = {}
        if "$upload" in sent:
            door, place = Door(self.tokens["editor"]), f"{self.ids['experiment']}/{self.ids['run']}/artifacts"
            begun = door.post(f"{FILES}/mpu/create/{place}", path="big.bin", num_parts=1)
            part = door.client.put(f"{FILES}/mpu/part/{begun['upload_id']}/1", b"part")
            more = {"upload": begun["upload_id"], "etag": part.headers["ETag"]}
        if "$secret" in sent:
            more["secret"] = sign_in_link(self.cast.editor)
        return self.ids | more

    def send(self, request: Request, who: str, prefix: str = "/", **others: str) -> HttpResponseBase:
        """Send a valid request as somebody; ``others`` are ids that stand in it instead of the lab's own."""
        ids = self.named(request) | others
        path = "/".join(quote(filled(part, ids)) for part in request.path.split("/"))
        query = urlencode(filled(dict(request.query), ids), doseq=True)
        body, kind = packed(request, filled(request.body, ids))
        return self.ask(request.method, f"{prefix}{path}", query, body, kind, self.credentials(request.door, who))

    def credentials(self, door: str, who: str) -> dict[str, str]:
        """The headers that say who asks."""
        if who == "nobody":
            return {}
        if door == "page":
            return {"Cookie": f"session={self.sessions[who]}"}
        return {"Authorization": f"Bearer {self.tokens[who]}"}

    def ask(
        self, method: str, path: str, query: str, body: bytes, kind: str | None, headers: Mapping[str, str]
    ) -> HttpResponseBase:
        """A request as it goes over the wire."""
        self.client.cookies.clear()
        more = {} if kind is not None or body else {"CONTENT_TYPE": ""}
        extra = {"HTTP_" + name.upper().replace("-", "_"): text for name, text in headers.items()}
        return self.client.generic(method, path, body, content_type=kind or "", QUERY_STRING=query, **{**more, **extra})


def _session(person: Any) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies["session"].value


def packed(request: Request, body: Any) -> tuple[bytes, str | None]:
    """A body and its type as this door takes them."""
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if body is None or request.method == "GET":
        return b"", None
    if request.door == "page":
        return urlencode(body, doseq=True).encode(), "application/x-www-form-urlencoded"
    return json.dumps(body).encode(), "application/json"


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """A value with the ids in the places of its ``$`` names."""
    if value == "$experiment_number":
        return int(ids["experiment"])
    if isinstance(value, str):
        return Template(value).substitute(ids)
    if isinstance(value, dict):
        return {key: filled(inner, ids) for key, inner in value.items()}
    return [filled(inner, ids) for inner in value] if isinstance(value, list) else value


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """What happens inside has not happened afterwards."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)
            keys.forget()


def digest() -> dict[str, str]:
    """A digest of every table: equal as long as nothing was stored."""
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)} - _BESIDE)
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = sorted(
                repr([bytes(v) if isinstance(v, memoryview) else v for v in row]) for row in cursor.fetchall()
            )
            found[table] = hashlib.sha256("\n".join(rows).encode("utf-8", "replace")).hexdigest()
    return found


@contextlib.contextmanager
def faults() -> Iterator[list[str]]:
    """The exceptions that nobody answered, in words."""
    import sys
    import traceback

    found: list[str] = []

    def note(**_: Any) -> None:
        found.append("".join(traceback.format_exception(*sys.exc_info())[-6:]))

    got_request_exception.connect(note, weak=False)
    try:
        yield found
    finally:
        got_request_exception.disconnect(note)


def body_of(response: HttpResponseBase) -> bytes:
    """The whole body, also of a streamed one."""
    return b"".join(response.streaming_content) if response.streaming else response.content

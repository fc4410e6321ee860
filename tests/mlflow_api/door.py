"""How does a test speak the protocol? A small client over Django's own, with one token."""

import json
from typing import Any

from django.http.response import HttpResponseBase
from django.test import Client

from tests.cast import Cast

ROOT = "/api/2.0/mlflow"
FILES = "/api/2.0/mlflow-artifacts"


class Door:
    """Calls with a token's Authorization; ``ok`` gives the body of a 200, ``refused`` of an error."""

    def __init__(self, token: str, prefix: str = "") -> None:
        self.client = Client(headers={"Authorization": f"Bearer {token}"} if token else {})
        self.prefix = prefix

    def send(self, method: str, path: str, body: Any = None, /, **query: Any) -> HttpResponseBase:
        """The whole response; ``body`` is dumped as JSON unless it is bytes."""
        path = self.prefix + (path if path.startswith("/") else f"{ROOT}/{path}")
        if method in ("GET", "HEAD") or (body is None and method == "DELETE"):
            return self.client.generic(method, path, QUERY_STRING=_query(query))
        data = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
        return self.client.generic(method, path, data, content_type="application/json")

    def ok(self, method: str, path: str, body: Any = None, /, **query: Any) -> dict[str, Any]:
        """What a call answers that must work."""
        response = self.send(method, path, body, **query)
        assert response.status_code == 200, (response.status_code, response.content)
        return json.loads(response.content)

    def get(self, path: str, /, **query: Any) -> dict[str, Any]:
        """`ok` of a GET."""
        return self.ok("GET", path, **query)

    def post(self, path: str, /, **body: Any) -> dict[str, Any]:
        """`ok` of a POST."""
        return self.ok("POST", path, body)

    def refused(self, status: int, word: str, method: str, path: str, body: Any = None, /, **query: Any) -> str:
        """The message of a call that must be refused with this status and error code."""
        response = self.send(method, path, body, **query)
        assert response.status_code == status, (response.status_code, response.content)
        answer = json.loads(response.content)
        assert answer["error_code"] == word, answer
        return answer["message"]

    def put(self, path: str, data: bytes) -> HttpResponseBase:
        """A file's body."""
        return self.client.generic("PUT", f"{self.prefix}{FILES}/artifacts/{path}", data, content_type="text/plain")

    def new_run(self, experiment_id: str = "0", **fields: Any) -> str:
        """The id of a new run."""
        return self.post("runs/create", experiment_id=experiment_id, **fields)["run"]["info"]["run_id"]


def _query(query: dict[str, Any]) -> str:
    from django.utils.http import urlencode

    return urlencode(query, doseq=True)


def door_of(cast: Cast, person: Any = None, scope: str = "log", workspace: Any = None) -> Door:
    """A door for somebody of the cast: the editor unless said otherwise."""
    return Door(cast.token(person, workspace, scope))

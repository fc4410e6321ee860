"""Callers of the JSON API, one for each of the cast."""

import json
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from tests.cast import Cast


class Caller:
    """Somebody with a token, calling paths below their workspace."""

    def __init__(self, token: str | None, workspace: str = "lab") -> None:
        self.token = token
        self.workspace = workspace
        self.client = Client(raise_request_exception=True)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        kind: str = "application/json",
        **headers,
    ) -> HttpResponseBase:
        """``path`` is below the workspace, or whole when it begins with a slash."""
        below = f"/api/v1/workspaces/{self.workspace}" + (f"/{path}" if path else "")
        whole = path if path.startswith("/") else below
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        sent = raw if raw is not None else (b"" if body is None else json.dumps(body).encode())
        return self.client.generic(method, whole, sent, content_type=kind, headers=headers)

    def get(self, path: str = "", **headers) -> HttpResponseBase:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers) -> HttpResponseBase:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers) -> HttpResponseBase:
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers) -> HttpResponseBase:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers) -> HttpResponseBase:
        return self.call("DELETE", path, **headers)


@pytest.fixture
def editor(cast: Cast) -> Caller:
    return Caller(cast.token(cast.editor))


@pytest.fixture
def viewer(cast: Cast) -> Caller:
    return Caller(cast.token(cast.viewer))


@pytest.fixture
def reader(cast: Cast) -> Caller:
    """The editor with a token that only reads."""
    return Caller(cast.token(cast.editor, scope="read"))


@pytest.fixture
def stranger(cast: Cast) -> Caller:
    """Sten, calling for the lab with the token of his own workspace."""
    return Caller(cast.token(cast.stranger, cast.elsewhere))


@pytest.fixture
def nobody(cast: Cast) -> Caller:
    return Caller(None)

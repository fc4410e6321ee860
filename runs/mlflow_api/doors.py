"""Who is calling, what did they send, and how is a mistake answered? The frame around every call of this protocol."""

import base64
import errno
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from runs.access import workspace_or_404, workspaces_of
from runs.authors import Author
from runs.bodies import read_json
from runs.mistakes import NotAllowed, UserMistake
from runs.mlflow_api.admission import admit
from runs.mlflow_api.mistakes import DiskFull, NotSignedIn, Overloaded, WrongMethod, answer_mistake
from runs.mlflow_api.sent import Sent
from runs.models import Person, Role, Workspace

Answer = Mapping[str, Any] | HttpResponseBase
CallFunction = Callable[..., Answer]
View = Callable[..., HttpResponseBase]


log = logging.getLogger(__name__)

# Where a page of the same origin may read with its session alone, as MLflow's own pages do.
_BROWSER_PATH = re.compile(r"/(w/[^/]+/)?(ajax-api/|get-artifact$)")


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the request, where it leads, who makes it, and what was sent with it."""

    request: HttpRequest
    workspace: Workspace
    role: Role
    author: Author
    sent: Sent


def reads(*methods: str) -> Callable[[CallFunction], View]:
    """Makes a view of a function that only answers: a viewer may call it."""
    return _endpoint(methods, Role.VIEWER, raw=False)


def writes(*methods: str, raw: bool = False) -> Callable[[CallFunction], View]:
    """Makes a view of a function that changes something; ``raw`` leaves the body to the function, as a stream."""
    return _endpoint(methods, Role.EDITOR, raw=raw)


def by_method(**views: View) -> View:
    """One view that hands the request to the view of its HTTP method."""

    def view(request: HttpRequest, **path: str) -> HttpResponseBase:
        chosen = views.get(request.method or "")
        if chosen is None:
            return _refuse_method(list(views))
        return chosen(request, **path)

    return open_to_tokens(view)


def open_to_tokens(view: View) -> View:
    """Marks a view as one that guards itself: no sign-in page, and no CSRF token beside the bearer's."""
    view.csrf_exempt = True  # type: ignore[attr-defined]
    view.login_required = False  # type: ignore[attr-defined]
    return view


def _endpoint(methods: tuple[str, ...], role: Role, *, raw: bool) -> Callable[[CallFunction], View]:
    def decorate(function: CallFunction) -> View:
        @wraps(function)
        def view(request: HttpRequest, workspace_name: str | None = None, **path: str) -> HttpResponseBase:
            if request.method not in methods:
                return _refuse_method(list(methods))
            try:
                answer = function(_call(request, workspace_name, role, raw), **path)
            except UserMistake as mistake:
                return answer_mistake(mistake)
            except SuspiciousOperation:  # more fields in the query string than Django reads
                return answer_mistake(UserMistake("This request is malformed."))
            except OperationalError:
                log.exception("The database did not take %s %s", request.method, request.path)
                return answer_mistake(Overloaded("The database is busy or away; send the same request again."))
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                log.exception("There was no room for %s %s", request.method, request.path)
                return answer_mistake(DiskFull("The server's disk is full; nothing of this request was kept."))
            return answer if isinstance(answer, HttpResponseBase) else as_json(answer)

        return open_to_tokens(view)

    return decorate


def as_json(answer: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """An answer's body."""
    return HttpResponse(orjson.dumps(answer), content_type="application/json", status=status)


def _refuse_method(methods: list[str]) -> HttpResponse:
    response = answer_mistake(WrongMethod(f"This call takes {' or '.join(methods)}."))
    response.headers["Allow"] = ", ".join(methods)
    return response


def _call(request: HttpRequest, workspace_name: str | None, role: Role, raw: bool) -> Call:
    secret = _secret(request)
    workspace, author, held = _by_session(request, workspace_name) if secret is None else admit(secret, workspace_name)
    if held < role:
        raise NotAllowed(f"This needs the role {role.label} in {workspace.name!r}; yours here is {held.label}.")
    return Call(request, workspace, held, author, _sent(request, raw))


def _secret(request: HttpRequest) -> str | None:
    """The token's text: after Bearer, or as the password of Basic, whatever the user name."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    rest = rest.strip()
    if scheme.lower() == "bearer":
        return rest
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except ValueError:  # not ASCII, not base64, or not UTF-8 inside
            return ""
    return None


def _by_session(request: HttpRequest, workspace_name: str | None) -> tuple[Workspace, Author, Role]:
    """A signed-in browser may read: nothing that a foreign page could make it do changes anything."""
    person = request.user
    may_read = request.method in ("GET", "HEAD") and _BROWSER_PATH.match(request.path_info)
    if not may_read or not isinstance(person, Person) or not person.is_authenticated:
        raise NotSignedIn("Send an API token: as Bearer, or as the password of Basic with any user name.")
    if workspace_name is None:
        names = [workspace.name for workspace in workspaces_of(person)[:2]]
        if len(names) != 1:
            raise UserMistake("Say which workspace is meant: put /w/<workspace> before the path.", "workspace")
        workspace_name = names[0]
    workspace = workspace_or_404(person, workspace_name)
    return workspace, Author(person.pk, person.username, "mlflow"), workspace.your_role or Role.VIEWER


def _sent(request: HttpRequest, raw: bool) -> Sent:
    has_body = not raw and request.method in ("POST", "PATCH")
    if not has_body:
        return Sent.from_query(request.GET)
    body = read_json(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE, allow_nan=True)
    if not isinstance(body, dict):
        raise UserMistake("The body must be a JSON object.", "body")
    return Sent(body)

"""Who calls, for which workspace, and what did they send? The frame around every resource of the JSON API."""

from typing import Any, TypeVar

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from runs.access import run_or_404, token_role, workspace_or_404
from runs.api.fields import Strict
from runs.authors import Author
from runs.bodies import read_json
from runs.mistakes import NotAllowed, NotFound, UserMistake
from runs.models import ApiToken, Experiment, Person, Role, Run, Workspace

_Shape = TypeVar("_Shape", bound=Strict)
_BIGGEST_ID = 2**63 - 1


class AlwaysJson(BaseContentNegotiation):
    """Every answer is JSON (or a file), whatever Accept says: a download with an Accept of its own is no 406."""

    def select_parser(self, request: Request, parsers: Any) -> Any:  # noqa: ARG002 - DRF's signature
        """The only one."""
        return parsers[0]

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002 - DRF's signature
        renderers: Any,
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> Any:
        """The only one."""
        return renderers[0], renderers[0].media_type


class Door(APIView):
    """A resource of the API: signed in, one kind of answer."""

    content_negotiation_class = AlwaysJson

    @property
    def person(self) -> Person:
        """Who calls."""
        assert isinstance(self.request.user, Person)  # IsAuthenticated let nobody else through
        return self.request.user

    @property
    def token(self) -> ApiToken | None:
        """The token of the call; None in a browser's session."""
        auth: Any = self.request.auth
        return auth if isinstance(auth, ApiToken) else None

    @property
    def author(self) -> Author:
        """Who the history will name."""
        return Author(self.person.pk, self.person.username, "api", self.token.pk if self.token else None)

    def sent(self) -> Any:
        """The JSON value in the body, unchecked."""
        return read_json(django_request(self.request), settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    def sent_as(self, shape: type[_Shape]) -> dict[str, Any]:
        """The body checked against a shape; only the fields that were sent are in it."""
        checked = shape(data=self.sent())
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)

    def whole(self, name: str, default: int | None, low: int, high: int) -> int | None:
        """A whole number of the query string."""
        text = self.request.query_params.get(name, "")
        if not text:
            return default
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 20 and low <= int(text) <= high):
            raise UserMistake(f"{name} must be a whole number from {low} to {high}, not {text[:40]!r}", name)
        return int(text)


class WorkspaceDoor(Door):
    """A resource in a workspace: a viewer may read, an editor may change; to others it does not exist."""

    workspace: Workspace

    def initial(self, request: Request, *args: Any, **path: Any) -> None:
        """Let in who may, and find what the path names."""
        super().initial(request, *args, **path)
        role = Role.VIEWER if request.method in SAFE_METHODS else Role.EDITOR
        self.workspace = workspace_for(self.person, self.token, path["workspace"], role)
        self.find(path)

    def find(self, path: dict[str, Any]) -> None:
        """Look up what else the path names; raises NotFound."""


class ExperimentDoor(WorkspaceDoor):
    """A resource of one experiment."""

    experiment: Experiment

    def find(self, path: dict[str, Any]) -> None:
        """The experiment."""
        self.experiment = experiment_with_id(self.workspace, path["experiment_id"])


class RunDoor(WorkspaceDoor):
    """A resource of one run."""

    run: Run

    def find(self, path: dict[str, Any]) -> None:
        """The run."""
        self.run = run_or_404(self.workspace, path["run_id"], "parent")


def experiment_with_id(workspace: Workspace, number: int) -> Experiment:
    """The experiment with this id in the workspace. Raises NotFound."""
    found = Experiment.objects.filter(workspace=workspace, pk=number).first() if number <= _BIGGEST_ID else None
    if found is None:
        raise NotFound(f"There is no experiment {number} in this workspace.", "experiment_id")
    return found


def workspace_for(person: Person, token: ApiToken | None, name: str, role: Role) -> Workspace:
    """The workspace, if the caller has at least ``role`` there. A token sees its own workspace only."""
    if token is None:
        return workspace_or_404(person, name, role)
    held = token_role(token, token.workspace) if token.workspace.name == name else None
    if held is None:
        raise NotFound(f"There is no workspace {name!r} here, or it is not yours.", "workspace")
    if held < role:
        raise NotAllowed(f"This needs the role {role.label} in {name!r}; this token's is {held.label}.")
    return token.workspace


def django_request(request: Request) -> HttpRequest:
    """Django's request inside DRF's, for reading its body as a stream."""
    return request._request


def as_json(answer: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """An answer of plain dicts, lists and values, straight through orjson."""
    return HttpResponse(orjson.dumps(answer), content_type="application/json", status=status, headers=headers)

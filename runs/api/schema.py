"""What does the OpenAPI document describe, and how? Only this API, every path with the same mistakes."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from runs.api.schemas import MistakeAnswer

PREFIX = "/api/v1/"
_Method = TypeVar("_Method", bound=Callable[..., Any])


def only_v1(endpoints: Iterable[tuple[str, str, str, Any]], **_: Any) -> list[tuple[str, str, str, Any]]:
    """drf-spectacular's list of endpoints, without those of other doors."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(PREFIX)]


def map_of_texts(*, bare: bool = False) -> dict[str, Any]:
    """The body that is a map of names to strings (or null, where ``bare``)."""
    text = {"type": "string", **({"nullable": True} if bare else {})}
    return {"application/json": {"type": "object", "additionalProperties": text}}


def describe(
    name: str,
    summary: str,
    answer: Any = None,
    *,
    body: Any = None,
    status: int = 200,
    query: Iterable[OpenApiParameter] = (),
    tag: str = "",
) -> Callable[[_Method], _Method]:
    """`extend_schema` with the mistakes that every resource can answer. ``answer`` None: no body (204).

    ``name`` is the operation's, which generated clients call.
    """
    mistakes = {
        code: OpenApiResponse(MistakeAnswer, description=said)
        for code, said in (
            (400, "Malformed or refused"),
            (401, "Not signed in"),
            (403, "Your role does not allow it"),
            (404, "Not there, or not yours"),
            *(((409, "Somebody was first, or it may never change"),) if body is not None else ()),
        )
    }
    found = {
        status if answer is not None else 204: answer if answer is not None else OpenApiResponse(description="Done")
    }
    described: Callable[[_Method], _Method] = extend_schema(
        operation_id=name,
        summary=summary,
        request=body,
        responses={**found, **mistakes},
        parameters=list(query),
        tags=[tag] if tag else None,
    )
    return described


def asked(name: str, description: str, kind: Any = OpenApiTypes.STR) -> OpenApiParameter:
    """A parameter of the query string."""
    return OpenApiParameter(name, kind, OpenApiParameter.QUERY, description=description)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The three ways to sign in, as OpenAPI says them."""

    target_class = "runs.api.authentication.TokenOrSession"
    name = ["token", "tokenAsPassword", "session"]

    def get_security_definition(self, auto_schema: Any) -> Any:  # noqa: ARG002 - drf-spectacular's signature
        """One definition for each name."""
        return [
            {"type": "http", "scheme": "bearer", "description": "An API token"},
            {"type": "http", "scheme": "basic", "description": "Any user name, the API token as password"},
            {
                "type": "apiKey",
                "in": "cookie",
                "name": "session",
                "description": "A browser's session, with X-CSRFToken",
            },
        ]

    def get_security_requirement(self, auto_schema: Any) -> Any:  # noqa: ARG002 - drf-spectacular's signature
        """Any one of them is enough."""
        return [{name: []} for name in self.name]

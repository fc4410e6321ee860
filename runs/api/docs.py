"""Where can people read about the JSON API, and what does a path that is none of it answer?"""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from runs.api.doors import Door
from runs.mistakes import NotFound

# Swagger UI, served by ourselves, sets style attributes from its script and draws icons from data: URLs. Only this
# page allows such styles; scripts still come from our own files alone (the split view has no inline script).
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class Schema(SpectacularAPIView):
    """The OpenAPI document, for whoever is signed in."""

    permission_classes = [IsAuthenticated]

    def _get_version_parameter(self, request: Request) -> None:
        """There is one version: what a URL says of it must not reach the name of the file."""


class Docs(SpectacularSwaggerSplitView):
    """The pages of the API: Swagger UI from our own static files, without a CDN."""

    url_name = "api_schema"
    permission_classes = [IsAuthenticated]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The page, or its script."""
        answer: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        answer["Content-Security-Policy"] = DOCS_POLICY
        return answer


class Nothing(Door):
    """Every other path below /api/v1/."""

    @extend_schema(exclude=True)
    def get(self, _: Request, **_path: Any) -> HttpResponse:
        """404 as JSON, not as a page."""
        raise NotFound("The API has no such path; see /api/v1/docs/.")

    post = put = patch = delete = get

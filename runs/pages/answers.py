"""How does a page function answer? The whole page, or the part that htmx asked for; and who is asking."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from runs.authors import Author
from runs.models import Person, Role, Workspace


def person_of(request: HttpRequest) -> Person:
    """Who asks. Only for pages behind sign-in."""
    assert isinstance(request.user, Person)
    return request.user


def author_of(request: HttpRequest) -> Author:
    """Who changes something through a page."""
    person = person_of(request)
    return Author(person.pk, person.username, "page")


def may_edit(workspace: Workspace) -> bool:
    """Whether the person that `workspace_or_404` let in may change things there."""
    return workspace.your_role is not None and workspace.your_role >= Role.EDITOR


def wants_part(request: HttpRequest) -> bool:
    """Whether htmx will put the answer into a place of the page. Going back in the history needs a full page."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.history_restore_request and htmx.request_type != "full"


def show(
    request: HttpRequest, template: str, context: dict[str, Any], *, part: str = "", status: int = 200
) -> HttpResponse:
    """The page of ``template``, or its named partial ``part`` when htmx asks for a part.

    ``Vary`` keeps the browser's cache from showing a part as a page (the Back button did).
    """
    name = f"{template}#{part}" if part and wants_part(request) else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def safe_next(request: HttpRequest, fallback: str) -> str:
    """Where to go afterwards: the form's ``next`` if it is a page of ours, else ``fallback``."""
    wanted = request.POST.get("next", "") or request.GET.get("next", "")
    own = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    # A word without a slash would be taken by `redirect` for the name of a view.
    return wanted if own and wanted.startswith("/") else fallback


def whole_number(text: str | None, lowest: int = 0) -> int | None:
    """A number from a URL, of at most 18 digits; None for anything else: a page never breaks over a mistyped link."""
    if not text or not (text.isascii() and text.isdigit()) or len(text) > 18:
        return None
    return max(int(text), lowest)

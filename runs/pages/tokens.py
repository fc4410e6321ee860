"""Which keys do a person's scripts have? Make one (its text is shown once), see them, revoke one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from runs.access import issue_token, workspace_or_404, workspaces_of
from runs.limits import clean_text
from runs.mistakes import NotFound, UserMistake
from runs.models import ApiToken, Role
from runs.pages.answers import person_of, show, whole_number
from runs.pages.home import tracking_uri
from studio.database import now_ms

LONGEST_NAME = 100
DAY_MS = 24 * 3600 * 1000
LIFETIMES = {90: "90 days", 365: "a year", 30: "30 days", 0: "no end"}
"""How long a token may live, in days, as the form offers it; 0 is for ever."""
SCOPES = {"log": "Log and read runs", "read": "Only read"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The list with its form; a POST makes a token and shows its text, this once."""
    if request.method != "POST":
        return _page(request)
    try:
        made = _make(request)
    except UserMistake as mistake:
        if isinstance(mistake, NotFound):
            raise
        return _page(request, status=422, mistake=mistake, name=request.POST.get("name", ""))
    return _page(request, **made)


def _make(request: HttpRequest) -> dict[str, Any]:
    person = person_of(request)
    scope = request.POST.get("scope", "log")
    if scope not in SCOPES:
        raise UserMistake("A token can log, or only read.", "scope")
    days = whole_number(request.POST.get("days", "90"))
    if days not in LIFETIMES:
        raise UserMistake("Choose how long the token lives.", "days")
    name = clean_text(request.POST.get("name", "").strip(), "name", LONGEST_NAME)
    if not name:
        raise UserMistake("Give the token a name, to recognise it by.", "name")
    role = Role.EDITOR if scope == "log" else Role.VIEWER
    workspace = workspace_or_404(person, request.POST.get("workspace", ""), role)
    token, text = issue_token(person, workspace, name, scope, now_ms() + days * DAY_MS if days else None)
    return {
        "made": token,
        "made_text": text,
        "workspace": workspace,
        "tracking_uri": tracking_uri(request, workspace),
    }


def _page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    person = person_of(request)
    mine = ApiToken.objects.filter(person=person, revoked__isnull=True).select_related("workspace").order_by("-id")
    context = {
        "tokens": mine[:200],
        "workspaces": workspaces_of(person),
        "chosen": request.GET.get("workspace", "") or request.POST.get("workspace", ""),
        "lifetimes": LIFETIMES,
        "scopes": SCOPES,
        "now": now_ms(),
        **more,
    }
    return show(request, "tokens.html", context, status=status)


@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """End one of the person's own tokens, at once and for good."""
    done = ApiToken.objects.filter(pk=token_id, person=person_of(request), revoked__isnull=True).update(
        revoked=now_ms()
    )
    if not done:
        raise NotFound("There is no such token of yours.", "token")
    messages.success(request, "The token was revoked: scripts that use it are refused from now on.")
    return redirect("tokens")

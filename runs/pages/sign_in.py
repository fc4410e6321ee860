"""How does a person come in and leave? Name and password, or a one-time link."""

from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from runs.pages.answers import person_of, safe_next, show
from runs.recording.people import use_sign_in_link

THEMES = frozenset({"", "light", "dark"})
DENSITIES = frozenset({"", "compact", "comfortable"})


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends."""
    home = safe_next(request, reverse("home"))
    if request.method != "POST":
        if request.user.is_authenticated:
            return redirect(home)
        return _form(request, AuthenticationForm(request), home)
    form = AuthenticationForm(request, data=request.POST)
    if not form.is_valid():
        return _form(request, form, home, status=422)
    auth.login(request, form.get_user())
    return redirect(home)


def _form(request: HttpRequest, form: Any, after: str, status: int = 200) -> HttpResponse:
    return render(request, "registration/sign_in.html", {"form": form, "next": after}, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, secret: str) -> HttpResponse:
    """A one-time link. Opening it shows a button, since mail scanners and prefetching browsers open links too."""
    if request.method != "POST":
        return show(request, "registration/sign_in_link.html", {"spent": False})
    person = use_sign_in_link(secret)
    if person is None:
        return show(request, "registration/sign_in_link.html", {"spent": True}, status=410)
    auth.login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("home")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    auth.logout(request)
    return redirect("sign_in")


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep the theme or the density of rows that a person chose; what is not known is left as it was."""
    person = person_of(request)
    theme, density = request.POST.get("theme"), request.POST.get("density")
    if theme in THEMES:
        person.theme = theme
    if density in DENSITIES:
        person.density = density
    person.save(update_fields=["theme", "density"])
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    if theme not in THEMES and density not in DENSITIES:
        messages.error(request, "There is no such theme.")
    return redirect(safe_next(request, reverse("home")))

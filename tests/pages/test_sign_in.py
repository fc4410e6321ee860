"""Do the right people get in, and nobody else?"""

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from runs.models import Person
from runs.recording.people import sign_in_link
from tests.cast import PASSWORD, Cast
from tests.pages.conftest import SignIn

PUBLIC_PAGES = {"sign_in", "sign_in_link"}


def test_name_and_password_sign_in_and_lead_to_the_page_that_was_asked_for(cast: Cast) -> None:
    client = Client()
    asked = client.get("/w/lab/runs")
    assert asked.headers["Location"] == "/sign-in/?next=/w/lab/runs"
    answer = client.post("/sign-in/", {"username": "vera", "password": PASSWORD, "next": "/w/lab/runs"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/w/lab/runs")
    assert client.get("/w/lab/runs").status_code == 200


def test_a_wrong_password_is_said_in_place(cast: Cast) -> None:
    answer = Client().post("/sign-in/", {"username": "vera", "password": "wrong"})
    assert answer.status_code == 422
    assert "Please enter a correct" in answer.content.decode()


def test_sign_in_never_leads_to_another_site(cast: Cast) -> None:
    for there in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        answer = Client().post("/sign-in/", {"username": "vera", "password": PASSWORD, "next": there})
        assert answer.headers["Location"] == "/"


def test_who_is_signed_in_is_not_asked_again(viewer: Client) -> None:
    assert viewer.get("/sign-in/").headers["Location"] == "/"


def test_a_link_signs_in_once_and_only_by_its_button(cast: Cast) -> None:
    url = reverse("sign_in_link", args=[sign_in_link(cast.viewer)])
    client = Client()
    assert client.get(url).status_code == 200
    assert client.head(url).status_code == 200
    assert client.get("/").status_code == 302, "a prefetched link has signed nobody in"
    assert client.post(url).headers["Location"] == "/"
    assert client.get("/w/lab/").status_code == 200
    second = Client().post(url)
    assert second.status_code == 410
    assert "used already" in second.content.decode()


def test_a_made_up_link_signs_nobody_in(cast: Cast) -> None:
    assert Client().post(reverse("sign_in_link", args=["made-up"])).status_code == 410


def test_signing_out_ends_the_session_and_needs_a_post(viewer: Client) -> None:
    assert viewer.get("/sign-out/").status_code == 405
    viewer.post("/sign-out/")
    assert viewer.get("/w/lab/").status_code == 302


def test_forms_without_their_csrf_token_are_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    assert client.post("/sign-out/").status_code == 403
    assert client.post("/w/lab/experiments", {"name": "x"}).status_code == 403


@pytest.mark.parametrize("theme", ["dark", "light", ""])
def test_a_theme_is_kept_and_printed(cast: Cast, sign_in: SignIn, theme: str) -> None:
    client = sign_in(cast.viewer)
    answer = client.post("/preferences/", {"theme": theme, "next": "/w/lab/runs"})
    assert answer.headers["Location"] == "/w/lab/runs"
    assert Person.objects.get(pk=cast.viewer.pk).theme == theme
    assert (f'data-theme="{theme}"' in client.get("/w/lab/").content.decode()) is bool(theme)


def test_an_unknown_theme_changes_nothing(cast: Cast, viewer: Client) -> None:
    viewer.post("/preferences/", {"theme": '"><script>'})
    assert Person.objects.get(pk=cast.viewer.pk).theme == ""


def _pages(patterns: list[URLPattern | URLResolver], prefix: str = "") -> list[tuple[str, URLPattern]]:
    found: list[tuple[str, URLPattern]] = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += _pages(pattern.url_patterns, prefix + str(pattern.pattern))
        else:
            found.append((prefix + str(pattern.pattern), pattern))
    return found


def test_every_page_but_the_listed_ones_asks_for_sign_in(db: None) -> None:
    from runs.pages import urls

    values = {
        "workspace_name": "lab",
        "uid": "ab",
        "secret": "s",
        "path": "a.txt",
        "experiment_name": "e",
        "token_id": 1,
        "number": 1,
    }
    for _, pattern in _pages(urls.urlpatterns):
        if not pattern.name:
            continue
        names = pattern.pattern.converters
        url = reverse(pattern.name, kwargs={name: values[name] for name in names})
        answer = Client().get(url)
        if pattern.name in PUBLIC_PAGES:
            assert answer.status_code == 200, pattern.name
        else:
            assert answer.status_code == 302, pattern.name
            assert answer.headers["Location"].startswith("/sign-in/"), pattern.name
    assert get_resolver() is not None


def test_sign_in_pages_are_kept_by_no_cache(cast: Cast) -> None:
    assert "no-store" in Client().get("/sign-in/").headers["Cache-Control"]

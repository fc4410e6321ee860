"""What a test that drives a browser may ask for: Chromium, a signed-in page that minds its console, and axe.

A page fails its test when the browser reports an error, a broken Content-Security-Policy or a failed request.
Expected ones are named: ``visit.expects("404")``.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import ConsoleMessage, Page
from pytest_django.live_server_helper import LiveServer

from runs.models import Person

AXE = Path(__file__).parent / "vendor/axe-core@4.14.1/axe.min.js"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium: Playwright's own browsers cannot be fetched everywhere."""
    program = os.environ.get("STUDIO_CHROMIUM") or shutil.which("chromium")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have a Chromium")
        pytest.skip("no Chromium here")
    return {"executable_path": program, "args": FLAGS}


@dataclass
class Visit:
    """A browser page on the running studio."""

    page: Page
    server: str
    troubles: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    _axe_ran: bool = False

    def open(self, path: str) -> Page:
        """Go to a path of the studio."""
        self.page.goto(self.server + path)
        self._axe_ran = False
        return self.page

    def sign_in(self, person: Person) -> "Visit":
        """As this person, without the sign-in page."""
        client = Client()
        client.force_login(person)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": self.server}])
        return self

    def expects(self, *words: str) -> None:
        """Troubles that contain one of these words are meant to happen."""
        self.expected += words

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is, one line an element. It styles the page itself, which the
        policy refuses: the console is not minded from here to the next `open`.
        """
        self._axe_ran = True
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]

    def heard(self, message: ConsoleMessage) -> None:
        """Keep an error of the console."""
        if message.type == "error" and not self._axe_ran:
            self.troubles.append(message.text)

    def unexpected(self) -> list[str]:
        """The troubles nobody named."""
        return [one for one in self.troubles if not any(word in one for word in self.expected)]


@pytest.fixture
def visit(page: Page, live_server: LiveServer) -> Iterator[Visit]:
    """A page; the test fails if its console reported anything unexpected."""
    made = Visit(page, live_server.url)
    page.set_default_timeout(10_000)
    page.on("console", made.heard)
    page.on("pageerror", lambda error: made.troubles.append(str(error)))
    yield made
    assert made.unexpected() == []

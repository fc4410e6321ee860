"""What every test may ask for: the cast, and a database that flushes although properties are immutable."""

import os
import sys
from collections.abc import Iterator

import pytest
from django.db import connection

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's sync API runs an event loop here

from tests.cast import Cast, the_cast


@pytest.fixture
def cast(db: None) -> Cast:
    """Owner, editor, viewer and stranger, two workspaces."""
    return the_cast()


@pytest.fixture(autouse=True)
def _forget_interned_names() -> Iterator[None]:
    """The process-wide caches of ids must not outlive a test's rolled-back database."""
    yield
    for name in ("runs.recording.keys", "runs.reading.columns"):
        if module := sys.modules.get(name):
            module.forget()


@pytest.fixture(autouse=True)
def _trash_before_flush(request: pytest.FixtureRequest) -> Iterator[None]:
    """SQLite flushes by DELETE, which fires the triggers that guard properties of runs outside the trash."""
    if not {"transactional_db", "live_server"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("UPDATE runs_run SET lifecycle = 2")

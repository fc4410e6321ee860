"""The world that all attacks of a module share: each of them is undone, so it is made once."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from runs.recording import keys
from tests.adversary.world import World
from tests.cast import the_cast


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker) -> Iterator[World]:
    """A lab with one of everything, in a transaction that never ends well."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World(the_cast())
        transaction.set_rollback(True)
        keys.forget()

"""What the tests of pages share: a signed-in browser for each of the cast, and a count of statements."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from runs.models import Person
from tests.cast import Cast

SignIn = Callable[[Person], Client]
Statements = Callable[[Client, str], int]


@pytest.fixture
def sign_in(cast: Cast) -> SignIn:
    """A client that is signed in as somebody of the cast."""

    def as_person(person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return as_person


@pytest.fixture
def owner(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.owner)


@pytest.fixture
def editor(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.editor)


@pytest.fixture
def viewer(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.viewer)


@pytest.fixture
def stranger(cast: Cast, sign_in: SignIn) -> Client:
    return sign_in(cast.stranger)


@pytest.fixture
def statements() -> Statements:
    """How many statements a GET takes, the names of keys not yet in memory."""

    def count(client: Client, url: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url).status_code == 200
        return len([q for q in queries if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "SELECT set_config"))])

    return count

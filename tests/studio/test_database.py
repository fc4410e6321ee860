"""Writing in turns, time budgets, and which database a URL names."""

import threading
import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from runs.models import Person
from studio.database import BudgetSpent, is_postgres, sqlite_options, time_budget, write_transaction
from studio.database_url import database_from_url

SLOW = (
    "SELECT pg_sleep(5)"
    if is_postgres()
    else "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000000) SELECT count(*) FROM n"
)


def test_a_slow_statement_is_stopped_when_its_budget_is_spent(db: None) -> None:
    start = time.monotonic()
    with pytest.raises(BudgetSpent), time_budget(50), connection.cursor() as cursor:
        cursor.execute(SLOW)
    assert time.monotonic() - start < 2


def test_a_quick_statement_is_left_alone_and_the_next_has_no_budget(db: None) -> None:
    with time_budget(5000), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone()[0] == 1
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone()[0] == "0"


def test_what_fails_leaves_nothing(db: None) -> None:
    with pytest.raises(RuntimeError), write_transaction():
        Person.objects.create_user("nobody")
        raise RuntimeError
    assert not Person.objects.filter(username="nobody").exists()


def test_what_runs_on_commit_may_write_in_its_turn(transactional_db: None) -> None:
    def again() -> None:
        with write_transaction():
            Person.objects.create_user("second")

    with write_transaction():
        Person.objects.create_user("first")
        transaction.on_commit(again)
    assert set(Person.objects.values_list("username", flat=True)) == {"first", "second"}


def test_writers_take_turns_without_an_error(transactional_db: None) -> None:
    mistakes: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for turn in range(5):
                with write_transaction():
                    Person.objects.create_user(f"p{number}-{turn}")
        except BaseException as error:
            mistakes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not mistakes
    assert Person.objects.count() == 40


@pytest.mark.parametrize(
    ("url", "engine", "name"),
    [
        ("sqlite:////var/lib/studio.sqlite3", "django.db.backends.sqlite3", "/var/lib/studio.sqlite3"),
        ("sqlite:///data/my%20runs.db", "django.db.backends.sqlite3", "data/my runs.db"),
        ("postgresql://u:p%40ss@db:5432/studio", "django.db.backends.postgresql", "studio"),
    ],
)
def test_a_url_names_a_database(url: str, engine: str, name: str) -> None:
    entry = database_from_url(url)
    assert (entry["ENGINE"], entry["NAME"]) == (engine, name)


def test_a_password_may_hold_any_character() -> None:
    assert database_from_url("postgresql://u:p%40ss@db:5432/studio")["PASSWORD"] == "p@ss"


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match="sqlite:/// or postgresql://"):
        database_from_url("mysql://x/y")


def test_sqlite_is_durable_and_unmapped(db: None, tmp_path: Path) -> None:
    options = sqlite_options()
    assert "synchronous=FULL" in options["init_command"]
    assert "mmap_size=0" in options["init_command"]
    assert options["transaction_mode"] == "IMMEDIATE"

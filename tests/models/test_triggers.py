"""What the ORM cannot say is there: Django drops SQLite's triggers when it rebuilds their table."""

import pytest
from django.db import connection

from runs.models import RunText
from studio.database import is_postgres
from tests.build import make_run
from tests.cast import Cast


def test_every_trigger_is_there(db: None) -> None:
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
            wanted = {"property_immutable"}
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            wanted = {"property_no_update", "property_no_delete", "fts_insert", "fts_delete", "fts_update"}
        assert {name for (name,) in cursor.fetchall()} >= wanted


def test_the_text_index_follows_its_table(cast: Cast) -> None:
    if is_postgres():
        pytest.skip("PostgreSQL keeps its own index in step")
    run = make_run(cast.lab, description="needle one")

    def found(word: str) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT rowid FROM runs_fts WHERE runs_fts MATCH %s", [f'"{word}"'])
            return [number for (number,) in cursor.fetchall()]

    assert found("needle") == [run.pk]
    RunText.objects.filter(run=run).update(search="another text")
    assert (found("needle"), found("another")) == ([], [run.pk])
    RunText.objects.filter(run=run).delete()
    assert found("another") == []

"""Fill a database with made-up runs: ``python -m tests.benchmarks.fill --runs 1000000``.

The database is the one that DATABASE_URL or STUDIO_DATA_DIR name; it is migrated first and must hold no run. Indexes,
triggers and foreign keys of the large tables are taken away meanwhile and put back as they were.
"""

import argparse
import os
import time
from collections.abc import Iterable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from runs.models import Facet, Member, Person, Role, Run, Workspace  # noqa: E402
from studio.database import is_postgres, now_ms  # noqa: E402
from tests.benchmarks import made_up_runs as made_up  # noqa: E402

PASSWORD = "only for benchmarks"
TABLES = {
    "runs_run": "id uid workspace_id experiment_id name status lifecycle lifecycle_changed submitter_id compute_id "
    "parent_id root_id type created started ended error_code error_message request_id metrics_pending change_seq",
    "runs_runattr": "experiment_id run_id key_id num txt long",
    "runs_runmetric": "experiment_id run_id key_id last flag step ts low high low_step high_step first first_step "
    "first_ts count",
    "runs_rundoc": "run_id doc",
    "runs_runtext": "run_id experiment_id description html renderer search",
}
COUNTERS = [
    "INSERT INTO runs_experimentkey (experiment_id, key_id, n) "
    f"SELECT experiment_id, key_id, count(*) FROM {table} GROUP BY 1, 2"
    for table in ("runs_runattr", "runs_runmetric")
] + [
    f"INSERT INTO runs_facet (workspace_id, experiment_id, dimension, value, n) "
    f"SELECT workspace_id, {place}, {int(dimension)}, {column}, count(*) FROM runs_run "
    f"WHERE lifecycle = 0 AND {column} IS NOT NULL{more} GROUP BY {group}, {column}"
    for place, group in (("experiment_id", "workspace_id, experiment_id"), ("0", "workspace_id"))
    for dimension, column, more in (
        (Facet.Dimension.STATUS, "status", ""),
        (Facet.Dimension.SUBMITTER, "submitter_id", ""),
        (Facet.Dimension.COMPUTE, "compute_id", ""),
        (Facet.Dimension.ROOT_STATUS, "status", " AND parent_id IS NULL"),
        (Facet.Dimension.LIFECYCLE, "lifecycle", ""),
    )
]


def say(words: str, since: float) -> None:
    print(f"{words:60s} {time.monotonic() - since:7.1f} s", flush=True)


def execute(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    many = parser.parse_args().runs
    call_command("migrate", verbosity=0)
    if Run.objects.exists():
        raise SystemExit("There are runs already; begin with an empty database.")
    workspace = make_places()
    begun = time.monotonic()
    put_back = take_away()
    for done, rows in enumerate(made_up.chunks(many, workspace.pk)):
        everything = (rows.runs, rows.attrs, rows.metrics, rows.docs, rows.texts)
        for (table, columns), lines in zip(TABLES.items(), everything, strict=True):
            insert(table, columns.split(), lines)
        if done % 10 == 0:
            say(f"{done * 20_000:,} runs", begun)
    say("rows", begun)
    for statement in [*put_back, *COUNTERS]:
        execute(statement)
        say(statement.replace("\n", " ")[:58], begun)
    settle()
    say(f"{many:,} runs are there", begun)


def make_places() -> Workspace:
    """The workspace ``bench`` with its owner, experiments, submitters, computes and keys."""
    person = Person.objects.create_user("bench", "bench@example.com", PASSWORD)
    workspace = Workspace.objects.create(name="bench", title="Bench", created=now_ms())
    Member.objects.create(workspace=workspace, person=person, role=Role.OWNER)
    names = made_up.words()
    w, now = workspace.pk, now_ms()
    experiments = [
        (i, w, made_up.experiment_name(i, names), "", 0, "", now, now) for i in range(1, made_up.EXPERIMENTS + 1)
    ]
    insert(
        "runs_experiment",
        "id workspace_id name description lifecycle artifact_location created updated".split(),
        experiments,
    )
    people = [(i, w, made_up.submitter_name(i, names)) for i in range(1, made_up.SUBMITTERS + 1)]
    insert("runs_submitter", ["id", "workspace_id", "name"], people)
    computes = [(i, w, f"cluster-{names[2000 + i]}") for i in range(1, made_up.COMPUTES + 1)]
    insert("runs_compute", ["id", "workspace_id", "name"], computes)
    insert("runs_key", ["id", "kind", "name"], made_up.KEYS)
    if is_postgres():
        for table in ("runs_experiment", "runs_submitter", "runs_compute", "runs_key"):
            execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
    return workspace


def insert(table: str, columns: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """COPY, or executemany."""
    connection.ensure_connection()
    if is_postgres():
        with (
            connection.connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        return
    raw = connection.connection
    raw.execute("BEGIN")
    raw.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows)
    raw.execute("COMMIT")


def take_away() -> list[str]:
    """Drop what slows a bulk load; gives the statements that put it back."""
    return _take_away_postgres() if is_postgres() else _take_away_sqlite()


def _take_away_sqlite() -> list[str]:
    for pragma in ("foreign_keys = OFF", "synchronous = OFF", "cache_size = -400000", "journal_mode = MEMORY"):
        execute(f"PRAGMA {pragma}")
    names = ", ".join(f"'{table}'" for table in TABLES)
    rows = execute(
        f"SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN ({names}) AND sql IS NOT NULL "
        "AND type IN ('index', 'trigger')"
    )
    for kind, name, _ in rows:
        execute(f"DROP {kind} {name}")
    indexes = [sql for kind, _, sql in rows if kind == "index"]
    triggers = [sql for kind, _, sql in rows if kind == "trigger"]
    return [*indexes, "INSERT INTO runs_fts(runs_fts) VALUES ('rebuild')", *triggers]


def _take_away_postgres() -> list[str]:
    names = ", ".join(f"'{table}'" for table in TABLES)
    keys = execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype::text FROM pg_constraint "
        f"WHERE (conrelid::regclass::text IN ({names}) AND contype IN ('f', 'p', 'u')) "
        f"OR (contype = 'f' AND confrelid::regclass::text IN ({names})) ORDER BY contype = 'f' DESC"
    )
    for table, name, _, _ in keys:
        execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    indexes = execute(f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ({names})")
    for name, _ in indexes:
        execute(f'DROP INDEX "{name}"')
    execute("SET maintenance_work_mem = '1GB'")
    back = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition, kind in keys[::-1]]
    return [*back, *(definition for _, definition in indexes)]


def settle() -> None:
    """Statistics, visibility map, and the settings that a fresh connection would have."""
    if is_postgres():
        execute("VACUUM ANALYZE")
        return
    execute("INSERT INTO runs_fts(runs_fts) VALUES ('optimize')")
    execute("ANALYZE")
    execute("PRAGMA journal_mode = WAL")


if __name__ == "__main__":
    main()

"""How do statements about metric points reach the database? Raw SQL for the chunk store, the same on both databases.

Raw because it moves arrays and bytes: PostgreSQL takes columns through ``unnest`` (1,000 rows in 8 ms; 31 by
``executemany``) and answers in its binary format (bytes as text are twice as long and must be decoded).
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.db import connection

from runs.charts.points import Records, unpack
from studio.database import is_postgres

_BINARY = 1  # psycopg.pq.Format.BINARY
_SQLITE_VARIABLES = 30_000
Row = tuple[Any, ...]
Parameters = Sequence[Any]


def rows_of(statement: str, parameters: Parameters = ()) -> list[Row]:
    """All rows that a statement gives."""
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.cursor.format = _BINARY
        cursor.execute(statement, parameters)
        rows: list[Row] = cursor.fetchall()
    return rows


def execute(statement: str, parameters: Parameters = ()) -> int:
    """Run a statement that gives no rows; how many it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def one_of(column: str, numbers: Iterable[int]) -> tuple[str, object]:
    """The condition that ``column`` is one of ``numbers``, with one parameter however many they are."""
    if is_postgres():
        return f"{column} = ANY(%s::bigint[])", list(numbers)
    return f"{column} IN (SELECT value FROM json_each(%s))", orjson.dumps(list(numbers)).decode()


def insert(
    table: str, columns: Sequence[tuple[str, str]], rows: Sequence[Row], *, conflict: str = "", returning: str = ""
) -> list[Row]:
    """Insert ``rows`` in one statement (on SQLite: one for each 30,000 values), and give what ``returning`` names.

    ``columns`` are names with their PostgreSQL types; ``conflict`` is what follows the values.
    """
    names = ", ".join(name for name, _ in columns)
    end = f" {conflict}" + (f" RETURNING {returning}" if returning else "")
    run = rows_of if returning else _execute_no_rows
    if is_postgres():
        arrays = ", ".join(f"%s::{kind}[]" for _, kind in columns)
        statement = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays}){end}"
        return run(statement, [list(column) for column in zip(*rows, strict=True)]) if rows else []
    size = _SQLITE_VARIABLES // len(columns)
    given: list[Row] = []
    for at in range(0, len(rows), size):
        some = rows[at : at + size]
        places = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * len(some))
        statement = f"INSERT INTO {table} ({names}) VALUES {places}{end}"
        given += run(statement, [value for row in some for value in row])
    return given


def _execute_no_rows(statement: str, parameters: Parameters) -> list[Row]:
    execute(statement, parameters)
    return []


def tail_records(run_ids: Iterable[int]) -> dict[int, Records]:
    """The points of each run that wait in its tail, in the order of their arrival; runs without any are left out."""
    condition, parameter = one_of("run_id", run_ids)
    bodies: dict[int, list[bytes]] = {}
    for run_id, body in rows_of(f"SELECT run_id, body FROM runs_metrictail WHERE {condition} ORDER BY id", [parameter]):
        bodies.setdefault(run_id, []).append(body)
    return {run_id: unpack(each) for run_id, each in bodies.items()}

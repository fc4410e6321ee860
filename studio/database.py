"""How does the studio talk to its database: writing turns, time budgets, SQLite's settings."""

import fcntl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import OperationalError, connection, transaction


class BudgetSpent(Exception):  # noqa: N818 - not an error: the answer is partial
    """A query was stopped because its time was over."""


def sqlite_options(synchronous: str = "FULL") -> dict[str, Any]:
    """Django's OPTIONS for SQLite, each measured in docs/decisions (mmap made cold queries up to 24 times slower)."""
    pragmas = {
        "journal_mode": "WAL",
        "synchronous": synchronous,
        "cache_size": "-65536",
        "mmap_size": "0",
        "temp_store": "MEMORY",
        "wal_autocheckpoint": "4000",
        "journal_size_limit": str(256 * 1024 * 1024),
        "foreign_keys": "ON",
    }
    return {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "".join(f"PRAGMA {name}={value};" for name, value in pragmas.items()),
    }


def now_ms() -> int:
    """This moment, in ms since 1970."""
    return time.time_ns() // 1_000_000


def is_postgres() -> bool:
    """Whether the default database is PostgreSQL (else it is SQLite)."""
    return connection.vendor == "postgresql"


_one_writer_here = threading.RLock()
_turn = threading.local()


@contextmanager
def write_transaction() -> Iterator[None]:
    """One all-or-nothing turn of writing; a nested one is a savepoint of the outer.

    On SQLite the writers queue on a file lock first: SQLite's own waiting polls and is unfair (with 16
    writers the longest wait fell from 5 s to 0.1-0.4 s).
    """
    if connection.in_atomic_block or is_postgres():
        with transaction.atomic():
            yield
        return
    with _one_writer_here, _file_lock(), transaction.atomic():
        yield


@contextmanager
def _file_lock() -> Iterator[None]:
    name = str(connection.settings_dict["NAME"])
    # What runs on commit still runs in its writer's turn: it must not wait for itself.
    if getattr(_turn, "taken", False) or ":memory:" in name or "mode=memory" in name:
        yield
        return
    with Path(f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _turn.taken = True
        try:
            yield
        finally:
            _turn.taken = False


@contextmanager
def time_budget(milliseconds: int) -> Iterator[None]:
    """Stop the statements inside after ``milliseconds``, with `BudgetSpent`. Not for writing; do not nest."""
    if is_postgres():
        with _statement_timeout(milliseconds):
            yield
    else:
        with _progress_limit(milliseconds):
            yield


@contextmanager
def _progress_limit(milliseconds: int) -> Iterator[None]:
    connection.ensure_connection()
    raw = connection.connection
    deadline = time.monotonic() + milliseconds / 1000
    raw.set_progress_handler(lambda: time.monotonic() > deadline, 2000)
    try:
        yield
    except OperationalError as error:
        if "interrupted" in str(error):
            raise BudgetSpent from error
        raise
    finally:
        raw.set_progress_handler(None, 0)


@contextmanager
def _statement_timeout(milliseconds: int) -> Iterator[None]:
    # SET LOCAL ends with the transaction (or savepoint), so a stopped statement leaves nothing behind.
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
            yield
            if connection.savepoint_ids:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if "statement timeout" in str(error):
            raise BudgetSpent from error
        raise

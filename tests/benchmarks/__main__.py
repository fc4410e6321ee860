"""Measure everything: ``make bench``, or ``python -m tests.benchmarks --runs 1000 100000``.

For SQLite, and for PostgreSQL when DATABASE_URL names a server: fill a database of each size and measure the list on
it; then, on an empty one, ingest and charts. Each step is a process of its own on databases that are made for it and
thrown away. Prints tables; docs/benchmarks.md tells what was found.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg

SIZES = (1_000, 100_000, 1_000_000)


def main() -> None:
    """Both databases, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="*", default=SIZES, help="sizes of the list's databases")
    sizes = parser.parse_args().runs
    server = os.environ.get("DATABASE_URL", "")
    measure("", sizes)
    if server:
        measure(server, sizes)
    else:
        print("SKIPPED: PostgreSQL (DATABASE_URL names none)")


def measure(server: str, sizes: list[int]) -> None:
    """Everything on one kind of database: of ``server``, or SQLite when it is empty."""
    for size in sizes:
        with a_database(server) as environment:
            step(environment, "fill", "--runs", str(size))
            step(environment, "bench_list")
    with a_database(server) as environment:
        step(environment, "bench_ingest", "--http")
    with a_database(server) as environment:
        step(environment, "bench_charts")


def step(environment: dict[str, str], module: str, *arguments: str) -> None:
    """One measuring process."""
    print(f"\n== {module} {' '.join(arguments)} on {environment.get('DATABASE_URL') or 'SQLite'}", flush=True)
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    subprocess.run(command, env=environment, check=True)


@contextmanager
def a_database(server: str) -> Iterator[dict[str, str]]:
    """The environment of a process that works on a new, empty database in a data folder of its own."""
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        environment = {**os.environ, "STUDIO_DATA_DIR": folder}
        environment.pop("DATABASE_URL", None)
        if not server:
            yield environment
            return
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE studio_bench")
            try:
                url = urlunsplit(urlsplit(server)._replace(path="/studio_bench"))
                yield environment | {"DATABASE_URL": url}
            finally:
                connection.execute("DROP DATABASE studio_bench WITH (FORCE)")


if __name__ == "__main__":
    main()

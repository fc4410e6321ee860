"""How fast are metric points taken in? ``python -m tests.benchmarks.bench_ingest [--http] [--seconds 5]``

First the recording layer in one process, beside a bare reference on the same database in the same minute: one tail row
and one summary upsert a batch, sealed into chunks every 16,384 points, durable each time, on the driver itself
(data-measured.md 4.1). Then, with ``--http``, whole log-batch requests of eight clients (`wrk`) to a real server.
"""

import argparse
import gc
import os
import shutil
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
django.setup()

import numpy as np  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from runs.authors import Author  # noqa: E402
from runs.charts.points import RECORD  # noqa: E402
from runs.models import Run, Workspace  # noqa: E402
from runs.recording.experiments import find_or_create_experiment  # noqa: E402
from runs.recording.lifecycle import NewRun, create_run  # noqa: E402
from runs.recording.metrics import Point, log_metrics  # noqa: E402
from studio.database import is_postgres, now_ms  # noqa: E402
from tests.benchmarks.clock import cpu_of, cpu_seconds, keep  # noqa: E402
from tests.real_server import RealServer  # noqa: E402

SOMEBODY = Author(None, "benchmark", "command")
SHAPES = {"10 series x 100": (10, 100), "1,000 series x 1": (1000, 1), "1 point": (1, 1)}
ROUNDS = 5


def new_run() -> Run:
    workspace, _ = Workspace.objects.get_or_create(name="bench", defaults={"title": "Bench", "created": now_ms()})
    return create_run(find_or_create_experiment(workspace, "ingest", SOMEBODY), NewRun(), SOMEBODY)


def columns(series: int, steps: int, base: int) -> tuple[list[int], list[int], list[int], list[float]]:
    """Keys, steps, times and values of a batch: a noisy loss as float32."""
    rng = np.random.default_rng(base)
    step = np.tile(np.arange(base, base + steps), series)
    value = rng.standard_normal(series * steps).astype(np.float32).astype(np.float64)
    return (
        np.repeat(np.arange(series), steps).tolist(),
        step.tolist(),
        (1_700_000_000_000 + step * 100).tolist(),
        value.tolist(),
    )


class Reference:
    """The least that is durable and can be drawn: the design of data.md on the bare driver, nothing else beside it."""

    def __init__(self) -> None:
        big, blob = ("bigint", "bytea") if is_postgres() else ("integer", "blob")
        serial = "bigserial primary key" if is_postgres() else "integer primary key"
        with connection.cursor() as cursor:
            for table in ("ref_tail", "ref_chunk", "ref_summary"):
                cursor.execute(f"DROP TABLE IF EXISTS {table}")
            cursor.execute(f"CREATE TABLE ref_tail (id {serial}, run {big}, n int, body {blob})")
            cursor.execute("CREATE INDEX ref_tail_run ON ref_tail (run)")
            cursor.execute(
                f"CREATE TABLE ref_chunk (run {big}, kid int, seq int, n int, body {blob}, PRIMARY KEY (run, kid, seq))"
            )
            cursor.execute(
                f"CREATE TABLE ref_summary (run {big}, kid int, exp int, val float8, step {big}, lo float8, hi float8, "
                f"n {big}, PRIMARY KEY (run, kid))"
            )
            cursor.execute("CREATE INDEX ref_summary_ix ON ref_summary (exp, kid, val, run)")
        least, most = ("least", "greatest") if is_postgres() else ("min", "max")
        self.upsert = (
            "INSERT INTO ref_summary VALUES (%s, %s, 1, %s, %s, %s, %s, %s) ON CONFLICT (run, kid) DO UPDATE SET "
            f"val = excluded.val, step = excluded.step, lo = {least}(ref_summary.lo, excluded.lo), "
            f"hi = {most}(ref_summary.hi, excluded.hi), n = ref_summary.n + excluded.n"
        )
        self.points = self.rows = self.seq = self.run = 0

    def log(self, series: int, batch: tuple[list[int], list[int], list[int], list[float]]) -> None:
        records = np.empty(len(batch[0]), RECORD)
        records["key"], records["step"], records["ts"], records["value"] = batch
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO ref_tail (run, n, body) VALUES (%s, %s, %s)", [self.run, len(records), records.tobytes()]
            )
            if series <= 32:  # wide batches leave their summaries to the seal, there as here
                cursor.executemany(self.upsert, self._summaries(records, series))
            self.points, self.rows = self.points + len(records), self.rows + 1
            if self.points >= 16_384 or self.rows >= 512:
                self._seal(cursor, series)

    def _summaries(self, records: Any, series: int) -> list[tuple[Any, ...]]:
        value = records["value"].reshape(series, -1)
        last = int(records["step"][-1])
        return [
            (self.run, key, float(row[-1]), last, float(row.min()), float(row.max()), len(row))
            for key, row in enumerate(value)
        ]

    def _seal(self, cursor: Any, series: int) -> None:
        cursor.execute("SELECT id, body FROM ref_tail WHERE run = %s ORDER BY id", [self.run])
        rows = cursor.fetchall()
        records = np.frombuffer(b"".join(bytes(body) for _, body in rows), RECORD)
        records = records[np.lexsort((records["ts"], records["step"], records["key"]))]
        keys, starts = np.unique(records["key"], return_index=True)
        for key, part in zip(keys.tolist(), np.split(records, starts[1:]), strict=True):
            cursor.execute(
                "INSERT INTO ref_chunk VALUES (%s, %s, %s, %s, %s)", [self.run, key, self.seq, len(part), coded(part)]
            )
        if series > 32:
            ends = np.append(starts[1:], len(records)) - 1
            value = records["value"]
            parts = zip(
                keys.tolist(),
                value[ends].tolist(),
                records["step"][ends].tolist(),
                np.minimum.reduceat(value, starts).tolist(),
                np.maximum.reduceat(value, starts).tolist(),
                (ends - starts + 1).tolist(),
                strict=True,
            )
            cursor.executemany(self.upsert, [(self.run, *part) for part in parts])
        cursor.executemany("DELETE FROM ref_tail WHERE id = %s", [(number,) for number, _ in rows])
        self.points, self.rows, self.seq = 0, 0, self.seq + 1

    def drop(self) -> None:
        with connection.cursor() as cursor:
            for table in ("ref_tail", "ref_chunk", "ref_summary"):
                cursor.execute(f"DROP TABLE {table}")


def coded(part: Any) -> bytes:
    """Delta, byte shuffle, zlib 1: what b_ingest_codec.py of the reference does."""
    columns = (np.diff(part["step"], prepend=0), np.diff(part["ts"], prepend=0), np.ascontiguousarray(part["value"]))
    shuffled = (np.ascontiguousarray(column.view(np.uint8).reshape(-1, 8).T).tobytes() for column in columns)
    return zlib.compress(b"".join(shuffled), 1)


def a_go(log: Callable[[Any], object], batches: list[Any]) -> tuple[float, float]:
    """CPU and wall ms a batch."""
    gc.freeze()  # the prepared batches are the benchmark's, not a server's, for the collector to look through
    cpu, wall = cpu_seconds(), time.perf_counter()
    for batch in batches:
        log(batch)
    n = len(batches) / 1e3
    return (cpu_seconds() - cpu) / n, (time.perf_counter() - wall) / n


def in_process(batches: int) -> list[dict[str, Any]]:
    reference = Reference()
    rows: list[dict[str, Any]] = []
    for name, (series, steps) in SHAPES.items():
        count = batches * 5 if steps * series == 1 else batches
        ours, bare = [], []
        for _ in range(ROUNDS):
            run = new_run()
            reference.run += 1
            raw = [columns(series, steps, at * steps) for at in range(count)]
            points = [[Point(f"m{k}", v, s, t) for k, s, t, v in zip(*batch, strict=True)] for batch in raw]
            log_metrics(run, points[0])  # the names are interned once in the life of a studio
            ours.append(a_go(lambda batch, run=run: log_metrics(run, batch), points[1:]))  # type: ignore[misc]
            bare.append(a_go(lambda batch, n=series: reference.log(n, batch), raw[1:]))  # type: ignore[misc]
        cpu, wall = (median(side) for side in zip(*ours, strict=True))
        bare_cpu, bare_wall = (median(side) for side in zip(*bare, strict=True))
        rows.append(
            {
                "batch": name,
                "cpu ms": round(cpu, 2),
                "reference": round(bare_cpu, 2),
                "ratio": round(cpu / bare_cpu, 2),
                "wall ms": round(wall, 2),
                "ref. wall": round(bare_wall, 2),
                "points/s": round(series * steps / wall * 1e3),
            }
        )
    reference.drop()
    narrow, wide = rows[0]["cpu ms"], rows[1]["cpu ms"]
    rows.append({"batch": "1,000 x 1 against 10 x 100 (bar: 2)", "ratio": round(wide / narrow, 2)})
    return rows


def over_http(seconds: int) -> list[dict[str, Any]]:
    """Whole requests: log-batch of the MLflow protocol, to gunicorn with its usual 2 workers of 4 threads."""
    if not shutil.which("wrk"):
        print("wrk is not installed: no figures over HTTP (apt-get install wrk)")
        return []
    named = {"STUDIO_DEBUG": "no"} | ({"DATABASE_URL": os.environ["DATABASE_URL"]} if is_postgres() else {})
    rows = []
    with tempfile.TemporaryDirectory() as folder, RealServer(Path(folder), env=named) as server:
        token = server.token()
        for name, (series, steps) in SHAPES.items():
            for clients in (1, 8):
                rows.append(wrk(server, token, f"{name}, {clients} clients", series, steps, clients, seconds))
    return rows


def wrk(
    server: RealServer, token: str, name: str, series: int, steps: int, clients: int, seconds: int
) -> dict[str, Any]:
    runs = [new_run_over_http(server, token) for _ in range(20)]
    env = {**os.environ, "TOKEN": token, "RUNS": ",".join(runs), "SERIES": str(series), "STEPS": str(steps)}
    script = Path(__file__).with_name("post_batches.lua")
    command = ["wrk", "-t1", f"-c{clients}", "-s", str(script), "--timeout", "30s", server.url]
    subprocess.run([*command, "-d1s"], env=env, capture_output=True, check=True)
    pids = processes_of(server)
    before = cpu_of(pids)
    done = subprocess.run([*command, f"-d{seconds}s"], env=env, capture_output=True, text=True, check=True)
    spent = cpu_of(pids) - before
    told = dict(part.split("=") for part in done.stdout.split("RESULT ")[1].split())
    requests = int(told["requests"])
    return {
        "request": name,
        "points/s": round(requests * series * steps / float(told["seconds"])),
        "requests/s": round(requests / float(told["seconds"])),
        "p50 ms": told["p50"],
        "p99 ms": told["p99"],
        "max ms": told["max"],
        "server cpu ms": round(spent / max(requests, 1) * 1e3, 2),
        "errors": told["errors"],
    }


def new_run_over_http(server: RealServer, token: str) -> str:
    import json
    from urllib.request import Request, urlopen

    address = f"{server.url}/api/2.0/mlflow/runs/create"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urlopen(Request(address, b'{"experiment_id": "0"}', headers)) as answer:
        return str(json.load(answer)["run"]["info"]["run_id"])


def processes_of(server: RealServer) -> list[int]:
    """The workers, and the PostgreSQL back ends of our database."""
    assert server.process is not None
    parent = server.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    pids = [int(child) for child in children]
    if is_postgres():
        database = urlsplit(os.environ["DATABASE_URL"]).path[1:]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()", [database]
            )
            pids += [pid for (pid,) in cursor.fetchall()]
    return pids


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--http", action="store_true", help="also whole requests to a real server")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement over HTTP")
    parser.add_argument("--batches", type=int, default=60, help="in each of five rounds in the process")
    asked = parser.parse_args()
    call_command("migrate", verbosity=0)
    keep("ingest", in_process(asked.batches))
    if asked.http:
        keep("ingest-http", over_http(asked.seconds))


if __name__ == "__main__":
    main()

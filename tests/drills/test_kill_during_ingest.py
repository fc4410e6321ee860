"""Is every acknowledged point there, once, after the server was killed again and again while points came in?

A real gunicorn is killed by SIGKILL at random moments, ten times, under four writers over real HTTP. Two speak
the MLflow protocol, which knows no batch ids, and send a batch again after a broken connection; two speak the JSON
API with batch ids. Batches arrive shuffled, some twice, and hold NaN and both infinities.
"""

import http.client
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.real_server import RealServer

ROUNDS = 10
BATCH = 100
DATABASE_URL = os.environ.get("DATABASE_URL", "")
SPECIAL = {3: "NaN", 5: "Infinity", 7: "-Infinity"}


@contextmanager
def database() -> Iterator[dict[str, str]]:
    """The environment that names the server's database: SQLite in its folder, or an own one on PostgreSQL."""
    if not DATABASE_URL.startswith("postgres"):
        yield {}
        return
    name = f"drill_{os.getpid()}"
    with psycopg.connect(DATABASE_URL, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield {"DATABASE_URL": urlsplit(DATABASE_URL)._replace(path=f"/{name}").geturl()}
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Door:
    """One client's connection. `call` gives the answer, or None when none came: then nobody knows what was kept."""

    def __init__(self, server: RealServer, token: str) -> None:
        self.server, self.token = server, token
        self.connection: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
            self.connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection = None
            return None
        assert answer.status < 300, f"{method} {path}: {answer.status} {text[:500]!r}"
        return json.loads(text)


class Writer(threading.Thread):
    """Sends batch after batch of its own series, and remembers what was acknowledged."""

    def __init__(self, door: Door, number: int, send: Callable[[Door, list[dict[str, Any]], str], Any]) -> None:
        super().__init__(daemon=True)
        self.door, self.send, self.key = door, send, f"series{number}"
        self.random = random.Random(number)
        self.acknowledged: set[int] = set()
        self.again = 0
        self.over = threading.Event()
        self.fault: BaseException | None = None

    def run(self) -> None:
        try:
            batch = 0
            while not self.over.is_set():
                self._deliver(batch)
                if batch and self.random.random() < 0.2:  # a client that retries although all was well
                    self._deliver(self.random.randrange(max(batch - 20, 0), batch))
                batch += 1
        except BaseException as fault:
            self.fault = fault

    def _deliver(self, batch: int) -> None:
        steps = list(range(batch * BATCH, (batch + 1) * BATCH))
        if self.random.random() < 0.3:
            self.random.shuffle(steps)
        points = [{"key": self.key, "value": value_of(step), "step": step, "time": 1_000_000 + step} for step in steps]
        while self.send(self.door, points, f"{self.key}-{batch}") is None:
            if self.over.is_set():
                return
            self.again += 1
            time.sleep(0.02)
        self.acknowledged.update(steps)


def value_of(step: int) -> Any:
    return SPECIAL.get(step % 100, step / 7)


def by_mlflow(run: str) -> Callable[[Door, list[dict[str, Any]], str], Any]:
    def send(door: Door, points: list[dict[str, Any]], _: str) -> Any:
        metrics = [{"timestamp" if name == "time" else name: v for name, v in p.items()} for p in points]
        return door.call("POST", "/api/2.0/mlflow/runs/log-batch", {"run_id": run, "metrics": metrics})

    return send


def by_api(run: str) -> Callable[[Door, list[dict[str, Any]], str], Any]:
    def send(door: Door, points: list[dict[str, Any]], batch_id: str) -> Any:
        return door.call("POST", f"/api/v1/workspaces/lab/runs/{run}/batch", {"points": points, "batch_id": batch_id})

    return send


def logged(door: Door, run: str, key: str) -> list[dict[str, Any]]:
    """The whole history of a series, page by page, as an MLflow client reads it."""
    found: list[dict[str, Any]] = []
    token = ""
    while True:
        path = f"/api/2.0/mlflow/metrics/get-history?run_id={run}&metric_key={key}&max_results=10000&page_token={token}"
        answer = door.call("GET", path)
        found += answer.get("metrics", [])
        token = answer.get("next_page_token", "")
        if not token:
            return found


def comparable(value: Any) -> Any:
    return str(value) if isinstance(value, str) else float(value)


@pytest.mark.timeout(600)
def test_every_acknowledged_point_is_there_once_after_ten_kills(tmp_path: Path) -> None:
    chance = random.Random(1)
    sealing_soon = {"STUDIO_HOUSEKEEPING_SECONDS": "0.5"}
    with database() as named, RealServer(tmp_path, env={**named, **sealing_soon}) as server:
        token = server.token()
        door = Door(server, token)
        run = door.call("POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0"})["run"]["info"]["run_id"]
        ways = [by_mlflow(run), by_api(run)] * 2
        writers = [Writer(Door(server, token), number, send) for number, send in enumerate(ways)]
        for writer in writers:
            writer.start()
        slowest = 0.0
        for _ in range(ROUNDS):
            time.sleep(chance.uniform(0.6, 1.6))
            server.kill()
            began = time.monotonic()
            server.start()
            slowest = max(slowest, time.monotonic() - began)
        time.sleep(1)
        for writer in writers:
            writer.over.set()
        for writer in writers:
            writer.join(60)
        door = Door(server, token)
        for writer in writers:
            assert writer.fault is None, writer.fault
            check(writer, logged(door, run, writer.key))
        total = sum(len(writer.acknowledged) for writer in writers)
        sent_again = sum(writer.again for writer in writers)
    print(f"{total} acknowledged points, {sent_again} tries without an answer, slowest start {slowest:.1f} s")
    assert sent_again > 0, "no kill met a request: the drill proved nothing"


def check(writer: Writer, found: list[dict[str, Any]]) -> None:
    steps = [point["step"] for point in found]
    assert len(writer.acknowledged) > ROUNDS * BATCH, "too little was written to prove anything"
    assert not writer.acknowledged - set(steps), "acknowledged points are missing"
    assert steps == sorted(set(steps)), "points are there twice, or out of order"
    assert len(set(steps) - writer.acknowledged) <= BATCH, "more came from nowhere than the last batch explains"
    for point in found:
        assert comparable(point["value"]) == comparable(value_of(point["step"]))
        assert point["timestamp"] == 1_000_000 + point["step"]

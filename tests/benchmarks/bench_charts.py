"""How fast is a chart drawn? ``python -m tests.benchmarks.bench_charts [--largest 10000000]``

`runs.reading.series.chart` on series of 1,000 to 10 million points and on 100 runs at once, beside a bare reference on
the same database in the same minute: min/max sketches of float32 read by the driver and reduced by numpy, and nothing
else (data-measured.md 4.3). Leaves its runs in the database: use one that may be thrown away.
"""

import argparse
import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
django.setup()

import numpy as np  # noqa: E402
import orjson  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from runs.charts.points import Points, pack  # noqa: E402
from runs.charts.stored import insert, rows_of  # noqa: E402
from runs.models import KeyKind, Run, RunMetric  # noqa: E402
from runs.reading.series import chart, points, sample  # noqa: E402
from runs.recording.keys import key_ids  # noqa: E402
from runs.recording.sealing import _CHUNK_COLUMNS, FULL, _rows  # noqa: E402
from studio.database import is_postgres, write_transaction  # noqa: E402
from tests.benchmarks.bench_ingest import new_run  # noqa: E402
from tests.benchmarks.clock import keep, timed  # noqa: E402

WIDTH = 500
METRIC = "chart"


def filled(n: int) -> Run:
    """A run with ``n`` points of one series, already sealed, and the reference's sketches of them."""
    run = new_run()
    rng = np.random.default_rng(n)
    step = np.arange(n)
    value = (np.exp(-step / n * 4) + rng.normal(0, 0.05, n)).astype(np.float32).astype(np.float64)
    whole = Points(step * 10, 1_700_000_000_000 + step * 100 + rng.integers(0, 40, n), value)
    with write_transaction():
        key_id = key_ids(KeyKind.METRIC, [METRIC])[METRIC]
        for at in range(0, n, 64 * FULL):
            some = [(key_id, seq // FULL, whole[seq : seq + FULL]) for seq in range(at, min(at + 64 * FULL, n), FULL)]
            insert("runs_metricchunk", _CHUNK_COLUMNS, _rows(run.pk, some))
            insert("ref_sketch", REFERENCE, [(run.pk, seq, bare_sketch(part.value)) for _, seq, part in some])
        RunMetric.objects.create(experiment_id=run.experiment_id, run=run, key_id=key_id, last=value[-1], count=n)
    return run


REFERENCE = (("run", "bigint"), ("seq", "int"), ("body", "bytea"))


def bare_sketch(value: Any) -> bytes:
    edges = np.arange(0, len(value), 64)
    pair = np.stack([np.minimum.reduceat(value, edges), np.maximum.reduceat(value, edges)])
    return bytes(pair.astype("<f4").tobytes())


def bare_chart(runs: list[int]) -> int:
    """The reference: sketches of each run, reduced to ``WIDTH`` pairs."""
    found: dict[int, list[Any]] = {}
    for run, body in rows_of(
        f"SELECT run, body FROM ref_sketch WHERE run IN ({','.join(map(str, runs))}) ORDER BY run, seq"
    ):
        found.setdefault(run, []).append(np.frombuffer(body, "<f4").reshape(2, -1))
    total = 0
    for parts in found.values():
        low, high = np.concatenate(parts, 1)
        if len(low) > WIDTH:
            edges = np.arange(WIDTH) * len(low) // WIDTH
            low, high = np.minimum.reduceat(low, edges), np.maximum.reduceat(high, edges)
        total += len(low)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=10_000_000)
    asked = parser.parse_args()
    call_command("migrate", verbosity=0)
    big, blob = ("bigint", "bytea") if is_postgres() else ("integer", "blob")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS ref_sketch")
        cursor.execute(f"CREATE TABLE ref_sketch (run {big}, seq int, body {blob}, PRIMARY KEY (run, seq))")
    sizes = [n for n in (1_000, 100_000, 1_000_000, 10_000_000) if n <= asked.largest]
    long = {n: filled(n) for n in sizes}
    short = [filled(1_000).pk for _ in range(100)]
    middling = [filled(10_000).pk for _ in range(100)]
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    rows = [row(f"{n:,} points", [run.pk], bare=[run.pk]) for n, run in long.items()]
    rows += [row(f"{n:,} points over time", [run.pk], x="time") for n, run in long.items() if n > 10**6]
    last = sizes[-1] * 10
    rows.append(row(f"1 % of {sizes[-1]:,}", [long[sizes[-1]].pk], start=last // 2, end=last // 2 + last // 100))
    rows.append(row("100 runs x 1,000", short))
    rows.append(row("100 runs x 10,000", middling, bare=middling))
    run = long[min(100_000, sizes[-1])]
    rows.append({"chart": "MLflow history, 25,000 points", **timed(lambda: points(run, METRIC, limit=25_000), 5)})
    rows.append({"chart": "MLflow sample, 2,500 of 100,000", **timed(lambda: sample(run, METRIC, 2_500), 5)})
    rows.append(size_of(long[sizes[-1]], sizes[-1]))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE ref_sketch")
    keep("charts", rows)


def row(name: str, runs: list[int], bare: list[int] | None = None, **look: Any) -> dict[str, Any]:
    times = timed(lambda: chart(runs, METRIC, width=WIDTH, **look), 15)
    lines = chart(runs, METRIC, width=WIDTH, **look)
    written = timed(lambda: orjson.dumps([line.as_json() for line in lines]), 15)
    told = {"chart": name, **times, "json": written["cpu"]}
    if bare is not None:
        reference = timed(lambda: bare_chart(bare), 15)
        told |= {"reference": reference["cpu"], "ratio": round(times["cpu"] / reference["cpu"], 2)}
    return told


def size_of(run: Run, n: int) -> dict[str, Any]:
    size = rows_of("SELECT SUM(LENGTH(body)), SUM(LENGTH(sketch)) FROM runs_metricchunk WHERE run_id = %s", [run.pk])
    body, sketch = (int(part) / n for part in size[0])
    raw = len(pack([1], [1], [1], [1.0]).tobytes())
    return {"chart": f"bytes a point: body {body:.2f}, sketch {sketch:.2f} (in the tail {raw})"}


if __name__ == "__main__":
    main()

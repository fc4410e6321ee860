"""How much time did it take? CPU and wall of a piece of work, and where the figures are kept.

CPU is this process's and, on PostgreSQL, its back end's: wall times of a shared machine say little.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection

RESULTS = Path(__file__).parent / "results"


def cpu_seconds() -> float:
    """CPU time so far of this process and of its PostgreSQL back end."""
    if connection.vendor != "postgresql":
        return time.process_time()
    connection.ensure_connection()
    assert connection.connection is not None
    return time.process_time() + cpu_of([connection.connection.info.backend_pid])


def cpu_of(pids: list[int]) -> float:
    """CPU seconds of these processes, all threads."""
    told = [path.read_text() for pid in pids for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(text.split()[0]) for text in told) / 1e9


def timed(work: Callable[[], Any], times: int, warm: int = 2) -> dict[str, float]:
    """Medians of ``times`` goes, in ms: wall, p95 of wall, and cpu."""
    for _ in range(warm):
        work()
    walls, cpus = [], []
    for _ in range(times):
        cpu, wall = cpu_seconds(), time.perf_counter()
        work()
        walls.append((time.perf_counter() - wall) * 1e3)
        cpus.append((cpu_seconds() - cpu) * 1e3)
    p95 = sorted(walls)[round(0.95 * (len(walls) - 1))]
    return {"wall": round(median(walls), 3), "p95": round(p95, 3), "cpu": round(median(cpus), 3)}


def keep(name: str, rows: list[dict[str, Any]]) -> None:
    """Write the figures to results/<name>-<database>.json and show them as a table."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}-{connection.vendor}.json"
    path.write_text(json.dumps({"load": os.getloadavg(), "at": time.time(), "rows": rows}, indent=1) + "\n")
    titles = list(dict.fromkeys(title for row in rows for title in row))
    widths = [max(len(str(row.get(title, ""))) for row in [*rows, {title: title}]) for title in titles]
    for row in [dict(zip(titles, titles, strict=True)), *rows]:
        print("  ".join(str(row.get(title, "")).ljust(width) for title, width in zip(titles, widths, strict=True)))
    print(f"-> {path} (load {os.getloadavg()[0]:.1f})\n", flush=True)

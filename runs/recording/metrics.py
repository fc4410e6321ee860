"""How are metric points taken in? One accepted batch is one durable row in the tail, acknowledged after commit."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from runs.charts.points import Records, pack
from runs.charts.stored import execute, rows_of
from runs.charts.summarising import NARROW, summarise
from runs.mistakes import UserMistake
from runs.models import KeyKind, Run
from runs.recording.counters import count_keys
from runs.recording.keys import key_ids
from runs.recording.locking import refuse_unless_active
from runs.recording.sealing import seal_run
from runs.recording.summaries import add_to_summaries
from studio.database import is_postgres, now_ms, write_transaction

SEAL_ROWS = 512
SEAL_POINTS = 16_384
_LOOK_ROWS = 32
_LOOK_POINTS = 4_096
_REMEMBERED_RUNS = 10_000


class Point(NamedTuple):
    """One value of a metric: any float, NaN and ±Infinity too; ``step`` any int64; ``ts`` ms since 1970."""

    key: str
    value: float
    step: int
    ts: int


def log_metrics(run: Run, points: Sequence[Point], *, batch_id: str | None = None) -> int:
    """Store points; gives how many were new: 0 for a ``batch_id`` that the run has seen before.

    Raises UserMistake, and stores nothing, for a number that cannot be kept or a run in the trash.
    """
    with write_transaction():
        refuse_unless_active(run)
        new = append_points(run, points, batch_id)
    if new:
        seal_if_due(run)
    return new


def append_points(run: Run, points: Sequence[Point], batch_id: str | None = None) -> int:
    """`log_metrics` inside the caller's write transaction; the caller calls `seal_if_due` after it."""
    if not points:
        return 0
    names = [point.key for point in points]
    pending = _locked_pending(run)
    if batch_id is not None and not _first_time(run, batch_id, len(points)):
        return 0
    numbers = key_ids(KeyKind.METRIC, dict.fromkeys(names))
    records = _packed([numbers[name] for name in names], points)
    execute(
        "INSERT INTO runs_metrictail (run_id, n, written, body) VALUES (%s, %s, %s, %s)",
        [run.pk, len(records), now_ms(), records.tobytes()],
    )
    if len(numbers) <= NARROW:
        fresh = add_to_summaries(run, summarise(records))
        count_keys(run.experiment_id, dict.fromkeys(fresh, 1))
    if not pending:
        execute("UPDATE runs_run SET metrics_pending = %s WHERE id = %s", [True, run.pk])
    _unseen.add(run.pk, len(records))
    return len(records)


def _locked_pending(run: Run) -> bool:
    """Whether the run is known to have points in its tail. Locks the run, first of all, as every writer does.

    The lock keeps the mark and the tail in step: without it a seal could take the mark away between a writer's
    look and its commit. Writers to one series of one run wait for each other at the summary's row anyway.
    """
    lock = " FOR NO KEY UPDATE" if is_postgres() else ""
    rows = rows_of(f"SELECT metrics_pending FROM runs_run WHERE id = %s{lock}", [run.pk])
    if not rows:
        raise UserMistake(f"The run {run.uid} is gone.", "run_id")
    return bool(rows[0][0])


def _first_time(run: Run, batch_id: str, n: int) -> bool:
    statement = "INSERT INTO runs_metricbatch (run_id, batch, n) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
    return execute(statement, [run.pk, batch_id, n]) == 1


def _packed(keys: Sequence[int], points: Sequence[Point]) -> Records:
    # Not zip(*points): an iterator for each of a thousand points wakes the garbage collector.
    times = [point.ts for point in points]
    try:
        records = pack(keys, [point.step for point in points], times, [point.value for point in points])
    except OverflowError as error:
        raise UserMistake("A step or a timestamp does not fit into 64 bits.", "metrics") from error
    if min(times) < 0:
        raise UserMistake("A timestamp lies before 1970.", "timestamp")
    return records


class _Unseen:
    """Rows and points that this process added to each run's tail since it last looked how long the tail is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: OrderedDict[int, tuple[int, int]] = OrderedDict()

    def add(self, run_id: int, n: int) -> None:
        with self._lock:
            rows, points = self._runs.pop(run_id, (0, 0))
            self._runs[run_id] = rows + 1, points + n
            if len(self._runs) > _REMEMBERED_RUNS:
                self._runs.popitem(last=False)

    def is_time_to_look(self, run_id: int) -> bool:
        with self._lock:
            rows, points = self._runs.get(run_id, (0, 0))
            if rows < _LOOK_ROWS and points < _LOOK_POINTS:
                return False
            del self._runs[run_id]
            return True


_unseen = _Unseen()


def seal_if_due(run: Run) -> bool:
    """Seal the run's tail if it has grown long. Call after the transaction that added points is committed."""
    if not _unseen.is_time_to_look(run.pk):
        return False
    rows, points = rows_of("SELECT COUNT(*), COALESCE(SUM(n), 0) FROM runs_metrictail WHERE run_id = %s", [run.pk])[0]
    return (rows >= SEAL_ROWS or points >= SEAL_POINTS) and seal_run(run.pk)


def seal_stale(older_than_ms: int = 5000, limit: int = 50) -> int:
    """Seal the tails whose oldest points have waited so long, at most ``limit`` runs; gives how many were sealed.

    For housekeeping: it bounds how far the list lags behind a running run. ``metrics_pending`` stands literally,
    so that SQLite too uses the partial index.
    """
    oldest = "SELECT MIN(written) FROM runs_metrictail WHERE run_id = r.id"
    statement = (
        f"SELECT r.id FROM runs_run r WHERE metrics_pending AND COALESCE(({oldest}), 0) <= %s ORDER BY r.id LIMIT %s"
    )
    return sum(seal_run(run_id) for (run_id,) in rows_of(statement, [now_ms() - older_than_ms, limit]))

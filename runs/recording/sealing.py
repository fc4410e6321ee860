"""How does a run's tail become columnar chunks? All in one transaction: a crash leaves the old state or the new one.

Every writer of a run locks its row first (`recording.locking.fresh`, `recording.metrics`), and so does a seal; the
order run, chunks, summaries, names, document is the same everywhere, so that nobody waits crosswise.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from runs.charts.codec import decode, encode
from runs.charts.points import Points, Records, by_key, in_order, joined, unpack
from runs.charts.sketch import SKETCHED, sketch
from runs.charts.stored import Row, execute, insert, one_of, rows_of
from runs.charts.summarising import summarise
from runs.models import Flag
from runs.recording.counters import count_keys
from runs.recording.keys import key_names
from runs.recording.run_doc import Doc, update_doc
from runs.recording.summaries import Kept, merge_summaries
from studio.database import is_postgres, now_ms, write_transaction

FULL = 8192  # points of a full chunk; smaller ones are young and merge as they come
LATE_CHUNKS = 8  # at most so many older chunks are opened to take in late points; above it chunks overlap instead
_CHUNK_COLUMNS = (
    ("run_id", "bigint"),
    ("key_id", "int"),
    ("seq", "int"),
    ("count", "int"),
    ("step_from", "bigint"),
    ("step_to", "bigint"),
    ("ts_from", "bigint"),
    ("ts_to", "bigint"),
    ("low", "float8"),
    ("high", "float8"),
    ("nonfinite", "int"),
    ("sketch", "bytea"),
    ("body", "bytea"),
)


class Header(NamedTuple):
    """What a seal must know of a chunk before it opens it."""

    key_id: int
    seq: int
    n: int
    step_from: int
    step_to: int


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Chunks (by seq) to open, and the new points that go into them; together they become new chunks."""

    opened: tuple[int, ...]
    points: Points


def seal_run(run_id: int) -> bool:
    """Move the run's tail into chunks; whether there was one to move and nobody else was at it."""
    with write_transaction():
        return seal_in_transaction(run_id)


def seal_in_transaction(run_id: int) -> bool:
    """`seal_run` inside the caller's write transaction."""
    if not _take_turn(run_id):
        return False
    experiment_id = _locked_experiment(run_id)
    if experiment_id is None:
        return False
    tail = rows_of("SELECT id, body FROM runs_metrictail WHERE run_id = %s ORDER BY id", [run_id])
    if tail:
        records = unpack(body for _, body in tail)
        counts = _write_chunks(run_id, records)
        _delete_exactly([number for number, _ in tail])
        _refresh_summaries(experiment_id, run_id, records, counts)
    execute(
        "UPDATE runs_run SET change_seq = %s, metrics_pending = EXISTS "
        "(SELECT 1 FROM runs_metrictail WHERE run_id = %s) WHERE id = %s AND metrics_pending",
        [now_ms(), run_id, run_id],
    )
    return bool(tail)


def _take_turn(run_id: int) -> bool:
    """Give way to another sealer of this run. On SQLite the write transaction is the lock."""
    if not is_postgres():
        return True
    return bool(rows_of("SELECT pg_try_advisory_xact_lock(%s::bigint)", [run_id])[0][0])


def _locked_experiment(run_id: int) -> int | None:
    lock = " FOR NO KEY UPDATE" if is_postgres() else ""
    rows = rows_of(f"SELECT experiment_id FROM runs_run WHERE id = %s{lock}", [run_id])
    return rows[0][0] if rows else None


def _delete_exactly(ids: Sequence[int]) -> None:
    """Delete the tail rows that were read, by their ids.

    "id <= last" would lose points on PostgreSQL: a row's id is given before its commit, so a row with a lower
    id can appear after the read. The run's lock forbids that to our own writers; this holds without it.
    """
    condition, parameter = one_of("id", ids)
    execute(f"DELETE FROM runs_metrictail WHERE {condition}", [parameter])


def _write_chunks(run_id: int, records: Records) -> dict[int, int]:
    """Write the chunks of every series in ``records``; gives each one's count of sealed points."""
    series = by_key(records)
    headers: dict[int, list[Header]] = {key_id: [] for key_id in series}
    for header in _headers(run_id, series):
        headers[header.key_id].append(header)
    plans = {key_id: plan(points, headers[key_id]) for key_id, points in series.items()}
    opened = _open(run_id, [(key_id, seq) for key_id, some in plans.items() for each in some for seq in each.opened])
    pieces: list[tuple[int, int, Points]] = []
    counts: dict[int, int] = {}
    for key_id, rewrites in plans.items():
        gone = {seq for rewrite in rewrites for seq in rewrite.opened}
        seq = max((header.seq for header in headers[key_id]), default=-1) + 1
        counts[key_id] = sum(header.n for header in headers[key_id] if header.seq not in gone)
        for rewrite in rewrites:
            whole = in_order(joined([*(opened[key_id, old] for old in rewrite.opened), rewrite.points]))
            counts[key_id] += len(whole)
            for at in range(0, len(whole), FULL):  # full chunks, and a young one of what is left over
                pieces.append((key_id, seq, whole[at : at + FULL]))
                seq += 1
    insert("runs_metricchunk", _CHUNK_COLUMNS, _rows(run_id, pieces))
    return counts


def plan(points: Points, headers: Sequence[Header]) -> list[Rewrite]:
    """Which chunks of a series to open for new ``points`` (in order), and which points go where.

    Points whose step lies inside an older chunk go into it: exact repeats fold there, and chunks stay apart. The
    others are appended, and merge with the newest young chunks as a binary counter carries: a chunk is opened only
    when it is at most twice what came, so each point is rewritten about log2 times until its chunk is full.
    """
    late = _late(points, headers)
    if not late:
        return [Rewrite(_carried(len(points), headers), points)]
    rest = np.ones(len(points), bool)
    rewrites = []
    for header, inside in late.items():
        inside &= rest
        rest &= ~inside
        rewrites.append(Rewrite((header.seq,), points[inside]))
    fresh = points[rest]
    if len(fresh):
        rewrites.append(Rewrite(_carried(len(fresh), [header for header in headers if header not in late]), fresh))
    return rewrites


def _late(points: Points, headers: Sequence[Header]) -> dict[Header, Any]:
    """The chunks that new points fall into, each with the mask of these points; none when that would be too many."""
    first, last = int(points.step[0]), int(points.step[-1])
    late = {}
    for header in headers:
        if header.step_to < first or header.step_from > last:
            continue
        inside = (points.step >= header.step_from) & (points.step <= header.step_to)
        if inside.any():
            late[header] = inside
    return late if len(late) <= LATE_CHUNKS else {}


def _carried(n: int, headers: Iterable[Header]) -> tuple[int, ...]:
    opened = []
    for header in sorted(headers, key=lambda header: header.seq, reverse=True):
        if header.n >= FULL:
            continue
        if header.n > 2 * n:
            break
        opened.append(header.seq)
        n += header.n
    return tuple(opened)


def _rows(run_id: int, pieces: Sequence[tuple[int, int, Points]]) -> list[Row]:
    """A row for each (key, seq, points); ranges and extremes of all at once, since there may be a thousand."""
    whole = joined([points for *_, points in pieces])
    ends = np.cumsum([len(points) for *_, points in pieces])
    starts = np.concatenate(([0], ends[:-1]))
    finite = np.isfinite(whole.value)
    shown = np.where(finite, whole.value, np.nan)
    columns = (
        ends - starts,
        whole.step[starts],
        whole.step[ends - 1],
        np.minimum.reduceat(whole.ts, starts),
        np.maximum.reduceat(whole.ts, starts),
        np.fmin.reduceat(shown, starts),
        np.fmax.reduceat(shown, starts),
        np.add.reduceat(~finite, starts, dtype=np.int64),
    )
    known = zip(*(column.tolist() for column in columns), strict=True)
    return [
        (
            run_id,
            key_id,
            seq,
            *place,
            None if low != low else low,
            None if high != high else high,
            nonfinite,
            sketch(points) if len(points) >= SKETCHED else b"",
            encode(points),
        )
        for (key_id, seq, points), (*place, low, high, nonfinite) in zip(pieces, known, strict=True)
    ]


def _headers(run_id: int, key_ids: Iterable[int]) -> list[Header]:
    condition, parameter = one_of("key_id", key_ids)
    statement = f"SELECT key_id, seq, count, step_from, step_to FROM runs_metricchunk WHERE run_id = %s AND {condition}"
    return [Header(*row) for row in rows_of(statement, [run_id, parameter])]


def _open(run_id: int, which: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Points]:
    """Read these chunks (key, seq) and delete them: their points are written again."""
    if not which:
        return {}
    condition, parameters = _chunks_named(which)
    rows = rows_of(
        f"SELECT key_id, seq, count, body FROM runs_metricchunk WHERE run_id = %s AND {condition}",
        [run_id, *parameters],
    )
    execute(f"DELETE FROM runs_metricchunk WHERE run_id = %s AND {condition}", [run_id, *parameters])
    return {(key_id, seq): decode(body, count) for key_id, seq, count, body in rows}


def _chunks_named(which: Sequence[tuple[int, int]]) -> tuple[str, list[object]]:
    if is_postgres():
        keys, seqs = zip(*which, strict=True)
        return "(key_id, seq) IN (SELECT * FROM unnest(%s::int[], %s::int[]))", [list(keys), list(seqs)]
    # Numbers of our own, so they may stand in the text: 32,766 variables are the most that SQLite takes.
    return f"(key_id, seq) IN (VALUES {', '.join(f'({key:d}, {seq:d})' for key, seq in which)})", []


def _refresh_summaries(experiment_id: int, run_id: int, records: Records, counts: Mapping[int, int]) -> None:
    """Bring summaries, the experiment's columns and the run's document up to date for the series just sealed."""
    known = _known_keys(experiment_id, run_id, counts)
    kept = merge_summaries(experiment_id, run_id, summarise(records), counts)
    count_keys(experiment_id, {key_id: 1 for key_id in counts if key_id not in known})
    names = key_names(counts)

    def show(doc: Doc) -> None:
        doc.setdefault("m", {}).update({names[each.key_id][1]: _shown(each) for each in kept})

    update_doc(run_id, show)


def _known_keys(experiment_id: int, run_id: int, key_ids: Iterable[int]) -> set[int]:
    condition, parameter = one_of("key_id", key_ids)
    statement = f"SELECT key_id FROM runs_runmetric WHERE experiment_id = %s AND run_id = %s AND {condition}"
    return {key_id for (key_id,) in rows_of(statement, [experiment_id, run_id, parameter])}


def _shown(kept: Kept) -> list[float | int | None]:
    """``[last, flag, step, ts, low, high, first, count]`` as `RunDoc` describes it; JSON has no infinity."""
    last = kept.last if kept.flag == Flag.FINITE else None
    first = kept.first if kept.first is not None and np.isfinite(kept.first) else None
    return [last, kept.flag, kept.step, kept.ts, kept.low, kept.high, first, kept.points]

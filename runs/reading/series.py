"""What did a metric do over time? Its points page by page, and its line at any zoom.

Points live in a run's tail until a seal moves them into chunks. Readers need no transaction: they read the tail
FIRST, then the chunks in one statement, then fold exact repeats. A point that a seal moves meanwhile is seen twice
and folded, never missed; the other way round it could be gone from the tail and not yet in the chunks that were read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal, NamedTuple

import numpy as np

from runs.charts.codec import decode, decode_axis
from runs.charts.downsampling import Line, downsample
from runs.charts.points import Axis, Ints, Points, in_order, joined, no_points, points_of, rank
from runs.charts.sketch import SKETCHED, Stored, Strokes, edges, joined_strokes, strokes_of, strokes_of_sketches
from runs.charts.stored import Row, one_of, rows_of, tail_records
from runs.models import Key, KeyKind, Run

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_COLUMN: dict[str, Axis] = {"step": "step", "time": "ts"}

# Bodies are opened for a chart while all its series together stay below this; above it, only those of short series.
EXACT_POINTS = 65_536
EXACT_SERIES = 2_048
_PAGE_CHUNKS = 8


class LoggedPoint(NamedTuple):
    """One point of a series; ``ts`` in ms since 1970."""

    step: int
    ts: int
    value: float

    @property
    def position(self) -> "Position":
        """Where it stands in the order of its series: what `points` goes on ``after``, exact for NaNs too."""
        return self.step, self.ts, int(rank(np.array([self.value]))[0])


# The third part is the value, or its rank among all values as `LoggedPoint.position` gives it.
Position = tuple[int, int, float | int | None]


@dataclass(frozen=True, slots=True)
class Series:
    """One run's line of one metric; ``count`` points lie in the range (about, where sketches answered)."""

    run_id: int
    line: Line
    count: int

    def as_json(self) -> dict[str, Any]:
        """`Line.as_json` and the count: what a chart draws; whoever answers adds the names and colours."""
        return {**self.line.as_json(), "count": self.count}


def points(
    run: Run,
    metric: str,
    *,
    after: Position | None = None,
    limit: int,
    step_from: int | None = None,
    step_to: int | None = None,
) -> list[LoggedPoint]:
    """Up to ``limit`` points in (step, ts, value) order, steps in the closed range, exact repeats folded.

    ``after`` is the position of the last point of the page before. An unknown metric has no points.
    """
    key_id = _key_id(metric)
    lowest, highest = _range(step_from, step_to)
    if key_id is None:
        return []
    if after is not None:
        lowest = max(lowest, after[0])
    found: list[LoggedPoint] = []
    for block in _blocks(run.pk, key_id, lowest, highest):
        fresh = block if after is None else block[_is_after(block, after)]
        found += map(LoggedPoint._make, fresh[: limit - len(found)])
        if len(found) >= limit:
            break
    return found


def sample(
    run: Run, metric: str, max_points: int, *, step_from: int | None = None, step_to: int | None = None
) -> list[LoggedPoint]:
    """At most ``max_points`` points spread evenly over those in the closed range, the first and the last among them.

    As MLflow's get-history-bulk-interval samples: the points in order, in ``max_points`` parts of equal size
    (SQL's NTILE), the first of each; the last point of all replaces the last of these. Reads twice, so that the
    points of the longest series need not be held at once.
    """
    key_id = _key_id(metric)
    lowest, highest = _range(step_from, step_to)
    if key_id is None:
        return []
    total = sum(len(block) for block in _blocks(run.pk, key_id, lowest, highest))
    wanted = _part_starts(total, max_points)
    found: list[LoggedPoint] = []
    before = 0
    for block in _blocks(run.pk, key_id, lowest, highest):
        here = wanted[(wanted >= before) & (wanted < before + len(block))] - before
        found += map(LoggedPoint._make, block[here])
        before += len(block)
    return found


def _range(first: int | None, last: int | None) -> tuple[int, int]:
    return _LOWEST if first is None else first, _HIGHEST if last is None else last


def _key_id(metric: str) -> int | None:
    return Key.objects.filter(kind=KeyKind.METRIC, name=metric).values_list("id", flat=True).first()


def _part_starts(total: int, parts: int) -> Ints:
    """Where each of ``parts`` nearly equal parts starts, larger parts first; the last one's is the last point."""
    if total <= parts:
        return np.arange(total)
    size, larger = divmod(total, parts)
    number = np.arange(parts)
    starts = number * size + np.minimum(number, larger)
    starts[-1] = total - 1
    return starts


def _is_after(block: Points, position: Position) -> Any:
    step, ts, place = position
    if not isinstance(place, int):
        place = int(rank(np.array([np.nan if place is None else place]))[0])
    same_step = block.step == step
    later = (block.ts > ts) | ((block.ts == ts) & (rank(block.value) > np.uint64(place)))
    return (block.step > step) | (same_step & later)


def _blocks(run_id: int, key_id: int, step_from: int, step_to: int) -> Iterator[Points]:
    """The points of a series in order, block after block, a bounded number of chunks at a time.

    Chunks come by their first step. When there may be more of them, points are complete only below the first step
    of the last one that was read: there the next block begins.
    """
    waiting = _waiting([run_id], key_id).get(run_id, no_points())
    some = _PAGE_CHUNKS
    while True:
        chunks = _first_chunks(run_id, key_id, step_from, step_to, some)
        edge = chunks[-1][0] if len(chunks) == some else None
        if edge is not None and edge <= step_from:
            some *= 2  # all of these chunks start at one step: read more of them at once
            continue
        parts = [decode(body, count) for _, count, body in chunks]
        block = in_order(_within(joined([*parts, waiting]), step_from, step_to if edge is None else edge - 1))
        if len(block):
            yield block
        if edge is None:
            return
        step_from, some = edge, _PAGE_CHUNKS


def _first_chunks(run_id: int, key_id: int, step_from: int, step_to: int, some: int) -> list[Row]:
    """(step_from, count, body) of the first chunks that reach into the range, in the order of their first step."""
    # The inner query sorts without the bodies: SQLite's sorter would carry them along.
    return rows_of(
        "SELECT step_from, count, body FROM runs_metricchunk WHERE run_id = %s AND key_id = %s AND seq IN ("
        "SELECT seq FROM runs_metricchunk WHERE run_id = %s AND key_id = %s AND step_to >= %s AND step_from <= %s "
        "ORDER BY step_from, seq LIMIT %s) ORDER BY step_from, seq",
        [run_id, key_id, run_id, key_id, step_from, step_to, some],
    )


def _within(series: Points, step_from: int, step_to: int) -> Points:
    inside = (series.step >= step_from) & (series.step <= step_to)
    return series if inside.all() else series[inside]


def _waiting(run_ids: Iterable[int], key_id: int) -> dict[int, Points]:
    """The points of a metric that wait in the tails, run by run."""
    return {run_id: points_of(records[records["key"] == key_id]) for run_id, records in tail_records(run_ids).items()}


def chart(
    run_ids: Sequence[int],
    metric: str,
    *,
    width: int,
    x: Literal["step", "time"] = "step",
    start: int | None = None,
    end: int | None = None,
) -> list[Series]:
    """The line of a metric for each run that has it, in the order of ``run_ids``, in about ``width`` buckets.

    ``x`` "time" is in ms since 1970; ``start`` and ``end`` close the range on the axis. From afar sketches answer;
    near enough, the points themselves. Five statements at most, however many runs.
    """
    key_id = _key_id(metric)
    if key_id is None:
        return []
    first, last = _range(start, end)
    look = _Look(key_id, _COLUMN[x], first, last, width)
    wanted = list(dict.fromkeys(run_ids))
    waiting = _waiting(wanted, key_id)
    near = _near_runs(wanted, look)
    drawn = {
        **_from_points([run_id for run_id in wanted if run_id in near], look, waiting),
        **_from_sketches([run_id for run_id in wanted if run_id not in near], look, waiting),
    }
    return [
        Series(run_id, downsample(strokes, width), count)
        for run_id in wanted
        if run_id in drawn
        for strokes, count in [drawn[run_id]]
        if len(strokes)
    ]


@dataclass(frozen=True, slots=True)
class _Look:
    """Which metric is looked at, along which axis, in which closed range of it, how many buckets wide."""

    key_id: int
    x: Axis
    first: int
    last: int
    width: int

    def inside(self, place: Ints) -> Any:
        return (place >= self.first) & (place <= self.last)


def _near_runs(run_ids: Sequence[int], look: _Look) -> set[int]:
    """The runs whose points may be decoded one by one. A guess from counts: a seal meanwhile does no harm."""
    condition, parameter = one_of("run_id", run_ids)
    counts: Mapping[int, int] = dict(
        rows_of(
            f"SELECT run_id, SUM(count) FROM runs_metricchunk WHERE {condition} AND key_id = %s "
            f"AND {look.x}_to >= %s AND {look.x}_from <= %s GROUP BY run_id",
            [parameter, look.key_id, look.first, look.last],
        )
    )
    largest = EXACT_POINTS if sum(counts.values()) <= EXACT_POINTS else EXACT_SERIES
    return {run_id for run_id in run_ids if counts.get(run_id, 0) <= largest}


def _chunks(run_ids: Sequence[int], look: _Look, data: str) -> dict[int, list[Stored]]:
    """Each run's chunks that reach into the range, with their sketch or body, in one statement."""
    if not run_ids:
        return {}
    condition, parameter = one_of("run_id", run_ids)
    found: dict[int, list[Stored]] = {}
    rows = rows_of(
        f"SELECT run_id, {data}, count, {look.x}_from, {look.x}_to FROM runs_metricchunk "
        f"WHERE {condition} AND key_id = %s AND {look.x}_to >= %s AND {look.x}_from <= %s",
        [parameter, look.key_id, look.first, look.last],
    )
    for run_id, *chunk in rows:
        found.setdefault(run_id, []).append(Stored._make(chunk))
    return found


def _from_points(run_ids: Sequence[int], look: _Look, waiting: Mapping[int, Points]) -> dict[int, tuple[Strokes, int]]:
    found = _chunks(run_ids, look, "body")
    drawn = {}
    for run_id in run_ids:
        chunks, tail = found.get(run_id, []), waiting.get(run_id)
        if len(chunks) == 1 and not tail:  # nothing to fold: the other integer column stays closed
            place, value = decode_axis(chunks[0].data, chunks[0].n, look.x)
        else:
            whole = in_order(joined([*(decode(chunk.data, chunk.n) for chunk in chunks), tail or no_points()]))
            place, value = getattr(whole, look.x), whole.value
        inside = look.inside(place)
        if not inside.all():
            place, value = place[inside], value[inside]
        drawn[run_id] = strokes_of(place, value), len(place)
    return drawn


def _from_sketches(
    run_ids: Sequence[int], look: _Look, waiting: Mapping[int, Points]
) -> dict[int, tuple[Strokes, int]]:
    found = _chunks(run_ids, look, f"CASE WHEN count >= {SKETCHED} THEN sketch ELSE body END")
    drawn = {}
    for run_id, chunks in found.items():
        sketched = [chunk for chunk in chunks if chunk.n >= SKETCHED]
        whole = [decode(chunk.data, chunk.n) for chunk in chunks if chunk.n < SKETCHED]
        plain = joined([*whole, waiting.get(run_id, no_points())])
        strokes = strokes_of(getattr(plain, look.x), plain.value)
        if sketched:
            strokes = joined_strokes([*_seen_from_afar(sketched, look), strokes])
        inside = look.inside(strokes.x)
        count = len(plain) + sum(chunk.n for chunk in sketched)
        drawn[run_id] = (strokes if inside.all() else strokes[inside]), count
    return drawn


def _seen_from_afar(chunks: Sequence[Stored], look: _Look) -> tuple[Strokes, Strokes, Strokes]:
    """The groups of sketches, between the first and the last point: a line begins and ends where its data does."""
    first, last = _ends(chunks)
    return first, strokes_of_sketches(chunks, look.x, look.width), last


def _ends(chunks: Sequence[Stored]) -> tuple[Strokes, Strokes]:
    """The first and the last point of a series seen from afar, as they are: a line begins and ends where it does."""
    earliest, latest = min(chunks, key=attrgetter("x_from")), max(chunks, key=attrgetter("x_to"))
    points_at = (earliest.x_from, edges(earliest)[0]), (latest.x_to, edges(latest)[1])
    first, last = (strokes_of(np.array([at], np.int64), np.array([value])) for at, value in points_at)
    return first, last

"""What does a chunk look like from afar? One pyramid level beside its body: low, high and last of each 64 points.

With sketches nothing big is decoded for an overview: 10 million points are 1,221 chunks. Low and high are float32,
rounded outward, so that the band always contains the data (float64 where that would be coarse: huge numbers, or
little change on a large offset); a group's last value is its place between them in 65,536 parts, and its step and
time (those of its last point) are places in the chunk's range, likewise. Non-finite values stand aside as marks.
About 1.5 KiB a chunk: PostgreSQL moves rows over 2 kB out of line, which costs a lookup for each.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from runs.charts.points import Axis, Floats, Ints, Points

GROUP = 64
SKETCHED = 512  # a shorter chunk has no sketch (an empty one): its body is as quick to read
NAN, PLUS_INFINITY, MINUS_INFINITY = 1, 2, 4
Marks = NDArray[np.uint8]

_VERSION = 1
_LARGEST_UINT64 = float(np.nextafter(2.0**64, 0))
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_HAS_STEPS, _HAS_MARKS, _DOUBLE = 1, 2, 4
_HEADER = struct.Struct("<BBHIdd")  # version, flags, unused, groups, first value, last value
_PARTS = 65535
_COARSE = 1e-3  # a rounding error above this part of a chunk's range could be seen


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """What a chart is drawn from, single points and groups of points alike; columns of shape (n,).

    ``x`` int64; ``low``, ``high``, ``last`` float64, NaN where nothing was finite; ``marks`` the non-finite kinds.
    """

    x: Ints
    low: Floats
    high: Floats
    last: Floats
    marks: Marks

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, which: Any) -> "Strokes":
        return Strokes(self.x[which], self.low[which], self.high[which], self.last[which], self.marks[which])


def strokes_of(x: Ints, value: Floats) -> Strokes:
    """Each point as a stroke of its own."""
    finite = np.where(np.isfinite(value), value, np.nan)
    return Strokes(x, finite, finite, finite, marks_of(value))


def marks_of(value: Floats) -> Marks:
    """Which non-finite kind each value is, 0 for a number."""
    marks = np.zeros(len(value), np.uint8)
    if not np.isfinite(value).all():
        marks[np.isnan(value)] = NAN
        marks[value == np.inf] = PLUS_INFINITY
        marks[value == -np.inf] = MINUS_INFINITY
    return marks


def joined_strokes(parts: list[Strokes]) -> Strokes:
    """The parts one after the other."""
    names = ("x", "low", "high", "last", "marks")
    return Strokes(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def sketch(points: Points) -> bytes:
    """The sketch of a chunk's points, sorted by (step, ts); at least one point."""
    starts = np.arange(0, len(points), GROUP)
    ends = np.append(starts[1:], len(points)) - 1
    finite = np.where(np.isfinite(points.value), points.value, np.nan)
    low, high = _edges(np.fmin.reduceat(finite, starts), np.fmax.reduceat(finite, starts))
    marks = np.bitwise_or.reduceat(marks_of(points.value), starts)
    columns: list[NDArray[Any]] = [low, high, _parts(last_finite(finite, starts, ends), low, high)]
    columns.append(_places(points.ts[ends], points.ts))
    flags = _DOUBLE if low.dtype == np.float64 else 0
    strides = np.diff(points.step.view(np.uint64))
    if len(strides) and (strides != strides[0]).any():
        flags |= _HAS_STEPS
        columns.append(_places(points.step[ends], points.step))
    if marks.any():
        flags |= _HAS_MARKS
        columns.append(marks)
    header = _HEADER.pack(_VERSION, flags, 0, len(starts), points.value[0], points.value[-1])
    return b"".join((header, *(column.tobytes() for column in columns)))


def _edges(low: Floats, high: Floats) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both as float32 rounded outward, or as they are where float32 is too coarse or too short."""
    if np.isnan(low).all():
        return low.astype("<f4"), high.astype("<f4")
    least, most = float(np.nanmin(low)), float(np.nanmax(high))
    largest = max(abs(least), abs(most))
    if largest > _FLOAT32_MAX or largest * 2.0**-23 > (most - least) * _COARSE:
        return low.astype("<f8"), high.astype("<f8")
    return _outward(low, -np.inf), _outward(high, np.inf)


def _outward(value: Floats, towards: float) -> NDArray[np.float32]:
    """The nearest float32 on the far side; NaN stays."""
    near = value.astype("<f4")
    inside = near > value if towards < 0 else near < value
    near[inside] = np.nextafter(near[inside], np.float32(towards))
    return near


def last_finite(last: Floats, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> Floats:
    """The latest value that is not NaN in each group [start, end], NaN where there is none."""
    latest = np.maximum.accumulate(np.where(np.isnan(last), -1, np.arange(len(last))))[ends]
    return np.where(latest >= starts, last[latest], np.nan)


def _parts(value: Floats, low: NDArray[Any], high: NDArray[Any]) -> NDArray[np.uint16]:
    # Halves: the distance between the largest and the smallest double is no double.
    edge = low.astype(np.float64) / 2
    width = high.astype(np.float64) / 2 - edge
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(width > 0, (value / 2 - edge) / width, 0.0)
    return _sixteen_bits(np.clip(np.nan_to_num(share), 0, 1) * _PARTS)


def _places(column: Ints, whole: Ints) -> NDArray[np.uint16]:
    """Where each number stands between the smallest and the largest of ``whole``."""
    least = whole.min()
    span = float(int(whole.max()) - int(least))
    offset = (column.view(np.uint64) - least.view(np.uint64)).astype(np.float64)
    return _sixteen_bits(offset * (_PARTS / span if span else 0.0))


def _sixteen_bits(parts: Floats) -> NDArray[np.uint16]:
    whole: NDArray[np.uint16] = np.rint(parts).astype("<u2")
    return whole


class Stored(NamedTuple):
    """A chunk as it is read for a chart: sketch or body, how many points, and their range on the axis drawn."""

    data: bytes
    n: int
    x_from: int
    x_to: int


def strokes_of_sketches(chunks: Sequence[Stored], axis: Axis, width: int = 0) -> Strokes:
    """The groups of all ``chunks`` as strokes, chunk after chunk; at least one chunk.

    Chunks of the same layout (all full ones, as a rule) are read together, without a step of Python for each. With a
    ``width``, neighbouring groups are folded while at least eight strokes are left for each bucket of it.
    """
    layouts: dict[tuple[bytes, int], list[Stored]] = {}
    for chunk in chunks:
        layouts.setdefault((chunk.data[: _HEADER.size - 16], chunk.n), []).append(chunk)
    total = sum(chunk.n for chunk in chunks) // GROUP
    fold = 1
    while width and fold < GROUP and total >= 16 * width * fold:
        fold *= 2
    return joined_strokes([_read_alike(alike, axis, fold) for alike in layouts.values()])


def _read_alike(chunks: Sequence[Stored], axis: Axis, fold: int) -> Strokes:
    version, flags, _, groups, _, _ = _HEADER.unpack_from(chunks[0].data)
    if version != _VERSION:
        raise ValueError(f"a sketch of unknown version {version}")
    table = np.frombuffer(b"".join([chunk.data for chunk in chunks]), np.uint8).reshape(len(chunks), -1)
    fold = fold if groups % fold == 0 else 1
    last_of = slice(fold - 1, None, fold)
    at = _HEADER.size

    def column(kind: str) -> NDArray[Any]:
        nonlocal at
        start, at = at, at + groups * np.dtype(kind).itemsize
        return np.ascontiguousarray(table[:, start:at]).view(kind)

    def folded(one: NDArray[Any], ufunc: np.ufunc) -> NDArray[Any]:
        return one if fold == 1 else ufunc.reduce(one.reshape(len(chunks), -1, fold), axis=2)

    number = "<f8" if flags & _DOUBLE else "<f4"
    low, high = column(number), column(number)
    part, ts = column("<u2")[:, last_of] / _PARTS, column("<u2")[:, last_of]
    step = column("<u2")[:, last_of] if flags & _HAS_STEPS else None
    last = low[:, last_of].astype(np.float64) * (1 - part) + high[:, last_of].astype(np.float64) * part
    low, high = folded(low, np.fmin).astype(np.float64), folded(high, np.fmax).astype(np.float64)
    marks = folded(column("u1"), np.bitwise_or) if flags & _HAS_MARKS else np.zeros(low.shape, np.uint8)
    place = ts if axis == "ts" else step
    x = _x_of(chunks, _regular_places(groups, chunks[0].n)[last_of] if place is None else place / _PARTS)
    return Strokes(x.reshape(-1), low.reshape(-1), high.reshape(-1), last.reshape(-1), marks.reshape(-1))


def _regular_places(groups: int, count: int) -> Floats:
    ends = np.minimum(np.arange(1, groups + 1) * GROUP, count) - 1
    return ends / max(count - 1, 1)


def _x_of(chunks: Sequence[Stored], parts: Floats) -> Ints:
    # Unsigned and kept within the chunk's range: a span of nearly 2**64 is no int64 and rounds up as a float.
    start = np.array([chunk.x_from for chunk in chunks], np.int64).view(np.uint64)[:, None]
    span = np.array([chunk.x_to for chunk in chunks], np.int64).view(np.uint64)[:, None] - start
    offset = np.minimum(np.rint(parts * span.astype(np.float64)), _LARGEST_UINT64)
    x: Ints = (start + np.minimum(offset.astype(np.uint64), span)).view(np.int64)
    return x


def edges(chunk: Stored) -> tuple[float, float]:
    """The exact first and last value of a chunk (by step)."""
    *_, first, last = _HEADER.unpack_from(chunk.data)
    return first, last

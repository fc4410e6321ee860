"""What is a series of metric points in memory, and how does a batch of them look as bytes in the tail?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bits = NDArray[np.uint64]
Axis = Literal["step", "ts"]

# One point of an accepted batch as `MetricTail.body` keeps it: 28 bytes, little-endian, whatever the machine.
RECORD = np.dtype([("key", "<i4"), ("step", "<i8"), ("ts", "<i8"), ("value", "<f8")])
Records = NDArray[np.void]

_SIGN = np.uint64(1 << 63)


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Columns of one series: ``step`` int64, ``ts`` int64 (ms since 1970), ``value`` float64, all of shape (n,)."""

    step: Ints
    ts: Ints
    value: Floats

    def __len__(self) -> int:
        return len(self.step)

    def __iter__(self) -> Iterator[tuple[int, int, float]]:
        return zip(self.step.tolist(), self.ts.tolist(), self.value.tolist(), strict=True)

    def __getitem__(self, which: Any) -> "Points":
        return Points(self.step[which], self.ts[which], self.value[which])


def no_points() -> Points:
    """A series of length 0."""
    return Points(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


def joined(parts: Sequence[Points]) -> Points:
    """The parts one after the other, in no particular order."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return no_points()
    return Points(
        np.concatenate([part.step for part in parts]),
        np.concatenate([part.ts for part in parts]),
        np.concatenate([part.value for part in parts]),
    )


def rank(value: Floats) -> Bits:
    """A number for each value that sorts as the values do, NaNs too: a total order over all bit patterns."""
    bits = np.ascontiguousarray(value).view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def in_order(points: Points) -> Points:
    """Sorted by (step, ts, value), exact repeats (the same step, time and value bits) folded into one point."""
    if (points.step[1:] > points.step[:-1]).all():  # the usual case: nothing repeats, nothing is late
        return points
    bits = rank(points.value)
    order = np.lexsort((bits, points.ts, points.step))
    fresh = _changes(bits[order], points.ts[order], points.step[order])
    return points[order if fresh.all() else order[fresh]]


def _changes(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Where a row differs from the one before; the first one does."""
    changed = np.ones(len(columns[0]), bool)
    np.not_equal(columns[0][1:], columns[0][:-1], out=changed[1:])
    for column in columns[1:]:
        changed[1:] |= column[1:] != column[:-1]
    return changed


def by_key(records: Records) -> dict[int, Points]:
    """The points of each series, `in_order`: sorted and folded all at once, however many series there are."""
    key, points = np.ascontiguousarray(records["key"]), points_of(records)
    bits = rank(points.value)
    order = np.lexsort((bits, points.ts, points.step, key))
    order = order[_changes(bits[order], points.ts[order], points.step[order], key[order])]
    key, points = key[order], points[order]
    starts, ends = groups(key)
    spans = zip(key[starts].tolist(), starts.tolist(), ends.tolist(), strict=True)
    return {number: points[start:end] for number, start, end in spans}


def groups(keys: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each run of equal keys in a sorted column starts, and where it ends (the first row beyond it)."""
    starts = np.flatnonzero(_changes(keys))
    return starts, np.append(starts[1:], len(keys))


def pack(keys: Sequence[int], steps: Sequence[int], times: Sequence[int], values: Sequence[float]) -> Records:
    """Records of a batch, in the order given. Raises OverflowError for a number outside of its column's type."""
    records = np.empty(len(keys), RECORD)
    records["key"], records["step"], records["ts"], records["value"] = keys, steps, times, values
    return records


def unpack(bodies: Iterable[bytes]) -> Records:
    """The records of several tail bodies, in the order given."""
    return np.frombuffer(b"".join(bodies), RECORD)


def points_of(records: Records) -> Points:
    """The columns of records, their keys left out."""
    return Points(
        np.ascontiguousarray(records["step"], np.int64),
        np.ascontiguousarray(records["ts"], np.int64),
        np.ascontiguousarray(records["value"], np.float64),
    )

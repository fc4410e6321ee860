"""How does a series of any length become a line that fits a chart, without losing a spike, a gap or an end?

Min-max per bucket of equal width on the x axis: the band between low and high holds every point, and the line goes
through each bucket's last one. The first and the last x stand alone, so that a chart begins and ends where the data
does. A bucket without a finite value is a gap; NaN and ±Infinity become marks instead of being dropped.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runs.charts.points import Floats, Ints
from runs.charts.sketch import MINUS_INFINITY, NAN, PLUS_INFINITY, Marks, Strokes, last_finite

_KINDS = ((NAN, "nan"), (PLUS_INFINITY, "inf"), (MINUS_INFINITY, "-inf"))


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A drawn series: columns of at most ``width`` + 2 buckets, x strictly rising; NaN in the others is a gap."""

    x: Ints
    low: Floats
    high: Floats
    last: Floats
    marks: Marks

    def as_json(self) -> dict[str, Any]:
        """Lists ready for any JSON writer: a gap is None, a mark is ``{"x", "kind": "nan" | "inf" | "-inf"}``."""
        return {
            "x": self.x.tolist(),
            "low": _listed(self.low),
            "high": _listed(self.high),
            "last": _listed(self.last),
            "marks": [
                {"x": x, "kind": kind}
                for at in np.flatnonzero(self.marks)
                for x, mark in [(int(self.x[at]), int(self.marks[at]))]
                for bit, kind in _KINDS
                if mark & bit
            ],
        }


def _listed(column: Floats) -> list[float | None]:
    values: list[float | None] = column.tolist()
    for at in np.flatnonzero(np.isnan(column)):
        values[at] = None
    return values


def downsample(strokes: Strokes, width: int) -> Line:
    """The line through ``strokes``, in about ``width`` buckets. Strokes of one x count in the order they come."""
    if len(strokes) == 0:
        return Line(strokes.x, strokes.low, strokes.high, strokes.last, strokes.marks)
    if (strokes.x[1:] < strokes.x[:-1]).any():
        strokes = strokes[np.argsort(strokes.x, kind="stable")]
    starts = _bucket_starts(strokes.x, width)
    ends = np.append(starts[1:], len(strokes)) - 1
    return Line(
        strokes.x[ends],
        np.fmin.reduceat(strokes.low, starts),
        np.fmax.reduceat(strokes.high, starts),
        last_finite(strokes.last, starts, ends),
        np.bitwise_or.reduceat(strokes.marks, starts),
    )


def _bucket_starts(x: Ints, width: int) -> NDArray[np.intp]:
    """Where each bucket starts in the sorted ``x``: one for each x if these are few, else ``width`` equal parts."""
    fresh = np.flatnonzero(np.concatenate(([True], x[1:] != x[:-1])))
    if len(fresh) <= width + 2:
        return fresh
    span = float(int(x[-1]) - int(x[0]))
    offset = (x.view(np.uint64) - x[:1].view(np.uint64)).astype(np.float64)
    bucket = np.minimum((offset * (width / span)).astype(np.int64), width - 1)
    bucket[: fresh[1]] = -1
    bucket[fresh[-1] :] = width
    return np.flatnonzero(np.concatenate(([True], bucket[1:] != bucket[:-1])))

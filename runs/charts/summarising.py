"""What is the summary of each series in a batch: last, first, extremes, count?"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runs.charts.points import Floats, Ints, Records, groups
from runs.models import Flag

# Up to this many series a batch brings its summaries up to date at once; a wider one leaves that to the seal (1,000
# upserts cost 4-8 ms, ten times the rest of the batch), and readers merge what waits in the tail.
NARROW = 32


class Extremes(NamedTuple):
    """The smallest (or greatest) finite value of a series and the first step that reached it; None without one."""

    value: float | None
    step: int | None


@dataclass(frozen=True, slots=True)
class SeriesSummary:
    """One series: ``last`` and ``first`` by (step, ts), later arrival winning ties; both are None for NaN."""

    key_id: int
    last: float | None
    flag: int
    step: int
    ts: int
    low: float | None
    high: float | None
    low_step: int | None
    high_step: int | None
    first: float | None
    first_step: int
    first_ts: int
    count: int


def flag_of(value: float) -> Flag:
    """Which kind of number it is."""
    if math.isfinite(value):
        return Flag.FINITE
    if math.isnan(value):
        return Flag.NAN
    return Flag.PLUS_INFINITY if value > 0 else Flag.MINUS_INFINITY


def summarise(records: Records) -> list[SeriesSummary]:
    """The summary of every series in ``records`` (in order of arrival), sorted by key number."""
    if len(records) == 1:
        return [_of_one(*records[0].item())]
    # lexsort is stable: among equal (step, ts) the arrival order stays, so the last one is the latest.
    order = np.lexsort((records["ts"], records["step"], records["key"]))
    key, step, ts, value = (records[name][order] for name in ("key", "step", "ts", "value"))
    starts, ends = groups(key)
    lasts, counts = ends - 1, ends - starts
    finite = np.isfinite(value)
    columns = zip(
        key[starts].tolist(),
        value[lasts].tolist(),
        step[lasts].tolist(),
        ts[lasts].tolist(),
        _extremes(np.where(finite, value, np.inf), step, starts, counts, np.minimum),
        _extremes(np.where(finite, value, -np.inf), step, starts, counts, np.maximum),
        value[starts].tolist(),
        step[starts].tolist(),
        ts[starts].tolist(),
        counts.tolist(),
        strict=True,
    )
    return [
        SeriesSummary(number, _kept(last), flag_of(last), at, when, *_low_high(low, high), _kept(first), *rest)
        for number, last, at, when, low, high, first, *rest in columns
    ]


def _low_high(low: Extremes, high: Extremes) -> tuple[float | None, float | None, int | None, int | None]:
    """Both extremes in the order of `SeriesSummary`'s fields."""
    return low.value, high.value, low.step, high.step


def _of_one(key: int, step: int, ts: int, value: float) -> SeriesSummary:
    low = value if math.isfinite(value) else None
    at = step if low is not None else None
    kept = _kept(value)
    return SeriesSummary(key, kept, flag_of(value), step, ts, low, low, at, at, kept, step, ts, 1)


def _kept(value: float) -> float | None:
    return None if math.isnan(value) else value


def _extremes(
    value: Floats, step: Ints, starts: NDArray[np.intp], counts: NDArray[np.intp], ufunc: np.ufunc
) -> list[Extremes]:
    best = ufunc.reduceat(value, starts)
    hits = np.flatnonzero(value == np.repeat(best, counts))
    firsts = hits[np.searchsorted(hits, starts)]
    found = np.isfinite(best).tolist()
    pairs = zip(best.tolist(), step[firsts].tolist(), found, strict=True)
    return [Extremes(number, at) if is_finite else Extremes(None, None) for number, at, is_finite in pairs]

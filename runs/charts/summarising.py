"""What is the summary of each series in a batch: last, first, extremes, count?"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runs.charts.points import Floats, Ints, Records
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
    records = records[order]
    starts, sizes = groups(records["key"])
    ends = starts + sizes - 1
    step, ts, value = records["step"], records["ts"], records["value"]
    lasts, firsts = value[ends], value[starts]
    lows = _extremes(np.where(np.isfinite(value), value, np.inf), step, starts, sizes, np.minimum)
    highs = _extremes(np.where(np.isfinite(value), value, -np.inf), step, starts, sizes, np.maximum)
    columns = zip(
        records["key"][starts].tolist(),
        lasts.tolist(),
        step[ends].tolist(),
        ts[ends].tolist(),
        lows,
        highs,
        firsts.tolist(),
        step[starts].tolist(),
        ts[starts].tolist(),
        sizes.tolist(),
        strict=True,
    )
    return [
        SeriesSummary(
            key, _kept(last), flag_of(last), at, when, low.value, high.value, low.step, high.step, _kept(first), *rest
        )
        for key, last, at, when, low, high, first, *rest in columns
    ]


def groups(keys: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each run of equal keys in a sorted column starts, and how long it is."""
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return starts, np.diff(np.append(starts, len(keys)))


def _of_one(key: int, step: int, ts: int, value: float) -> SeriesSummary:
    low = value if math.isfinite(value) else None
    at = step if low is not None else None
    kept = _kept(value)
    return SeriesSummary(key, kept, flag_of(value), step, ts, low, low, at, at, kept, step, ts, 1)


def _kept(value: float) -> float | None:
    return None if math.isnan(value) else value


def _extremes(
    value: Floats, step: Ints, starts: NDArray[np.intp], sizes: NDArray[np.intp], ufunc: np.ufunc
) -> list[Extremes]:
    best = ufunc.reduceat(value, starts)
    hits = np.flatnonzero(value == np.repeat(best, sizes))
    firsts = hits[np.searchsorted(hits, starts)]
    found = np.isfinite(best).tolist()
    pairs = zip(best.tolist(), step[firsts].tolist(), found, strict=True)
    return [Extremes(number, at) if is_finite else Extremes(None, None) for number, at, is_finite in pairs]

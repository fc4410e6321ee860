"""What does each metric of a run stand at? Its summary rows, merged with what the tail holds beyond them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from runs.charts.points import Records, unpack
from runs.charts.stored import one_of, rows_of
from runs.charts.summarising import NARROW, SeriesSummary, summarise
from runs.models import Flag, Key, Run

_COLUMNS = "key_id, last, flag, step, ts, low, high, low_step, high_step, first, first_step, first_ts, count"


@dataclass(frozen=True, slots=True)
class Summary:
    """A metric of a run. ``last`` and ``first`` by (step, time); extremes over finite values, None without any."""

    key: str
    last: float
    flag: Flag
    step: int
    ts: int
    low: float | None
    high: float | None
    low_step: int | None
    high_step: int | None
    first: float
    count: int


def summaries(run: Run) -> list[Summary]:
    """The summaries of all metrics of a run, sorted by name. Two statements, three while wide batches wait.

    The tail is read first: what a seal moves meanwhile is then merged twice, which changes nothing (but may count
    it twice, until the next look), instead of being missed.
    """
    waiting = _waiting(run.pk)
    kept = {
        row[0]: SeriesSummary(*row)
        for row in rows_of(
            f"SELECT {_COLUMNS} FROM runs_runmetric WHERE experiment_id = %s AND run_id = %s",
            [run.experiment_id, run.pk],
        )
    }
    for new in summarise(waiting) if len(waiting) else ():
        kept[new.key_id] = merged(kept[new.key_id], new) if new.key_id in kept else new
    names = _names(kept)
    return sorted((_shown(names[key_id], one) for key_id, one in kept.items()), key=lambda one: one.key)


def _waiting(run_id: int) -> Records:
    """The points of the tail that are in no summary yet: those of wide batches."""
    rows = rows_of("SELECT body FROM runs_metrictail WHERE run_id = %s AND n > %s ORDER BY id", [run_id, NARROW])
    wide = [body for (body,) in rows if len(np.unique(unpack([body])["key"])) > NARROW]
    return unpack(wide)


def merged(old: SeriesSummary, new: SeriesSummary) -> SeriesSummary:
    """The summary of both, ``new`` having arrived later: the rule that `runs.recording.summaries` has in SQL."""
    result = replace(old, count=old.count + new.count)
    if (new.step, new.ts) >= (old.step, old.ts):
        result = replace(result, last=new.last, flag=new.flag, step=new.step, ts=new.ts)
    if (new.first_step, new.first_ts) < (old.first_step, old.first_ts):
        result = replace(result, first=new.first, first_step=new.first_step, first_ts=new.first_ts)
    if new.low is not None and (old.low is None or new.low < old.low):
        result = replace(result, low=new.low, low_step=new.low_step)
    if new.high is not None and (old.high is None or new.high > old.high):
        result = replace(result, high=new.high, high_step=new.high_step)
    return result


def _names(key_ids: Iterable[int]) -> Mapping[int, str]:
    condition, parameter = one_of("id", key_ids)
    return dict(rows_of(f"SELECT id, name FROM {Key._meta.db_table} WHERE {condition}", [parameter]))


def _shown(name: str, one: SeriesSummary) -> Summary:
    return Summary(
        name,
        _number(one.last),
        Flag(one.flag),
        one.step,
        one.ts,
        one.low,
        one.high,
        one.low_step,
        one.high_step,
        _number(one.first),
        one.count,
    )


def _number(kept: float | None) -> float:
    return math.nan if kept is None else kept

"""What does each metric of a run stand at? Its summary rows, merged with what the tail holds beyond them."""

import math
from collections.abc import Iterable, Mapping, Sequence
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
    """The summaries of all metrics of a run, sorted by name. Three statements."""
    kept = summaries_of([run.pk]).get(run.pk, {})
    return sorted((_shown(name, one) for name, one in kept.items()), key=lambda one: one.key)


def summaries_of(run_ids: Sequence[int]) -> dict[int, dict[str, SeriesSummary]]:
    """The same of many runs: for each run that has metrics, by name. Three statements.

    The tails are read first: what a seal moves meanwhile is then merged twice, which changes nothing (but may count
    it twice, until the next look), instead of being missed.
    """
    waiting = _waiting(run_ids)
    in_runs, runs = one_of("run_id", run_ids)
    these, _ = one_of("id", run_ids)
    # The primary key leads with the experiment: naming the runs' experiments lets it be used.
    in_experiments = f"experiment_id IN (SELECT experiment_id FROM runs_run WHERE {these})"
    kept: dict[int, dict[int, SeriesSummary]] = {}
    for run_id, *row in rows_of(
        f"SELECT run_id, {_COLUMNS} FROM runs_runmetric WHERE {in_experiments} AND {in_runs}", [runs, runs]
    ):
        kept.setdefault(run_id, {})[row[0]] = SeriesSummary(*row)
    for run_id, records in waiting.items():
        mine = kept.setdefault(run_id, {})
        for new in summarise(records):
            mine[new.key_id] = merged(mine[new.key_id], new) if new.key_id in mine else new
    names = _names({key_id for mine in kept.values() for key_id in mine})
    return {run_id: {names[key_id]: one for key_id, one in mine.items()} for run_id, mine in kept.items()}


def _waiting(run_ids: Iterable[int]) -> dict[int, Records]:
    """The points of the tails that are in no summary yet: those of wide batches, run by run."""
    condition, parameter = one_of("run_id", run_ids)
    wide: dict[int, list[bytes]] = {}
    for run_id, body in rows_of(
        f"SELECT run_id, body FROM runs_metrictail WHERE {condition} AND n > %s ORDER BY id", [parameter, NARROW]
    ):
        if len(np.unique(unpack([body])["key"])) > NARROW:
            wide.setdefault(run_id, []).append(body)
    return {run_id: unpack(bodies) for run_id, bodies in wide.items()}


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

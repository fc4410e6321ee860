"""How is the summary row of each series kept true, in one statement a batch?"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from runs.charts.stored import insert, one_of, rows_of
from runs.charts.summarising import SeriesSummary
from runs.models import Run

_TABLE = "runs_runmetric AS m"
_COLUMNS = (
    ("experiment_id", "bigint"),
    ("run_id", "bigint"),
    ("key_id", "int"),
    ("last", "float8"),
    ("flag", "smallint"),
    ("step", "bigint"),
    ("ts", "bigint"),
    ("low", "float8"),
    ("high", "float8"),
    ("low_step", "bigint"),
    ("high_step", "bigint"),
    ("first", "float8"),
    ("first_step", "bigint"),
    ("first_ts", "bigint"),
    ("count", "bigint"),
)
_LATER = "(excluded.step, excluded.ts) >= (m.step, m.ts)"  # a tie goes to the later arrival
_EARLIER = "(excluded.first_step, excluded.first_ts) < (m.first_step, m.first_ts)"
_LOWER = "(m.low IS NULL OR excluded.low < m.low)"
_HIGHER = "(m.high IS NULL OR excluded.high > m.high)"
_RULES = {
    **dict.fromkeys(("last", "flag", "step", "ts"), _LATER),
    **dict.fromkeys(("first", "first_step", "first_ts"), _EARLIER),
    **dict.fromkeys(("low", "low_step"), _LOWER),
    **dict.fromkeys(("high", "high_step"), _HIGHER),
}
_MERGED = ", ".join(
    f"{name} = CASE WHEN {rule} THEN excluded.{name} ELSE m.{name} END" for name, rule in _RULES.items()
)
_CONFLICT = "ON CONFLICT (experiment_id, run_id, key_id) DO UPDATE SET "
_ADDING = f"{_CONFLICT}{_MERGED}, count = m.count + excluded.count"
_COUNTED = f"{_CONFLICT}{_MERGED}, count = excluded.count"
_KEPT = "key_id, last, flag, step, ts, low, high, first, count"
_values = attrgetter(*(name for name, _ in _COLUMNS[2:]))


class Kept(NamedTuple):
    """A summary row as it stands after a merge: what a run's document shows of it."""

    key_id: int
    last: float | None
    flag: int
    step: int
    ts: int
    low: float | None
    high: float | None
    first: float | None
    points: int


def add_to_summaries(run: Run, summaries: Sequence[SeriesSummary]) -> list[int]:
    """Merge the summaries of new points into the run's rows, adding up counts; gives the keys new to the run."""
    rows = [(run.experiment_id, run.pk, *_values(summary)) for summary in summaries]
    counts = insert(_TABLE, _COLUMNS, rows, conflict=_ADDING, returning="key_id, count")
    added = {summary.key_id: summary.count for summary in summaries}
    # A row that stood before counted at least one point more than were added.
    return [int(key_id) for key_id, count in counts if count == added[key_id]]


def merge_summaries(
    experiment_id: int, run_id: int, summaries: Sequence[SeriesSummary], counts: Mapping[int, int]
) -> list[Kept]:
    """Merge summaries and set the count of each whole series (by key); doing it twice changes nothing."""
    rows = [(experiment_id, run_id, *_values(summary)[:-1], counts[summary.key_id]) for summary in summaries]
    insert(_TABLE, _COLUMNS, rows, conflict=_COUNTED)
    # Not by RETURNING: SQLite 3.40 gives the integers of an updated row as floats there, inexact above 2**53.
    condition, parameter = one_of("key_id", [summary.key_id for summary in summaries])
    statement = f"SELECT {_KEPT} FROM runs_runmetric WHERE experiment_id = %s AND run_id = %s AND {condition}"
    return [Kept(*row) for row in rows_of(statement, [experiment_id, run_id, parameter])]

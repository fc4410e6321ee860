"""Does the summary of a run say what its points say, also before a seal?"""

import math

import pytest

from runs.models import Flag
from runs.reading import summaries as reading
from runs.reading.summaries import summaries
from runs.recording.metrics import Point, log_metrics
from runs.recording.sealing import seal_run
from tests.build import make_run


def wide(step, value):
    return [Point(f"layer{at:03}", value + at, step, 1000 + step) for at in range(50)]


def by_name(run):
    return {one.key: one for one in summaries(run)}


def test_a_run_without_metrics_has_no_summaries(cast):
    assert summaries(make_run(cast.lab)) == []


def test_summaries_come_sorted_by_name_with_every_part(cast):
    run = make_run(cast.lab)
    log_metrics(run, [Point("b", 2.0, 1, 10), Point("a", math.nan, 5, 50), Point("b", 1.0, 2, 20)])
    a, b = summaries(run)
    assert (b.key, b.last, b.step, b.ts, b.low, b.low_step, b.high, b.high_step, b.first, b.count) == (
        "b",
        1.0,
        2,
        20,
        1.0,
        2,
        2.0,
        1,
        2.0,
        2,
    )
    assert math.isnan(a.last) and a.flag == Flag.NAN and a.low is None and math.isnan(a.first)


def test_wide_batches_that_wait_in_the_tail_are_merged_in_and_a_seal_changes_nothing(cast):
    run = make_run(cast.lab)
    log_metrics(run, wide(1, 10.0))
    log_metrics(run, [Point("layer007", -1.0, 2, 1002)])
    log_metrics(run, wide(3, 20.0))
    before = summaries(run)
    seven = by_name(run)["layer007"]
    assert (seven.last, seven.step, seven.low, seven.low_step, seven.high, seven.first, seven.count) == (
        27.0,
        3,
        -1.0,
        2,
        27.0,
        17.0,
        3,
    )
    assert len(before) == 50
    seal_run(run.pk)
    assert summaries(run) == before


@pytest.mark.parametrize("sealed_between", [False, True])
def test_a_late_wide_batch_does_not_move_the_last_value(cast, sealed_between):
    run = make_run(cast.lab)
    log_metrics(run, wide(10, 10.0))
    if sealed_between:
        seal_run(run.pk)
    log_metrics(run, wide(5, 99.0))
    one = by_name(run)["layer000"]
    assert (one.last, one.step, one.first, one.high, one.high_step, one.count) == (10.0, 10, 99.0, 99.0, 5, 2)


def test_a_seal_between_the_two_looks_is_not_missed(cast, monkeypatch):
    run = make_run(cast.lab)
    log_metrics(run, wide(1, 10.0))
    waiting = reading._waiting

    def then_seal(run_ids):
        found = waiting(run_ids)
        seal_run(run.pk)
        return found

    monkeypatch.setattr(reading, "_waiting", then_seal)
    assert by_name(run)["layer001"].last == 11.0


def test_infinities_stand_as_themselves(cast):
    run = make_run(cast.lab, metrics={"a": math.inf, "b": -math.inf})
    for _ in range(2):
        assert [(one.last, one.flag) for one in summaries(run)] == [
            (math.inf, Flag.PLUS_INFINITY),
            (-math.inf, Flag.MINUS_INFINITY),
        ]
        seal_run(run.pk)

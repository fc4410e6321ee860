"""Does a reader see every point of a metric, in order, at any zoom, also while it is being sealed?"""

import json
import math

import numpy as np
import pytest

from runs.models import MetricChunk
from runs.reading import series
from runs.reading.series import LoggedPoint, chart, points, sample
from runs.recording import sealing
from runs.recording.metrics import Point, log_metrics
from runs.recording.sealing import FULL, seal_run
from tests.build import make_run


def line(first, n, key="loss", stride=1):
    return [Point(key, float(at), at * stride, 1_000_000 + at) for at in range(first, first + n)]


def pages(run, limit, **options):
    found, after = [], None
    while page := points(run, "loss", after=after, limit=limit, **options):
        found += page
        after = page[-1].position
        assert len(page) <= limit
    return found


def long_run(cast, n=3 * FULL):
    run = make_run(cast.lab)
    log_metrics(run, line(0, n))
    seal_run(run.pk)
    return run


def test_an_unknown_metric_has_no_points_and_no_line(cast):
    run = make_run(cast.lab, metrics={"acc": 1.0})
    assert points(run, "loss", limit=10) == sample(run, "loss", 10) == chart([run.pk], "loss", width=100) == []


def test_a_known_metric_that_the_run_has_not_is_empty_too(cast):
    make_run(cast.lab, metrics={"loss": 1.0})
    run = make_run(cast.lab)
    assert points(run, "loss", limit=10) == sample(run, "loss", 10) == chart([run.pk], "loss", width=100) == []


def test_a_point_carries_its_step_time_and_value(cast):
    run = make_run(cast.lab)
    log_metrics(run, [Point("loss", 0.5, 3, 99)])
    (point,) = points(run, "loss", limit=10)
    assert (point.step, point.ts, point.value) == (3, 99, 0.5)


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_follow_each_other_without_gap_or_repeat_through_chunks_and_tail(cast, monkeypatch, limit):
    monkeypatch.setattr(sealing, "FULL", 16)
    monkeypatch.setattr(series, "_PAGE_CHUNKS", 2)
    run = make_run(cast.lab)
    log_metrics(run, line(0, 100))
    seal_run(run.pk)
    log_metrics(run, line(90, 30))
    assert [point.step for point in pages(run, limit)] == list(range(120))


def test_pages_cut_through_many_values_of_one_step(cast, monkeypatch):
    monkeypatch.setattr(sealing, "FULL", 4)
    monkeypatch.setattr(series, "_PAGE_CHUNKS", 2)
    run = make_run(cast.lab)
    values = [1.0, 2.0, math.nan, -math.inf, math.inf, -0.0, 0.0, -3.0]
    log_metrics(run, [Point("loss", value, 0, ts) for ts in (5, 6, 7) for value in values])
    seal_run(run.pk)
    found = pages(run, 5)
    assert len(found) == len(set(map(repr, found))) == 24
    assert [str(point.value) for point in found[:8]] == ["-inf", "-3.0", "-0.0", "0.0", "1.0", "2.0", "inf", "nan"]


def test_a_page_can_go_on_after_a_value_as_well_as_after_a_position(cast):
    run = make_run(cast.lab)
    log_metrics(run, [Point("loss", value, 0, 5) for value in (1.0, 2.0, math.nan)])
    assert [str(p.value) for p in points(run, "loss", after=(0, 5, 1.0), limit=9)] == ["2.0", "nan"]
    assert points(run, "loss", after=(0, 5, None), limit=9) == []
    assert LoggedPoint(0, 5, 1.0).position < LoggedPoint(0, 5, 2.0).position < LoggedPoint(0, 5, math.nan).position


def test_steps_are_taken_from_a_closed_range(cast):
    run = long_run(cast, 1000)
    assert [point.step for point in points(run, "loss", limit=100, step_from=10, step_to=12)] == [10, 11, 12]


def test_one_page_of_a_long_series_opens_few_chunks(cast, monkeypatch):
    monkeypatch.setattr(series, "_PAGE_CHUNKS", 2)
    run = long_run(cast)
    opened = []
    decode = series.decode
    monkeypatch.setattr(series, "decode", lambda *args: opened.append(1) or decode(*args))
    assert len(points(run, "loss", limit=10)) == 10
    assert len(opened) == 2


def test_a_seal_between_a_readers_two_looks_hides_nothing(cast, monkeypatch):
    run = make_run(cast.lab)
    log_metrics(run, line(0, 50))
    seal_run(run.pk)
    log_metrics(run, line(50, 50))
    tail_records = series.tail_records

    def then_seal(run_ids):
        found = tail_records(run_ids)
        seal_run(run.pk)
        return found

    monkeypatch.setattr(series, "tail_records", then_seal)
    assert [point.step for point in points(run, "loss", limit=1000)] == list(range(100))
    log_metrics(run, line(100, 50))
    (drawn,) = chart([run.pk], "loss", width=1000)
    assert drawn.line.x.tolist() == list(range(150))
    assert drawn.count == 150


def test_a_sample_keeps_the_first_and_the_last_and_spreads_evenly(cast):
    run = long_run(cast, 1000)
    found = sample(run, "loss", 10)
    assert [point.step for point in found] == [0, 100, 200, 300, 400, 500, 600, 700, 800, 999]
    assert [point.step for point in sample(run, "loss", 3, step_from=100, step_to=106)] == [100, 103, 106]
    assert [point.step for point in sample(run, "loss", 1)] == [999]
    assert len(sample(run, "loss", 2500)) == 1000


def test_a_sample_of_many_values_at_one_step_is_bounded(cast):
    run = make_run(cast.lab)
    log_metrics(run, [Point("loss", float(at), 0, at) for at in range(500)])
    assert [point.ts for point in sample(run, "loss", 5)] == [0, 100, 200, 300, 499]


def both_zooms(monkeypatch):
    """First by points, then by sketches."""
    yield "points"
    monkeypatch.setattr(series, "EXACT_POINTS", 0)
    monkeypatch.setattr(series, "EXACT_SERIES", 0)
    yield "sketches"


def test_a_chart_from_points_and_one_from_sketches_tell_the_same_story(cast, monkeypatch):
    run = make_run(cast.lab)
    values = np.sin(np.arange(20_000) / 500) + np.random.default_rng(1).normal(0, 0.1, 20_000)
    values[12_345] = 99.0
    log_metrics(run, [Point("loss", float(v), at * 3, 10_000 + at * 50) for at, v in enumerate(values)])
    seal_run(run.pk)
    log_metrics(run, [Point("loss", -50.0, 60_003, 1_100_000)])
    for _ in both_zooms(monkeypatch):
        for x, first, last in (("step", 0, 60_003), ("time", 10_000, 1_100_000)):
            (drawn,) = chart([run.pk], "loss", width=100, x=x)
            assert (int(drawn.line.x[0]), int(drawn.line.x[-1])) == (first, last)
            assert (drawn.line.last[0], drawn.line.last[-1]) == (values[0], -50.0)
            assert drawn.line.high.max() == 99.0
            assert np.abs(drawn.line.low[:-1]).max() < 2
            assert drawn.count == 20_001
            assert len(drawn.line.x) <= 102


def test_sketches_answer_without_a_body_being_read(cast, monkeypatch):
    run = long_run(cast)
    MetricChunk.objects.update(body=b"unreadable")
    monkeypatch.setattr(series, "EXACT_POINTS", 0)
    (drawn,) = chart([run.pk], "loss", width=50)
    assert drawn.line.high.max() == 3 * FULL - 1


def test_zooming_in_opens_only_the_chunks_in_the_range(cast):
    run = long_run(cast)
    MetricChunk.objects.exclude(step_from=FULL).update(body=b"unreadable")
    (drawn,) = chart([run.pk], "loss", width=4000, start=FULL + 10, end=FULL + 30)
    assert drawn.line.x.tolist() == list(range(FULL + 10, FULL + 31))
    assert drawn.count == 21
    (by_time,) = chart([run.pk], "loss", width=4000, x="time", start=1_000_000 + FULL, end=1_000_004 + FULL)
    assert by_time.line.x.tolist() == [1_000_000 + FULL + at for at in range(5)]


def test_nothing_in_the_range_is_no_line(cast, monkeypatch):
    run = long_run(cast)
    for _ in both_zooms(monkeypatch):
        assert chart([run.pk], "loss", width=100, start=10**9) == []


def test_non_finite_values_are_marked_at_any_zoom(cast, monkeypatch):
    run = make_run(cast.lab)
    values = dict.fromkeys(range(10_000), 1.0) | {64 * 50 + 63: math.nan, 64 * 99 + 63: math.inf}
    log_metrics(run, [Point("loss", value, step, step) for step, value in values.items()])
    seal_run(run.pk)
    for _ in both_zooms(monkeypatch):
        (drawn,) = chart([run.pk], "loss", width=5000)
        answer = drawn.as_json()
        assert [mark["kind"] for mark in answer["marks"]] == ["nan", "inf"]
        assert abs(answer["marks"][0]["x"] - (64 * 50 + 63)) <= 2
        json.dumps(answer, allow_nan=False)


def test_runs_come_in_the_order_asked_and_those_without_the_metric_are_left_out(cast, django_assert_max_num_queries):
    runs = [make_run(cast.lab, metrics={"loss": float(at)}) for at in range(5)]
    without = make_run(cast.lab, metrics={"acc": 1.0})
    for run in runs[:3]:
        seal_run(run.pk)
    asked = [runs[3].pk, without.pk, runs[0].pk, runs[4].pk, runs[0].pk]
    with django_assert_max_num_queries(5):
        drawn = chart(asked, "loss", width=100)
    assert [(one.run_id, one.line.last.tolist()) for one in drawn] == [
        (runs[3].pk, [3.0]),
        (runs[0].pk, [0.0]),
        (runs[4].pk, [4.0]),
    ]


def test_a_late_point_is_drawn_where_it_belongs(cast, monkeypatch):
    run = long_run(cast, 1000)
    log_metrics(run, [Point("loss", 5000.0, 500, 1)])
    for _ in both_zooms(monkeypatch):
        (drawn,) = chart([run.pk], "loss", width=10_000)
        assert (np.diff(drawn.line.x) > 0).all()
        assert int(drawn.line.x[drawn.line.high.argmax()]) == 500

"""Are metric points taken in whole, once, and as they are?"""

import math
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from runs.mistakes import UserMistake
from runs.models import ExperimentKey, Flag, MetricTail, Run, RunMetric
from runs.reading.series import points
from runs.recording import metrics
from runs.recording.lifecycle import trash_run
from runs.recording.metrics import Point, append_points, log_metrics, seal_if_due, seal_stale
from runs.recording.sealing import seal_run
from studio.database import now_ms, write_transaction
from tests.build import SOMEBODY, make_experiment, make_run


def line(n, key="loss", start=0):
    return [Point(key, float(at), at, 1000 + at) for at in range(start, start + n)]


def row(run, key="loss"):
    return RunMetric.objects.get(experiment_id=run.experiment_id, run=run, key__name=key)


def test_a_batch_is_one_row_and_its_summary_stands_at_once(cast):
    run = make_run(cast.lab)
    assert log_metrics(run, [*line(10), *line(3, "acc")]) == 13
    assert MetricTail.objects.get().n == 13
    kept = row(run)
    assert (kept.last, kept.step, kept.ts, kept.flag) == (9.0, 9, 1009, Flag.FINITE)
    assert (kept.low, kept.low_step, kept.high, kept.high_step, kept.count) == (0.0, 0, 9.0, 9, 10)
    assert (kept.first, kept.first_step, kept.first_ts) == (0.0, 0, 1000)
    assert Run.objects.get().metrics_pending


def test_an_empty_batch_changes_nothing(cast):
    run = make_run(cast.lab)
    assert log_metrics(run, []) == 0
    assert not MetricTail.objects.exists()
    assert not Run.objects.get().metrics_pending


def test_a_batch_id_that_was_seen_stores_nothing_also_after_its_points_were_sealed(cast):
    run = make_run(cast.lab)
    assert log_metrics(run, line(5), batch_id="b1") == 5
    assert log_metrics(run, line(5), batch_id="b1") == 0
    seal_run(run.pk)
    assert log_metrics(run, line(5), batch_id="b1") == 0
    assert not MetricTail.objects.exists()
    assert row(run).count == 5


def test_the_same_batch_id_in_another_run_is_another_batch(cast):
    one, other = make_run(cast.lab), make_run(cast.lab)
    assert log_metrics(one, line(2), batch_id="b") == log_metrics(other, line(2), batch_id="b") == 2


def test_later_points_move_the_summary_and_late_ones_do_not_move_its_last(cast):
    run = make_run(cast.lab)
    log_metrics(run, [Point("loss", 2.0, 10, 100)])
    log_metrics(run, [Point("loss", 9.0, 5, 999)])
    kept = row(run)
    assert (kept.last, kept.step, kept.first, kept.first_step, kept.high, kept.high_step, kept.count) == (
        2.0,
        10,
        9.0,
        5,
        9.0,
        5,
        2,
    )


def test_of_two_values_at_one_step_and_time_the_later_arrival_is_the_last(cast):
    run = make_run(cast.lab)
    log_metrics(run, [Point("loss", 5.0, 1, 7), Point("loss", 3.0, 1, 7)])
    assert row(run).last == 3.0
    log_metrics(run, [Point("loss", 4.0, 1, 7)])
    assert row(run).last == 4.0
    seal_run(run.pk)
    assert (row(run).last, row(run).count) == (4.0, 3)


@pytest.mark.parametrize(
    ("value", "last", "flag"),
    [
        (math.nan, None, Flag.NAN),
        (math.inf, math.inf, Flag.PLUS_INFINITY),
        (-math.inf, -math.inf, Flag.MINUS_INFINITY),
    ],
)
def test_a_last_value_that_is_no_number_is_told_apart_and_leaves_the_extremes_alone(cast, value, last, flag):
    run = make_run(cast.lab, metrics={"loss": 1.5})
    for _ in range(2):
        log_metrics(run, [Point("loss", value, 3, now_ms())])
        kept = row(run)
        assert (kept.last, kept.flag, kept.low, kept.high) == (last, flag, 1.5, 1.5)
        seal_run(run.pk)


def test_values_come_back_bit_for_bit_before_and_after_sealing(cast):
    bits = [
        0x7FF8000000000001,
        0xFFF8000000000000,
        0x7FF0000000000000,
        0xFFF0000000000000,
        1,
        1 << 63,
        0x3FB999999999999A,
    ]
    values = [struct.unpack("<d", struct.pack("<Q", each))[0] for each in bits]
    run = make_run(cast.lab)
    log_metrics(run, [Point("loss", value, at, 5) for at, value in enumerate(values)])
    for _ in range(2):
        back = [struct.unpack("<Q", struct.pack("<d", point.value))[0] for point in points(run, "loss", limit=100)]
        assert back == bits
        seal_run(run.pk)


def test_steps_and_times_may_be_as_large_as_64_bits_allow(cast):
    run = make_run(cast.lab)
    ends = [-(2**63), 2**63 - 1]
    log_metrics(run, [Point("loss", 1.0, step, 2**63 - 1) for step in ends])
    for _ in range(2):
        assert [point.step for point in points(run, "loss", limit=10)] == ends
        assert (row(run).first_step, row(run).step, row(run).ts) == (*ends, 2**63 - 1)
        seal_run(run.pk)


@pytest.mark.parametrize("wrong", [Point("a", 1.0, 2**63, 0), Point("a", 1.0, 0, 2**63), Point("a", 1.0, 0, -1)])
def test_a_number_that_cannot_be_kept_refuses_the_whole_batch(cast, wrong):
    run = make_run(cast.lab)
    with pytest.raises(UserMistake):
        log_metrics(run, [*line(3), wrong], batch_id="b")
    assert not MetricTail.objects.exists()
    assert not RunMetric.objects.exists()
    assert log_metrics(run, line(3), batch_id="b") == 3


def test_a_run_in_the_trash_takes_no_points(cast):
    run = trash_run(make_run(cast.lab), SOMEBODY)
    with pytest.raises(UserMistake, match="active"):
        log_metrics(run, line(1))


def test_points_appended_inside_a_transaction_go_with_it(cast):
    run = make_run(cast.lab)
    with pytest.raises(RuntimeError), write_transaction():
        append_points(run, line(3))
        raise RuntimeError
    assert not MetricTail.objects.exists()
    assert points(run, "loss", limit=10) == []


def columns_of(experiment):
    return dict(ExperimentKey.objects.filter(experiment=experiment, key__kind=2).values_list("key__name", "n"))


def test_an_experiment_counts_on_how_many_runs_a_metric_stands(cast):
    experiment = make_experiment(cast.lab)
    one, other = make_run(experiment), make_run(experiment)
    log_metrics(one, line(3))
    log_metrics(one, [*line(3, start=3), *line(1, "acc")])
    log_metrics(other, line(1))
    assert columns_of(experiment) == {"loss": 2, "acc": 1}
    seal_run(one.pk)
    log_metrics(one, line(3, start=9))
    assert columns_of(experiment) == {"loss": 2, "acc": 1}


def wide(step, n=100):
    return [Point(f"layer{at}", float(step), step, 1000 + step) for at in range(n)]


def test_a_wide_batch_leaves_summaries_to_the_seal_which_brings_all_of_them(cast):
    experiment = make_experiment(cast.lab)
    run = make_run(experiment)
    log_metrics(run, wide(0))
    log_metrics(run, wide(1))
    log_metrics(run, [Point("layer0", 7.0, 2, 2000)])
    assert columns_of(experiment) == {"layer0": 1}
    assert seal_run(run.pk)
    assert columns_of(experiment) == {f"layer{at}": 1 for at in range(100)}
    assert (row(run, "layer0").last, row(run, "layer0").count) == (7.0, 3)
    assert (row(run, "layer99").last, row(run, "layer99").count, row(run, "layer99").low) == (1.0, 2, 0.0)


def test_a_tail_is_sealed_when_it_has_many_points_or_many_rows(cast, monkeypatch):
    monkeypatch.setattr(metrics, "_LOOK_ROWS", 1)
    monkeypatch.setattr(metrics, "SEAL_POINTS", 25)
    monkeypatch.setattr(metrics, "SEAL_ROWS", 4)
    run = make_run(cast.lab)
    log_metrics(run, line(10))
    log_metrics(run, line(10, start=10))
    assert MetricTail.objects.count() == 2
    log_metrics(run, line(10, start=20))
    assert not MetricTail.objects.exists()
    for at in range(3):
        log_metrics(run, line(1, start=30 + at))
    assert MetricTail.objects.count() == 3
    log_metrics(run, line(1, start=40))
    assert not MetricTail.objects.exists()
    assert not Run.objects.get().metrics_pending


def test_the_tail_is_not_measured_after_each_small_batch(cast, django_assert_num_queries):
    run = make_run(cast.lab)
    log_metrics(run, line(1))
    with django_assert_num_queries(0):
        assert not seal_if_due(run)


def test_stale_tails_are_sealed_and_fresh_ones_are_left(cast):
    old, new = make_run(cast.lab), make_run(cast.lab)
    for run in (old, new):
        log_metrics(run, line(3))
    MetricTail.objects.filter(run=old).update(written=now_ms() - 6000)
    assert seal_stale() == 1
    assert list(MetricTail.objects.values_list("run_id", flat=True)) == [new.pk]
    assert list(Run.objects.filter(metrics_pending=True)) == [new]
    assert seal_stale(older_than_ms=-1) == 1


def test_a_mark_without_a_tail_is_taken_away(cast):
    run = make_run(cast.lab)
    Run.objects.update(metrics_pending=True)
    assert seal_stale() == 0
    assert not Run.objects.get(pk=run.pk).metrics_pending


def test_the_search_for_stale_tails_uses_the_index_of_pending_runs(cast):
    statements = []

    def spy(execute, statement, parameters, many, context):
        statements.append((statement, parameters))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(spy):
        seal_stale()
    statement, parameters = statements[0]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # an empty table is scanned otherwise
        cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + statement, parameters)
        assert "run_pending" in str(cursor.fetchall())


def test_a_narrow_batch_takes_few_statements_whatever_its_length(cast, django_assert_max_num_queries):
    run = make_run(cast.lab)
    log_metrics(run, [point for key in range(10) for point in line(1, f"m{key}")])
    # A savepoint and its release, the lock, the batch id, the keys (remembered outside of tests), tail, summaries.
    with django_assert_max_num_queries(7):
        log_metrics(run, [point for key in range(10) for point in line(100, f"m{key}", 1)], batch_id="b")


def at_once(work, n=8):
    """Do ``work(0..n-1)`` in as many threads, each with a connection of its own."""

    def alone(at):
        try:
            return work(at)
        finally:
            connection.close()

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(alone, range(n)))


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_sealers_of_one_run_lose_nothing_and_double_nothing(transactional_db, cast):
    run = make_run(cast.lab)

    def work(at):
        for part in range(10):
            log_metrics(run, [*line(20, start=at * 1000 + part * 20), *line(2, f"m{at}", part * 2)])
            if part % 3 == at % 3:
                seal_run(run.pk)

    at_once(work)
    seal_run(run.pk)
    steps = [point.step for point in points(run, "loss", limit=10_000)]
    assert steps == sorted(at * 1000 + step for at in range(8) for step in range(200))
    assert row(run).count == 1600
    assert row(run).last == 7199.0
    assert not MetricTail.objects.exists()
    assert not Run.objects.get(pk=run.pk).metrics_pending


@pytest.mark.django_db(transaction=True)
def test_of_two_clients_that_send_one_batch_at_once_one_stores_it(transactional_db, cast):
    run = make_run(cast.lab)
    new = at_once(lambda at: log_metrics(run, line(10), batch_id="same"), 4)
    assert sorted(new) == [0, 0, 0, 10]
    assert MetricTail.objects.count() == 1

"""Does a seal keep every point, once, whatever came before it and whoever comes between?"""

import itertools
import math

import numpy as np
import orjson
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.models import MetricChunk, MetricTail, Run, RunDoc, RunMetric
from runs.reading.series import points
from runs.recording import sealing
from runs.recording.lifecycle import change_status
from runs.recording.metrics import Point, log_metrics
from runs.recording.sealing import FULL, Header, plan, seal_run
from runs.statuses import Status
from tests.build import SOMEBODY, make_run

only_postgres = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time: nobody can come between"
)


def line(first, n, key="loss"):
    return [Point(key, float(at), at, 1000 + at) for at in range(first, first + n)]


def steps(run, key="loss"):
    return [point.step for point in points(run, key, limit=1_000_000)]


def chunks(run):
    rows = MetricChunk.objects.filter(run=run).order_by("step_from", "seq")
    return list(rows.values_list("count", "step_from", "step_to"))


def document(run):
    return orjson.loads(RunDoc.objects.get(run=run).doc)["m"]


def test_a_seal_moves_the_tail_into_a_chunk_and_refreshes_the_document(cast):
    run = make_run(cast.lab)
    log_metrics(run, [*line(0, 10), Point("odd", math.nan, 4, 9), Point("odd", math.inf, 3, 8)])
    before = Run.objects.get().change_seq
    assert seal_run(run.pk)
    assert not MetricTail.objects.exists()
    assert steps(run) == list(range(10))
    assert document(run) == {
        "loss": [9.0, 0, 9, 1009, 0.0, 9.0, 0.0, 10],
        "odd": [None, 1, 4, 9, None, None, None, 2],
    }
    after = Run.objects.get()
    assert not after.metrics_pending
    assert after.change_seq >= before


def test_there_is_nothing_to_seal_in_an_empty_tail_or_a_run_that_is_gone(cast):
    assert not seal_run(make_run(cast.lab).pk)
    assert not seal_run(123)


def test_the_end_of_a_run_seals_its_tail(cast):
    run = make_run(cast.lab, metrics={"loss": 1.0})
    change_status(run, Status.COMPLETED, SOMEBODY)
    assert not MetricTail.objects.exists()
    assert document(run)["loss"][0] == 1.0


def test_small_chunks_merge_like_a_binary_counter_until_they_are_full(cast):
    run = make_run(cast.lab)
    for at in range(64):
        log_metrics(run, line(at * 100, 100))
        seal_run(run.pk)
        assert len(chunks(run)) <= 7
    log_metrics(run, line(6400, 10_000))
    seal_run(run.pk)
    assert steps(run) == list(range(16_400))
    sizes = [count for count, *_ in chunks(run)]
    assert max(sizes) == FULL
    assert sum(sizes) == 16_400


def test_a_full_chunk_is_not_rewritten_by_points_that_follow_it(cast):
    run = make_run(cast.lab)
    log_metrics(run, line(0, FULL))
    seal_run(run.pk)
    seq = MetricChunk.objects.get().seq
    log_metrics(run, line(FULL, 5000))
    seal_run(run.pk)
    assert list(MetricChunk.objects.order_by("seq").values_list("seq", "count")) == [(seq, FULL), (seq + 1, 5000)]


def test_repeats_from_retries_fold_in_the_tail_and_with_older_chunks(cast):
    run = make_run(cast.lab)
    for _ in range(2):
        log_metrics(run, line(0, 100))
        log_metrics(run, line(50, 100))
        seal_run(run.pk)
    assert steps(run) == list(range(150))
    assert RunMetric.objects.get().count == 150


def test_another_value_or_time_at_the_same_step_is_kept(cast):
    run = make_run(cast.lab)
    sent = [Point("loss", 1.0, 5, 10), Point("loss", 2.0, 5, 10), Point("loss", 1.0, 5, 11)]
    for point in sent:
        log_metrics(run, [point])
        seal_run(run.pk)
    assert [(p.ts, p.value) for p in points(run, "loss", limit=9)] == [(10, 1.0), (10, 2.0), (11, 1.0)]


def test_late_points_go_into_the_chunk_they_fall_in_and_chunks_stay_apart(cast):
    run = make_run(cast.lab)
    log_metrics(run, [point for point in line(0, 3 * FULL) if point.step % 100 != 50])
    seal_run(run.pk)
    log_metrics(run, [point for point in line(0, 3 * FULL) if point.step % 100 == 50])
    seal_run(run.pk)
    assert steps(run) == list(range(3 * FULL))
    ranges = [(start, end) for _, start, end in chunks(run)]
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(ranges))


def test_points_that_are_late_for_too_many_chunks_overlap_them_and_still_read_in_order(cast, monkeypatch):
    monkeypatch.setattr(sealing, "FULL", 100)
    monkeypatch.setattr(sealing, "LATE_CHUNKS", 2)
    run = make_run(cast.lab)
    log_metrics(run, line(0, 1000)[::2])
    seal_run(run.pk)
    log_metrics(run, line(0, 1000)[1::2])
    log_metrics(run, line(0, 10))
    seal_run(run.pk)
    assert steps(run) == list(range(1000))


def test_a_plan_opens_only_what_the_counter_or_late_points_ask_for():
    def points_at(*at):
        return sealing.Points(np.array(at), np.zeros(len(at), np.int64), np.zeros(len(at)))

    full, half, young = Header(1, 0, FULL, 0, 99), Header(1, 1, 50, 100, 149), Header(1, 2, 3, 150, 152)
    appended = plan(points_at(200, 201), [full, half, young])
    assert [(each.opened, each.points.step.tolist()) for each in appended] == [((2,), [200, 201])]
    late = plan(points_at(20, 120, 200), [full, half, young])
    assert [(each.opened, each.points.step.tolist()) for each in late] == [((0,), [20]), ((1,), [120]), ((), [200])]


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batches=st.lists(
        st.tuples(
            st.lists(
                st.tuples(
                    st.sampled_from("ab"), st.integers(0, 40), st.integers(0, 1), st.sampled_from([0.0, 1.0, math.nan])
                ),
                min_size=1,
                max_size=30,
            ),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_any_order_of_batches_and_seals_gives_the_set_of_points_that_was_sent(cast, monkeypatch, batches):
    monkeypatch.setattr(sealing, "FULL", 8)
    monkeypatch.setattr(sealing, "LATE_CHUNKS", 2)
    run = make_run(cast.lab)
    sent = {"a": set(), "b": set()}
    for rows, then_seal in batches:
        log_metrics(run, [Point(key, value, step, ts) for key, step, ts, value in rows])
        for key, step, ts, value in rows:
            sent[key].add((step, ts, str(value)))
        if then_seal:
            seal_run(run.pk)
        for key, wanted in sent.items():
            found = [(point.step, point.ts, str(point.value)) for point in points(run, key, limit=10_000)]
            assert len(found) == len(wanted)
            assert set(found) == wanted
            assert [point[:2] for point in found] == sorted(point[:2] for point in found)


@only_postgres
@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_committed_between_the_read_and_the_delete_survives_the_seal(
    transactional_db, cast, monkeypatch
):
    run = make_run(cast.lab)
    log_metrics(run, line(0, 3))
    body = bytes(MetricTail.objects.get().body)
    MetricTail.objects.all().delete()
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:  # takes the lower id, commits later; past our own writers' lock on the run
        cursor.execute(
            "INSERT INTO runs_metrictail (run_id, n, written, body) VALUES (%s, 3, 0, %s) RETURNING id", [run.pk, body]
        )
        lower = cursor.fetchone()[0]
    log_metrics(run, line(100, 3))
    assert MetricTail.objects.get().pk > lower
    write_chunks = sealing._write_chunks

    def commit_between(*arguments):
        other.commit()
        return write_chunks(*arguments)

    monkeypatch.setattr(sealing, "_write_chunks", commit_between)
    assert seal_run(run.pk)
    other.close()
    assert list(MetricTail.objects.values_list("pk", flat=True)) == [lower]
    assert Run.objects.get(pk=run.pk).metrics_pending
    assert steps(run) == [0, 1, 2, 100, 101, 102]


@only_postgres
@pytest.mark.django_db(transaction=True)
def test_a_seal_gives_way_to_another_sealer_of_the_run(transactional_db, cast):
    run, free = make_run(cast.lab), make_run(cast.lab)
    for each in (run, free):
        log_metrics(each, line(0, 3))
    other = connection.copy()
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [run.pk])
    assert not seal_run(run.pk)
    assert seal_run(free.pk)
    assert MetricTail.objects.count() == 1
    other.rollback()
    other.close()
    assert seal_run(run.pk)


@only_postgres
@pytest.mark.django_db(transaction=True)
def test_a_writer_that_comes_during_a_seal_waits_for_it_and_marks_the_run_again(transactional_db, cast, monkeypatch):
    from tests.recording.test_metrics import at_once

    run = make_run(cast.lab)
    log_metrics(run, line(0, 3))
    write_chunks = sealing._write_chunks
    from threading import Event

    sealing_now, written = Event(), Event()

    def slow(*arguments):
        sealing_now.set()
        assert not written.wait(0.3), "the writer did not wait for the seal"
        return write_chunks(*arguments)

    monkeypatch.setattr(sealing, "_write_chunks", slow)

    def work(at):
        if at == 0:
            return seal_run(run.pk)
        sealing_now.wait(5)
        log_metrics(run, line(10, 3))
        written.set()
        return True

    assert at_once(work, 2) == [True, True]
    assert Run.objects.get(pk=run.pk).metrics_pending
    assert steps(run) == [0, 1, 2, 10, 11, 12]


def test_a_seal_that_fails_leaves_everything_as_it_was(cast, monkeypatch):
    run = make_run(cast.lab)
    log_metrics(run, line(0, 50))

    def fail(*arguments):
        raise RuntimeError

    monkeypatch.setattr(sealing, "update_doc", fail)
    with pytest.raises(RuntimeError):
        seal_run(run.pk)
    assert MetricTail.objects.count() == 1
    assert not MetricChunk.objects.exists()
    assert steps(run) == list(range(50))

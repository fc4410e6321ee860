"""A run begins, goes on, ends, leaves and comes back."""

import itertools

import orjson
import pytest

from runs.mistakes import AlreadyExists, Conflict, UserMistake
from runs.models import ExperimentKey, Facet, Lifecycle, Run, RunAttr, RunDoc, RunText, StatusChange
from runs.recording.lifecycle import (
    NewRun,
    archive_run,
    cancel_run,
    change_status,
    create_run,
    fail_run,
    restore_run,
    trash_run,
)
from runs.statuses import Status, may_follow
from tests.build import SOMEBODY, make_experiment, make_run
from tests.cast import Cast

Dimension = Facet.Dimension


def counts(dimension: Facet.Dimension, experiment_id: int = 0) -> dict[int, int]:
    rows = Facet.objects.filter(dimension=dimension, experiment_id=experiment_id, n__gt=0)
    return dict(rows.values_list("value", "n"))


def test_a_run_is_made_with_all_it_carries(cast: Cast) -> None:
    run = make_run(
        cast.lab,
        name="first try",
        tags={"quality": "great", "worth another look": None, "empty": ""},
        params={"lr": "0.01", "optimizer": "adam"},
        properties={"author": "edgar"},
        description="**bold**",
        submitter="edgar",
        compute="gpu-1",
    )
    doc = orjson.loads(RunDoc.objects.get(run=run).doc)
    assert doc["t"] == {"quality": "great", "worth another look": None, "empty": ""}
    assert doc["p"] == {"lr": "0.01", "optimizer": "adam"}
    assert doc["r"] == {"author": "edgar"}
    assert RunAttr.objects.filter(run=run).count() == 6
    assert set(RunAttr.objects.filter(run=run, num__isnull=False).values_list("num", flat=True)) == {0.01}
    text = RunText.objects.get(run=run)
    assert text.html == "<p><strong>bold</strong></p>"
    for word in ("first try", "bold", "churn", "edgar", "running", run.uid, "quality great"):
        assert word in text.search


def test_a_bare_tag_is_told_from_an_empty_one(cast: Cast) -> None:
    run = make_run(cast.lab, tags={"bare": None, "empty": ""})
    assert sorted(RunAttr.objects.filter(run=run).values_list("txt", flat=True), key=str) == ["", None]


def test_a_nameless_run_gets_a_made_up_name(cast: Cast) -> None:
    assert len(make_run(cast.lab).name.split("-")) == 3


def test_newest_runs_have_the_largest_ids(cast: Cast) -> None:
    runs = [make_run(cast.lab) for _ in range(20)]
    assert [run.pk for run in runs] == sorted(run.pk for run in runs)


def test_an_imported_run_stands_where_its_time_puts_it(cast: Cast) -> None:
    now = make_run(cast.lab)
    old = make_run(cast.lab, started=1_600_000_000_000)
    assert old.pk < now.pk
    assert old.created == 1_600_000_000_000


def test_the_same_request_makes_one_run(cast: Cast) -> None:
    first = make_run(cast.lab, request_id="abc", name="one")
    again = make_run(cast.lab, request_id="abc", name="two")
    assert again.pk == first.pk
    assert Run.objects.count() == 1


def test_a_taken_uid_is_refused(cast: Cast) -> None:
    make_run(cast.lab, uid="a" * 32)
    with pytest.raises(AlreadyExists):
        make_run(cast.lab, uid="a" * 32)


def test_a_child_knows_its_root(cast: Cast) -> None:
    root = make_run(cast.lab)
    child = make_run(cast.lab, parent=root)
    grandchild = make_run(cast.lab, parent=child)
    assert (grandchild.parent_id, grandchild.root_id) == (child.pk, root.pk)


def test_a_parent_elsewhere_is_refused(cast: Cast) -> None:
    stranger = make_run(cast.elsewhere)
    with pytest.raises(UserMistake, match="another workspace"):
        make_run(cast.lab, parent=stranger)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": "x" * 257}, "256"),
        ({"name": "nul\x00"}, "NUL"),
        ({"name": "\ud800"}, "surrogate"),
        ({"tags": {"": "v"}}, "empty"),
        ({"tags": {"k" * 251: "v"}}, "250"),
        ({"tags": {"k": "v" * 8001}}, "8000"),
        ({"params": {"k": "v" * 6001}}, "6000"),
        ({"started": -1}, "1970"),
        ({"ended": 10**18}, "9999"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_leaves_nothing(cast: Cast, fields: dict, named: str) -> None:
    make_experiment(cast.lab)
    with pytest.raises(UserMistake, match=named):
        make_run(cast.lab, **fields)
    assert not Run.objects.exists()
    assert not RunAttr.objects.exists()
    assert not Facet.objects.exists()


def test_a_run_ends_and_tells_the_outbox(cast: Cast) -> None:
    run = change_status(make_run(cast.lab), Status.COMPLETED, SOMEBODY)
    assert run.ended is not None
    assert list(StatusChange.objects.filter(run__isnull=False).order_by("id").values_list("before", "after")) == [
        (None, Status.RUNNING),
        (Status.RUNNING, Status.COMPLETED),
    ]


def test_a_terminal_state_is_final(cast: Cast) -> None:
    run = change_status(make_run(cast.lab), Status.FAILED, SOMEBODY)
    with pytest.raises(Conflict) as caught:
        change_status(run, Status.COMPLETED, SOMEBODY)
    assert caught.value.current == "Failed"
    assert Run.objects.get(pk=run.pk).status == Status.FAILED


def test_an_override_leaves_a_terminal_state_and_is_recorded(cast: Cast) -> None:
    run = change_status(make_run(cast.lab), Status.FAILED, SOMEBODY)
    run = change_status(run, Status.RUNNING, SOMEBODY, override=True, reason="resumed")
    assert (run.status, run.ended) == (Status.RUNNING, None)
    last = StatusChange.objects.latest("id")
    assert (last.override, last.reason) == (True, "resumed")


def test_a_change_is_compared_and_set(cast: Cast) -> None:
    run = make_run(cast.lab)
    with pytest.raises(Conflict, match="not Queued"):
        change_status(run, Status.COMPLETED, SOMEBODY, expected=Status.QUEUED)


def test_staying_in_a_state_changes_nothing(cast: Cast) -> None:
    run = make_run(cast.lab)
    change_status(run, Status.RUNNING, SOMEBODY)
    assert StatusChange.objects.count() == 1


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Status, Status)))
def test_every_transition_follows_the_rules(before: Status, after: Status) -> None:
    allowed = may_follow(before, after)
    if before == after:
        assert allowed
    elif before.is_terminal:
        assert not allowed
    elif after.is_terminal:
        assert allowed


def test_cancel_and_fail_say_why(cast: Cast) -> None:
    canceled = cancel_run(make_run(cast.lab), SOMEBODY, "enough")
    failed = fail_run(make_run(cast.lab), SOMEBODY, "ValueError: boom")
    assert canceled.status == Status.CANCELED
    assert (failed.error_code, failed.error_message) == ("UserError", "ValueError: boom")


def test_counters_follow_every_move(cast: Cast) -> None:
    experiment = make_experiment(cast.lab)
    parent = make_run(experiment)
    child = make_run(experiment, parent=parent)
    assert counts(Dimension.STATUS) == {Status.RUNNING: 2}
    assert counts(Dimension.ROOT_STATUS, experiment.pk) == {Status.RUNNING: 1}
    change_status(child, Status.COMPLETED, SOMEBODY)
    assert counts(Dimension.STATUS) == {Status.RUNNING: 1, Status.COMPLETED: 1}
    archive_run(child, SOMEBODY)
    trash_run(parent, SOMEBODY)
    assert counts(Dimension.STATUS, experiment.pk) == {}
    assert counts(Dimension.LIFECYCLE) == {Lifecycle.ARCHIVED: 1, Lifecycle.TRASHED: 1}
    restore_run(parent, SOMEBODY)
    restore_run(child, SOMEBODY)
    assert counts(Dimension.STATUS, experiment.pk) == {Status.RUNNING: 1, Status.COMPLETED: 1}


def test_the_experiment_knows_which_names_its_runs_use(cast: Cast) -> None:
    run = make_run(cast.lab, tags={"a": "1"}, params={"a": "2"})
    make_run(cast.lab, tags={"a": "1"})
    rows = ExperimentKey.objects.filter(experiment_id=run.experiment_id)
    assert sorted(rows.values_list("key__kind", "key__name", "n")) == [(1, "a", 1), (3, "a", 2)]


def test_no_run_starts_in_an_experiment_in_the_trash(cast: Cast) -> None:
    experiment = make_experiment(cast.lab)
    experiment.lifecycle = Lifecycle.TRASHED
    with pytest.raises(UserMistake, match="trash"):
        create_run(experiment, NewRun(), SOMEBODY)

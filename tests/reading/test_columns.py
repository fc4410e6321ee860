"""Which names do runs use, and how many are in which state: read from counters."""

from runs.models import KeyKind
from runs.query_language.order import columns_to_text
from runs.reading.columns import default_columns, keys_of
from runs.reading.status_counts import status_counts
from runs.recording.lifecycle import archive_run, change_status
from runs.statuses import Status
from tests.build import SOMEBODY, make_experiment, make_run
from tests.cast import Cast


def test_names_come_with_counts_most_used_first(cast: Cast) -> None:
    one, two = make_experiment(cast.lab, "one"), make_experiment(cast.lab, "two")
    make_run(one, params={"lr": "1", "optimizer.name": "adam"})
    make_run(two, params={"lr": "1", "%odd": "x"})
    make_run(make_experiment(cast.elsewhere, "one"), params={"secret": "1"})
    assert keys_of(cast.lab, None, KeyKind.PARAM) == [("lr", 2), ("%odd", 1), ("optimizer.name", 1)]
    assert keys_of(cast.lab, one, KeyKind.PARAM) == [("lr", 1), ("optimizer.name", 1)]
    assert keys_of(cast.lab, None, KeyKind.PARAM, "NA") == [("optimizer.name", 1)]
    assert keys_of(cast.lab, None, KeyKind.PARAM, "%") == [("%odd", 1)]
    assert keys_of(cast.lab, None, KeyKind.TAG) == []


def test_a_list_shows_the_most_used_names_at_first(cast: Cast) -> None:
    make_run(cast.lab, params={"lr": "1"}, tags={"mlflow.user": "x", "team": "vision"})
    assert columns_to_text(default_columns(cast.lab, None)) == "submitter,created,duration,param.lr,tag.team"


def test_states_are_counted_as_runs_move(cast: Cast) -> None:
    parent = make_run(cast.lab)
    child = make_run(cast.lab, parent=parent)
    change_status(child, Status.FAILED, SOMEBODY)
    archive_run(make_run(cast.lab), SOMEBODY)
    flat, nested = status_counts(cast.lab), status_counts(cast.lab, nested=True)
    assert flat.by_status == {Status.RUNNING: 1, Status.FAILED: 1}
    assert (flat.total, flat.archived, flat.by_group["ended"]) == (2, 1, 1)
    assert nested.by_status == {Status.RUNNING: 1}
    assert (flat.runs, flat.roots) == (nested.runs, nested.roots) == (2, 1)
    assert status_counts(cast.elsewhere).total == 0


def test_a_workspace_of_many_names_is_asked_once_in_a_while(cast: Cast, django_assert_num_queries) -> None:
    make_run(cast.lab, params={f"p{number}": "1" for number in range(250)})
    first = default_columns(cast.lab, None)
    with django_assert_num_queries(0):
        assert default_columns(cast.lab, None) == first
    with django_assert_num_queries(1):
        default_columns(cast.elsewhere, None)


def test_a_workspace_of_few_names_shows_a_new_one_at_once(cast: Cast) -> None:
    make_run(cast.lab, params={"lr": "1"})
    before = default_columns(cast.lab, None)
    make_run(cast.lab, params={"depth": "1"})
    assert len(default_columns(cast.lab, None)) == len(before) + 1

"""The list answers queries, orders, columns and pages, as the pages do."""

from urllib.parse import urlencode

import pytest

from runs.recording.lifecycle import archive_run, trash_run
from tests.api.conftest import Caller
from tests.build import make_experiment, make_run


def found(caller: Caller, **query: object) -> dict:
    answer = caller.get(f"runs?{urlencode(query)}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def names(page: dict) -> list[str]:
    return [run["name"] for run in page["runs"]]


@pytest.fixture
def five(cast) -> None:
    for number in range(5):
        make_run(
            cast.lab, name=f"run-{number}", tags={"n": str(number)}, params={"lr": str(number / 10)},
            properties={"author": "me"}, metrics={"loss": float(number)},
        )  # fmt: skip


def test_runs_come_newest_first_with_all_that_they_carry(five, editor) -> None:
    page = found(editor)
    assert names(page) == [f"run-{number}" for number in (4, 3, 2, 1, 0)]
    run = page["runs"][0]
    assert (run["tags"], run["params"], run["properties"], run["metrics"]) == (
        {"n": "4"},
        {"lr": "0.4"},
        {"author": "me"},
        {"loss": 4.0},
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("metric.loss < 2", ["run-1", "run-0"]),
        ("tag.n = 3", ["run-3"]),
        ("param.lr >= 0.3 AND NOT tag.n = 4", ["run-3"]),
        ("run-2", ["run-2"]),
        ("status:failed", []),
        ("submitter:nobody", []),
    ],
)
def test_a_query_narrows_the_list(five, editor, query: str, expected: list[str]) -> None:
    assert names(found(editor, q=query)) == expected


def test_the_list_is_sorted_by_any_column(five, editor) -> None:
    assert names(found(editor, sort="metric.loss")) == [f"run-{number}" for number in range(5)]
    assert names(found(editor, sort="-param.lr", limit=2)) == ["run-4", "run-3"]


def test_asked_columns_come_instead_of_everything(five, editor) -> None:
    run = found(editor, cols="status,min(metric.loss),param.lr,tag.none", limit=1)["runs"][0]
    assert run["cells"] == {"status": "Running", "min(metric.loss)": 4.0, "param.lr": "0.4", "tag.none": None}
    assert "tags" not in run


@pytest.mark.parametrize("sort", ["", "metric.loss", "-metric.loss"])
def test_pages_follow_each_other_both_ways(five, editor, sort: str) -> None:
    first = found(editor, sort=sort, limit=2)
    second = found(editor, sort=sort, limit=2, after=first["next"])
    third = found(editor, sort=sort, limit=2, after=second["next"])
    assert len(set(names(first) + names(second) + names(third))) == 5
    assert third["next"] is None
    assert names(found(editor, sort=sort, limit=2, before=second["previous"])) == names(first)


def test_a_page_of_another_order_is_refused(five, editor) -> None:
    cursor = found(editor, limit=2)["next"]
    assert editor.get(f"runs?{urlencode({'after': cursor, 'sort': 'metric.loss'})}").status_code == 400


def test_matches_are_counted_when_asked(five, editor) -> None:
    assert found(editor, count=1)["count"] == {"n": 5, "capped": False}
    assert found(editor, count=1, q="metric.loss < 2")["count"] == {"n": 2, "capped": False}
    assert "count" not in found(editor)


def test_an_unknown_name_is_a_warning_with_its_column(five, editor) -> None:
    page = found(editor, q="metric.lss < 2")
    assert page["runs"] == []
    assert page["warnings"][0]["position"] == 0
    assert "loss" in page["warnings"][0]["message"]


def test_grouping_says_that_it_is_not_there_yet(five, editor) -> None:
    answer = editor.get("runs?group=status")
    assert answer.status_code == 400
    assert "yet" in answer.json()["group"][0]


def test_put_aside_and_trashed_runs_are_shown_when_asked(cast, editor) -> None:
    make_run(cast.lab, name="daily")
    archive_run(make_run(cast.lab, name="aside"), cast.author())
    trash_run(make_run(cast.lab, name="gone"), cast.author())
    assert names(found(editor)) == ["daily"]
    assert names(found(editor, lifecycle="archived")) == ["aside"]
    assert names(found(editor, lifecycle="trashed")) == ["gone"]
    assert set(names(found(editor, lifecycle="all"))) == {"daily", "aside", "gone"}


def test_the_list_is_narrowed_to_an_experiment(cast, editor) -> None:
    churn = make_experiment(cast.lab, "churn")
    make_run(churn, name="in")
    make_run(make_experiment(cast.lab, "other"), name="out")
    assert names(found(editor, experiment_id=churn.pk)) == ["in"]


def test_child_runs_are_listed_flat_or_counted_under_their_parent(cast, editor) -> None:
    parent = make_run(cast.lab, name="parent")
    make_run(cast.lab, name="child", parent=parent)
    assert set(names(found(editor))) == {"parent", "child"}
    nested = found(editor, nest=1)
    assert names(nested) == ["parent"]
    assert nested["runs"][0]["children"]["total"] == 1


def test_values_that_are_no_numbers_come_back_as_words(cast, editor) -> None:
    make_run(cast.lab, metrics={"nan": float("nan"), "inf": float("inf"), "low": float("-inf")})
    assert found(editor)["runs"][0]["metrics"] == {"nan": "NaN", "inf": "Infinity", "low": "-Infinity"}


def test_another_workspace_has_other_runs(five, stranger) -> None:
    stranger.workspace = "elsewhere"
    assert found(stranger)["runs"] == []


def test_a_page_of_any_size_costs_the_same_queries(five, cast, editor, django_assert_max_num_queries) -> None:
    for _ in range(60):
        make_run(cast.lab, metrics={"loss": 1.0})
    found(editor)
    with django_assert_max_num_queries(9):
        assert len(found(editor, limit=65)["runs"]) == 65

"""runs/search: filters, orders and pages as MLflow's clients use them."""

from typing import Any

import pytest

from runs.models import Run
from runs.recording.lifecycle import archive_run
from tests.cast import Cast
from tests.mlflow_api.door import Door

INVALID = "INVALID_PARAMETER_VALUE"


@pytest.fixture
def five(door: Door) -> list[str]:
    """r0 … r4, with rising loss and lr, and the tag kind on the even ones; r4 is finished, r0 has NaN."""
    uids = []
    for number in range(5):
        tags = [{"key": "kind", "value": "even"}] if number % 2 == 0 else []
        uid = door.new_run(run_name=f"r{number}", start_time=1000 + number, tags=tags)
        loss: Any = "NaN" if number == 0 else number / 10
        door.post(
            "runs/log-batch",
            run_id=uid,
            metrics=[{"key": "loss", "value": loss, "timestamp": 1, "step": 0}],
            params=[{"key": "lr", "value": f"0.{number}"}, {"key": "p with space", "value": "x"}],
        )
        uids.append(uid)
    door.post("runs/update", run_id=uids[4], status="FINISHED", end_time=9000)
    door.post(
        "runs/log-inputs",
        run_id=uids[3],
        datasets=[{"dataset": {"name": "iris", "digest": "abc", "source_type": "c", "source": "s"}}],
    )
    return uids


def names(door: Door, **body: Any) -> list[str]:
    found = door.post("runs/search", experiment_ids=["0"], **body)
    return [run["info"]["run_name"] for run in found.get("runs", [])]


def test_runs_come_newest_first_and_whole(door: Door, five: list[str]) -> None:
    found = door.post("runs/search", experiment_ids=["0"])["runs"]
    assert [run["info"]["run_id"] for run in found] == five[::-1]
    for run in found:
        assert door.get("runs/get", run_id=run["info"]["run_id"])["run"] == run


@pytest.mark.parametrize(
    ("filter_text", "expected"),
    [
        ("metrics.loss > 0.1", "r4 r3 r2"),
        ("metrics.loss >= 0.2 and metrics.loss < 0.4", "r3 r2"),
        ("params.lr = '0.2'", "r2"),
        ('params.lr != "0.2"', "r4 r3 r1 r0"),
        ("params.lr < 0.2", "r1 r0"),
        ("params.`p with space` = 'x'", "r4 r3 r2 r1 r0"),
        ("tags.kind = 'even'", "r4 r2 r0"),
        ("tags.kind IS NULL", "r3 r1"),
        ("tag.kind LIKE 'EV%'", ""),
        ("tag.kind ILIKE 'EV%'", "r4 r2 r0"),
        ("tags.`mlflow.runName` = 'r1'", "r1"),
        ("attributes.status = 'FINISHED'", "r4"),
        ("status != 'FINISHED'", "r3 r2 r1 r0"),
        ("run_name = 'r3'", "r3"),
        ("attribute.start_time > 1002", "r4 r3"),
        ("end_time = 9000", "r4"),
        ("user_id = 'edgar'", "r4 r3 r2 r1 r0"),
        ("dataset.name = 'iris'", "r3"),
        ("run_name IN ('r1', 'r2')", "r2 r1"),
        ("tags.kind = 'even' AND (metrics.loss > 0.3 OR params.lr = '0.0')", "r4 r0"),
        ("NOT tags.kind = 'even'", "r3 r1"),
        ("metrics.nothing > 0", ""),
    ],
)
def test_a_filter_finds_its_runs(door: Door, five: list[str], filter_text: str, expected: str) -> None:
    assert names(door, filter=filter_text) == expected.split()


def test_run_ids_are_listed_in_a_filter(door: Door, five: list[str]) -> None:
    assert names(door, filter=f"run_id IN ('{five[1]}', '{five[3]}')") == ["r3", "r1"]
    assert names(door, filter=f"attributes.run_id = '{five[1]}'") == ["r1"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["metrics.loss DESC"], "r4 r3 r2 r1 r0"),
        (["metrics.loss ASC"], "r1 r2 r3 r4 r0"),
        (["params.lr"], "r0 r1 r2 r3 r4"),
        (["attributes.start_time ASC"], "r0 r1 r2 r3 r4"),
        (["run_name DESC"], "r4 r3 r2 r1 r0"),
        (["tags.kind", "params.lr DESC"], "r4 r2 r0 r3 r1"),
        (["metrics.nothing DESC"], "r4 r3 r2 r1 r0"),
    ],
)
def test_an_order_is_kept_over_all_pages(door: Door, five: list[str], order: list[str], expected: str) -> None:
    assert names(door, order_by=order) == expected.split()
    seen, token = [], ""
    for _ in range(9):
        page = door.post("runs/search", experiment_ids=["0"], order_by=order, max_results=2, page_token=token)
        seen += [run["info"]["run_name"] for run in page["runs"]]
        token = page.get("next_page_token", "")
        if not token:
            break
    assert seen == expected.split()


def test_pages_do_not_shift_when_runs_arrive(door: Door, five: list[str]) -> None:
    first = door.post("runs/search", experiment_ids=["0"], max_results=2)
    door.new_run(run_name="late")
    second = door.post("runs/search", experiment_ids=["0"], max_results=2, page_token=first["next_page_token"])
    assert [run["info"]["run_name"] for run in first["runs"] + second["runs"]] == ["r4", "r3", "r2", "r1"]


def test_the_trash_and_the_archive_are_seen_when_asked_for(door: Door, five: list[str], cast: Cast) -> None:
    door.post("runs/delete", run_id=five[0])
    archive_run(Run.objects.get(uid=five[1]), cast.author())
    assert names(door) == ["r4", "r3", "r2"]
    assert names(door, run_view_type="DELETED_ONLY") == ["r0"]
    assert names(door, run_view_type="ALL") == ["r4", "r3", "r2", "r1", "r0"]


def test_experiments_that_are_not_yours_give_nothing(door: Door, five: list[str], stranger_door: Door) -> None:
    theirs = stranger_door.post("experiments/create", name="secret")["experiment_id"]
    stranger_door.new_run(theirs)
    assert door.post("runs/search", experiment_ids=[theirs]) == {}
    assert door.post("runs/search", experiment_ids=["123456789"]) == {}
    assert door.post("runs/search", experiment_ids=[]) == {}
    assert door.post("runs/search") == {}
    number = str(Run.objects.get(uid=five[0]).experiment_id)
    assert stranger_door.post("runs/search", experiment_ids=[number]) == {}


def test_experiments_are_searched_together(door: Door, five: list[str]) -> None:
    other = door.post("experiments/create", name="other")["experiment_id"]
    door.new_run(other, run_name="elsewhere")
    found = door.post("runs/search", experiment_ids=["0", other])["runs"]
    assert [run["info"]["run_name"] for run in found] == ["elsewhere", "r4", "r3", "r2", "r1", "r0"]
    assert found[0]["info"]["experiment_id"] == other
    assert found[1]["info"]["experiment_id"] == "0"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"filter": "metrics.loss >"}, ""),
        ({"filter": "metrics.loss = 'high'"}, "umeric"),
        ({"filter": "metrics.loss > NaN"}, ""),
        ({"filter": "status > 'A'"}, "comparator"),
        ({"filter": "params.lr = 0.1; DROP TABLE runs"}, ""),
        ({"filter": "colour.lr = '1'"}, "colour"),
        ({"filter": "attribute.colour = '1'"}, "colour"),
        ({"filter": "tags.a = 'x" + "y" * 70_000 + "'"}, ""),
        ({"filter": "(" * 5000 + "tags.a = 'b'" + ")" * 5000}, ""),
        ({"filter": "tags.a = '\x00'"}, "NUL"),
        ({"filter": 7}, "expected a string"),
        ({"order_by": ["metrics.loss SIDEWAYS"]}, ""),
        ({"order_by": ["colour"]}, "colour"),
        ({"order_by": ["loss; DROP TABLE runs"]}, ""),
        ({"order_by": "metrics.loss"}, "expected a list"),
        ({"order_by": [7]}, "list of strings"),
        ({"max_results": 0}, "between 1 and 50000"),
        ({"max_results": -1}, "between 1 and 50000"),
        ({"max_results": 50_001}, "between 1 and 50000"),
        ({"max_results": "x"}, "whole number"),
        ({"page_token": "junk"}, ""),
        ({"page_token": 7}, "expected a string"),
        ({"run_view_type": "SOME"}, "ACTIVE_ONLY, DELETED_ONLY, ALL"),
        ({"experiment_ids": ["x"]}, "must be a valid integer"),
        ({"experiment_ids": "0"}, "expected a list"),
        ({"experiment_ids": [0]}, "list of strings"),
    ],
)
def test_what_cannot_be_used_is_refused_naming_it(door: Door, five: list[str], body: dict[str, Any], part: str) -> None:
    message = door.refused(400, INVALID, "POST", "runs/search", {"experiment_ids": ["0"], **body})
    assert part in message
    assert "SELECT" not in message


def test_a_page_of_many_runs_takes_a_fixed_number_of_statements(
    door: Door, five: list[str], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(16):
        door.post("runs/search", experiment_ids=["0"], filter="metrics.loss > 0", max_results=1000)


def test_a_reader_may_search_and_a_wrong_method_is_refused(reading_door: Door, five: list[str]) -> None:
    assert len(names(reading_door)) == 5
    assert reading_door.send("GET", "runs/search").status_code == 405

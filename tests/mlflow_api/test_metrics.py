"""The calls that read a metric's history."""

from typing import Any

import pytest

from tests.mlflow_api.door import Door

UNKNOWN = "RESOURCE_DOES_NOT_EXIST"
INVALID = "INVALID_PARAMETER_VALUE"


def log(door: Door, uid: str, steps: list[int], key: str = "loss") -> list[dict[str, Any]]:
    points = [{"key": key, "value": step / 2, "timestamp": 1000 + step, "step": step} for step in steps]
    door.post("runs/log-batch", run_id=uid, metrics=points)
    return sorted(points, key=lambda point: point["step"])


@pytest.fixture
def uid(door: Door) -> str:
    return door.new_run()


def test_a_history_reads_in_steps_whatever_the_order_it_came_in(door: Door, uid: str) -> None:
    points = log(door, uid, [3, 1, 2, -5])
    assert door.get("metrics/get-history", run_id=uid, metric_key="loss") == {"metrics": points}


def test_a_history_comes_in_pages_without_gap_or_repeat(door: Door, uid: str) -> None:
    points = log(door, uid, list(range(500)))
    points += [{**point, "value": "NaN"} for point in points[:3]]
    door.post("runs/log-batch", run_id=uid, metrics=points[-3:])
    door.post("runs/update", run_id=uid, status="FINISHED")
    seen, token = [], ""
    while True:
        page = door.get("metrics/get-history", run_id=uid, metric_key="loss", max_results=99, page_token=token)
        seen += page["metrics"]
        token = page.get("next_page_token", "")
        if not token:
            break
    assert len(seen) == 503
    assert sorted(map(str, seen)) == sorted(map(str, points))
    assert [point["step"] for point in seen] == sorted(point["step"] for point in seen)


def test_the_same_points_sent_again_are_there_once(door: Door, uid: str) -> None:
    for _ in range(3):
        points = log(door, uid, [1, 2, 3])
    assert door.get("metrics/get-history", run_id=uid, metric_key="loss")["metrics"] == points


def test_a_metric_nobody_logged_has_no_points(door: Door, uid: str) -> None:
    assert door.get("metrics/get-history", run_id=uid, metric_key="nothing") == {}


def test_a_token_of_another_history_is_refused(door: Door, uid: str) -> None:
    log(door, uid, [1, 2, 3])
    log(door, uid, [1, 2, 3], "acc")
    token = door.get("metrics/get-history", run_id=uid, metric_key="loss", max_results=1)["next_page_token"]
    for bad in (token, "rubbish", token[:-4] + "AAAA"):
        door.refused(400, INVALID, "GET", "metrics/get-history", run_id=uid, metric_key="acc", page_token=bad)


def test_many_runs_are_read_at_once(door: Door) -> None:
    runs = [door.new_run() for _ in range(3)]
    for uid in runs:
        log(door, uid, list(range(4)))
    found = door.get("/ajax-api/2.0/mlflow/metrics/get-history-bulk", run_id=runs, metric_key="loss", max_results=10)[
        "metrics"
    ]
    assert [(point["run_id"], point["step"]) for point in found] == [(uid, step) for uid in runs for step in range(4)][
        :10
    ]


def test_an_interval_is_sampled_evenly_with_both_ends(door: Door) -> None:
    runs = [door.new_run() for _ in range(2)]
    for uid in runs:
        log(door, uid, list(range(100)))
    found = door.get(
        "metrics/get-history-bulk-interval",
        run_ids=runs,
        metric_key="loss",
        start_step=10,
        end_step=59,
        max_results=10,
    )["metrics"]
    for uid in runs:
        steps = [point["step"] for point in found if point["run_id"] == uid]
        assert (len(steps), steps[0], steps[-1]) == (10, 10, 59)
    whole = door.get("metrics/get-history-bulk-interval", run_ids=runs[0], metric_key="loss")["metrics"]
    assert [point["step"] for point in whole] == list(range(100))


CALLS = [("get-history", "run_id"), ("get-history-bulk", "run_id"), ("get-history-bulk-interval", "run_ids")]


@pytest.mark.parametrize(("path", "field"), CALLS)
def test_who_may_see_it(door: Door, uid: str, reading_door: Door, stranger_door: Door, path: str, field: str) -> None:
    log(door, uid, [1])
    assert reading_door.get(f"metrics/{path}", **{field: uid}, metric_key="loss")["metrics"]
    stranger_door.refused(404, UNKNOWN, "GET", f"metrics/{path}", **{field: uid}, metric_key="loss")
    door.refused(404, UNKNOWN, "GET", f"metrics/{path}", **{field: "f" * 32}, metric_key="loss")
    assert field in door.refused(400, INVALID, "GET", f"metrics/{path}", metric_key="loss")
    assert "metric_key" in door.refused(400, INVALID, "GET", f"metrics/{path}", **{field: uid})
    assert door.send("POST", f"metrics/{path}", {}).status_code == 405


@pytest.mark.parametrize(
    ("path", "query", "part"),
    [
        ("get-history", {"max_results": 0}, "between 1 and"),
        ("get-history", {"max_results": "many"}, "whole number"),
        ("get-history-bulk", {"max_results": 25_001}, "25000"),
        ("get-history-bulk-interval", {"max_results": 2501}, "2500"),
        ("get-history-bulk-interval", {"start_step": 1}, "both must be specified"),
        ("get-history-bulk-interval", {"start_step": 2, "end_step": 1}, "greater than start_step"),
        ("get-history-bulk-interval", {"start_step": "a", "end_step": 1}, "whole number"),
        ("get-history-bulk", {"run_id": ["a"] * 101}, "limit is 100"),
    ],
)
def test_what_cannot_be_used_is_refused_naming_it(
    door: Door, uid: str, path: str, query: dict[str, Any], part: str
) -> None:
    query = {"run_id": uid, "run_ids": uid, "metric_key": "loss", **query}
    assert part in door.refused(400, INVALID, "GET", f"metrics/{path}", **query)

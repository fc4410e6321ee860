"""Points are logged all or nothing, once, and come back as they were sent."""

import pytest

from runs.models import MetricTail
from tests.build import make_run

T = 1_700_000_000_000


@pytest.fixture
def run(cast):
    return make_run(cast.lab)


def point(key: str = "loss", value: object = 1.0, step: object = 0, **more: object) -> dict:
    return {"key": key, "value": value, "step": step, "time": T, **more}


def test_a_batch_lands_with_its_parameters_and_tags(run, editor) -> None:
    body = {"points": [point(value=2, step=1), point(value=0.5, step=2)], "params": {"lr": "1"}, "tags": {"a": None}}
    assert editor.post(f"runs/{run.uid}/batch", body).json() == {"new": 2}
    found = editor.get(f"runs/{run.uid}").json()
    assert (found["params"], found["tags"]) == ({"lr": "1"}, {"a": None})
    assert found["metrics"]["loss"] == {
        "last": 0.5, "step": 2, "time": T, "min": 0.5, "max": 2.0, "first": 2.0, "count": 2,
    }  # fmt: skip


def test_a_repeated_batch_stores_nothing_twice(run, editor) -> None:
    body = {"points": [point()], "batch_id": "b-1"}
    assert [editor.post(f"runs/{run.uid}/batch", body).json()["new"] for _ in range(3)] == [1, 0, 0]
    assert editor.get(f"runs/{run.uid}/metrics").json()["metrics"]["loss"]["count"] == 1


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (point(value="abc"), "points.1.value"),
        (point(value=None), "points.1.value"),
        (point(value=True), "points.1.value"),
        (point(value=[1]), "points.1.value"),
        (point(value=10**400), "points.1.value"),
        (point(step=1.5), "points.1.step"),
        (point(step="1"), "points.1.step"),
        (point(step=2**63), "points.1.step"),
        (point(step=True), "points.1.step"),
        (point(key=""), "points.1.key"),
        (point(key="k" * 251), "points.1.key"),
        (point(key="a\0b"), "points.1.key"),
        (point(key=7), "points.1.key"),
        (point() | {"time": -1}, "points.1.time"),
        (point() | {"time": 1.5}, "points.1.time"),
        (point() | {"time": 2**63}, "points.1.time"),
        (point(timestamp=1), "points.1"),
        ("text", "points.1"),
    ],
)
def test_a_batch_with_one_bad_point_stores_nothing_and_names_it(run, editor, bad, field: str) -> None:
    body = {"points": [point(), bad, point()], "tags": {"a": "1"}, "params": {"b": "1"}}
    answer = editor.post(f"runs/{run.uid}/batch", body)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert not MetricTail.objects.exists()
    assert editor.get(f"runs/{run.uid}").json()["tags"] == {}


def test_a_batch_with_a_bad_tag_stores_no_point(run, editor) -> None:
    answer = editor.post(f"runs/{run.uid}/batch", {"points": [point()], "tags": {"": "x"}})
    assert answer.status_code == 400
    assert not MetricTail.objects.exists()


def test_a_batch_has_a_limit(run, editor) -> None:
    answer = editor.post(f"runs/{run.uid}/batch", {"points": [point()] * 10_001})
    assert answer.status_code == 400
    assert "10000" in answer.json()["points"][0]


def test_numbers_that_are_none_in_json_go_there_and_back(run, editor) -> None:
    sent = ["NaN", "Infinity", "-Infinity", -0.0, 5e-324, 1.7976931348623157e308, 0.1]
    points = [point(value=value, step=step) for step, value in enumerate(sent)]
    editor.post(f"runs/{run.uid}/batch", {"points": points})
    found = editor.get(f"runs/{run.uid}/points?metric=loss").json()
    assert found == {"step": list(range(7)), "time": [T] * 7, "value": sent, "next": None}
    assert editor.get(f"runs/{run.uid}/metrics").json()["metrics"]["loss"]["max"] == 1.7976931348623157e308


def test_points_are_paged_in_order_and_narrowed_by_step(run, editor) -> None:
    points = [point(value=step, step=step) for step in (3, 1, 4, 0, 2)]
    editor.post(f"runs/{run.uid}/batch", {"points": points})
    path = f"runs/{run.uid}/points?metric=loss"
    first = editor.get(f"{path}&limit=3").json()
    second = editor.get(f"{path}&limit=3&after={first['next']}").json()
    assert first["step"] + second["step"] == [0, 1, 2, 3, 4]
    assert second["next"] is None
    assert editor.get(f"{path}&from=1&to=2").json()["step"] == [1, 2]


def test_a_line_is_as_wide_as_asked_and_keeps_its_spike(run, editor) -> None:
    points = [point(value=1000.0 if step == 777 else 1.0, step=step) for step in range(2000)]
    editor.post(f"runs/{run.uid}/batch", {"points": points})
    line = editor.get(f"runs/{run.uid}/series?metric=loss&width=50").json()
    assert len(line["x"]) <= 52
    assert max(line["high"]) == 1000.0
    assert (line["x"][0], line["x"][-1], line["count"], line["x_name"]) == (0, 1999, 2000, "step")
    zoomed = editor.get(f"runs/{run.uid}/series?metric=loss&width=50&from=770&to=780").json()
    assert zoomed["x"] == list(range(770, 781))


def test_a_line_over_time(run, editor) -> None:
    editor.post(f"runs/{run.uid}/batch", {"points": [point(step=0), point(step=1) | {"time": T + 5000}]})
    line = editor.get(f"runs/{run.uid}/series?metric=loss&x=time").json()
    assert (line["x"], line["x_name"]) == ([T, T + 5000], "time")


def test_a_metric_that_is_not_there_has_no_points(run, editor) -> None:
    assert editor.get(f"runs/{run.uid}/points?metric=none").json()["step"] == []
    assert editor.get(f"runs/{run.uid}/series?metric=none").json()["x"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("points", "metric"),
        ("points?metric=%00", "metric"),
        ("points?metric=a&from=x", "from"),
        ("points?metric=a&to=99999999999999999999", "to"),
        ("points?metric=a&limit=0", "limit"),
        ("points?metric=a&limit=100001", "limit"),
        ("points?metric=a&after=junk", "after"),
        ("points?metric=a&after=1_2_99999999999999999999", "after"),
        ("series?metric=a&x=epoch", "x"),
        ("series?metric=a&width=0", "width"),
        ("series?metric=a&width=4001", "width"),
    ],
)
def test_a_malformed_question_is_400(run, editor, query: str, field: str) -> None:
    answer = editor.get(f"runs/{run.uid}/{query}")
    assert (answer.status_code, list(answer.json())) == (400, [field])


def test_a_viewer_reads_points_and_logs_none(run, viewer) -> None:
    assert viewer.get(f"runs/{run.uid}/metrics").json() == {"metrics": {}}
    assert viewer.post(f"runs/{run.uid}/batch", {"points": [point()]}).status_code == 403
    assert not MetricTail.objects.exists()

"""Do the charts of a run get the series they ask for, and only for those who may see the run?"""

import math

import pytest
from django.test import Client

from runs.models import Run
from runs.recording.metrics import Point, log_metrics
from tests.build import make_run
from tests.cast import Cast


@pytest.fixture
def run(cast: Cast) -> Run:
    run = make_run(cast.lab)
    values = [1.0, 0.5, math.nan, 0.25, math.inf]
    log_metrics(run, [Point("loss", value, step, 1_000_000 + step * 1000) for step, value in enumerate(values)])
    return run


def address(run: Run, place: str = "metrics") -> str:
    return f"/w/lab/runs/{run.uid}/{place}"


def test_a_chart_gets_its_series(run: Run, viewer: Client) -> None:
    answer = viewer.get(address(run, "metrics.json"), {"metric": "loss", "width": "600"}).json()
    (series,) = answer["series"]
    assert answer["x_name"] == "step"
    assert series["name"] == "loss"
    assert series["x"] == [0, 1, 2, 3, 4]
    assert series["last"][:2] == [1.0, 0.5]
    assert series["last"][2] is None
    assert {(mark["x"], mark["kind"]) for mark in series["marks"]} == {(2, "nan"), (4, "inf")}


def test_a_chart_zooms_and_turns_to_time(run: Run, viewer: Client) -> None:
    part = viewer.get(address(run, "metrics.json"), {"metric": "loss", "start": "0.6", "end": "1.4"}).json()
    assert part["series"][0]["x"] == [1]
    times = viewer.get(address(run, "metrics.json"), {"metric": "loss", "x": "time"}).json()
    assert times["series"][0]["x"][0] == 1_000_000


def test_an_unknown_metric_has_no_series(run: Run, viewer: Client) -> None:
    assert viewer.get(address(run, "metrics.json"), {"metric": "none"}).json()["series"] == []
    assert viewer.get(address(run, "metrics.json")).json()["series"] == []


@pytest.mark.parametrize(
    "query", [{"width": "0"}, {"width": "9999999"}, {"width": "x"}, {"start": "x"}, {"end": "1e400"}, {"start": "nan"}]
)
def test_a_broken_question_is_answered_with_what_was_wrong(run: Run, viewer: Client, query: dict[str, str]) -> None:
    answer = viewer.get(address(run, "metrics.json"), {"metric": "loss", **query})
    assert answer.status_code == 400
    assert list(answer.json()) == list(query)


def test_a_stranger_gets_no_series(run: Run, stranger: Client) -> None:
    assert stranger.get(address(run, "metrics.json"), {"metric": "loss"}).status_code == 404


def test_each_metric_has_a_chart_with_its_numbers_for_who_has_no_script(run: Run, viewer: Client) -> None:
    page = viewer.get(address(run)).content.decode()
    assert "data-chart-url" in page
    assert "<noscript>" in page
    assert "Inf" in page


def test_charts_come_24_a_page_and_are_found_by_name(cast: Cast, viewer: Client) -> None:
    run = make_run(cast.lab, metrics={f"m{number:02}": 1.0 for number in range(30)})
    first = viewer.get(address(run))
    assert len(first.context["charts"]) == 24
    second = viewer.get(address(run), {"start": first.context["next_start"]})
    assert [one["summary"].key for one in second.context["charts"]] == [f"m{number}" for number in range(24, 30)]
    found = viewer.get(address(run), {"metric": "M07"}, headers={"HX-Request": "true"})
    assert found.content.decode().count("data-chart-url") == 1
    assert "metric=m07" in found.content.decode()
    assert "<html" not in found.content.decode()
    assert "No metric has that" in viewer.get(address(run), {"metric": "zzz"}).content.decode()
    assert viewer.get(address(run), {"start": "9" * 18}).status_code == 200


def test_a_running_run_asks_again_and_an_ended_one_does_not(cast: Cast, run: Run, editor: Client) -> None:
    assert "data-chart-every" in editor.get(address(run)).content.decode()
    editor.post(address(run, "cancel"))
    assert "data-chart-every" not in editor.get(address(run)).content.decode()

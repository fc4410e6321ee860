"""The links that MLflow's clients print lead to the run, wherever it is."""

import pytest
from django.test import Client

from tests.build import make_run
from tests.cast import Cast


def test_a_run_is_found_in_any_workspace_of_mine(cast: Cast, viewer: Client) -> None:
    run = make_run(cast.lab)
    answer = viewer.get(f"/find/runs/{run.uid}")
    assert (answer.status_code, answer["Location"]) == (302, f"/w/lab/runs/{run.uid}")


def test_an_experiment_is_found_by_its_number(cast: Cast, viewer: Client) -> None:
    run = make_run(cast.lab)
    answer = viewer.get(f"/find/experiments/{run.experiment_id}")
    assert (answer.status_code, answer["Location"]) == (302, "/w/lab/experiments/churn")


@pytest.mark.parametrize("kind", ["runs", "experiments"])
def test_a_stranger_finds_nothing(cast: Cast, stranger: Client, kind: str) -> None:
    run = make_run(cast.lab)
    number = run.uid if kind == "runs" else run.experiment_id
    assert stranger.get(f"/find/{kind}/{number}").status_code == 404


@pytest.mark.parametrize("path", ["/find/runs/" + "0" * 32, "/find/experiments/99999", "/find/experiments/" + "9" * 30])
def test_what_does_not_exist_is_not_found(cast: Cast, viewer: Client, path: str) -> None:
    assert viewer.get(path).status_code == 404


def test_only_reading_is_answered(cast: Cast, viewer: Client) -> None:
    run = make_run(cast.lab)
    assert viewer.post(f"/find/runs/{run.uid}").status_code == 405


def test_who_is_not_signed_in_is_asked_to(cast: Cast) -> None:
    run = make_run(cast.lab)
    assert Client().get(f"/find/runs/{run.uid}")["Location"].startswith("/sign-in/")

"""How many runs a list holds is fetched when the list is on the screen, so that no list waits for a count."""

import pytest
from django.test import Client

from tests.build import make_run
from tests.cast import Cast
from tests.pages.conftest import Statements


def many(cast: Cast, n: int = 30) -> None:
    for number in range(n):
        make_run(cast.lab, name=f"run {number}", tags={"team": "red"})


def test_a_filtered_list_that_goes_on_is_counted_afterwards(cast: Cast, viewer: Client) -> None:
    many(cast)
    page = viewer.get("/w/lab/runs?q=tag.team:red&rows=25").content.decode()
    assert "25 runs shown" in page
    assert 'hx-get="/w/lab/count?q=tag.team%3Ared' in page
    assert "25 of 30 runs" in viewer.get("/w/lab/count?q=tag.team:red&rows=25&shown=25").content.decode()


def test_without_scripts_a_link_counts(cast: Cast, viewer: Client) -> None:
    many(cast)
    assert "count=some" in viewer.get("/w/lab/runs?q=tag.team:red&rows=25").content.decode()
    assert "25 of 30 runs" in viewer.get("/w/lab/runs?q=tag.team:red&rows=25&count=some").content.decode()


def test_what_is_known_is_said_at_once(cast: Cast, viewer: Client) -> None:
    many(cast)
    assert "25 of 30 top-level runs" in viewer.get("/w/lab/runs?rows=25").content.decode()
    assert "30 runs" in viewer.get("/w/lab/runs?q=tag.team:red&rows=50").content.decode()


def test_an_experiment_is_counted_alone(cast: Cast, viewer: Client) -> None:
    many(cast, 3)
    assert "2 of 3 runs" in viewer.get("/w/lab/count?experiment=churn&shown=2&nest=0").content.decode()


@pytest.mark.parametrize("shown", ["", "x", "-1", "9" * 40, "\x00"])
def test_nonsense_is_counted_as_nothing_shown(cast: Cast, viewer: Client, shown: str) -> None:
    assert viewer.get("/w/lab/count", {"q": "name:zzz", "shown": shown}).status_code == 200


def test_a_stranger_counts_nothing(cast: Cast, stranger: Client) -> None:
    assert stranger.get("/w/lab/count").status_code == 404
    assert stranger.get("/w/elsewhere/count?experiment=churn").status_code == 404


def test_only_reading_is_answered(cast: Cast, viewer: Client) -> None:
    assert viewer.post("/w/lab/count").status_code == 405


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("", 7),
        ("q=tag.team:red&rows=25", 8),
        ("q=tag.team:red name:run&rows=25", 8),
        ("q=run&sort=name&rows=25", 8),
        ("q=tag.tean:red", 10),  # two more to say what was meant
    ],
)
def test_a_list_takes_so_many_statements_whatever_it_shows(
    cast: Cast, viewer: Client, statements: Statements, query: str, most: int
) -> None:
    many(cast)
    assert statements(viewer, f"/w/lab/runs?{query}") <= most

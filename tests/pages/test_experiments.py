"""Are experiments listed, made, put away and brought back, by those who may?"""

from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from runs.models import Experiment, Lifecycle
from runs.recording.experiments import default_experiment
from tests.build import make_experiment, make_run
from tests.cast import Cast
from tests.pages.conftest import Statements

LIST = "/w/lab/experiments"


def test_experiments_are_listed_with_their_runs(cast: Cast, viewer: Client) -> None:
    make_run(make_experiment(cast.lab, "churn"))
    page = viewer.get(LIST).content.decode()
    assert "churn" in page
    assert "/w/lab/experiments/churn" in page


def test_the_list_narrows_by_name_and_says_when_nothing_is_left(cast: Cast, viewer: Client) -> None:
    make_experiment(cast.lab, "churn")
    make_experiment(cast.lab, "vision")
    page = viewer.get(LIST, {"q": "VIS"}).content.decode()
    assert "vision" in page
    assert "churn" not in page
    assert "No experiment has that in its name" in viewer.get(LIST, {"q": "zzz"}).content.decode()


def test_htmx_gets_the_list_alone_and_history_the_whole_page(cast: Cast, viewer: Client) -> None:
    make_experiment(cast.lab, "churn")
    part = viewer.get(LIST, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]
    whole = viewer.get(LIST, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in whole.content.decode()
    assert "HX-Request" in viewer.get(LIST).headers["Vary"]


def test_an_editor_makes_an_experiment(cast: Cast, editor: Client) -> None:
    answer = editor.post(LIST, {"name": "new one"})
    assert answer.headers["Location"] == "/w/lab/experiments/new%20one"
    assert Experiment.objects.filter(workspace=cast.lab, name="new one").exists()


def test_a_name_that_is_taken_or_empty_is_said_in_place(cast: Cast, editor: Client) -> None:
    make_experiment(cast.lab, "churn")
    taken = editor.post(LIST, {"name": "churn"})
    assert taken.status_code == 409
    assert "already exists" in taken.content.decode()
    assert editor.post(LIST, {"name": "  "}).status_code == 422
    assert editor.post(LIST, {"name": "a\x00"}).status_code == 422


def test_a_viewer_makes_none_and_sees_no_form(cast: Cast, viewer: Client) -> None:
    assert viewer.post(LIST, {"name": "x"}).status_code == 403
    assert not Experiment.objects.filter(name="x").exists()
    assert 'name="name"' not in viewer.get(LIST).content.decode()


def test_a_stranger_finds_nothing(cast: Cast, stranger: Client) -> None:
    make_experiment(cast.lab, "churn")
    for url in (LIST, f"{LIST}/churn"):
        assert stranger.get(url).status_code == 404
    assert stranger.post(LIST, {"name": "x"}).status_code == 404
    assert stranger.post("/w/lab/move_experiment", {"name": "churn"}).status_code == 404


def test_the_trash_keeps_an_experiment_until_it_is_restored(cast: Cast, editor: Client, viewer: Client) -> None:
    make_experiment(cast.lab, "churn")
    assert viewer.post("/w/lab/move_experiment", {"name": "churn"}).status_code == 403
    editor.post("/w/lab/move_experiment", {"name": "churn"})
    assert Experiment.objects.get(name="churn").lifecycle == Lifecycle.TRASHED
    assert "/experiments/churn" not in viewer.get(LIST).content.decode()
    assert "/experiments/churn" in viewer.get(LIST, {"show": "trash"}).content.decode()
    editor.post("/w/lab/move_experiment", {"name": "churn", "to": "active"})
    assert Experiment.objects.get(name="churn").lifecycle == Lifecycle.ACTIVE


def test_the_default_experiment_stays_and_the_page_says_so(cast: Cast, editor: Client) -> None:
    name = default_experiment(cast.lab).name
    answer = editor.post("/w/lab/move_experiment", {"name": name}, follow=True)
    assert "cannot be deleted" in answer.content.decode()
    assert Experiment.objects.get(name=name).lifecycle == Lifecycle.ACTIVE


@pytest.mark.parametrize("name", ["a/b c", "ünïcode 名", "50%", "a?b#c", "x\ny", "<script>alert(1)</script>", "a//b"])
def test_an_experiment_of_any_name_has_its_page(cast: Cast, viewer: Client, name: str) -> None:
    make_experiment(cast.lab, name)
    page = viewer.get(LIST).content.decode()
    assert "<script>alert" not in page
    url = reverse("experiment_runs", args=["lab", name])
    assert viewer.get(url).status_code == 200
    assert viewer.get(f"{LIST}/{quote(name)}").status_code == 200


def test_a_missing_experiment_is_not_found_and_a_damaged_page_link_does_no_harm(viewer: Client) -> None:
    assert viewer.get(f"{LIST}/none").status_code == 404
    for cursor in ("x", "1-", "9" * 30 + "-1", "-", "1-2-3", "\x00"):
        assert viewer.get(LIST, {"cursor": cursor, "q": "\x00"}).status_code == 200


def test_the_list_takes_the_same_statements_for_any_number(cast: Cast, viewer: Client, statements: Statements) -> None:
    make_experiment(cast.lab, "one")
    few = statements(viewer, LIST)
    for number in range(10):
        make_experiment(cast.lab, f"n{number}")
    assert statements(viewer, LIST) == few <= 8

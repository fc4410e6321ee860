"""Does a person find their workspaces, and in one of them what goes on?"""

from django.test import Client

from runs.models import Member, Role
from runs.statuses import Status
from tests.build import make_run
from tests.cast import Cast
from tests.pages.conftest import Statements


def test_the_only_workspace_opens_at_once(viewer: Client) -> None:
    assert viewer.get("/").headers["Location"] == "/w/lab/"


def test_several_workspaces_are_listed_and_no_foreign_one(cast: Cast, viewer: Client) -> None:
    Member.objects.create(workspace=cast.elsewhere, person=cast.viewer, role=Role.VIEWER)
    page = viewer.get("/").content.decode()
    assert "/w/lab/" in page
    assert "/w/elsewhere/" in page


def test_who_is_in_no_workspace_is_told_what_to_do(cast: Cast, viewer: Client) -> None:
    Member.objects.filter(person=cast.viewer).delete()
    assert "No workspace yet" in viewer.get("/").content.decode()


def test_an_empty_workspace_shows_the_lines_that_log_a_first_run(viewer: Client, editor: Client) -> None:
    for client in (viewer, editor):
        page = client.get("/w/lab/").content.decode()
        assert "Log your first run" in page
        assert "mlflow.set_tracking_uri(&quot;http://testserver/w/lab&quot;)" in page or (
            'mlflow.set_tracking_uri("http://testserver/w/lab")' in page
        )
    assert "Make a token" not in viewer.get("/w/lab/").content.decode()


def test_running_and_latest_runs_are_shown(cast: Cast, viewer: Client) -> None:
    make_run(cast.lab, name="still-going")
    make_run(cast.lab, name="long-done", status=Status.COMPLETED)
    page = viewer.get("/w/lab/").content.decode()
    assert "Running now" in page
    assert page.count("still-going") >= 2
    assert "long-done" in page


def test_a_stranger_finds_no_workspace(stranger: Client) -> None:
    assert stranger.get("/w/lab/").status_code == 404
    assert stranger.get("/w/no-such/").status_code == 404


def test_hostile_names_are_only_text(cast: Cast, viewer: Client) -> None:
    make_run(cast.lab, name='<script>alert("x")</script>')
    page = viewer.get("/w/lab/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_home_takes_the_same_statements_for_any_number_of_runs(
    cast: Cast, viewer: Client, statements: Statements
) -> None:
    make_run(cast.lab)
    few = statements(viewer, "/w/lab/")
    for number in range(12):
        make_run(cast.lab, name=f"n{number}")
    assert statements(viewer, "/w/lab/") == few <= 10

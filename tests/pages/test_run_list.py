"""Does the list show the runs that its URL asks for, to those who may see them, whatever is asked?"""

import re
from urllib.parse import urlencode

import pytest
from django.test import Client

from runs.models import Run
from runs.recording.lifecycle import archive_run
from runs.statuses import Status
from tests.build import SOMEBODY, make_experiment, make_run
from tests.cast import Cast
from tests.pages.conftest import Statements

RUNS = "/w/lab/runs"


def names(client: Client, url: str = RUNS, **query: str) -> list[str]:
    """The display names in the table, from top to bottom."""
    page = client.get(f"{url}?{urlencode(query)}" if query else url).content.decode()
    return re.findall(r'<a class="run-name"[^>]*>([^<]*)</a>', page)


def test_an_empty_place_shows_the_lines_that_log_a_first_run(cast: Cast, viewer: Client) -> None:
    assert "Log your first run" in viewer.get(RUNS).content.decode()
    make_experiment(cast.lab, "churn")
    assert "No runs in churn yet" in viewer.get("/w/lab/experiments/churn").content.decode()


def test_runs_stand_newest_first_and_a_query_narrows_them(cast: Cast, viewer: Client) -> None:
    make_run(cast.lab, name="old", status=Status.FAILED)
    make_run(cast.lab, name="new")
    assert names(viewer) == ["new", "old"]
    assert names(viewer, q="status:failed") == ["old"]


def test_an_experiments_page_is_the_list_narrowed(cast: Cast, viewer: Client) -> None:
    make_run(make_experiment(cast.lab, "churn"), name="mine")
    make_run(make_experiment(cast.lab, "vision"), name="other")
    assert names(viewer, "/w/lab/experiments/churn") == ["mine"]


def test_a_mistake_in_the_query_is_shown_at_its_column_and_the_page_works(cast: Cast, viewer: Client) -> None:
    make_run(cast.lab)
    answer = viewer.get(RUNS, {"q": "metric.loss < ("})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in page
    assert "query-caret" in page
    assert "The query cannot be read" in page


def test_no_match_offers_what_to_leave_out(cast: Cast, viewer: Client) -> None:
    make_run(cast.lab)
    page = viewer.get(RUNS, {"q": "status:failed name:nothing"}).content.decode()
    assert "No run matches" in page
    assert f"{RUNS}?q=status%3AFailed" in page or f"{RUNS}?q=status+%3D+Failed" in page


def test_conditions_are_chips_that_can_be_taken_off_and_turned_around(cast: Cast, viewer: Client) -> None:
    make_run(cast.lab, name="good", metrics={"loss": 0.1})
    make_run(cast.lab, name="bad", metrics={"loss": 0.9})
    answer = viewer.get(RUNS, {"q": "metric.loss < 0.5 name:good"})
    first = answer.context["chips"][0]
    assert first.words == "loss below 0.5"
    assert names(viewer, first.remove_url) == ["good"]
    assert names(viewer, first.negate_url) == []


def test_an_unknown_key_is_a_warning_that_names_the_nearest(cast: Cast, viewer: Client) -> None:
    make_run(cast.lab, metrics={"loss": 0.1})
    answer = viewer.get(RUNS, {"q": "metric.los < 1"})
    assert answer.context["chips"][0].warning
    assert "did you mean" in answer.content.decode()


def test_any_column_sorts_on_the_server_and_missing_values_come_last(cast: Cast, viewer: Client) -> None:
    for name, loss in (("b", 0.2), ("a", 0.1), ("c", 0.3)):
        make_run(cast.lab, name=name, metrics={"loss": loss})
    make_run(cast.lab, name="none")
    assert names(viewer, sort="-metric.loss") == ["c", "b", "a", "none"]
    assert names(viewer, sort="metric.loss") == ["a", "b", "c", "none"]
    head = next(one for one in viewer.get(RUNS, {"sort": "-metric.loss"}).context["columns"] if one.label == "loss")
    assert head.sorted == "descending"
    assert names(viewer, head.sort_url)[:3] == ["a", "b", "c"]


def test_pages_follow_each_other_without_loss_or_repeat(cast: Cast, viewer: Client) -> None:
    for number in range(60):
        make_run(cast.lab, name=f"n{number:02}")
    seen: list[str] = []
    url = f"{RUNS}?rows=25"
    while url:
        answer = viewer.get(url)
        seen += [row.name for row in answer.context["page"].rows]
        back, url = answer.context["previous_url"], answer.context["next_url"]
    assert seen == [f"n{number:02}" for number in reversed(range(60))]
    assert names(viewer, back) == seen[25:50]


def test_children_stand_under_their_parent_until_asked_flat(cast: Cast, viewer: Client) -> None:
    parent = make_run(cast.lab, name="parent")
    make_run(cast.lab, name="child", parent=parent, status=Status.FAILED)
    assert names(viewer) == ["parent"]
    assert "1 child, 1 failed" in " ".join(viewer.get(RUNS).content.decode().split())
    assert names(viewer, nest="0") == ["child", "parent"]
    assert names(viewer, f"{RUNS}/{parent.uid}/child_rows?cols=status") == ["child"]


def test_child_rows_keep_the_columns_and_deny_strangers(cast: Cast, viewer: Client, stranger: Client) -> None:
    parent = make_run(cast.lab)
    make_run(cast.lab, parent=parent, params={"lr": "0.5"})
    url = f"{RUNS}/{parent.uid}/child_rows?cols=param.lr&depth=1"
    row = viewer.get(url).content.decode()
    assert "0.5" in row
    assert row.count("<td") == 1
    assert stranger.get(url).status_code == 404
    assert viewer.get(f"{RUNS}/{parent.uid}/child_rows?depth=x&cols=%28").status_code == 200


def test_archived_runs_are_shown_when_asked_for(cast: Cast, viewer: Client) -> None:
    archive_run(make_run(cast.lab, name="away"), SOMEBODY)
    assert names(viewer) == []
    assert names(viewer, q="archived:yes") == ["away"]


def test_status_links_carry_counts_and_narrow(cast: Cast, viewer: Client) -> None:
    make_run(cast.lab, status=Status.FAILED, name="f")
    make_run(cast.lab, status=Status.COMPLETED)
    links = {link.label: link for link in viewer.get(RUNS).context["status_links"]}
    assert (links["All"].n, links["Failed"].n, links["Completed"].n) == (2, 1, 1)
    assert names(viewer, links["Failed"].url) == ["f"]
    narrowed = {link.label: link for link in viewer.get(links["Failed"].url).context["status_links"]}
    assert narrowed["Failed"].current
    mixed = {link.label: link for link in viewer.get(RUNS, {"q": "name:f"}).context["status_links"]}
    assert mixed["Failed"].n is None, "the number would not be what the link shows"
    assert names(viewer, mixed["Failed"].url) == ["f"]


def test_the_title_carries_the_counts(cast: Cast, viewer: Client) -> None:
    make_run(cast.lab)
    make_run(cast.lab, status=Status.FAILED)
    assert "<title>1 running, 1 failed · Runs · Run Studio</title>" in viewer.get(RUNS).content.decode()


def test_htmx_gets_the_list_alone(cast: Cast, viewer: Client) -> None:
    make_run(cast.lab)
    part = viewer.get(RUNS, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert "<title>" in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]


@pytest.mark.parametrize(
    "query",
    [
        {"after": "x"}, {"before": "AAAA"}, {"rows": "7"}, {"sort": "(("}, {"cols": "nothing.at.all"}, {"nest": "x"},
        {"q": "x" * 5000}, {"q": "(" * 300}, {"q": "\x00"}, {"group": "?"}, {"sort": "metric.none"}, {"q": "'"},
    ],
)  # fmt: skip
def test_a_broken_url_is_a_notice_and_never_an_error(cast: Cast, viewer: Client, query: dict[str, str]) -> None:
    make_run(cast.lab)
    assert viewer.get(RUNS, query).status_code == 200


def test_hostile_text_is_only_text_everywhere_in_the_table(cast: Cast, viewer: Client) -> None:
    evil = "\"'><script>alert(1)</script>"
    parent = make_run(
        make_experiment(cast.lab, evil), name=evil, params={evil: evil}, tags={evil: evil}, submitter=evil
    )
    make_run(cast.lab, parent=parent, name=evil)
    for query in ({}, {"nest": "0"}, {"q": evil}, {"q": '"' + evil.replace('"', "") + '"'}):
        page = viewer.get(RUNS, query).content.decode()
        assert "<script>alert" not in page
    assert "<script>alert" not in viewer.get("/w/lab/columns").content.decode()


def test_a_stranger_finds_no_list(cast: Cast, stranger: Client) -> None:
    make_run(make_experiment(cast.lab, "churn"))
    for url in (RUNS, "/w/lab/experiments/churn", "/w/lab/columns"):
        assert stranger.get(url).status_code == 404


def test_the_list_only_answers_reading_requests(viewer: Client) -> None:
    for url in (RUNS, "/w/lab/columns"):
        assert viewer.post(url).status_code == 405


def test_the_list_takes_the_same_few_statements_for_any_number_of_rows(
    cast: Cast, viewer: Client, statements: Statements
) -> None:
    make_run(cast.lab, status=Status.COMPLETED, metrics={"loss": 1.0}, params={"lr": "1"})
    few = statements(viewer, f"{RUNS}?nest=0")
    for number in range(30):
        make_run(cast.lab, name=f"n{number}", status=Status.COMPLETED, metrics={"loss": 1.0}, params={"lr": "1"})
    assert statements(viewer, f"{RUNS}?nest=0") == few
    # Session, person and the menu of workspaces belong to the frame of every page.
    assert few - 3 <= 8


def test_the_column_form_has_every_key_with_its_count_and_gives_the_list(cast: Cast, viewer: Client) -> None:
    for name in ("a", "b"):
        make_run(cast.lab, name=name, metrics={"loss": 0.5}, params={"lr": "0.1"})
    page = viewer.get("/w/lab/columns", {"q": "name:a", "cols": "status,max(metric.loss)"}).content.decode()
    assert 'value="metric.loss"' in page
    assert 'value="param.lr"' in page
    assert re.search(r'value="max\(metric\.loss\)" checked', page)
    answer = viewer.get("/w/lab/columns", {"q": "name:a", "col": ["status", "param.lr", "((("], "apply": "1"})
    assert answer.headers["Location"] == f"{RUNS}?q=name%3Aa&cols=status%2Cparam.lr"
    shown = viewer.get(answer.headers["Location"])
    assert [column.text for column in shown.context["columns"]] == ["status", "param.lr"]
    reset = viewer.get("/w/lab/columns", {"cols": "status", "reset": "1", "q": "name:a"})
    assert reset.headers["Location"] == f"{RUNS}?q=name%3Aa"


def test_the_column_form_of_an_experiment_comes_back_to_it(cast: Cast, viewer: Client) -> None:
    make_run(make_experiment(cast.lab, "churn"))
    answer = viewer.get("/w/lab/columns", {"experiment": "churn", "col": "status", "apply": "1"})
    assert answer.headers["Location"] == "/w/lab/experiments/churn?cols=status"
    assert viewer.get("/w/lab/columns", {"experiment": "none"}).status_code == 404


def test_unticking_every_column_leaves_the_names(cast: Cast, viewer: Client) -> None:
    make_run(cast.lab, name="a")
    assert viewer.get("/w/lab/columns", {"apply": "1"}).status_code == 302
    assert Run.objects.count() == 1

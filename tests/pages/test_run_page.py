"""Does the page of a run show what the run is, to those who may see it?"""

from html.parser import HTMLParser

import pytest
from django.test import Client

from runs.models import Run
from runs.recording.attributes import add_properties
from runs.recording.lifecycle import archive_run, fail_run, trash_run
from runs.recording.texts import describe_run, rename_run
from runs.statuses import Status
from tests.build import SOMEBODY, make_run
from tests.cast import Cast
from tests.pages.conftest import Statements


class ElementFinder(HTMLParser):
    """The names of the attributes of every element of some kinds."""

    def __init__(self, kinds: set[str]) -> None:
        super().__init__()
        self.kinds = kinds
        self.found: list[set[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.kinds:
            self.found.append({name for name, _ in attrs})

    @classmethod
    def read(cls, page: str, kinds: set[str]) -> list[set[str]]:
        finder = cls(kinds)
        finder.feed(page)
        return finder.found


TABS = ("", "/metrics", "/outputs", "/children", "/activity")
EVIL = "\"'><script>alert(1)</script>"


def url_of(run: Run, place: str = "") -> str:
    return f"/w/lab/runs/{run.uid}{place}"


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(
        cast.lab,
        name="tender-otter",
        tags={"quality": "fantastic run", "worth another look": None, "mlflow.source.name": "train.py"},
        params={"lr": "0.1", "empty": ""},
        properties={"author": "azureml-user"},
        metrics={"loss": 0.25},
        description="# Hello\n\n**bold**",
        submitter="ada",
        compute="gpu-1",
    )


def test_the_overview_shows_everything_the_run_carries(run: Run, viewer: Client) -> None:
    page = viewer.get(url_of(run)).content.decode()
    for text in (
        "tender-otter", "quality", "fantastic run", "worth another look", "train.py", "lr", "0.1", "(empty)",
        "author", "azureml-user", "never change", "loss", "0.25", "<strong>bold</strong>", "ada", "gpu-1", run.uid,
    ):  # fmt: skip
        assert text in page, text


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_opens_for_a_member_and_is_nothing_for_a_stranger(
    run: Run, viewer: Client, stranger: Client, tab: str
) -> None:
    assert viewer.get(url_of(run, tab)).status_code == 200
    assert stranger.get(url_of(run, tab)).status_code == 404
    assert viewer.post(url_of(run, tab)).status_code == 405


@pytest.mark.parametrize("uid", ["0" * 32, "nope", "%00", "a'b", "..", "x" * 100])
def test_a_run_that_is_not_there_is_not_found(cast: Cast, viewer: Client, uid: str) -> None:
    assert viewer.get(f"/w/lab/runs/{uid}").status_code == 404


def test_a_run_is_not_found_through_another_workspace(cast: Cast, run: Run, stranger: Client) -> None:
    for tab in TABS:
        assert stranger.get(f"/w/elsewhere/runs/{run.uid}{tab}").status_code == 404


def test_old_addresses_of_the_overview_lead_to_it(run: Run, viewer: Client) -> None:
    assert viewer.get(url_of(run, "/overview")).headers["Location"] == url_of(run)
    assert viewer.get(url_of(run, "/")).headers["Location"] == url_of(run)


def test_a_viewer_sees_no_edit_controls(run: Run, viewer: Client, editor: Client) -> None:
    page = viewer.get(url_of(run)).content.decode()
    for sign in ("/description", "/tags", "/archive", "/trash", "/cancel", 'name="name"'):
        assert f"{url_of(run)}{sign}" not in page if sign.startswith("/") else sign not in page
    page = editor.get(url_of(run)).content.decode()
    for sign in ("/description", "/tags", "/archive", "/trash", "/cancel", "/name"):
        assert f"{url_of(run)}{sign}" in page, sign


def test_an_error_stands_on_top(cast: Cast, viewer: Client) -> None:
    run = fail_run(make_run(cast.lab), SOMEBODY, "CUDA out of memory", "OutOfMemory")
    page = viewer.get(url_of(run, "/activity")).content.decode()
    assert "CUDA out of memory" in page
    assert "OutOfMemory" in page
    assert "<title>Failed · " in page


def test_buttons_follow_the_state(cast: Cast, editor: Client) -> None:
    done = make_run(cast.lab, status=Status.COMPLETED)
    assert url_of(done, "/cancel") not in editor.get(url_of(done)).content.decode()
    archive_run(done, SOMEBODY)
    page = editor.get(url_of(done)).content.decode()
    assert url_of(done, "/restore") in page
    assert url_of(done, "/archive") not in page
    trash_run(done, SOMEBODY)
    page = editor.get(url_of(done)).content.decode()
    assert "This run is in the trash." in page
    assert url_of(done, "/description") not in page


def test_the_trail_leads_up_to_root_and_parent(cast: Cast, viewer: Client) -> None:
    root = make_run(cast.lab, name="the-root")
    middle = make_run(cast.lab, name="the-middle", parent=root)
    low = make_run(cast.lab, name="the-low", parent=middle)
    lowest = make_run(cast.lab, name="the-lowest", parent=low)
    assert [link.name for link in viewer.get(url_of(middle)).context["head"].trail] == ["the-root"]
    assert [link.name for link in viewer.get(url_of(low)).context["head"].trail] == ["the-root", "the-middle"]
    head = viewer.get(url_of(lowest)).context["head"]
    assert [link.name for link in head.trail] == ["the-root", "the-low"]
    assert head.gap


def test_children_are_listed_with_their_states(cast: Cast, viewer: Client) -> None:
    parent = make_run(cast.lab)
    for status in (Status.COMPLETED, Status.FAILED, Status.COMPLETED):
        make_run(cast.lab, parent=parent, status=status, name=f"child-{status.word}")
    answer = viewer.get(url_of(parent, "/children"))
    assert answer.context["head"].children.by_status == ((Status.COMPLETED, 2), (Status.FAILED, 1))
    assert "child-Failed" in answer.content.decode()


def test_activity_tells_who_changed_what_from_what_to_what(cast: Cast, run: Run, viewer: Client) -> None:
    rename_run(run, "renamed", cast.author())
    describe_run(run, EVIL, cast.author())
    add_properties(run, {"later": "value"}, cast.author())
    answer = viewer.get(url_of(run, "/activity"))
    page = " ".join(answer.content.decode().split())
    assert "<strong>edgar</strong> changed the name" in page
    assert "tender-otter" in page
    assert "<strong>edgar</strong> added the property <code>later</code>" in page
    assert "<script>alert" not in page
    assert [event.what for event in answer.context["activity"].events] == ["property", "description", "name"]


def test_hostile_text_is_only_text_on_every_tab(cast: Cast, editor: Client) -> None:
    run = make_run(
        cast.lab, name=EVIL, tags={EVIL: EVIL}, params={EVIL: EVIL}, properties={EVIL: EVIL}, metrics={EVIL: 1.0},
        description=EVIL, submitter=EVIL, compute=EVIL, type=EVIL[:60],
    )  # fmt: skip
    fail_run(run, SOMEBODY, EVIL, EVIL)
    make_run(cast.lab, parent=run, name=EVIL)
    for tab in (*TABS, "/description", "/tags?key=%22"):
        page = editor.get(url_of(run, tab)).content.decode()
        assert "<script>alert" not in page, tab


def test_pictures_of_a_description_come_from_the_runs_own_files(cast: Cast, viewer: Client) -> None:
    run = make_run(cast.lab, description="![loss](plots/loss.png) [table](t/a b.csv) [web](https://example.com/x)")
    page = viewer.get(url_of(run)).content.decode()
    assert f'src="{url_of(run)}/download/plots/loss.png?show"' in page
    assert 'href="https://example.com/x"' in page


def test_markup_inside_an_attribute_of_a_description_stays_there(cast: Cast, viewer: Client) -> None:
    run = make_run(
        cast.lab, description="![<pre onerror=alert(1)> <a href=x onclick=alert(1)](x.png '<table onload=alert(1)')"
    )
    page = viewer.get(url_of(run)).content.decode()
    found = list(ElementFinder.read(page, {"img", "pre", "table", "a"}))
    assert not [names for names in found if {"onerror", "onclick", "onload"} & names]


def test_filters_narrow_the_tables(cast: Cast, viewer: Client) -> None:
    run = make_run(
        cast.lab,
        params={f"p{number}": "x" for number in range(20)},
        metrics={f"m{number}": 1.0 for number in range(20)},
    )
    answer = viewer.get(url_of(run), {"params": "P7", "metrics": "m13"})
    assert [one.key for one in answer.context["params"]] == ["p7"]
    assert [one.key for one in answer.context["metrics"]] == ["m13"]
    assert "No parameter has" in viewer.get(url_of(run), {"params": "zzz"}).content.decode()


def test_the_run_page_takes_the_same_few_statements_however_much_it_carries(
    cast: Cast, run: Run, viewer: Client, statements: Statements
) -> None:
    few = {tab: statements(viewer, url_of(run, tab)) for tab in TABS}
    big = make_run(
        cast.lab,
        parent=run,
        tags={f"t{n}": "v" for n in range(40)},
        params={f"p{n}": "v" for n in range(40)},
        metrics={f"m{n}": 1.0 for n in range(20)},
    )
    make_run(cast.lab, parent=big)
    for tab in TABS:
        assert statements(viewer, url_of(big, tab)) <= max(few[tab], 12), tab
    assert max(few.values()) <= 12

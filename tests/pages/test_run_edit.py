"""Can an editor change a run in place, without ever losing what somebody else wrote?"""

import pytest
from django.test import Client

from runs.models import Lifecycle, Run
from runs.pages.run_edit import fingerprint
from runs.recording.texts import describe_run, rename_run
from runs.statuses import Status
from tests.build import SOMEBODY, make_run
from tests.cast import Cast

HTMX = {"HX-Request": "true"}


@pytest.fixture
def run(cast: Cast) -> Run:
    return make_run(cast.lab, name="before", description="first", tags={"quality": "good", "bare": None})


def address(run: Run, place: str) -> str:
    return f"/w/lab/runs/{run.uid}/{place}"


def tags_of(client: Client, run: Run) -> dict[str, str | None]:
    return {tag.key: tag.text for tag in client.get(f"/w/lab/runs/{run.uid}").context["detail"].tags}


def description_of(client: Client, run: Run) -> str:
    return str(client.get(f"/w/lab/runs/{run.uid}").context["detail"].description)


CHANGES = (
    ("name", {"name": "after"}),
    ("description", {"description": "after", "began_with": fingerprint("first")}),
    ("tags", {"key": "new", "value": "v"}),
    ("tags/delete", {"key": "quality"}),
    ("cancel", {}),
    ("archive", {}),
    ("trash", {}),
    ("restore", {}),
)


@pytest.mark.parametrize(("place", "form"), CHANGES)
def test_an_editor_may_a_viewer_may_not_and_a_stranger_finds_nothing(
    run: Run, editor: Client, viewer: Client, stranger: Client, place: str, form: dict[str, str]
) -> None:
    url = address(run, place)
    assert stranger.post(url, form).status_code == 404
    assert viewer.post(url, form).status_code == 403
    fresh = Run.objects.get(pk=run.pk)
    assert (fresh.name, fresh.status, fresh.lifecycle) == ("before", Status.RUNNING, Lifecycle.ACTIVE)
    assert tags_of(viewer, run) == {"quality": "good", "bare": None}
    answer = editor.post(url, form)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/w/lab/runs/{run.uid}")


@pytest.mark.parametrize(("place", "form"), CHANGES)
def test_a_run_that_is_not_there_is_not_found(cast: Cast, editor: Client, place: str, form: dict[str, str]) -> None:
    assert editor.post(f"/w/lab/runs/{'0' * 32}/{place}", form).status_code == 404


@pytest.mark.parametrize("place", ["name", "tags/delete", "cancel", "archive", "trash", "restore"])
def test_a_change_needs_a_post(run: Run, editor: Client, place: str) -> None:
    assert editor.get(address(run, place)).status_code == 405


def test_a_new_name_comes_back_as_a_part_for_htmx(run: Run, editor: Client) -> None:
    answer = editor.post(address(run, "name"), {"name": " after ", "expected": "before"}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "after" in page
    assert "<html" not in page
    assert Run.objects.get(pk=run.pk).name == "after"


def test_an_empty_or_endless_name_is_said_in_place(run: Run, editor: Client) -> None:
    for name in ("", "   ", "x" * 257, "a\x00b"):
        for headers in ({}, HTMX):
            answer = editor.post(address(run, "name"), {"name": name, "expected": "before"}, headers=headers)
            assert answer.status_code == 422
            assert "run-name-error" in answer.content.decode()
    assert Run.objects.get(pk=run.pk).name == "before"


def test_renaming_over_somebody_elses_new_name_is_a_conflict(run: Run, editor: Client) -> None:
    rename_run(run, "theirs", SOMEBODY)
    answer = editor.post(address(run, "name"), {"name": "mine", "expected": "before"}, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="mine"' in page
    assert 'name="expected" value="theirs"' in page
    assert Run.objects.get(pk=run.pk).name == "theirs"


def test_the_description_is_edited_with_a_preview_that_saves_nothing(run: Run, editor: Client) -> None:
    page = editor.get(address(run, "description"), headers=HTMX).content.decode()
    assert "<textarea" in page
    assert "first</textarea>" in page
    form = {"description": "**new**", "began_with": fingerprint("first"), "preview": "1"}
    assert "<strong>new</strong>" in editor.post(address(run, "description"), form, headers=HTMX).content.decode()
    whole = editor.post(address(run, "description"), form).content.decode()
    assert "<html" in whole
    assert "**new**</textarea>" in whole
    assert description_of(editor, run) == "first"
    del form["preview"]
    editor.post(address(run, "description"), form)
    assert description_of(editor, run) == "**new**"


def test_cancel_puts_the_description_back(run: Run, editor: Client) -> None:
    page = editor.get(address(run, "description"), {"cancel": ""}, headers=HTMX).content.decode()
    assert "<textarea" not in page
    assert "first" in page


def test_a_description_with_windows_line_ends_can_be_edited(cast: Cast, editor: Client) -> None:
    run = make_run(cast.lab, description="a\r\nb")
    began_with = editor.get(address(run, "description")).context["began_with"]
    answer = editor.post(address(run, "description"), {"description": "a\r\nb\r\nc", "began_with": began_with})
    assert answer.status_code == 302
    assert description_of(editor, run) == "a\nb\nc"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_two_people_editing_one_description_lose_nothing(run: Run, editor: Client, headers: dict[str, str]) -> None:
    began_with = editor.get(address(run, "description")).context["began_with"]
    describe_run(run, "theirs, saved first", SOMEBODY)
    answer = editor.post(
        address(run, "description"), {"description": "mine, saved second", "began_with": began_with}, headers=headers
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "theirs, saved first" in page
    assert "mine, saved second</textarea>" in page
    assert description_of(editor, run) == "theirs, saved first"
    merged = {"description": "both", "began_with": answer.context["began_with"]}
    assert editor.post(address(run, "description"), merged).status_code == 302
    assert description_of(editor, run) == "both"


def test_a_description_over_the_limit_is_said_and_kept_in_the_editor(run: Run, editor: Client) -> None:
    form = {"description": "x" * 70_000, "began_with": fingerprint("first")}
    answer = editor.post(address(run, "description"), form)
    assert answer.status_code == 422
    assert "the limit is" in answer.content.decode()
    assert "x" * 70_000 in answer.content.decode()


def test_a_description_cannot_act(run: Run, editor: Client, viewer: Client) -> None:
    evil = '<img src=x onerror=alert(1)><script>alert(1)</script><a href="javascript:alert(1)" hx-get="/x">x</a>'
    form = {"description": evil, "began_with": fingerprint("first"), "preview": "1"}
    preview = editor.post(address(run, "description"), form, headers=HTMX).content.decode()
    del form["preview"]
    editor.post(address(run, "description"), form)
    for page in (preview, viewer.get(f"/w/lab/runs/{run.uid}").content.decode()):
        for sign in ("onerror", "<script>alert", "javascript:alert", 'hx-get="/x"'):
            assert sign not in page


def test_tags_are_added_overwritten_and_deleted(run: Run, editor: Client) -> None:
    editor.post(address(run, "tags"), {"key": "new", "value": "v"})
    editor.post(address(run, "tags"), {"key": "quality", "value": "better"})
    editor.post(address(run, "tags"), {"key": "alone", "value": ""})
    part = editor.post(address(run, "tags/delete"), {"key": "bare"}, headers=HTMX)
    assert "<html" not in part.content.decode()
    assert tags_of(editor, run) == {"new": "v", "quality": "better", "alone": None}


def test_deleting_a_tag_that_is_gone_is_fine(run: Run, editor: Client) -> None:
    assert editor.post(address(run, "tags/delete"), {"key": "gone"}).status_code == 302


def test_the_form_of_a_tag_is_filled(run: Run, editor: Client) -> None:
    page = editor.get(address(run, "tags"), {"key": "quality"}, headers=HTMX).content.decode()
    assert 'name="value" value="good"' in page
    assert "<html" not in page


def test_a_tag_that_cannot_be_kept_is_said_in_place(run: Run, editor: Client) -> None:
    for form in ({"key": "", "value": "v"}, {"key": "k" * 251, "value": ""}, {"key": "k", "value": "v" * 8001}):
        answer = editor.post(address(run, "tags"), form, headers=HTMX)
        assert answer.status_code == 422
        assert "tag-error" in answer.content.decode()
    assert tags_of(editor, run) == {"quality": "good", "bare": None}


def test_a_run_is_canceled_archived_trashed_and_restored(run: Run, editor: Client) -> None:
    for move, status, lifecycle in (
        ("cancel", Status.CANCELED, Lifecycle.ACTIVE),
        ("archive", Status.CANCELED, Lifecycle.ARCHIVED),
        ("trash", Status.CANCELED, Lifecycle.TRASHED),
        ("restore", Status.CANCELED, Lifecycle.ACTIVE),
    ):
        editor.post(address(run, move))
        fresh = Run.objects.get(pk=run.pk)
        assert (fresh.status, fresh.lifecycle) == (status, lifecycle)


def test_canceling_what_has_ended_says_so_and_changes_nothing(cast: Cast, editor: Client) -> None:
    done = make_run(cast.lab, status=Status.COMPLETED)
    answer = editor.post(address(done, "cancel"), follow=True)
    assert "Completed cannot become Canceled" in answer.content.decode()
    assert Run.objects.get(pk=done.pk).status == Status.COMPLETED

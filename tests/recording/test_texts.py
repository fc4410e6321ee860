"""Display names and descriptions: with history, and never over somebody else's edit."""

import pytest

from runs.mistakes import Conflict, UserMistake
from runs.models import Change, Run, RunAttr, RunText
from runs.recording.texts import describe_run, rename_run
from tests.build import make_run
from tests.cast import Cast


def test_a_run_is_renamed_and_found_by_its_new_name(cast: Cast) -> None:
    run = rename_run(make_run(cast.lab, name="old"), "  New Name ", cast.author())
    assert Run.objects.get(pk=run.pk).name == "New Name"
    assert "new name" in RunText.objects.get(run=run).search
    assert list(Change.objects.filter(run__isnull=False).values_list("what", "before", "after")) == [
        ("name", "old", "New Name")
    ]


def test_mlflows_tag_follows_the_name(cast: Cast) -> None:
    run = rename_run(make_run(cast.lab, name="a", tags={"mlflow.runName": "a"}), "b", cast.author())
    assert RunAttr.objects.get(run=run).txt == "b"


@pytest.mark.parametrize("name", ["", "   ", "x" * 257, "nul\x00"])
def test_a_name_that_cannot_be_is_refused(cast: Cast, name: str) -> None:
    run = make_run(cast.lab, name="old")
    with pytest.raises(UserMistake):
        rename_run(run, name, cast.author())
    assert Run.objects.get(pk=run.pk).name == "old"


def test_the_second_of_two_editors_is_shown_the_first_ones_text(cast: Cast) -> None:
    run = make_run(cast.lab, description="start")
    describe_run(run, "Olga's text", cast.author(cast.owner), expected="start")
    with pytest.raises(Conflict) as caught:
        describe_run(run, "Edgar's text", cast.author(), expected="start")
    assert caught.value.current == "Olga's text"
    assert RunText.objects.get(run=run).description == "Olga's text"


def test_the_second_of_two_renamers_is_told(cast: Cast) -> None:
    run = make_run(cast.lab, name="a")
    rename_run(run, "b", cast.author(), expected="a")
    with pytest.raises(Conflict, match="'b'"):
        rename_run(run, "c", cast.author(), expected="a")


def test_line_ends_of_browsers_are_no_edit(cast: Cast) -> None:
    run = make_run(cast.lab, description="one\ntwo")
    describe_run(run, "one\r\ntwo", cast.author(), expected="one\r\ntwo")
    assert not Change.objects.filter(run__isnull=False).exists()

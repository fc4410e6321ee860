"""Tags change with history, parameters are written once, properties never change."""

import orjson
import pytest
from django.db import DatabaseError, connection

from runs.mistakes import Conflict, NotFound, UserMistake
from runs.models import Change, ExperimentKey, KeyKind, Run, RunAttr, RunDoc, RunText
from runs.recording.attributes import add_properties, delete_tags, log_params, set_tags
from runs.recording.lifecycle import trash_run
from studio.database import write_transaction
from tests.build import SOMEBODY, make_run
from tests.cast import Cast


def doc_of(run: Run) -> dict:
    return orjson.loads(RunDoc.objects.get(run=run).doc)


def test_a_tag_is_set_overwritten_and_deleted_with_history(cast: Cast) -> None:
    run = make_run(cast.lab)
    author = cast.author()
    set_tags(run, {"quality": "good"}, author)
    set_tags(run, {"quality": "great", "n": "1"}, author)
    delete_tags(run, ["quality"], author)
    assert doc_of(run)["t"] == {"n": "1"}
    assert list(
        Change.objects.filter(run__isnull=False).order_by("id").values_list("what", "key", "before", "after", "who")
    ) == [
        ("tag", "quality", None, "good", "edgar"),
        ("tag", "quality", "good", "great", "edgar"),
        ("tag", "n", None, "1", "edgar"),
        ("tag", "quality", "great", None, "edgar"),
    ]
    kept = dict(ExperimentKey.objects.filter(key__kind=KeyKind.TAG).values_list("key__name", "n"))
    assert kept == {"quality": 0, "n": 1}


def test_setting_the_same_value_is_no_change(cast: Cast) -> None:
    run = make_run(cast.lab, tags={"a": "1"})
    set_tags(run, {"a": "1"}, SOMEBODY)
    assert not Change.objects.filter(run__isnull=False).exists()


def test_a_long_value_is_kept_whole_and_indexed_by_its_beginning(cast: Cast) -> None:
    run = make_run(cast.lab, tags={"long": "x" * 5000})
    row = RunAttr.objects.get(run=run)
    assert (len(row.txt or ""), len(row.long or "")) == (250, 5000)
    assert doc_of(run)["x"] == 1


def test_deleting_an_absent_tag_deletes_none(cast: Cast) -> None:
    run = make_run(cast.lab, tags={"a": "1"})
    with pytest.raises(NotFound, match="No tag with name: b"):
        delete_tags(run, ["a", "b"], SOMEBODY)
    assert doc_of(run)["t"] == {"a": "1"}


def test_search_sees_the_new_tag_and_not_the_old(cast: Cast) -> None:
    run = make_run(cast.lab, tags={"stage": "draft"})
    set_tags(run, {"stage": "ÜBERPRÜFT"}, SOMEBODY)
    search = RunText.objects.get(run=run).search
    assert "stage überprüft" in search
    assert "draft" not in search


def test_mlflows_name_tag_renames_and_its_note_tag_describes(cast: Cast) -> None:
    run = set_tags(make_run(cast.lab), {"mlflow.runName": "renamed", "mlflow.note.content": "*hi*"}, SOMEBODY)
    assert Run.objects.get(pk=run.pk).name == "renamed"
    text = RunText.objects.get(run=run)
    assert (text.description, text.html) == ("*hi*", "<p><em>hi</em></p>")


def test_a_parameter_is_written_once(cast: Cast) -> None:
    run = make_run(cast.lab, params={"lr": "0.1"})
    log_params(run, {"lr": "0.1", "seed": "7"})
    with pytest.raises(UserMistake, match="Changing param values is not allowed"):
        log_params(run, {"new": "1", "lr": "0.2"})
    assert doc_of(run)["p"] == {"lr": "0.1", "seed": "7"}


def test_properties_are_added_and_never_changed(cast: Cast) -> None:
    run = make_run(cast.lab, properties={"author": "edgar"})
    add_properties(run, {"author": "edgar", "commit": "abc"}, SOMEBODY)
    with pytest.raises(Conflict, match="'edgar' and cannot become 'olga'"):
        add_properties(run, {"other": "x", "author": "olga"}, SOMEBODY)
    assert doc_of(run)["r"] == {"author": "edgar", "commit": "abc"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs_runattr SET txt = 'other' WHERE run_id = %s",
        "DELETE FROM runs_runattr WHERE run_id = %s",
    ],
)
def test_the_database_itself_refuses_to_change_a_property(cast: Cast, statement: str) -> None:
    run = make_run(cast.lab, properties={"author": "edgar"})
    with pytest.raises(DatabaseError, match="immutable"), write_transaction(), connection.cursor() as cursor:
        cursor.execute(statement, [run.pk])
    assert RunAttr.objects.get(run=run).txt == "edgar"


def test_a_property_leaves_with_its_run_out_of_the_trash(cast: Cast) -> None:
    run = trash_run(make_run(cast.lab, properties={"author": "edgar"}), SOMEBODY)
    RunAttr.objects.filter(run=run).delete()
    assert not RunAttr.objects.exists()


def test_nothing_is_logged_to_a_run_in_the_trash(cast: Cast) -> None:
    run = trash_run(make_run(cast.lab), SOMEBODY)
    for attempt in (
        lambda: set_tags(run, {"a": "1"}, SOMEBODY),
        lambda: log_params(run, {"a": "1"}),
        lambda: add_properties(run, {"a": "1"}, SOMEBODY),
    ):
        with pytest.raises(UserMistake, match="must be in the 'active' state"):
            attempt()

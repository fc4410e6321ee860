"""Files come whole, replace each other at once, and keep the tree of folders true."""

import os
import threading
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction

from runs.artifacts.storage import store
from runs.mistakes import Conflict, NotFound, TooLarge, UserMistake
from runs.models import Artifact, Change, Run
from runs.recording import artifacts
from runs.recording.artifacts import delete_artifact, put_artifact, sweep_blobs
from runs.recording.lifecycle import trash_run
from runs.recording.logged_models import create_logged_model
from studio.database import is_postgres
from tests.build import make_experiment, make_run
from tests.cast import the_cast


def put(owner, cast, path: str, body: bytes = b"abc", **options) -> Artifact:
    return put_artifact(owner, path, BytesIO(body), cast.author(), **options)


def tree(owner) -> list[str]:
    rows = Artifact.objects.filter(**artifacts.of_owner(owner))
    return sorted(row.path + "/" * row.is_folder for row in rows)


def body_of(row: Artifact) -> bytes:
    with default_storage.open(row.blob) as file:
        return file.read()


def test_a_file_is_stored_with_its_folders(cast) -> None:
    run = make_run(cast.lab)
    row = put(run, cast, "model/data/weights.bin", b"12345")
    assert (row.size, body_of(row)) == (5, b"12345")
    assert tree(run) == ["model/", "model/data/", "model/data/weights.bin"]


def test_the_name_in_storage_tells_nothing_of_the_path(cast) -> None:
    assert "weights" not in put(make_run(cast.lab), cast, "weights.bin").blob


def test_a_second_file_replaces_the_first_and_its_body(cast, django_capture_on_commit_callbacks) -> None:
    run = make_run(cast.lab)
    first = put(run, cast, "log.txt", b"one")
    with django_capture_on_commit_callbacks(execute=True):
        second = put(run, cast, "log.txt", b"two")
    assert second.pk == first.pk
    assert body_of(Artifact.objects.get(pk=first.pk)) == b"two"
    assert not default_storage.exists(first.blob)
    assert Change.objects.filter(run=run, what="file", key="log.txt").count() == 1


def test_a_run_that_gets_a_file_shows_that_it_changed(cast) -> None:
    run = make_run(cast.lab)
    Run.objects.filter(pk=run.pk).update(change_seq=0)
    put(run, cast, "a.txt")
    assert Run.objects.get(pk=run.pk).change_seq > 0


def test_the_same_path_in_two_runs_is_two_files(cast) -> None:
    one, two = make_run(cast.lab), make_run(cast.lab)
    put(one, cast, "a.txt", b"1")
    put(two, cast, "a.txt", b"2")
    assert {body_of(row) for row in Artifact.objects.all()} == {b"1", b"2"}


def test_a_logged_model_has_files_too(cast) -> None:
    model = create_logged_model(make_experiment(cast.lab), "net")
    put(model, cast, "MLmodel")
    assert tree(model) == ["MLmodel"]


def test_a_file_does_not_take_the_place_of_a_folder(cast) -> None:
    run = make_run(cast.lab)
    put(run, cast, "model/weights")
    with pytest.raises(Conflict, match="'model' is a folder"):
        put(run, cast, "model")


@pytest.mark.parametrize("path", ["model/weights", "model/deep/weights"])
def test_a_folder_does_not_take_the_place_of_a_file(cast, path: str) -> None:
    run = make_run(cast.lab)
    put(run, cast, "model")
    with pytest.raises(Conflict, match="'model' is a file"):
        put(run, cast, path)
    assert tree(run) == ["model"]


def test_a_clash_that_appears_during_the_upload_is_still_seen(cast) -> None:
    run = make_run(cast.lab)
    stored = store(BytesIO(b"abc"), 100)
    put(run, cast, "model/weights")
    with pytest.raises(Conflict):
        artifacts.place_artifact(run, "model", stored, cast.author())
    assert not default_storage.exists(stored.blob)


def test_a_file_that_is_too_large_leaves_no_row(cast) -> None:
    run = make_run(cast.lab)
    with pytest.raises(TooLarge):
        put(run, cast, "a/b.txt", b"12345", limit=4)
    assert tree(run) == []


def test_an_interrupted_upload_leaves_no_row(cast) -> None:
    class HangsUp:
        def read(self, size: int = -1, /) -> bytes:
            raise UserMistake("The connection ended before the whole body had come", "body")

    run = make_run(cast.lab)
    with pytest.raises(UserMistake):
        put_artifact(run, "a/b.txt", HangsUp(), cast.author())
    assert tree(run) == []


def test_a_path_that_leads_out_is_refused_before_its_body_is_read(cast) -> None:
    with pytest.raises(UserMistake):
        put_artifact(make_run(cast.lab), "../x", None, cast.author())  # type: ignore[arg-type]


def test_a_run_in_the_trash_takes_no_files(cast) -> None:
    run = trash_run(make_run(cast.lab), cast.author())
    with pytest.raises(UserMistake, match="'active' state"):
        put(run, cast, "a.txt")


def test_deleting_a_file_prunes_the_folders_it_leaves_empty(cast, django_capture_on_commit_callbacks) -> None:
    run = make_run(cast.lab)
    row = put(run, cast, "a/b/c.txt")
    put(run, cast, "a/other.txt")
    with django_capture_on_commit_callbacks(execute=True):
        assert delete_artifact(run, "a/b/c.txt", cast.author()) == 1
    assert tree(run) == ["a/", "a/other.txt"]
    assert not default_storage.exists(row.blob)


def test_deleting_a_folder_takes_all_in_it_and_nothing_beside_it(cast) -> None:
    run = make_run(cast.lab)
    for path in ("a/1", "a/b/2", "a/b/c/3", "A/4", "ab/5", "a_b/6"):
        put(run, cast, path)
    assert delete_artifact(run, "a", cast.author()) == 3
    assert tree(run) == ["A/", "A/4", "a_b/", "a_b/6", "ab/", "ab/5"]


def test_deleting_what_is_not_there_says_so(cast) -> None:
    with pytest.raises(NotFound):
        delete_artifact(make_run(cast.lab), "a.txt", cast.author())


def test_bodies_without_a_row_are_swept_and_others_stay(cast) -> None:
    run = make_run(cast.lab)
    kept, orphan = put(run, cast, "a.txt"), store(BytesIO(b"x"), 10)
    sweep_blobs(older_than_ms=3_600_000)
    assert default_storage.exists(orphan.blob), "an upload may still be on its way"
    assert sweep_blobs(older_than_ms=-10_000) >= 1
    assert not default_storage.exists(orphan.blob)
    assert default_storage.exists(kept.blob)


@pytest.mark.django_db(transaction=True)
def test_a_failed_transaction_keeps_the_old_file_whole(transactional_db) -> None:
    cast = the_cast()
    run = make_run(cast.lab)
    first = put(run, cast, "a.txt", b"one")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        put(run, cast, "a.txt", b"two")
        raise ZeroDivisionError
    row = Artifact.objects.get(pk=first.pk)
    assert body_of(row) == b"one"


@pytest.mark.skipif(not is_postgres(), reason="SQLite has one writer at a time; its tests' shared memory has no queue")
@pytest.mark.django_db(transaction=True)
def test_many_writers_and_deleters_of_one_tree_leave_no_file_without_its_folder(transactional_db) -> None:
    cast = the_cast()
    run = make_run(cast.lab)
    failures: list[BaseException] = []

    def churn(number: int) -> None:
        try:
            for turn in range(6):
                put(run, cast, f"a/b/{number}.txt", os.urandom(10))
                if turn % 2:
                    delete_artifact(run, f"a/b/{number}.txt", cast.author())
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=churn, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert tree(run) == []
    put(run, cast, "a/b/last.txt")
    assert tree(run) == ["a/", "a/b/", "a/b/last.txt"]

"""A large file comes in parts, in any order, and becomes a file only when all are there."""

import hashlib
import json
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from runs.artifacts.storage import listed
from runs.mistakes import Conflict, NotFound, UserMistake
from runs.models import Artifact
from runs.reading.files import find_file, read_range
from runs.recording.artifacts import put_artifact
from runs.recording.uploads import (
    UPLOADS,
    abort_upload,
    begin_upload,
    complete_upload,
    find_upload,
    put_part,
    sweep_uploads,
)
from tests.build import make_run


def whole(run, path: str) -> bytes:
    return b"".join(read_range(find_file(run, path)))


def test_parts_sent_out_of_order_make_the_file_in_order(cast) -> None:
    run = make_run(cast.lab)
    upload = begin_upload(run, "model/big.bin", 3)
    etags = {number: put_part(upload.id, number, BytesIO(bytes([number]) * 1000)) for number in (3, 1, 2)}
    row = complete_upload(run, "model/big.bin", upload.id, list(etags.items()), cast.author())
    assert whole(run, "model/big.bin") == b"\1" * 1000 + b"\2" * 1000 + b"\3" * 1000
    assert row.etag == hashlib.sha256(whole(run, "model/big.bin")).hexdigest()
    assert upload.id not in listed(UPLOADS)[0]


def test_a_part_sent_twice_counts_once_with_its_last_body(cast) -> None:
    run = make_run(cast.lab)
    upload = begin_upload(run, "a.bin", 1)
    put_part(upload.id, 1, BytesIO(b"old"))
    etag = put_part(upload.id, 1, BytesIO(b"new"))
    complete_upload(run, "a.bin", upload.id, [(1, f'"{etag}"')], cast.author())
    assert whole(run, "a.bin") == b"new"


@pytest.mark.parametrize("parts", [[], [(1, "x")], [(1, "x"), (1, "x")], [(1, "x"), (3, "x")], [(1, "x"), (2, "y")]])
def test_an_upload_with_wrong_parts_makes_no_file_and_stays_open(cast, parts) -> None:
    run = make_run(cast.lab)
    upload = begin_upload(run, "a.bin", 2)
    etags = {f"{number}": put_part(upload.id, number, BytesIO(b"body")) for number in (1, 2)}
    named = [(number, etags["1"] if etag == "x" else etag) for number, etag in parts]
    with pytest.raises(UserMistake):
        complete_upload(run, "a.bin", upload.id, named, cast.author())
    assert not Artifact.objects.exists()
    assert find_upload(upload.id) == upload


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_part_must_be_one_of_those_announced(cast, number: int) -> None:
    upload = begin_upload(make_run(cast.lab), "a.bin", 2)
    with pytest.raises(UserMistake, match="between 1 and 2"):
        put_part(upload.id, number, BytesIO(b""))


@pytest.mark.parametrize("parts", [0, -1, 10_001])
def test_an_upload_has_a_sensible_number_of_parts(cast, parts: int) -> None:
    with pytest.raises(UserMistake, match="num_parts"):
        begin_upload(make_run(cast.lab), "a.bin", parts)


@pytest.mark.parametrize("upload_id", ["", "../../x", "0" * 48, "Z" * 48, "0" * 47 + "\n"])
def test_a_guessed_upload_is_not_there(upload_id: str) -> None:
    with pytest.raises(NotFound):
        find_upload(upload_id)


def test_an_upload_belongs_to_its_run_and_path(cast) -> None:
    run, other = make_run(cast.lab), make_run(cast.lab)
    upload = begin_upload(run, "a.bin", 1)
    for owner, path in ((other, "a.bin"), (run, "b.bin")):
        with pytest.raises(NotFound):
            abort_upload(owner, path, upload.id)


def test_an_aborted_upload_is_gone_with_its_parts(cast) -> None:
    run = make_run(cast.lab)
    upload = begin_upload(run, "a.bin", 1)
    put_part(upload.id, 1, BytesIO(b"body"))
    abort_upload(run, "a.bin", upload.id)
    with pytest.raises(NotFound):
        put_part(upload.id, 1, BytesIO(b"body"))
    assert upload.id not in listed(UPLOADS)[0]


def test_an_upload_cannot_begin_where_its_file_could_not_go(cast) -> None:
    run = make_run(cast.lab)
    put_artifact(run, "model/a", BytesIO(b""), cast.author())
    with pytest.raises(Conflict):
        begin_upload(run, "model", 1)


def test_an_upload_that_nobody_finished_is_over_after_a_day(cast) -> None:
    upload = begin_upload(make_run(cast.lab), "a.bin", 1)
    note = f"{UPLOADS}/{upload.id}/about.json"
    about = json.loads(default_storage.open(note).read())
    default_storage.delete(note)
    default_storage.save(note, ContentFile(json.dumps({**about, "begun": 1}).encode()))
    with pytest.raises(NotFound):
        find_upload(upload.id)


def test_the_sweep_forgets_old_uploads_and_keeps_new_ones(cast, monkeypatch) -> None:
    upload = begin_upload(make_run(cast.lab), "a.bin", 1)
    sweep_uploads()
    assert find_upload(upload.id)
    monkeypatch.setattr("runs.recording.uploads.LASTS_MS", -10_000)
    assert sweep_uploads() >= 1
    assert upload.id not in listed(UPLOADS)[0]

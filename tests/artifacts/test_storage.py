"""A body is in storage whole and on disk, or not at all."""

import hashlib
import os
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from runs.artifacts.storage import Stored, blobs_older_than, delete_blob, delete_folder, open_blob, read_blob, store
from runs.mistakes import NotFound, TooLarge
from studio.database import now_ms


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
    }


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


class BreaksOff:
    """A stream whose client hangs up after some pieces."""

    def __init__(self, pieces: int) -> None:
        self.left = pieces

    def read(self, size: int = -1, /) -> bytes:
        if not self.left:
            raise ConnectionResetError("gone")
        self.left -= 1
        return b"x" * 1000


def test_a_body_is_counted_and_hashed_on_its_way() -> None:
    body = os.urandom(1_000_000)
    stored = store(BytesIO(body), 10_000_000)
    assert stored == Stored(stored.blob, 1_000_000, hashlib.sha256(body).hexdigest())
    assert b"".join(read_blob(stored.blob)) == body


def test_an_empty_body_is_a_body() -> None:
    assert b"".join(read_blob(store(BytesIO(b""), 10).blob)) == b""


def test_a_body_over_the_limit_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        store(BytesIO(b"x" * 11), 10)
    assert files_below(tmp_path) == []


def test_an_interrupted_upload_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        store(BreaksOff(3), 10_000)
    assert files_below(tmp_path) == []


def test_the_disk_confirms_a_body_and_its_folder_before_it_counts_as_stored(monkeypatch) -> None:
    synced: list[str] = []
    real = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda fd: (synced.append(str(Path(f"/proc/self/fd/{fd}").readlink())), real(fd))[1]
    )
    stored = store(BytesIO(b"abc"), 10)
    path = default_storage.path(stored.blob)
    assert path in synced
    assert str(Path(path).parent) in synced


@pytest.mark.parametrize(("start", "length", "part"), [(0, 3, b"abc"), (2, None, b"cdef"), (4, 99, b"ef"), (6, 1, b"")])
def test_a_part_of_a_body_is_read(start: int, length: int | None, part: bytes) -> None:
    assert b"".join(read_blob(store(BytesIO(b"abcdef"), 10).blob, start, length)) == part


def test_a_lost_body_is_told_before_anything_is_sent() -> None:
    with pytest.raises(NotFound, match="missing from storage"):
        read_blob("blobs/aa/none")


def test_deleting_twice_does_no_harm() -> None:
    blob = store(BytesIO(b"abc"), 10).blob
    delete_blob(blob)
    delete_blob(blob)
    with pytest.raises(NotFound):
        open_blob(blob)


def test_old_bodies_are_found_for_cleaning_up() -> None:
    blob = store(BytesIO(b"abc"), 10).blob
    assert list(blobs_older_than(now_ms() + 10_000)) == [blob]
    assert list(blobs_older_than(now_ms() - 10_000)) == []
    delete_folder("blobs")
    assert list(blobs_older_than(now_ms() + 10_000)) == []

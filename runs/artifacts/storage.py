"""Where do the bodies of files lie, and how are they written so that an acknowledged one is really there?

Django's default storage holds them under names of ours: the local disk unless the settings name another.
"""

import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from django.core.files.base import File
from django.core.files.storage import default_storage

from runs.mistakes import NotFound, TooLarge

if TYPE_CHECKING:
    _FileOfBytes = File[bytes]
else:
    _FileOfBytes = File

PIECE = 256 * 1024
BLOBS = "blobs"


class Readable(Protocol):
    """Anything that bytes can be read from, in pieces of a size asked for."""

    def read(self, size: int = ..., /) -> bytes:
        """At most ``size`` bytes; empty at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Stored:
    """A body that is safe in storage: its name there, its size in bytes, its SHA-256 in hex."""

    blob: str
    size: int
    etag: str


class _Measured(_FileOfBytes):
    """A stream on its way into storage: counted, hashed, and stopped at the limit."""

    def __init__(self, stream: Readable, limit: int) -> None:
        super().__init__(None, "body")
        self._stream = stream
        self._limit = limit
        self._hash = hashlib.sha256()
        self.length = 0

    def read(self, size: int | None = None) -> bytes:
        """The next piece; TooLarge once more than the limit has come."""
        piece = self._stream.read(size if size is not None and size > 0 else PIECE)
        self.length += len(piece)
        if self.length > self._limit:
            raise TooLarge(f"The file is larger than {self._limit} bytes.", "body")
        self._hash.update(piece)
        return piece

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The pieces to the end."""
        while piece := self.read(chunk_size or PIECE):
            yield piece

    def seek(self, offset: int, whence: int = 0) -> int:
        """Only back to a beginning that was not left: cloud storages ask for it."""
        if offset or whence or self.length:
            raise OSError("this stream comes once")
        return 0

    @property
    def etag(self) -> str:
        """SHA-256 of what was read, in hex."""
        return self._hash.hexdigest()


def store(stream: Readable, limit: int, folder: str | None = None) -> Stored:
    """Take a body into storage, in pieces, and have the disk confirm it. TooLarge beyond ``limit`` bytes.

    Whatever goes wrong on the way (also a client that hangs up), nothing stays behind. ``folder`` is for bodies that
    are none of a file yet.
    """
    name = uuid.uuid4().hex
    body = _Measured(stream, limit)
    blob = f"{folder or f'{BLOBS}/{name[:2]}'}/{name}"
    try:
        blob = default_storage.save(blob, body)
        _sync(blob)
    except BaseException:
        with contextlib.suppress(OSError):
            default_storage.delete(blob)
        raise
    return Stored(blob, body.length, body.etag)


def _sync(blob: str) -> None:
    """Make the local disk confirm a body and the entries that lead to it. Other storages confirm by themselves."""
    try:
        path = Path(default_storage.path(blob))
    except NotImplementedError:
        return
    _fsync(path)
    _fsync(path.parent)
    if path.parent not in _shelves_on_disk:
        _fsync(path.parent.parent)
        _shelves_on_disk.add(path.parent)


_shelves_on_disk: set[Path] = set()


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_blob(blob: str) -> IO[bytes]:
    """A body for reading, seekable. NotFound when storage has lost it."""
    try:
        opened: Any = default_storage.open(blob, "rb")
    except FileNotFoundError:
        raise NotFound("The body of this file is missing from storage; restore it from a backup.", "path") from None
    return opened  # type: ignore[no-any-return]


def read_blob(blob: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes of a body from ``start``, ``length`` of them or to the end, in pieces.

    It is opened before the first piece is asked for: a lost body is found while an error can still be answered.
    """
    file = open_blob(blob)
    file.seek(start)
    return _pieces(file, length)


def _pieces(file: IO[bytes], length: int | None) -> Iterator[bytes]:
    with file:
        while length is None or length > 0:
            piece = file.read(PIECE if length is None else min(PIECE, length))
            if not piece:
                return
            if length is not None:
                length -= len(piece)
            yield piece


def delete_blob(blob: str) -> None:
    """Remove a body; it may be gone already."""
    if blob:
        with contextlib.suppress(FileNotFoundError):
            default_storage.delete(blob)


def blobs_older_than(moment_ms: int) -> Iterator[str]:
    """The names of bodies written before then (ms since 1970), for whoever cleans up."""
    for shelf in listed(BLOBS)[0]:
        for name in listed(f"{BLOBS}/{shelf}")[1]:
            blob = f"{BLOBS}/{shelf}/{name}"
            if (written_at(blob) or moment_ms) < moment_ms:
                yield blob


def written_at(blob: str) -> int | None:
    """When a body was last written to (ms since 1970); None if it is gone."""
    try:
        return int(default_storage.get_modified_time(blob).timestamp() * 1000)
    except FileNotFoundError:
        return None


def listed(folder: str) -> tuple[list[str], list[str]]:
    """The folders and the files in a folder of storage; none where there is no such folder."""
    try:
        return default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []


def delete_folder(folder: str) -> None:
    """Remove a folder of storage with all in it."""
    folders, files = listed(folder)
    for name in files:
        delete_blob(f"{folder}/{name}")
    for name in folders:
        delete_folder(f"{folder}/{name}")
    with contextlib.suppress(OSError):  # cloud storages have no folders to remove
        default_storage.delete(folder)

"""How does one large file come in several parts, perhaps at once and out of order?

An upload lives in storage only, below its unguessable id: a note about whose file it will be, and a folder for each
part. Knowing the id is the right to send a part; it ends with `complete_upload`, `abort_upload` or after a day.
"""

import hashlib
import io
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from runs.artifacts.paths import safe_path
from runs.artifacts.storage import Readable, delete_blob, delete_folder, listed, open_blob, read_blob, store, written_at
from runs.authors import Author
from runs.mistakes import NotFound, UserMistake
from runs.models import Artifact, Run
from runs.recording.artifacts import Owner, check_place, place_artifact
from studio.database import now_ms

UPLOADS = "uploads"
MOST_PARTS = 10_000
LASTS_MS = 24 * 3_600_000
_ID = re.compile(r"[0-9a-f]{48}\Z")


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in several parts: its secret id, whose file it will be, its path, how many parts, begun when (ms)."""

    id: str
    owner: str
    path: str
    parts: int
    begun: int


def begin_upload(owner: Owner, path: str, parts: int) -> Upload:
    """Begin to receive a file in ``parts`` parts. Raises as `put_artifact` does where the file could not go."""
    path = safe_path(path)
    if not 1 <= parts <= MOST_PARTS:
        raise UserMistake(f"num_parts must lie between 1 and {MOST_PARTS}, not {parts}", "num_parts")
    check_place(owner, path)
    upload = Upload(secrets.token_hex(24), _name_of(owner), path, parts, now_ms())
    default_storage.save(_note(upload.id), ContentFile(json.dumps(asdict(upload)).encode()))
    return upload


def find_upload(upload_id: str) -> Upload:
    """The upload with this id. NotFound when there is none, it is over, or older than a day."""
    if _ID.match(upload_id) and default_storage.exists(_note(upload_id)):
        with open_blob(_note(upload_id)) as file:
            upload = Upload(**json.loads(file.read()))
        if upload.begun + LASTS_MS > now_ms():
            return upload
    raise NotFound("There is no such upload, or it is over.", "upload_id")


def put_part(upload_id: str, number: int, stream: Readable) -> str:
    """Receive part ``number`` (from 1), replacing an earlier one of that number; gives its etag."""
    upload = find_upload(upload_id)
    if not 1 <= number <= upload.parts:
        raise UserMistake(f"part_number must lie between 1 and {upload.parts}, not {number}", "part_number")
    folder = _part(upload_id, number)
    earlier = listed(folder)[1]
    stored = store(stream, settings.MAX_FILE_SIZE, folder)
    for name in earlier:
        delete_blob(f"{folder}/{name}")
    return stored.etag


def complete_upload(
    owner: Owner, path: str, upload_id: str, parts: Sequence[tuple[int, str]], author: Author
) -> Artifact:
    """Make the file of its parts, given as (number, etag), in the order of their numbers.

    Raises UserMistake when a part is missing, named twice, or not the one that was received; the upload stays open.
    """
    upload = _upload_of(owner, path, upload_id)
    if sorted(number for number, _ in parts) != list(range(1, upload.parts + 1)):
        raise UserMistake(f"parts must name each of the parts 1 to {upload.parts} once", "parts")
    blobs = [_received(upload_id, number, etag.strip('"')) for number, etag in sorted(parts)]
    artifact = place_artifact(
        owner, upload.path, store(io.BufferedReader(_Joined(blobs)), settings.MAX_FILE_SIZE), author
    )
    delete_folder(f"{UPLOADS}/{upload_id}")
    return artifact


def abort_upload(owner: Owner, path: str, upload_id: str) -> None:
    """Forget an upload and its parts."""
    delete_folder(f"{UPLOADS}/{_upload_of(owner, path, upload_id).id}")


def sweep_uploads() -> int:
    """Forget the uploads that nobody finished within a day. How many went."""
    over = [name for name in listed(UPLOADS)[0] if (written_at(_note(name)) or 0) + LASTS_MS < now_ms()]
    for name in over:
        delete_folder(f"{UPLOADS}/{name}")
    return len(over)


class _Joined(io.RawIOBase):
    """Several bodies, read as one stream."""

    def __init__(self, blobs: Sequence[str]) -> None:
        super().__init__()
        self._pieces: Iterator[bytes] = (piece for blob in blobs for piece in read_blob(blob))
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, target: Any, /) -> int:
        """Fill the front of ``target``; 0 at the end."""
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _received(upload_id: str, number: int, etag: str) -> str:
    """The body of a part that was received with this etag (two requests for one part may have left two)."""
    folder = _part(upload_id, number)
    for name in listed(folder)[1]:
        blob = f"{folder}/{name}"
        digest = hashlib.sha256()
        with closing(open_blob(blob)) as file:
            while piece := file.read(1024 * 1024):
                digest.update(piece)
        if digest.hexdigest() == etag:
            return blob
    raise UserMistake(f"Part {number} was not received with the etag {etag[:80]!r}", "parts")


def _upload_of(owner: Owner, path: str, upload_id: str) -> Upload:
    upload = find_upload(upload_id)
    if (upload.owner, upload.path) != (_name_of(owner), safe_path(path)):
        raise NotFound("There is no such upload, or it is over.", "upload_id")
    return upload


def _name_of(owner: Owner) -> str:
    return f"{'run' if isinstance(owner, Run) else 'model'} {owner.pk}"


def _note(upload_id: str) -> str:
    return f"{UPLOADS}/{upload_id}/about.json"


def _part(upload_id: str, number: int) -> str:
    return f"{UPLOADS}/{upload_id}/{number}"

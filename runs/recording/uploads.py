"""How does one large file come in several parts, perhaps at once and out of order?

An upload lives in storage only, below its unguessable id: one note about whose file it will be, and its parts, each
under its number and SHA-256. Knowing the id is the right to send a part; it ends with `complete`, `abort` or a day.
"""

import io
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from runs.artifacts.paths import safe_path
from runs.artifacts.storage import PIECE, Readable, delete_blob, open_blob, read_blob, store
from runs.authors import Author
from runs.mistakes import Conflict, NotFound, UserMistake
from runs.models import Artifact, Run
from runs.recording.artifacts import Owner, check_place, place_artifact
from studio.database import now_ms

UPLOADS = "uploads"
MOST_PARTS = 10_000
LASTS_MS = 24 * 3_600_000
_ID = re.compile(r"[0-9a-f]{48}\Z")


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in several parts: its secret id, for whom and where, how many parts, when begun (ms)."""

    id: str
    owner_kind: str
    owner_id: int
    path: str
    parts: int
    begun: int


def begin_upload(owner: Owner, path: str, parts: int) -> Upload:
    """Begin to receive a file in ``parts`` parts. Raises as `put_artifact` does where the file could not go."""
    path = safe_path(path)
    if not 1 <= parts <= MOST_PARTS:
        raise UserMistake(f"num_parts must lie between 1 and {MOST_PARTS}, not {parts}", "num_parts")
    check_place(owner, path)
    upload = Upload(secrets.token_hex(24), _kind(owner), owner.pk, path, parts, now_ms())
    default_storage.save(_note(upload.id), ContentFile(json.dumps(asdict(upload)).encode()))
    return upload


def find_upload(upload_id: str) -> Upload:
    """The upload with this id. NotFound when there is none, or it is over, or older than a day."""
    if _ID.match(upload_id) and default_storage.exists(_note(upload_id)):
        with default_storage.open(_note(upload_id)) as file:
            upload = Upload(**json.loads(file.read()))
        if upload.begun + LASTS_MS > now_ms():
            return upload
    raise NotFound("There is no such upload, or it is over.", "upload_id")


def put_part(upload_id: str, number: int, stream: Readable) -> str:
    """Receive part ``number`` (from 1), replacing an earlier one of that number; gives its etag."""
    upload = find_upload(upload_id)
    if not 1 <= number <= upload.parts:
        raise UserMistake(f"part_number must lie between 1 and {upload.parts}, not {number}", "part_number")
    folder = _part_folder(upload_id, number)
    before = _blobs_in(folder)
    stored = store(stream, settings.MAX_FILE_SIZE, folder)
    default_storage.save(f"{folder}/{stored.etag}", ContentFile(stored.blob.encode()))
    for blob in before:
        if blob != stored.blob:
            delete_blob(blob)
    return stored.etag


def complete_upload(
    owner: Owner, path: str, upload_id: str, parts: Sequence[tuple[int, str]], author: Author
) -> Artifact:
    """Make the file of its parts, given as (number, etag), in the order of their numbers.

    Raises UserMistake when a part is missing, named twice, or not the one that was received; the upload stays open.
    """
    upload = _upload_of(owner, path, upload_id)
    if [number for number, _ in sorted(parts)] != list(range(1, upload.parts + 1)):
        raise UserMistake(f"parts must name each of the parts 1 to {upload.parts} once", "parts")
    blobs = [_part_blob(upload_id, number, etag.strip('"')) for number, etag in sorted(parts)]
    stored = store(_Joined(blobs), settings.MAX_FILE_SIZE)
    artifact = place_artifact(owner, upload.path, stored, author)
    _remove(upload)
    return artifact


def abort_upload(owner: Owner, path: str, upload_id: str) -> None:
    """Forget an upload and its parts."""
    _remove(_upload_of(owner, path, upload_id))


def sweep_uploads() -> int:
    """Forget the uploads that nobody finished within a day. How many went."""
    raise NotImplementedError

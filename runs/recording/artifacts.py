"""How do the files of a run or of a logged model come, change and go?

The body is safe in storage before its row is written, and the row is gone before its body is: whoever reads a row
finds its body, and a crash leaves at most a body without a row, which `sweep_blobs` removes.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from runs.artifacts.paths import folders_above, safe_path, split
from runs.artifacts.storage import Readable, Stored, blobs_older_than, delete_blob, store
from runs.authors import Author
from runs.mistakes import Conflict, NotFound, UserMistake
from runs.models import Artifact, Lifecycle, LoggedModel, Run
from runs.recording.changes import Edit, record_edits
from studio.database import is_postgres, now_ms, write_transaction

Owner = Run | LoggedModel
_LOCK_CLASS = 0x46494C45  # "FILE": keeps these advisory locks apart from others
_AN_HOUR = 3_600_000


def put_artifact(owner: Owner, path: str, stream: Readable, author: Author, *, limit: int | None = None) -> Artifact:
    """Store a file under ``path``, replacing the one that is there, all or nothing.

    ``limit`` is in bytes (the setting MAX_FILE_SIZE unless said otherwise). Raises UserMistake for a path that is not
    safe or an owner in the trash, Conflict where a file would become a folder or the reverse, TooLarge.
    """
    path = safe_path(path)
    check_place(owner, path)  # before the body comes; the transaction looks again
    stored = store(stream, settings.MAX_FILE_SIZE if limit is None else limit)
    return place_artifact(owner, path, stored, author)


def check_place(owner: Owner, path: str) -> None:
    """Raise what `put_artifact` would raise for this safe path as things stand."""
    _refuse_trashed(owner)
    _refuse_clash(owner, path)


def place_artifact(owner: Owner, path: str, stored: Stored, author: Author) -> Artifact:
    """Give a body that is in storage already its place; the body is removed when it is refused one.

    After any other failure it stays for `sweep_blobs`: a commit whose answer got lost may have succeeded.
    """
    try:
        with write_transaction():
            _lock_tree(owner)
            _refuse_trashed(owner)
            return _place(owner, path, stored, author)
    except UserMistake:
        delete_blob(stored.blob)
        raise


def _place(owner: Owner, path: str, stored: Stored, author: Author) -> Artifact:
    _refuse_clash(owner, path)
    now = now_ms()
    _make_folders(owner, path, now)
    folder, name = split(path)
    row = Artifact.objects.filter(**of_owner(owner), folder=folder, name=name).first()
    if row is None:
        row = Artifact(**of_owner(owner), folder=folder, name=name)
    else:
        _delete_later([row.blob])
        if row.etag != stored.etag:
            _remember(owner, author, path, f"{row.size} bytes, {row.etag}", f"{stored.size} bytes, {stored.etag}")
    row.blob, row.size, row.etag, row.written = stored.blob, stored.size, stored.etag, now
    row.save()
    _touch(owner, now)
    return row


def _make_folders(owner: Owner, path: str, now: int) -> None:
    rows = []
    for each in folders_above(path):
        folder, name = split(each)
        rows.append(Artifact(**of_owner(owner), folder=folder, name=name, is_folder=True, written=now))
    if rows:
        Artifact.objects.bulk_create(rows, ignore_conflicts=True)


def delete_artifact(owner: Owner, path: str, author: Author) -> int:
    """Remove a file, or a folder with all in it, and the folders that this leaves empty. How many files went.

    Raises NotFound when there is neither.
    """
    path = safe_path(path)
    with write_transaction():
        _lock_tree(owner)
        _refuse_trashed(owner)
        folder, name = split(path)
        row = Artifact.objects.filter(**of_owner(owner), folder=folder, name=name).first()
        if row is None:
            raise NotFound(f"There is no file or folder {path!r} here.", "path")
        files = _delete_rows(owner, row)
        _prune(owner, path)
        _remember(owner, author, path, f"{files} files" if row.is_folder else f"{row.size} bytes, {row.etag}", None)
        _touch(owner, now_ms())
    return files


def _delete_rows(owner: Owner, row: Artifact) -> int:
    """The row and, for a folder, all below it; their bodies go after the commit."""
    gone = [(row.pk, row.blob)]
    if row.is_folder:
        gone += [(below.pk, below.blob) for below in rows_below(owner, row.path)]
    for start in range(0, len(gone), 500):
        Artifact.objects.filter(pk__in=[pk for pk, _ in gone[start : start + 500]]).delete()
    blobs = [blob for _, blob in gone if blob]
    _delete_later(blobs)
    return len(blobs)


def rows_below(owner: Owner, folder: str) -> list[Artifact]:
    """Every row in a folder and its folders, without the columns that a deletion does not need."""
    rows = Artifact.objects.filter(**of_owner(owner)).only("pk", "folder", "blob")
    direct = rows.filter(folder=folder)
    # SQLite's LIKE does not tell a from A: it is asked for too much, and the exact test is made here.
    deeper = rows.filter(folder__startswith=f"{folder}/")
    return [*direct, *(row for row in deeper if row.folder.startswith(f"{folder}/"))]


def _prune(owner: Owner, path: str) -> None:
    """Remove the folders above ``path`` that have nothing in them any more, from the deepest up."""
    for each in reversed(folders_above(path)):
        if Artifact.objects.filter(**of_owner(owner), folder=each).exists():
            return
        folder, name = split(each)
        Artifact.objects.filter(**of_owner(owner), folder=folder, name=name, is_folder=True).delete()


def of_owner(owner: Owner) -> dict[str, Any]:
    """The columns that say whose file it is."""
    return {"run_id": owner.pk} if isinstance(owner, Run) else {"model_id": owner.pk}


def _refuse_trashed(owner: Owner) -> None:
    lifecycle = type(owner)._default_manager.values_list("lifecycle", flat=True).filter(pk=owner.pk).first()
    if lifecycle is None or lifecycle == Lifecycle.TRASHED:
        raise UserMistake(f"{owner.uid} must be in the 'active' state. Current state is deleted.", "run_id")


def _refuse_clash(owner: Owner, path: str) -> None:
    """Conflict when a folder stands where the file would go, or a file where one of its folders would."""
    folders = folders_above(path)
    wanted = {split(each) for each in [*folders, path]}
    rows = Artifact.objects.filter(
        **of_owner(owner), folder__in={folder for folder, _ in wanted}, name__in={name for _, name in wanted}
    )
    for row in rows:
        if row.path == path and row.is_folder:
            raise Conflict(f"{path!r} is a folder here; a file cannot take its place.", "path", current=path)
        if row.path in folders and not row.is_folder:
            raise Conflict(f"{row.path!r} is a file here; {path!r} cannot lie in it.", "path", current=row.path)


def _lock_tree(owner: Owner) -> None:
    """One change of an owner's tree at a time, so that no folder is pruned under a file that is just arriving.

    A lock of its own: the run's row stays free for those who log metrics meanwhile. SQLite has one writer anyway.
    """
    if is_postgres():
        number = (owner.pk * 2 + isinstance(owner, LoggedModel)) % 2**31
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, number])


def _delete_later(blobs: Iterable[str]) -> None:
    """Remove bodies once nobody can find them any more; one that cannot be removed is left to `sweep_blobs`."""
    for blob in blobs:
        transaction.on_commit(partial(delete_blob, blob), robust=True)


def _remember(owner: Owner, author: Author, path: str, before: str | None, after: str | None) -> None:
    run = owner if isinstance(owner, Run) else owner.source_run
    if run is not None:
        record_edits(run, author, [Edit("file", before, after, path[:250])])


def _touch(owner: Owner, now: int) -> None:
    if isinstance(owner, Run):
        Run.objects.filter(pk=owner.pk).update(change_seq=now)


def sweep_blobs(older_than_ms: int = _AN_HOUR) -> int:
    """Remove bodies that no row names and that were written longer ago than ``older_than_ms``. How many went.

    They come from a server that was killed between body and row, and from runs that were purged. An upload that
    still runs keeps its body's time fresh, as each piece is written.
    """
    gone = 0
    names: list[str] = []
    for blob in blobs_older_than(now_ms() - older_than_ms):
        names.append(blob)
        if len(names) == 500:
            gone += _sweep(names)
            names.clear()
    return gone + _sweep(names)


def _sweep(names: list[str]) -> int:
    kept = set(Artifact.objects.filter(blob__in=names).values_list("blob", flat=True))
    orphans = [name for name in names if name not in kept]
    for name in orphans:
        delete_blob(name)
    return len(orphans)

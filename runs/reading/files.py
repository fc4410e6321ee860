"""Which files has a run or a logged model, and what is in them?"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet, Sum

from runs.artifacts.paths import safe_folder, safe_path, split
from runs.artifacts.previews import HEAD, Kind, kind_of
from runs.artifacts.storage import open_blob, read_blob
from runs.artifacts.zips import Member
from runs.mistakes import NotFound
from runs.models import Artifact, LoggedModel, Run

Owner = Run | LoggedModel


@dataclass(frozen=True, slots=True)
class FolderPage:
    """A page of a folder's entries by name; ``next`` is the ``after`` of the next page, None at the end."""

    folder: str
    entries: tuple[Artifact, ...]
    next: str | None


def list_folder(owner: Owner, folder: str = "", after: str | None = None, limit: int = 1000) -> FolderPage:
    """Up to ``limit`` entries of a folder (its own files and folders, not what lies deeper) after the name ``after``.

    One query on the index that keeps paths unique, so a folder of 100,000 files costs what one of 10 does. Empty
    for a folder that does not exist.
    """
    folder = safe_folder(folder)
    rows = _files_of(owner).filter(folder=folder).order_by("name")
    if after:
        rows = rows.filter(name__gt=after)
    found = list(rows[: limit + 1])
    more = len(found) > limit
    return FolderPage(folder, tuple(found[:limit]), found[limit - 1].name if more else None)


def find_entry(owner: Owner, path: str) -> Artifact:
    """The file or folder at ``path``. Raises NotFound, UserMistake for a path that is not safe."""
    folder, name = split(safe_path(path))
    found = _files_of(owner).filter(folder=folder, name=name).first()
    if found is None:
        raise NotFound(f"There is no file {path!r} here.", "path")
    return found


def find_file(owner: Owner, path: str) -> Artifact:
    """The file at ``path``. Raises NotFound, also for a folder; UserMistake for a path that is not safe."""
    found = find_entry(owner, path)
    if found.is_folder:
        raise NotFound(f"{path!r} is a folder, not a file.", "path")
    return found


def count_files(owner: Owner) -> tuple[int, int]:
    """How many files there are, and their bytes in all."""
    found = _files_of(owner).filter(is_folder=False).aggregate(n=Count("pk"), size=Sum("size"))
    return found["n"], found["size"] or 0


def walk(owner: Owner, folder: str = "") -> Iterator[Artifact]:
    """Every file in a folder and below, by folder and name; fetched 1,000 at a time, each time by key.

    No cursor stays open between: a slow download must not hold a snapshot of the database.
    """
    folder = safe_folder(folder)
    rows = _files_of(owner).filter(is_folder=False).order_by("folder", "name")
    if folder:
        # SQLite's LIKE takes a for A: the exact test follows.
        rows = rows.filter(Q(folder=folder) | Q(folder__startswith=f"{folder}/"))
    last: Artifact | None = None
    while True:
        page = list(rows.filter(_after(last))[:1000] if last else rows[:1000])
        yield from (row for row in page if f"{row.folder}/".startswith(f"{folder}/") or not folder)
        if len(page) < 1000:
            return
        last = page[-1]


def zip_members(owner: Owner, folder: str = "") -> Iterator[Member]:
    """The files of a folder as members of a zip, their paths relative to it."""
    skip = len(folder.removesuffix("/")) + 1 if folder.strip("/") else 0
    return (Member(row.path[skip:], row.blob, row.written) for row in walk(owner, folder))


def read_range(artifact: Artifact, start: int = 0, length: int | None = None) -> Iterator[bytes]:
    """The bytes of a file from ``start``, ``length`` of them or to the end, in pieces."""
    return read_blob(artifact.blob, start, length)


def read_head(artifact: Artifact, size: int = HEAD) -> bytes:
    """The first ``size`` bytes of a file."""
    with open_blob(artifact.blob) as file:
        return file.read(size)


def kind_of_file(artifact: Artifact) -> Kind:
    """Whether a file is an image that is safe to show, text, or something else."""
    return kind_of(read_head(artifact))


def _files_of(owner: Owner) -> QuerySet[Artifact]:
    # The condition "run is not null" lets the planners use the partial unique index.
    if isinstance(owner, Run):
        return Artifact.objects.filter(run_id=owner.pk, run__isnull=False)
    return Artifact.objects.filter(model_id=owner.pk, model__isnull=False)


def _after(last: Artifact) -> Q:
    return Q(folder__gt=last.folder) | Q(folder=last.folder, name__gt=last.name)

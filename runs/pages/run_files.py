"""Which files did a run write, and what is in them? The tree, a viewer of text and images, and downloads."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from runs.access import run_or_404, workspace_or_404
from runs.artifacts.answers import file_response, zip_response
from runs.artifacts.paths import LONGEST_PATH, folders_above
from runs.limits import clean_text
from runs.mistakes import NotFound
from runs.models import Artifact, Run, Workspace
from runs.pages.answers import person_of, show, whole_number
from runs.pages.log_text import is_error_line, line_html
from runs.pages.run_page import head_context, open_run, run_url
from runs.reading.files import FolderPage, find_entry, find_file, kind_of_file, list_folder, zip_members
from runs.reading.log_window import LogLine, LogWindow, first_lines, last_lines, lines_at_byte, lines_before

LINES = 500
OPENED_FIRST = ("user_logs/std_log.txt", "logs/std_log.txt")
_ICONS = {"png": "file-image", "jpg": "file-image", "jpeg": "file-image", "gif": "file-image", "webp": "file-image"}
_TEXT_ENDINGS = frozenset("txt log md json csv tsv yaml yml py toml ini cfg html".split())


@dataclass(slots=True)
class Entry:
    """One line of the file tree, as components/file_tree.html takes it."""

    name: str
    url: str
    is_folder: bool = False
    size: int | None = None
    icon: str = "file"
    current: bool = False
    is_open: bool = False
    load_url: str = ""
    entries: list["Entry"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line of a text file on the page."""

    number: str
    html: SafeString
    is_target: bool
    is_error: bool
    notice: str


def file_url(workspace: Workspace, run: Run, path: str, place: str = "run_file") -> str:
    """The address of a file's page, or with ``run_download`` of its body."""
    return reverse(place, args=[workspace.name, run.uid, path])


@require_safe
def run_outputs(request: HttpRequest, workspace_name: str, uid: str, path: str = "") -> HttpResponse:
    """The tree, and beside it the file or folder at ``path``; without one, the run's log if it has one."""
    workspace, run, head = open_run(request, workspace_name, uid)
    entry = find_entry(run, path) if path else _opened_first(run)
    folder = entry.path if entry is not None and entry.is_folder else (entry.folder if entry is not None else "")
    context = {
        **head_context(workspace, head, "run_outputs"),
        "entries": _tree(workspace, run, folder, entry),
        "folder": folder,
        "file": entry if entry is not None and not entry.is_folder else None,
    }
    if context["file"]:
        context |= _viewer(request, workspace, run, context["file"])
    return show(request, "runs/run_outputs.html", context)


@require_safe
def run_folder(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponse:
    """The entries of the folder ``?path=`` after the name ``?after=``, for a branch of the tree that opens."""
    workspace = workspace_or_404(person_of(request), workspace_name)
    run = run_or_404(workspace, uid)
    after = clean_text(request.GET.get("after", ""), "after", LONGEST_PATH)
    page = list_folder(run, request.GET.get("path", ""), after or None)
    context = {"entries": _entries(workspace, run, page, "", [])}
    return show(request, "runs/run_folder.html", context)


def _opened_first(run: Run) -> Artifact | None:
    """The log that people look for first; one query when it is where it is wont to be."""
    for path in OPENED_FIRST:
        try:
            return find_file(run, path)
        except NotFound:
            continue
    return None


def _tree(workspace: Workspace, run: Run, folder: str, current: Artifact | None) -> list[Entry]:
    """The top folder, opened down to ``folder``, made from the deepest level up: one query a level."""
    inner: list[Entry] = []
    opened = ""
    for path in reversed(["", *folders_above(f"{folder}/x")] if folder else [""]):
        inner = _entries(workspace, run, list_folder(run, path), opened, inner, current)
        opened = path
    return inner


def _entries(
    workspace: Workspace,
    run: Run,
    page: FolderPage,
    opened: str,
    inner: list[Entry],
    current: Artifact | None = None,
) -> list[Entry]:
    found = [_entry(workspace, run, row, opened, inner, current) for row in page.entries]
    found.sort(key=lambda entry: not entry.is_folder)
    if page.next is not None:
        found.append(Entry("More files…", _folder_url(workspace, run, page.folder, page.next), icon="ellipsis"))
    return found


def _entry(
    workspace: Workspace, run: Run, row: Artifact, opened: str, inner: list[Entry], current: Artifact | None
) -> Entry:
    url = file_url(workspace, run, row.path)
    if not row.is_folder:
        icon = _icon(row.name)
        return Entry(row.name, url, size=row.size, icon=icon, current=current is not None and current.pk == row.pk)
    is_open = row.path == opened
    load = "" if is_open else _folder_url(workspace, run, row.path)
    return Entry(row.name, url, True, is_open=is_open, load_url=load, entries=inner if is_open else [])


def _icon(name: str) -> str:
    ending = name.rpartition(".")[2].lower()
    return _ICONS.get(ending) or ("file-text" if ending in _TEXT_ENDINGS else "file")


def _folder_url(workspace: Workspace, run: Run, path: str, after: str = "") -> str:
    query = {"path": path, "after": after} if after else {"path": path}
    return f"{run_url(workspace, run.uid, 'run_folder')}?{urlencode(query)}"


def _viewer(request: HttpRequest, workspace: Workspace, run: Run, file: Artifact) -> dict[str, Any]:
    kind = kind_of_file(file)
    context: dict[str, Any] = {
        "kind": kind,
        "download_url": file_url(workspace, run, file.path, "run_download"),
        "file_url": file_url(workspace, run, file.path),
    }
    if kind != "text":
        return context
    line = whole_number(request.GET.get("line"), 1)
    window = _window(request, file, line)
    return context | {
        "window": window,
        "lines": [_line(one, line) for one in window.lines],
        "line": line,
        "whole": window.at_start and window.at_end,
    }


def _window(request: HttpRequest, file: Artifact, line: int | None) -> LogWindow:
    """Which lines: around ``?line=``, from or before a byte, the first (``?from=start``), else the last of a log."""
    if line is not None:
        return first_lines(file, max(line - 20, 1), LINES)
    if (start := whole_number(request.GET.get("at"))) is not None:
        return lines_at_byte(file, start, LINES)
    if (end := whole_number(request.GET.get("before"))) is not None:
        return lines_before(file, end, LINES)
    is_log = file.name.endswith((".log", "log.txt")) or file.folder.split("/")[0] in {"logs", "user_logs"}
    if request.GET.get("from") == "start" or (not is_log and request.GET.get("from") != "end"):
        return first_lines(file, 1, LINES)
    return last_lines(file, LINES)


def _line(line: LogLine, target: int | None) -> ShownLine:
    number = str(line.number) if line.number is not None else f"@{line.byte}"
    is_target = target is not None and line.number == target
    return ShownLine(number, line_html(line.text), is_target, is_error_line(line.text), line.notice)


@require_safe
def run_download(request: HttpRequest, workspace_name: str, uid: str, path: str) -> HttpResponseBase:
    """The body of a file, as an attachment; with ``?show`` a PNG, JPEG, GIF or WebP in place, in a sandbox."""
    workspace = workspace_or_404(person_of(request), workspace_name)
    run = run_or_404(workspace, uid)
    return file_response(request, find_file(run, path), inline="show" in request.GET)


@require_safe
def run_zip(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponseBase:
    """All files of a run, or of its folder ``?path=``, as a zip that is made while it is sent."""
    workspace = workspace_or_404(person_of(request), workspace_name)
    run = run_or_404(workspace, uid)
    folder = request.GET.get("path", "")
    if folder:
        find_entry(run, folder)  # what is wrong with the path is said before the answer has begun
    name = folder.rstrip("/").rpartition("/")[2] or f"{run.name or run.uid}"
    return zip_response(name, zip_members(run, folder))

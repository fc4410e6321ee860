"""How does a person change a run? Its name, description and tags in place; its state and place by buttons."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from runs.access import workspace_or_404
from runs.authors import Author
from runs.limits import DESCRIPTION, clean_text
from runs.markdown import render_markdown
from runs.mistakes import Conflict, NotFound, UserMistake
from runs.models import Role, Run, Workspace
from runs.pages.answers import author_of, person_of, wants_part
from runs.pages.description_html import with_own_files
from runs.pages.run_page import head_context, show_overview
from runs.reading.run_detail import RunDetail, load_run_detail, load_run_head
from runs.recording.attributes import delete_tags, set_tags
from runs.recording.lifecycle import archive_run, cancel_run, restore_run, trash_run
from runs.recording.texts import describe_run, rename_run


def _editable(request: HttpRequest, workspace_name: str) -> Workspace:
    return workspace_or_404(person_of(request), workspace_name, Role.EDITOR)


def _status_of(mistake: UserMistake) -> int:
    return 409 if isinstance(mistake, Conflict) else 422


def fingerprint(text: str) -> str:
    """Stands in a form for the text that its writer began with: browsers rewrite line ends in what they send back."""
    return hashlib.sha256(text.encode()).hexdigest()


@require_POST
def rename(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponse:
    """Give the run another display name; the head of the page comes back, with the mistake if there was one."""
    workspace = _editable(request, workspace_name)
    run, head = load_run_head(workspace, uid)
    name = request.POST.get("name", "")
    try:
        rename_run(run, name, author_of(request), expected=request.POST.get("expected"))
    except UserMistake as mistake:
        current = getattr(mistake, "current", None)
        more = {"name_error": mistake.message, "name_typed": name, "name_expected": current or head.name}
        if wants_part(request):
            context = {**head_context(workspace, head, "run"), **more}
            return render(request, "runs/run_name.html", context, status=_status_of(mistake))
        detail = load_run_detail(workspace, uid)
        return show_overview(request, workspace, detail, more, status=_status_of(mistake))
    if wants_part(request):
        _, head = load_run_head(workspace, uid)
        return render(request, "runs/run_name.html", head_context(workspace, head, "run"))
    return redirect("run", workspace.name, uid)


@require_http_methods(["GET", "HEAD", "POST"])
def description(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponse:
    """GET opens the editor, or with ``?cancel`` closes it; POST saves, or with ``preview`` shows what it would be."""
    workspace = _editable(request, workspace_name)
    detail = load_run_detail(workspace, uid)
    if request.method != "POST":
        more = {} if "cancel" in request.GET else _editor(detail.description, detail)
        return show_overview(request, workspace, detail, more, part="description")
    typed = request.POST.get("description", "").replace("\r\n", "\n")
    try:
        clean_text(typed, "description", DESCRIPTION)
        if "preview" in request.POST:
            return _preview(request, workspace, detail, typed)
        _save_description(request, detail, typed)
    except UserMistake as mistake:
        more = {**_editor(typed, detail), "description_mistake": mistake}
        return show_overview(request, workspace, detail, more, part="description", status=_status_of(mistake))
    if wants_part(request):
        return show_overview(request, workspace, load_run_detail(workspace, uid), part="description")
    return redirect("run", workspace.name, uid)


def _save_description(request: HttpRequest, detail: RunDetail, typed: str) -> None:
    """Raises Conflict when somebody saved since the editor was opened."""
    if request.POST.get("began_with") != fingerprint(detail.description):
        raise Conflict("Somebody edited this description meanwhile.", "description", current=detail.description)
    describe_run(detail.run, typed, author_of(request), expected=detail.description)


def _editor(typed: str, detail: RunDetail) -> dict[str, Any]:
    return {"editing_description": True, "typed": typed, "began_with": fingerprint(detail.description)}


def _preview(request: HttpRequest, workspace: Workspace, detail: RunDetail, typed: str) -> HttpResponse:
    more = _editor(typed, detail) | {
        "preview_html": with_own_files(render_markdown(typed), workspace.name, detail.head.uid),
        "began_with": request.POST.get("began_with", ""),
    }
    if wants_part(request):
        return render(request, "runs/run_overview.html#preview", more)
    return show_overview(request, workspace, detail, more)


@require_http_methods(["GET", "HEAD", "POST"])
def tags(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponse:
    """GET opens the form for the tag ``?key=``, or an empty one; POST adds the tag or overwrites its value."""
    workspace = _editable(request, workspace_name)
    if request.method != "POST":
        detail = load_run_detail(workspace, uid)
        key = request.GET.get("key", "")
        text = next((tag.text for tag in detail.tags if tag.key == key), "")
        more = {"tag_key": key, "tag_value": text or "", "editing_tag": bool(key), "tag_is_long": "\n" in (text or "")}
        return show_overview(request, workspace, detail, more, part="tags")
    key, value = request.POST.get("key", "").strip(), request.POST.get("value", "").replace("\r\n", "\n")
    return _change_tags(
        request, workspace, uid, lambda run, author: set_tags(run, {key: value or None}, author), key, value
    )


@require_POST
def delete_tag(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponse:
    """Remove the tag ``key``. One that is gone already is as it should be."""
    workspace = _editable(request, workspace_name)

    def remove(run: Run, author: Author) -> None:
        with suppress(NotFound):
            delete_tags(run, [request.POST.get("key", "")], author)

    return _change_tags(request, workspace, uid, remove)


def _change_tags(
    request: HttpRequest,
    workspace: Workspace,
    uid: str,
    change: Callable[[Run, Author], object],
    key: str = "",
    value: str = "",
) -> HttpResponse:
    run, _ = load_run_head(workspace, uid)
    more: dict[str, Any] = {}
    status = 200
    try:
        change(run, author_of(request))
    except UserMistake as mistake:
        status = _status_of(mistake)
        more = {"tag_mistake": mistake, "tag_key": key, "tag_value": value}
    if wants_part(request) or more:
        return show_overview(request, workspace, load_run_detail(workspace, uid), more, part="tags", status=status)
    return redirect("run", workspace.name, uid)


MOVES: dict[str, tuple[Callable[[Run, Author], Run], str]] = {
    "cancel": (cancel_run, "The run is canceled."),
    "archive": (archive_run, "The run is archived: lists leave it out unless you ask for archived runs."),
    "trash": (trash_run, "The run is in the trash, and can be restored from here."),
    "restore": (restore_run, "The run is back in daily use."),
}


@require_POST
def move_run(request: HttpRequest, workspace_name: str, uid: str, move: str) -> HttpResponse:
    """Cancel, archive, put in the trash, or restore. A move that is not possible any more says so."""
    workspace = _editable(request, workspace_name)
    run, _ = load_run_head(workspace, uid)
    change, words = MOVES[move]
    try:
        change(run, author_of(request))
    except Conflict as mistake:
        messages.error(request, mistake.message)
    else:
        messages.success(request, words)
    return redirect("run", workspace.name, uid)

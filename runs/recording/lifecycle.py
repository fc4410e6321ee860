"""How does a run begin, go on, end, and leave? Creation, status changes, archive and trash."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.db import IntegrityError

from runs.authors import Author
from runs.limits import DESCRIPTION, ERROR_MESSAGE, NAME, RUN_NAME, clean_text, clean_time
from runs.mistakes import AlreadyExists, Conflict, UserMistake
from runs.models import Experiment, KeyKind, Lifecycle, Run, RunDoc, RunText, StatusChange, Submitter
from runs.recording.attribute_rows import clean_params, clean_properties, clean_tags, insert_attributes
from runs.recording.changes import Edit, record_edits
from runs.recording.counters import count_facets, count_keys, facets_of, move_facets
from runs.recording.keys import compute_id, submitter_id
from runs.recording.locking import fresh
from runs.recording.names import made_up_name
from runs.recording.run_doc import dump, new_doc, refresh_search, search_text
from runs.recording.run_ids import new_run_id, new_uid
from runs.recording.sealing import seal_run
from runs.recording.texts import rendered
from runs.statuses import Status, may_follow
from studio.database import now_ms, write_transaction

_TRIES = 5


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a run begins with. Times are ms since 1970; ``created`` is ``started`` unless given, never after now."""

    name: str = ""
    status: Status = Status.RUNNING
    started: int | None = None
    created: int | None = None
    ended: int | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    parent: Run | None = None
    submitter: str = ""
    compute: str = ""
    description: str = ""
    type: str = ""
    uid: str | None = None
    request_id: str | None = None


def create_run(experiment: Experiment, new: NewRun, author: Author) -> Run:
    """Begin a run. The same ``request_id`` in the workspace gives the run that the first request made.

    Raises UserMistake for a value that cannot be kept, an experiment in the trash, or a parent in another
    workspace; AlreadyExists for a ``uid`` that is taken.
    """
    new = _cleaned(experiment, new, author)
    for last_try in (*[False] * (_TRIES - 1), True):
        try:
            with write_transaction():
                return _repeated(experiment, new) or _create(experiment, new, author)
        except IntegrityError:  # another process took the same id, or sent the same request, in this moment
            if last_try:
                raise
    raise AssertionError("the last try returns or raises")


def _cleaned(experiment: Experiment, new: NewRun, author: Author) -> NewRun:
    if experiment.lifecycle == Lifecycle.TRASHED:
        raise UserMistake(f"The experiment {experiment.name!r} is in the trash; restore it first.", "experiment")
    if new.parent is not None and new.parent.workspace_id != experiment.workspace_id:
        raise UserMistake("The parent run is in another workspace.", "parent")
    now = now_ms()
    started = new.started
    if started is None and not new.status.is_terminal and new.status >= Status.RUNNING:
        started = now
    for value, name in ((started, "start_time"), (new.ended, "end_time"), (new.created, "created")):
        if value is not None:
            clean_time(value, name)
    created = new.created if new.created is not None else (started if started is not None else now)
    return replace(
        new,
        name=clean_text(new.name, "run_name", RUN_NAME) or made_up_name(),
        description=clean_text(new.description, "description", DESCRIPTION),
        submitter=clean_text(new.submitter, "submitter", NAME) or author.name or "unknown",
        compute=clean_text(new.compute, "compute", NAME),
        started=started,
        created=min(created, now),
        tags=clean_tags(new.tags),
        params=clean_params(new.params),
        properties=clean_properties(new.properties),
    )


def _repeated(experiment: Experiment, new: NewRun) -> Run | None:
    if new.request_id is not None:
        earlier = Run.objects.filter(workspace_id=experiment.workspace_id, request_id=new.request_id)
        if found := earlier.select_related("experiment", "submitter", "compute").first():
            return found
    if new.uid is not None and Run.objects.filter(uid=new.uid).exists():
        raise AlreadyExists(f"There is a run with the id {new.uid!r} already.", "run_id")
    return None


def _create(experiment: Experiment, new: NewRun, author: Author) -> Run:
    run = _insert_run(experiment, new)
    used = insert_attributes(run, {KeyKind.TAG: new.tags, KeyKind.PARAM: new.params, KeyKind.PROPERTY: new.properties})
    doc = new_doc(new.tags, new.params, new.properties)
    RunDoc.objects.create(run=run, doc=dump(doc))
    html, renderer = rendered(new.description)
    RunText.objects.create(
        run=run,
        experiment_id=experiment.pk,
        description=new.description,
        html=html,
        renderer=renderer,
        search=search_text(run, new.description, doc),
    )
    StatusChange.objects.create(run=run, after=run.status, at=run.change_seq, who=author.name)
    count_keys(experiment.pk, Counter(used))
    count_facets(facets_of(run))
    return run


def _insert_run(experiment: Experiment, new: NewRun) -> Run:
    assert new.created is not None
    workspace, parent = experiment.workspace_id, new.parent
    run = Run(
        id=new_run_id(new.created),
        uid=new.uid or new_uid(),
        workspace_id=workspace,
        experiment=experiment,
        name=new.name,
        status=new.status,
        submitter=Submitter(id=submitter_id(workspace, new.submitter), workspace_id=workspace, name=new.submitter),
        compute_id=compute_id(workspace, new.compute) if new.compute else None,
        parent=parent,
        root_id=(parent.root_id or parent.pk) if parent else None,
        type=new.type,
        created=new.created,
        started=new.started,
        ended=new.ended if new.ended is not None or not new.status.is_terminal else now_ms(),
        request_id=new.request_id,
        change_seq=now_ms(),
    )
    run.save(force_insert=True)
    return run


def change_status(
    run: Run,
    to: Status,
    author: Author,
    *,
    ended: int | None = None,
    reason: str = "",
    error_code: str = "",
    error_message: str = "",
    override: bool = False,
    expected: Status | None = None,
) -> Run:
    """Move a run to another state and put a `StatusChange` in the outbox, in one transaction.

    A terminal state is final: leaving it needs ``override``, which is recorded. ``expected`` makes it a
    compare-and-set. Raises Conflict, with the present state as ``current``, when the move is not allowed.
    Staying in the same state changes nothing but ``ended``, when given.
    """
    if ended is not None:
        clean_time(ended, "end_time")
    with write_transaction():
        run = fresh(run)
        before = Status(run.status)
        _check_move(before, to, override, expected)
        if before == to and (ended is None or ended == run.ended):
            return run
        counted = facets_of(run)
        _move(run, to, ended, error_code, clean_text(error_message, "error", ERROR_MESSAGE))
        if before != to:
            StatusChange.objects.create(
                run=run,
                before=before,
                after=to,
                at=run.change_seq,
                who=author.name,
                reason=reason,
                override=not may_follow(before, to),
            )
            record_edits(run, author, [Edit("status", before.word, to.word, key=reason[:250])])
            move_facets(counted, facets_of(run))
            refresh_search(run)
    if to.is_terminal:
        seal_run(run.pk)
    return run


def _check_move(before: Status, to: Status, override: bool, expected: Status | None) -> None:
    if expected is not None and before != expected:
        raise Conflict(f"The run is {before.word}, not {expected.word}.", "status", current=before.word)
    if not override and not may_follow(before, to):
        raise Conflict(f"A run that is {before.word} cannot become {to.word}.", "status", current=before.word)


def _move(run: Run, to: Status, ended: int | None, error_code: str, error_message: str) -> None:
    now = now_ms()
    run.status, run.change_seq = to, now
    if to.is_terminal:
        run.ended = ended if ended is not None else (run.ended or now)
    else:
        run.ended = None
        if run.started is None and to >= Status.RUNNING:
            run.started = now
    if error_message or error_code:
        run.error_code, run.error_message = error_code[:100], error_message
    run.save(update_fields=["status", "change_seq", "ended", "started", "error_code", "error_message"])


def cancel_run(run: Run, author: Author, reason: str = "") -> Run:
    """End a run as Canceled. Raises Conflict if it has ended already."""
    return change_status(run, Status.CANCELED, author, reason=reason)


def fail_run(run: Run, author: Author, message: str, code: str = "UserError") -> Run:
    """End a run as Failed, with an error to show. Raises Conflict if it has ended already."""
    return change_status(run, Status.FAILED, author, error_code=code, error_message=message)


def archive_run(run: Run, author: Author) -> Run:
    """Put a run aside: lists leave it out unless asked."""
    return _set_lifecycle(run, Lifecycle.ARCHIVED, author)


def trash_run(run: Run, author: Author) -> Run:
    """Put a run in the trash, from which it can be restored until it is purged."""
    return _set_lifecycle(run, Lifecycle.TRASHED, author)


def restore_run(run: Run, author: Author) -> Run:
    """Bring a run back into daily use, from the archive or the trash."""
    return _set_lifecycle(run, Lifecycle.ACTIVE, author)


def _set_lifecycle(run: Run, to: Lifecycle, author: Author) -> Run:
    with write_transaction():
        run = fresh(run)
        before = Lifecycle(run.lifecycle)
        if before == to:
            return run
        counted = facets_of(run)
        run.lifecycle, run.lifecycle_changed = to, now_ms()
        run.change_seq = run.lifecycle_changed
        run.save(update_fields=["lifecycle", "lifecycle_changed", "change_seq"])
        move_facets(counted, facets_of(run))
        record_edits(run, author, [Edit("lifecycle", before.label, to.label)])
    return run

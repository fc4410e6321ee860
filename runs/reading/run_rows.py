"""What does one row of the run list show? Plain values, ready before any template runs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from runs.models import Lifecycle
from runs.query_language.predicates import rows_of
from runs.query_language.sides import METRIC_COLUMN
from runs.query_language.sql import Sql, listed, value
from runs.query_language.tree import Aggregate, Family, Field
from runs.reading.run_documents import KEPT, Doc, number, overlay_metrics, put_whole_texts, read_doc
from runs.statuses import Status

Cell = str | int | float | Status | bool | None
EXCERPT = 280
_STATUS = {status.value: status for status in Status}
_LIFE = {life.value: life for life in Lifecycle}


@dataclass(frozen=True, slots=True)
class Children:
    """How many child runs there are, and how they fare. ``more``: there are more than were counted."""

    total: int
    ok: int
    failed: int
    running: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in a list. Times are ms since 1970, ``duration`` is ms (until now for a run that goes on).

    ``cells`` stand in the order of the asked columns: text as logged, numbers as numbers, None where there is none.
    """

    id: int
    uid: str
    name: str
    status: Status
    lifecycle: Lifecycle
    experiment_id: int
    experiment: str
    submitter: str
    compute: str
    type: str
    parent_uid: str
    parent_name: str
    root_uid: str
    created: int
    started: int | None
    ended: int | None
    duration: int | None
    change_seq: int
    is_favourite: bool
    excerpt: str
    tags: dict[str, str | None]
    cells: tuple[Cell, ...] = ()
    children: Children | None = None

    @property
    def archived(self) -> bool:
        """Whether it was put aside."""
        return self.lifecycle == Lifecycle.ARCHIVED


Getter = tuple[bool, Callable[[Any], Cell]]


# Names by scalar subqueries: PostgreSQL spends 7-10 ms on planning the same as eight joins, and 1 ms on the 50 rows.
ROW_COLUMNS = f"""r.uid, r.name, r.status, r.lifecycle, r.type, r.created, r.started, r.ended, r.change_seq,
 r.metrics_pending, r.experiment_id, (SELECT e.name FROM runs_experiment e WHERE e.id = r.experiment_id),
 (SELECT s.name FROM runs_submitter s WHERE s.id = r.submitter_id),
 (SELECT c.name FROM runs_compute c WHERE c.id = r.compute_id),
 (SELECT p.uid FROM runs_run p WHERE p.id = r.parent_id), (SELECT p.name FROM runs_run p WHERE p.id = r.parent_id),
 (SELECT q.uid FROM runs_run q WHERE q.id = r.root_id), (SELECT d.doc FROM runs_rundoc d WHERE d.run_id = r.id),
 (SELECT substr(t.description, 1, {EXCERPT + 1}) FROM runs_runtext t WHERE t.run_id = r.id),
 (SELECT 1 FROM runs_favourite f WHERE f.run_id = r.id AND f.person_id = """


def rows_too(person_id: int | None, values: int = 0) -> Callable[[Sql], list[tuple[Any, ...]]]:
    """Reads a statement that gives ``run`` and then ``values`` columns, and the rows of those runs with it.

    The lines, in the statement's order: the id, its values, then `ROW_COLUMNS`.
    """
    columns = ROW_COLUMNS + value(person_id or 0) + " LIMIT 1)"

    def read(statement: Sql) -> list[tuple[Any, ...]]:
        # Numbered on their way out of the inner statement, so that its order is known after the join.
        numbered = "SELECT o.*, row_number() OVER () AS place FROM (" + statement + ") o"
        lines = rows_of(
            "SELECT i.*, " + columns + " FROM (" + numbered + ") i CROSS JOIN runs_run r WHERE r.id = i.run"
        )
        lines.sort(key=lambda line: line[values + 1])
        return [line[: values + 1] + line[values + 2 :] for line in lines]

    return read


def rows_from(
    lines: Sequence[Sequence[Any]], columns: Sequence[Field], now_ms: int, *, nested: bool = False
) -> list[RunRow]:
    """Rows from lines of an id and `ROW_COLUMNS`, in this order.

    One statement for metrics ahead of their documents and one for long texts (only where there are some), one for
    the children of nested rows.
    """
    docs: dict[int, Doc] = {line[0]: read_doc(line[18] or "{}") for line in lines}
    families = {field.family for field in columns}
    if Family.METRIC in families:
        overlay_metrics(docs, [line[0] for line in lines if line[10]])
    if families & {Family.TAG, Family.PARAM, Family.PROPERTY}:
        put_whole_texts(docs)
    children = children_of_runs(docs) if nested and docs else {}
    getters = [_getter(field) for field in columns]
    return [_row(line, docs[line[0]], getters, now_ms, children.get(line[0])) for line in lines]


def _row(row: Sequence[Any], doc: Doc, getters: Sequence[Getter], now_ms: int, children: Children | None) -> RunRow:
    number, uid, name, status, life, kind, created, started, ended, seq, _, experiment_id, *rest = row
    experiment, submitter, compute, parent_uid, parent_name, root_uid, _, excerpt, starred = rest
    state = _STATUS[status]
    made = RunRow(
        id=number,
        uid=uid,
        name=name,
        status=state,
        lifecycle=_LIFE[life],
        experiment_id=experiment_id,
        experiment=experiment or "",
        submitter=submitter or "",
        compute=compute or "",
        type=kind,
        parent_uid=parent_uid or "",
        parent_name=parent_name or "",
        root_uid=root_uid or "",
        created=created,
        started=started,
        ended=ended,
        duration=_duration(state, started, ended, now_ms),
        change_seq=seq,
        is_favourite=bool(starred),
        excerpt=_excerpt(excerpt or ""),
        tags=doc["t"],
        children=children,
    )
    if not getters:
        return made
    object.__setattr__(made, "cells", tuple([get(made) if own else get(doc) for own, get in getters]))
    return made


def _duration(status: Status, started: int | None, ended: int | None, now_ms: int) -> int | None:
    if started is None:
        return None
    if ended is not None:
        return ended - started
    return None if status.is_terminal else now_ms - started


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT else text[:EXCERPT].rstrip() + "…"


_FAMILY = {Family.TAG: "t", Family.PARAM: "p", Family.PROPERTY: "r"}
_SPELT = {
    "id": "uid",
    "parent": "parent_uid",
    "root": "root_uid",
    "description": "excerpt",
    "favourite": "is_favourite",
}


def _getter(field: Field) -> Getter:
    """What reads one column's cell, from the row or from its document: made once a page of hundreds of cells."""
    if field.family is Family.METRIC:
        return False, partial(_metric, field.key, field.aggregate, KEPT.index(METRIC_COLUMN[field.aggregate]))
    if field.family in _FAMILY:
        return False, partial(_text, _FAMILY[field.family], field.key)
    if field.family is Family.DATASET:
        return False, lambda doc: None  # noqa: ARG005
    return True, attrgetter(_SPELT.get(field.key, field.key))


def _text(family: str, key: str, doc: Doc) -> Cell:
    found: str | None = doc[family].get(key)
    return found


def _metric(key: str, aggregate: Aggregate, at: int, doc: Doc) -> Cell:
    kept = doc["m"].get(key)
    if kept is None:
        return None
    found: Cell = kept[at]
    if found is None and aggregate is Aggregate.LAST:
        return number(None, kept[1])
    return number(None) if found is None and aggregate is Aggregate.FIRST else found


def children_of_runs(run_ids: Iterable[int]) -> dict[int, Children]:
    """How many children each run has, and how they fare. One statement over the index on parents."""
    wanted = list(run_ids)
    statement = (
        "SELECT r.parent_id, r.status, count(*) FROM runs_run r WHERE r.parent_id IS NOT NULL AND r.lifecycle = 0 "
        "AND r.parent_id IN " + listed(wanted) + " GROUP BY r.parent_id, r.status"
    )
    counts: dict[int, dict[Status, int]] = {}
    for parent, status, n in rows_of(statement):
        counts.setdefault(int(parent), {})[Status(status)] = int(n)
    return {parent: _rolled_up(states) for parent, states in counts.items()}


def _rolled_up(states: dict[Status, int]) -> Children:
    total = sum(states.values())
    going = sum(n for status, n in states.items() if not status.is_terminal)
    return Children(total, states.get(Status.COMPLETED, 0), states.get(Status.FAILED, 0), going)

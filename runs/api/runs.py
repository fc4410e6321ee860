"""The runs of the JSON API: searched, begun, read and changed."""

import hashlib
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from runs.access import run_or_404
from runs.api.doors import RunDoor, WorkspaceDoor, as_json, experiment_with_id
from runs.api.run_list import whole_runs
from runs.api.schema import asked, describe
from runs.api.schemas import (
    NewRunBody,
    RunAnswer,
    RunChange,
    RunsAnswer,
    StatusChangeBody,
)
from runs.api.shapes import Shape, cells_shape, column_names, row_shape, run_shape
from runs.api.workspaces import lifecycle_named
from runs.limits import clean_text
from runs.mistakes import Conflict, UserMistake
from runs.models import Experiment, Lifecycle, Run, RunText
from runs.query_language.suggestions import did_you_mean
from runs.reading.find_runs import LinePage, RunPage, count_runs, find_lines, find_runs
from runs.reading.run_documents import documents
from runs.reading.run_search import RunSearch
from runs.reading.summaries import summaries
from runs.recording.experiments import default_experiment, find_or_create_experiment
from runs.recording.lifecycle import NewRun, archive_run, change_status, create_run, restore_run, trash_run
from runs.recording.locking import fresh
from runs.recording.texts import describe_run, rename_run
from runs.statuses import BY_WORD, FROM_MLFLOW, Status
from studio.database import now_ms, write_transaction

MOST_RUNS = 1000
_BY_LIFECYCLE = {
    "active": [Lifecycle.ACTIVE],
    "archived": [Lifecycle.ARCHIVED],
    "trashed": [Lifecycle.TRASHED],
    "all": list(Lifecycle),
}
_MOVES = {Lifecycle.ACTIVE: restore_run, Lifecycle.ARCHIVED: archive_run, Lifecycle.TRASHED: trash_run}


class PreconditionFailed(Conflict):
    """If-Match named another version than the one that stands."""

    status = 412


def status_named(word: str, field: str = "status") -> Status:
    """The state that a word names: ours in any case, or MLflow's. Raises UserMistake with the nearest one."""
    found = BY_WORD.get(word.casefold()) or FROM_MLFLOW.get(word)
    if found is None:
        known = [status.word for status in Status]
        raise UserMistake(f"{word[:40]!r} is no status{did_you_mean(word, known)}", field)
    return found


class Runs(WorkspaceDoor):
    """The runs of a workspace."""

    @describe(
        "search_runs",
        "Search runs",
        RunsAnswer,
        query=[
            asked("q", "a query, see docs/query-language.md"),
            asked("sort", "`-metric.acc,name`; newest first unless said otherwise"),
            asked("cols", "`status,min(metric.loss),param.lr`: give these `cells` instead of all that runs carry"),
            asked("group", "not offered by this version: 400"),
            asked("experiment_id", "only runs of this experiment", int),
            asked("lifecycle", "active (unless said otherwise), archived, trashed or all"),
            asked("nest", "1: root runs only, with how their child runs fare"),
            asked("limit", "1 to 1,000 runs; 50 unless said otherwise", int),
            asked("after", "the `next` of the page before"),
            asked("before", "the `previous` of the page after"),
            asked("count", "1: also count the matches, up to 10,000"),
        ],
        tag="runs",
    )
    def get(self, _: Request, **_path: Any) -> HttpResponse:
        """A page of the runs that match."""
        given = self.request.query_params
        search = self._search(given)
        number = self.whole("experiment_id", None, 1, 2**63 - 1)
        where: dict[str, Any] = {
            "experiment": experiment_with_id(self.workspace, number) if number else None,
            "person": self.person,
            "lifecycles": _lifecycles(given.get("lifecycle", "")),
        }
        answer = self._whole(search, where) if search.columns is None else self._cells(search, where)
        if given.get("count") == "1":
            count = count_runs(self.workspace, search, **where)
            answer["count"] = {"n": count.n, "capped": count.capped}
        return as_json(answer)

    def _whole(self, search: RunSearch, where: Any) -> Shape:
        page = find_lines(self.workspace, search, **where)
        return {"runs": whole_runs(page.lines, now_ms(), nested=search.nested), **_ends(page)}

    def _cells(self, search: RunSearch, where: Any) -> Shape:
        page = find_runs(self.workspace, search, **where)
        names = column_names(page.columns)
        return {"runs": [{**row_shape(row), "cells": cells_shape(row, names)} for row in page.rows], **_ends(page)}

    def _search(self, given: Any) -> RunSearch:
        for name in ("q", "sort", "cols", "group", "after", "before"):
            clean_text(given.get(name, ""), name, 100_000)
        asked_for = {name: given[name] for name in ("q", "sort", "cols", "group", "after", "before") if name in given}
        search = RunSearch.from_query({**asked_for, "nest": "1" if given.get("nest") == "1" else "0"})
        if search.mistakes:
            raise search.mistakes[0]
        if search.group:
            raise UserMistake("Grouping is not offered by this version of the API yet; leave group out.", "group")
        return replace(search, page_size=self.whole("limit", 50, 1, MOST_RUNS) or 50)

    @describe("create_run", "Begin a run", RunAnswer, body=NewRunBody, status=201, tag="runs")
    def post(self, _: Request, **_path: Any) -> HttpResponse:
        """The same ``request_id`` (or Idempotency-Key header) gives the run that the first request made."""
        sent = self.sent_as(NewRunBody)
        new = NewRun(
            status=status_named(sent.pop("status", "Running")),
            parent=run_or_404(self.workspace, uid) if (uid := sent.pop("parent", "")) else None,
            request_id=self._request_id(sent.pop("request_id", "")),
            **{name: value for name, value in sent.items() if name not in ("experiment", "experiment_id")},
        )
        with write_transaction():  # an experiment that was made for a run which is then refused goes as well
            run = create_run(self._experiment(sent), new, self.author)
        return answer_run(run, 201)

    def _request_id(self, sent: str) -> str | None:
        header = self.request.headers.get("Idempotency-Key", "")
        if sent and header and sent != header:
            raise UserMistake("request_id and the Idempotency-Key header differ.", "request_id")
        return clean_text(sent or header, "Idempotency-Key", 64) or None

    def _experiment(self, sent: dict[str, Any]) -> Experiment:
        if "experiment_id" in sent and "experiment" in sent:
            raise UserMistake("Name the experiment once: by experiment or by experiment_id.", "experiment")
        if "experiment_id" in sent:
            return experiment_with_id(self.workspace, sent["experiment_id"])
        if "experiment" in sent:
            return find_or_create_experiment(self.workspace, sent["experiment"], self.author)
        return default_experiment(self.workspace)


def _ends(page: RunPage | LinePage) -> Shape:
    return {
        "next": page.next,
        "previous": page.previous,
        "complete": page.complete,
        "searched": page.searched,
        "warnings": [{"message": one.message, "position": one.position} for one in page.warnings],
    }


def _lifecycles(word: str) -> list[int] | None:
    if not word:
        return None
    if word not in _BY_LIFECYCLE:
        raise UserMistake(f"lifecycle must be one of {', '.join(_BY_LIFECYCLE)}, not {word[:40]!r}", "lifecycle")
    return [int(one) for one in _BY_LIFECYCLE[word]]


class OneRun(RunDoor):
    """One run."""

    @describe("get_run", "A run with all that it carries", RunAnswer, tag="runs")
    def get(self, _: Request, **_path: Any) -> HttpResponse:
        """Its ETag is the version of its display name and description, for If-Match."""
        return answer_run(self.run)

    @describe(
        "change_run", "Change a run's display name, description or lifecycle", RunAnswer, body=RunChange, tag="runs"
    )
    def patch(self, _: Request, **_path: Any) -> HttpResponse:
        """All that was sent, or nothing.

        Two people editing: with ``expected`` (409) or If-Match (412) nothing is written over an edit you have not
        seen; the answer's ``current`` is what stands now.
        """
        sent = self.sent_as(RunChange)
        expected = sent.get("expected", {})
        with write_transaction():
            run = fresh(self.run)
            self._check_version(run)
            if "name" in sent:
                rename_run(run, sent["name"], self.author, expected=expected.get("name"))
            if "description" in sent:
                describe_run(run, sent["description"], self.author, expected=expected.get("description"))
            if "lifecycle" in sent:
                _MOVES[lifecycle_named(sent["lifecycle"])](run, self.author)
        return answer_run(run_or_404(self.workspace, self.run.uid, "parent"))

    def _check_version(self, run: Run) -> None:
        wanted = self.request.headers.get("If-Match", "")
        if not wanted or wanted.strip() == "*":
            return
        description = description_of(run)
        if version_of(run, description) not in [one.strip() for one in wanted.split(",")]:
            raise PreconditionFailed("Somebody edited this run meanwhile.", "If-Match", current=description)


class RunStatus(RunDoor):
    """The state of a run."""

    @describe("set_status", "Move a run to another state", RunAnswer, body=StatusChangeBody, tag="runs")
    def put(self, _: Request, **_path: Any) -> HttpResponse:
        """409 when the move is not allowed or the run is not in the ``expected`` state."""
        sent = self.sent_as(StatusChangeBody)
        if "expected" in sent:
            sent["expected"] = status_named(sent["expected"], "expected")
        to = status_named(sent.pop("status"))
        change_status(self.run, to, self.author, **sent)
        return answer_run(run_or_404(self.workspace, self.run.uid, "parent"))


def answer_run(run: Run, status: int = 200) -> HttpResponse:
    """A run as an answer. At most eight queries."""
    description = description_of(run)
    until = run.ended if run.ended is not None else (None if Status(run.status).is_terminal else now_ms())
    duration = until - run.started if run.started is not None and until is not None else None
    shape = run_shape(run, documents([run.pk])[run.pk], summaries(run), description, duration)
    return as_json(shape, status, {"ETag": version_of(run, description)})


def description_of(run: Run) -> str:
    """The description as written."""
    return RunText.objects.values_list("description", flat=True).get(run_id=run.pk)


def version_of(run: Run, description: str) -> str:
    """A strong ETag of what people edit. Not of the metrics: a running run would never let anybody edit it."""
    digest = hashlib.sha256(f"{run.name}\0{run.lifecycle}\0{description}".encode()).hexdigest()
    return f'"{digest[:32]}"'

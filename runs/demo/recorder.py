"""How does a training become a run? Train, then write what it left behind through the recording layer."""

import hashlib
import io
import platform
import traceback
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from runs.authors import Author
from runs.demo.notebook import LOG, Interrupted, Job, Notebook
from runs.models import Experiment, Run
from runs.recording.artifacts import put_artifact
from runs.recording.lifecycle import NewRun, change_status, create_run
from runs.recording.metrics import Point, log_metrics
from runs.statuses import Status
from studio.database import write_transaction

HOUR = 3_600_000
# Points of one call; a client would send fewer, but the demo has nobody to wait for.
BATCH = 20_000


@dataclass(frozen=True)
class Outcome:
    """How a training ended: the state it left its run in and, for a failed one, the error."""

    status: Status
    error_code: str = ""
    error_message: str = ""


@dataclass(frozen=True)
class Recorder:
    """Writes jobs into experiments. ``now`` (ms since 1970) is what a job's ``hours_ago`` counts from.

    ``salt`` makes the ids of a second filling others; the same salt gives the same ids.
    """

    experiments: Mapping[str, Experiment]
    authors: Mapping[str, Author]
    now: int
    salt: str = ""

    def record(self, job: Job, parent: Run | None = None) -> int:
        """Write a job and its children; gives the number of runs.

        A parent is written before its children and trains after them, since it sums them up. One transaction a
        job: each is there whole, and costs one sync to disk.
        """
        book = Notebook(self._started(job), job.pace, job.until)
        if not job.children:
            outcome = train(job, book)
            with write_transaction():
                self._write(job, book, outcome, parent)
            return 1
        with write_transaction():
            run = self._create(job, book, parent)
            written = sum(self.record(child, run) for child in job.children)
            self._fill(run, job, book, train(job, book))
        return written + 1

    def _started(self, job: Job) -> int:
        return self.now - int(job.hours_ago * HOUR)

    def _write(self, job: Job, book: Notebook, outcome: Outcome, parent: Run | None) -> None:
        self._fill(self._create(job, book, parent), job, book, outcome)

    def _create(self, job: Job, book: Notebook, parent: Run | None) -> Run:
        waits = job.work is None
        new = NewRun(
            name=job.name,
            status=job.then if waits else Status.RUNNING,
            created=book.started,
            started=None if waits else book.started,
            uid=self._uid(job),
            params={key: str(value) for key, value in job.params.items()},
            tags=job.tags,
            properties=properties_of(job),
            description=job.description,
            submitter=job.submitter,
            compute=job.compute,
            type=job.type,
            parent=parent,
        )
        return create_run(self.experiments[job.experiment], new, self._author(job))

    def _uid(self, job: Job) -> str:
        text = f"{self.salt}/{job.experiment}/{job.name}/{job.hours_ago}"
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def _author(self, job: Job) -> Author:
        return self.authors.get(job.submitter, self.authors["demo"])

    def _fill(self, run: Run, job: Job, book: Notebook, outcome: Outcome) -> None:
        author = self._author(job)
        for at in range(0, len(book.points), BATCH):
            log_metrics(run, [Point(*point) for point in book.points[at : at + BATCH]])
        if book.lines:
            book.files[LOG] = ("\n".join(book.lines) + "\n").encode()
        for path, body in book.files.items():
            put_artifact(run, path, io.BytesIO(body), author)
        if outcome.status.is_terminal:
            change_status(
                run,
                outcome.status,
                author,
                ended=book.time_of(book.last_step + 1),
                error_code=outcome.error_code,
                error_message=outcome.error_message,
                reason="stopped by hand" if outcome.status == Status.CANCELED else "",
            )


def train(job: Job, book: Notebook) -> Outcome:
    """Do the training and say how it ended.

    Whatever it raises is its run's error, with the traceback in the log, as a tracking client would have it:
    hence the broad except. A diverging training overflows; numpy need not warn of what is shown anyway.
    """
    if job.work is None:
        return Outcome(job.then)
    try:
        with np.errstate(all="ignore"):
            job.work(book)
    except Interrupted:
        return Outcome(job.then)
    except Exception as error:
        book.lines += traceback.format_exc().splitlines()
        return Outcome(Status.FAILED, type(error).__name__, str(error))
    return Outcome(Status.COMPLETED)


def properties_of(job: Job) -> dict[str, str]:
    """What a client would note about the source and the machine. The commit changes every four days."""
    week = int(job.hours_ago // 96)
    return {
        "author": job.submitter,
        "git.branch": "main",
        "git.commit": hashlib.blake2b(f"{job.experiment} {week}".encode(), digest_size=20).hexdigest(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }

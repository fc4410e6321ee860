"""What is going on in a workspace right now? What runs, what came last, and how many runs there are by state."""

from dataclasses import dataclass

from django.db.models import QuerySet

from runs.models import Lifecycle, Run, Workspace
from runs.reading.status_counts import status_counts
from runs.statuses import RUNNING, Status
from studio.database import now_ms

LATEST = 10


@dataclass(frozen=True, slots=True)
class RecentRun:
    """A run in a short list. Times are ms since 1970."""

    uid: str
    name: str
    status: Status
    experiment: str
    submitter: str
    created: int
    started: int | None
    ended: int | None

    @property
    def duration(self) -> int | None:
        """How long it ran, or has been running, in ms."""
        if self.started is None:
            return None
        return max((self.ended if self.ended is not None else now_ms()) - self.started, 0)


@dataclass(frozen=True, slots=True)
class RecentRuns:
    """The newest ten root runs, the newest ten that run now, and the totals of active runs by state."""

    latest: tuple[RecentRun, ...]
    running: tuple[RecentRun, ...]
    by_status: dict[Status, int]

    @property
    def total(self) -> int:
        """How many active runs there are."""
        return sum(self.by_status.values())

    @property
    def running_total(self) -> int:
        """How many of them run now."""
        return sum(n for status, n in self.by_status.items() if status in RUNNING)


def find_recent_runs(workspace: Workspace) -> RecentRuns:
    """Two queries, and one for each running state that any run is in (at most four): each is one short index scan."""
    counts = status_counts(workspace).by_status
    active = Run.objects.filter(workspace=workspace, lifecycle=Lifecycle.ACTIVE).order_by("-id")
    latest = rows_of(active.filter(parent__isnull=True))
    running: list[tuple[int, RecentRun]] = []
    for status in sorted(RUNNING & counts.keys()):
        # By a single state the index gives them newest first; a list of states would be sorted, or walked past.
        running += rows_of(active.filter(status=status))
    running.sort(key=lambda found: found[0], reverse=True)
    return RecentRuns(tuple(run for _, run in latest), tuple(run for _, run in running[:LATEST]), counts)


def rows_of(runs: QuerySet[Run], limit: int = LATEST) -> list[tuple[int, RecentRun]]:
    """The first runs of a query with their ids. One query."""
    fields = ("id", "uid", "name", "status", "experiment__name", "submitter__name", "created", "started", "ended")
    return [
        (number, RecentRun(uid, name, Status(status), *rest))
        for number, uid, name, status, *rest in runs.values_list(*fields)[:limit]
    ]

"""Which experiments does a workspace have, and how do their runs stand?"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from runs.models import Experiment, Facet, Lifecycle, Workspace
from runs.statuses import TERMINAL, Status

PAGE = 100


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """An experiment in a list, with the number of its active runs by state."""

    id: int
    name: str
    description: str
    lifecycle: Lifecycle
    created: int
    updated: int
    runs: int
    running: int
    failed: int


@dataclass(frozen=True, slots=True)
class ExperimentPage:
    """Up to 100 experiments; ``next`` is the cursor of the next page, None at the end."""

    rows: tuple[ExperimentRow, ...]
    next: str | None


def find_experiments(
    workspace: Workspace,
    *,
    text: str = "",
    lifecycle: Lifecycle = Lifecycle.ACTIVE,
    after: str = "",
    limit: int = PAGE,
) -> ExperimentPage:
    """Experiments whose name contains ``text``, most recently changed first. Two queries.

    ``after`` is the ``next`` of the page before; one that does not read as such is taken as none.
    """
    rows = Experiment.objects.filter(workspace=workspace, lifecycle=lifecycle).order_by("-updated", "-id")
    if text:
        rows = rows.filter(name__icontains=text)
    if place := place_after(after):
        updated, number = place
        rows = rows.filter(updated__lte=updated).exclude(updated=updated, id__gte=number)
    found = list(rows[: limit + 1])
    counts = _counts(workspace, [experiment.pk for experiment in found[:limit]])
    page = tuple(_row(experiment, counts[experiment.pk]) for experiment in found[:limit])
    more = len(found) > limit
    return ExperimentPage(page, f"{page[-1].updated}-{page[-1].id}" if more else None)


def place_after(after: str) -> tuple[int, int] | None:
    """The (updated in ms, id) of the last experiment of the page before; None for what is no ``next``."""
    updated, _, number = after.partition("-")
    if not (updated.isascii() and updated.isdigit() and number.isascii() and number.isdigit()) or len(after) > 40:
        return None
    place = int(updated), int(number)
    return place if max(place) < 2**63 else None


def _counts(workspace: Workspace, ids: Iterable[int]) -> dict[int, dict[Status, int]]:
    counts: dict[int, dict[Status, int]] = defaultdict(dict)
    facets = Facet.objects.filter(
        workspace=workspace, experiment_id__in=list(ids), dimension=Facet.Dimension.STATUS, n__gt=0
    )
    for experiment_id, status, n in facets.values_list("experiment_id", "value", "n"):
        counts[experiment_id][Status(status)] = n
    return counts


def _row(experiment: Experiment, counts: dict[Status, int]) -> ExperimentRow:
    waiting_or_running = (n for status, n in counts.items() if status not in TERMINAL)
    return ExperimentRow(
        id=experiment.pk,
        name=experiment.name,
        description=experiment.description,
        lifecycle=Lifecycle(experiment.lifecycle),
        created=experiment.created,
        updated=experiment.updated,
        runs=sum(counts.values()),
        running=sum(waiting_or_running),
        failed=counts.get(Status.FAILED, 0),
    )

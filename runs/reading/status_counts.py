"""How many active runs are there, and in which states? Read from counters that every write keeps: O(1)."""

from dataclasses import dataclass

from runs.models import Experiment, Facet, Lifecycle, Workspace
from runs.statuses import GROUPS, Status


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """Active runs by state, and how many were archived or trashed. ``by_status`` leaves out what is zero."""

    by_status: dict[Status, int]
    archived: int
    trashed: int

    @property
    def total(self) -> int:
        """All active runs."""
        return sum(self.by_status.values())

    @property
    def by_group(self) -> dict[str, int]:
        """Active runs by group: waiting, running, ended."""
        return {word: sum(self.by_status.get(status, 0) for status in group) for word, group in GROUPS.items()}


def status_counts(workspace: Workspace, experiment: Experiment | None = None, *, nested: bool = False) -> StatusCounts:
    """The counts of a workspace or one experiment; of root runs only with ``nested``. One statement."""
    by_status = Facet.Dimension.ROOT_STATUS if nested else Facet.Dimension.STATUS
    rows = Facet.objects.filter(
        workspace_id=workspace.pk,
        experiment_id=0 if experiment is None else experiment.pk,
        dimension__in=[by_status, Facet.Dimension.LIFECYCLE],
        n__gt=0,
    ).values_list("dimension", "value", "n")
    states: dict[Status, int] = {}
    lives: dict[Lifecycle, int] = {}
    for dimension, value, n in rows:
        if dimension == by_status:
            states[Status(value)] = n
        else:
            lives[Lifecycle(value)] = n
    return StatusCounts(states, lives.get(Lifecycle.ARCHIVED, 0), lives.get(Lifecycle.TRASHED, 0))

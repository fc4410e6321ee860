"""How many active runs are there, and in which states? Read from counters that every write keeps: O(1)."""

from dataclasses import dataclass

from runs.models import Experiment, Facet, Lifecycle, Workspace
from runs.statuses import GROUPS, Status


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """Active runs by state, and how many were archived or trashed. ``by_status`` leaves out what is zero.

    ``runs`` and ``roots`` are how many active runs there are, with and without child runs, whichever were counted.
    """

    by_status: dict[Status, int]
    archived: int
    trashed: int
    runs: int
    roots: int

    @property
    def total(self) -> int:
        """All active runs that were counted."""
        return sum(self.by_status.values())

    @property
    def by_group(self) -> dict[str, int]:
        """Active runs by group: waiting, running, ended."""
        return {word: sum(self.by_status.get(status, 0) for status in group) for word, group in GROUPS.items()}


def status_counts(workspace: Workspace, experiment: Experiment | None = None, *, nested: bool = False) -> StatusCounts:
    """The counts of a workspace or one experiment; of root runs only with ``nested``. One statement."""
    rows = Facet.objects.filter(
        workspace_id=workspace.pk,
        experiment_id=0 if experiment is None else experiment.pk,
        dimension__in=[Facet.Dimension.STATUS, Facet.Dimension.ROOT_STATUS, Facet.Dimension.LIFECYCLE],
        n__gt=0,
    ).values_list("dimension", "value", "n")
    counts: dict[int, dict[int, int]] = {}
    for dimension, value, n in rows:
        counts.setdefault(dimension, {})[value] = n
    runs, roots = counts.get(Facet.Dimension.STATUS, {}), counts.get(Facet.Dimension.ROOT_STATUS, {})
    lives = counts.get(Facet.Dimension.LIFECYCLE, {})
    return StatusCounts(
        by_status={Status(value): n for value, n in (roots if nested else runs).items()},
        archived=lives.get(Lifecycle.ARCHIVED, 0),
        trashed=lives.get(Lifecycle.TRASHED, 0),
        runs=sum(runs.values()),
        roots=sum(roots.values()),
    )

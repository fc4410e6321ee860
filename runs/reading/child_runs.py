"""Which runs are the children of a run? Newest first, a page at a time."""

from dataclasses import dataclass

from runs.models import Lifecycle, Run
from runs.reading.recent_runs import RecentRun, rows_of

PAGE = 100


@dataclass(frozen=True, slots=True)
class ChildPage:
    """Up to 100 child runs; ``older`` is the cursor of the next page, None at the end."""

    rows: tuple[RecentRun, ...]
    older: int | None


def find_child_runs(run: Run, before: int | None = None) -> ChildPage:
    """The direct children that are not in the trash, older than the run ``before``. One query on their index."""
    children = Run.objects.filter(parent_id=run.pk, lifecycle__lt=Lifecycle.TRASHED).order_by("-id")
    if before is not None:
        children = children.filter(id__lt=before)
    found = rows_of(children, PAGE + 1)
    page = found[:PAGE]
    return ChildPage(tuple(child for _, child in page), page[-1][0] if len(found) > PAGE else None)

"""Which tags, parameters, properties and metrics do the runs here use, and which of them does a list show at first?"""

import time

from django.db.models import Q, QuerySet, Sum

from runs.models import Experiment, ExperimentKey, KeyKind, Workspace
from runs.query_language.tree import Family, Field

MOST = 200
REMEMBERED_SECONDS = 30

# The columns of whole workspaces that use many names, and until when they hold: adding up 200 experiments took 9 ms of
# a page's 28, and what most runs use does not change within half a minute. Small workspaces are always asked.
_remembered: dict[int, tuple[float, tuple[Field, ...]]] = {}
_SHOWN = {KeyKind.METRIC: 4, KeyKind.PARAM: 3, KeyKind.TAG: 1}
_FAMILY = {
    KeyKind.PARAM: Family.PARAM,
    KeyKind.METRIC: Family.METRIC,
    KeyKind.TAG: Family.TAG,
    KeyKind.PROPERTY: Family.PROPERTY,
}
_ORDER = (Family.ATTRIBUTE, Family.METRIC, Family.PARAM, Family.TAG)
ATTRIBUTES = tuple(Field(Family.ATTRIBUTE, name) for name in ("submitter", "created", "duration"))


def keys_of(
    workspace: Workspace, experiment: Experiment | None, kind: KeyKind, prefix: str = "", limit: int = MOST
) -> list[tuple[str, int]]:
    """Names of this family in the experiment (or the whole workspace), with the number of runs that use each; most used
    first. ``prefix`` narrows to names that begin with it, or have it after a dot, slash or underscore, in any case.
    """
    rows = _used(workspace, experiment).filter(key__kind=kind)
    if prefix:
        inside = Q()
        for before in (".", "/", "_", "-", " "):
            inside |= Q(key__name__icontains=before + prefix)
        rows = rows.filter(Q(key__name__istartswith=prefix) | inside)
    return [(name, n) for _, name, n in _counted(rows, limit)]


def default_columns(workspace: Workspace, experiment: Experiment | None) -> tuple[Field, ...]:
    """Who, when, how long, and the most used metrics, parameters and tags of the place. One statement at most."""
    until, columns = _remembered.get(workspace.pk, (0.0, ())) if experiment is None else (0.0, ())
    if time.monotonic() < until:
        return columns
    rows = _used(workspace, experiment).filter(key__kind__in=list(_SHOWN)).exclude(key__name__startswith="mlflow.")
    fields: list[Field] = list(ATTRIBUTES)
    left = dict(_SHOWN)
    counted = _counted(rows, MOST)
    for kind, name, _ in counted:
        if left[kind]:
            left[kind] -= 1
            fields.append(Field(_FAMILY[kind], name))
    columns = tuple(sorted(fields, key=lambda field: _ORDER.index(field.family)))
    if experiment is None and len(counted) == MOST:
        _remembered[workspace.pk] = (time.monotonic() + REMEMBERED_SECONDS, columns)
    return columns


def forget() -> None:
    """Empty this process's memory (tests roll their database back)."""
    _remembered.clear()


def _used(workspace: Workspace, experiment: Experiment | None) -> QuerySet[ExperimentKey]:
    rows = ExperimentKey.objects.filter(n__gt=0)
    if experiment is not None:
        return rows.filter(experiment_id=experiment.pk)
    return rows.filter(experiment__workspace_id=workspace.pk)


def _counted(rows: QuerySet[ExperimentKey], limit: int) -> list[tuple[KeyKind, str, int]]:
    """Family, name and number of runs, most used first."""
    totals = rows.values_list("key__kind", "key__name").annotate(total=Sum("n")).order_by("-total", "key__name")
    return [(KeyKind(kind), name, n) for kind, name, n in totals[:limit]]

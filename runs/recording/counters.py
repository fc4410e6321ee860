"""How many are there? Counters kept in the same transaction as what they count.

Raw SQL: Django's upsert can set a column but not add to it. Rows are touched in one order, names before facets,
so that two writers never wait for each other crosswise.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from django.db import connection

from runs.models import Facet, Lifecycle, Run

FacetKey = tuple[int, int, int, int]
Dimension = Facet.Dimension


def count_keys(experiment_id: int, deltas: Mapping[int, int]) -> None:
    """Add to how many runs of an experiment use each key (by number)."""
    rows = [(experiment_id, key, n) for key, n in sorted(deltas.items()) if n]
    _add("runs_experimentkey", ("experiment_id", "key_id"), rows)


def count_facets(deltas: Mapping[FacetKey, int]) -> None:
    """Add to the counts of (workspace, experiment or 0, dimension, value)."""
    rows = [(*key, n) for key, n in sorted(deltas.items()) if n]
    _add("runs_facet", ("workspace_id", "experiment_id", "dimension", "value"), rows)


def _add(table: str, columns: tuple[str, ...], rows: Sequence[tuple[int, ...]]) -> None:
    if not rows:
        return
    names = ", ".join(columns)
    places = ", ".join(f"({', '.join(['%s'] * (len(columns) + 1))})" for _ in rows)
    statement = (
        f"INSERT INTO {table} ({names}, n) VALUES {places} "
        f"ON CONFLICT ({names}) DO UPDATE SET n = {table}.n + excluded.n"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])


def facets_of(run: Run, sign: int = 1) -> Counter[FacetKey]:
    """What a run adds to the counters (taken away with ``sign`` -1): all dimensions while it is active."""
    values: list[tuple[int, int]] = [(Dimension.LIFECYCLE, run.lifecycle)]
    if run.lifecycle == Lifecycle.ACTIVE:
        values += [(Dimension.STATUS, run.status), (Dimension.SUBMITTER, run.submitter_id)]
        if run.compute_id is not None:
            values.append((Dimension.COMPUTE, run.compute_id))
        if run.parent_id is None:
            values.append((Dimension.ROOT_STATUS, run.status))
    scopes = (0, run.experiment_id)
    return Counter({(run.workspace_id, scope, int(dim), value): sign for scope in scopes for dim, value in values})


def move_facets(before: Counter[FacetKey], after: Counter[FacetKey]) -> None:
    """Count a run where it stands now instead of where it stood: both from `facets_of`, with sign 1."""
    moved = Counter(after)
    moved.subtract(before)
    count_facets(moved)

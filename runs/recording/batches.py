"""How does a batch of metrics, parameters and tags land? All of it, or nothing."""

from collections.abc import Mapping, Sequence

from runs.authors import Author
from runs.models import Run
from runs.recording.attribute_rows import clean_params, clean_tags
from runs.recording.attributes import put_params, put_tags
from runs.recording.locking import fresh, refuse_unless_active
from runs.recording.metrics import Point, append_points, seal_if_due
from studio.database import write_transaction


def log_batch(
    run: Run,
    author: Author,
    *,
    points: Sequence[Point] = (),
    params: Mapping[str, str] | None = None,
    tags: Mapping[str, str | None] | None = None,
    batch_id: str | None = None,
) -> int:
    """Write a batch in one transaction; gives how many points were new (0 for a ``batch_id`` seen before).

    Raises UserMistake for anything that cannot be kept; then nothing of the batch is.
    """
    params, tags = clean_params(params or {}), clean_tags(tags or {})
    new = 0
    with write_transaction():
        if params or tags:
            run = fresh(run)
        refuse_unless_active(run)
        if params:
            put_params(run, params)
        if tags:
            put_tags(run, tags, author)
        if points:
            new = append_points(run, points, batch_id)
    if new:
        seal_if_due(run)
    return new

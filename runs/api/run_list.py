"""How do up to 1,000 runs, with all that they carry, become JSON at little more than the price of their documents?

From the lines of the search to dicts in one step: no row objects, no serializers, each document read once.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from runs.api.shapes import Shape, children_shape
from runs.models import Lifecycle
from runs.reading.run_documents import Doc, overlay_metrics, put_whole_texts, read_doc
from runs.reading.run_rows import children_of_runs
from runs.statuses import Status

_STATUS = {int(status): status.word for status in Status}
_ENDED = frozenset(int(status) for status in Status if status.is_terminal)
_LIFECYCLE = {int(lifecycle): lifecycle.label for lifecycle in Lifecycle}
_WORDS = {1: "NaN", 2: "Infinity", 3: "-Infinity"}


def whole_runs(lines: Sequence[Sequence[Any]], now_ms: int, *, nested: bool = False) -> list[Shape]:
    """Lines of an id and `run_rows.ROW_COLUMNS` as answers, in their order.

    One statement for metrics ahead of their documents, one for long texts, one for children of nested runs; each
    only where there are some.
    """
    shapes: list[Shape] = []
    ahead: dict[int, Doc] = {}  # documents that do not tell all: their metrics are behind, or a text is cut
    for line in lines:
        doc: Doc = orjson.loads(line[18]) if line[18] else read_doc("{}")
        if line[10] or "x" in doc:
            ahead[line[0]] = doc
        shapes.append(_shape(line, doc, now_ms))
    if ahead:
        overlay_metrics(ahead, [line[0] for line in lines if line[10]])
        put_whole_texts(ahead)
        for place, line in enumerate(lines):
            if line[0] in ahead:
                shapes[place] = _shape(line, ahead[line[0]], now_ms)
    if nested and lines:
        found = children_of_runs([line[0] for line in lines])
        for line, made in zip(lines, shapes, strict=True):
            if line[0] in found:
                made["children"] = children_shape(found[line[0]])
    return shapes


def _shape(line: Sequence[Any], doc: Doc, now_ms: int) -> Shape:
    _, uid, name, status, lifecycle, kind, created, started, ended, _, _, experiment_id, *rest = line
    until = ended if ended is not None else None if status in _ENDED else now_ms
    return {
        "id": uid,
        "name": name,
        "status": _STATUS[status],
        "lifecycle": _LIFECYCLE[lifecycle],
        "experiment": rest[0],
        "experiment_id": experiment_id,
        "submitter": rest[1],
        "compute": rest[2] or "",
        "type": kind,
        "parent": rest[3],
        "created": created,
        "started": started,
        "ended": ended,
        "duration": until - started if until is not None and started is not None else None,
        "tags": doc["t"],
        "properties": doc["r"],
        "params": doc["p"],
        "metrics": {key: _WORDS[kept[1]] if kept[1] else kept[0] for key, kept in doc["m"].items()},
    }

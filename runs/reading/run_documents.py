"""What does a run carry? Its tags, parameters, properties and latest metrics, ready for a row or an answer."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from runs.models import KeyKind, Run, RunAttr, RunDoc
from runs.reading.summaries import summaries_of

Doc = dict[str, Any]
_FAMILY = {int(KeyKind.TAG): "t", int(KeyKind.PARAM): "p", int(KeyKind.PROPERTY): "r"}


KEPT = ("last", "flag", "step", "ts", "low", "high", "first", "count")  # of a metric, in a document's list


@dataclass(frozen=True, slots=True)
class Summary:
    """A metric of a run: its last point, extremes over finite values (None: there are none), first, how many points."""

    last: float
    step: int
    ts: int
    low: float | None
    high: float | None
    first: float
    count: int


def number(stored: float | None, flag: int = 1) -> float:
    """A value as it was logged: documents and SQLite keep NaN as null, documents also keep infinities so."""
    if stored is not None:
        return float(stored)
    return {2: math.inf, 3: -math.inf}.get(flag, math.nan)


def summary(kept: Sequence[Any]) -> Summary:
    """What a document or a row of `RunMetric` keeps of a metric: last, flag, step, ts, low, high, first, count."""
    last, flag, step, ts, low, high, first, count = kept
    return Summary(number(last, flag or 1), step, ts, low, high, number(first), count)


def documents(run_ids: Iterable[int], *, whole_texts: bool = True) -> dict[int, Doc]:
    """The document of each run: ``{"t", "p", "r": {key: text}, "m": {key: Summary}}``.

    One statement for the documents, three for metrics that are ahead of them, one for texts longer than a document
    keeps (with ``whole_texts``, and only where there are some).
    """
    wanted = list(run_ids)
    if not wanted:
        return {}
    rows = RunDoc.objects.filter(run_id__in=wanted).values_list("run_id", "doc", "run__metrics_pending")
    found: dict[int, Doc] = {}
    pending = []
    for run_id, text, is_pending in rows:
        found[run_id] = read_doc(text)
        if is_pending:
            pending.append(run_id)
    overlay_metrics(found, pending)
    if whole_texts:
        put_whole_texts(found)
    return found


def read_doc(text: str) -> Doc:
    """A kept document, its metrics still as lists."""
    doc: Doc = orjson.loads(text)
    for family in ("t", "p", "r", "m"):
        doc.setdefault(family, {})
    return doc


def overlay_metrics(found: Mapping[int, Doc], pending: Sequence[int]) -> None:
    """Put the summaries of runs whose points are ahead of their document into it. Three statements, or none."""
    if not pending:
        return
    for run_id, kept in summaries_of(pending).items():
        for key, one in kept.items():
            found[run_id]["m"][key] = [
                one.last, one.flag, one.step, one.ts, one.low, one.high, one.first, one.count
            ]  # fmt: skip


def _experiments(run_ids: Sequence[int]) -> Any:
    return Run.objects.filter(id__in=list(run_ids)).values("experiment_id")


def put_whole_texts(found: Mapping[int, Doc]) -> None:
    """Replace texts that a document cut at 250 characters by the whole ones. One statement, or none."""
    cut = [run_id for run_id, doc in found.items() if doc.get("x")]
    if not cut:
        return
    rows = RunAttr.objects.filter(run_id__in=cut, experiment_id__in=_experiments(cut), long__isnull=False).values_list(
        "run_id", "key__kind", "key__name", "long"
    )
    for run_id, kind, key, text in rows:
        found[run_id][_FAMILY[kind]][key] = text

"""How did a run's metrics go? One chart a metric, the numbers beside them, and the JSON that the charts ask for."""

from typing import Any, Literal
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from runs.access import run_or_404, workspace_or_404
from runs.limits import KEY, clean_text
from runs.mistakes import UserMistake
from runs.pages.answers import person_of, show, whole_number
from runs.pages.run_page import head_context, open_run, run_url
from runs.reading.series import chart
from runs.reading.summaries import summaries

CHARTS = 24
WIDEST = 4000
LIVE_EVERY_MS = 4000


@require_safe
def run_metrics(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponse:
    """The charts, 24 a page, of the metrics whose name contains ``?metric=``."""
    workspace, run, head = open_run(request, workspace_name, uid)
    text = request.GET.get("metric", "").strip()
    axis = "time" if request.GET.get("x") == "time" else "step"
    found = summaries(run)
    wanted = [one for one in found if text.casefold() in one.key.casefold()]
    start = min(whole_number(request.GET.get("start")) or 0, len(wanted))
    address = run_url(workspace, uid, "run_metrics_json")
    context = {
        **head_context(workspace, head, "run_metrics"),
        "charts": [
            {"summary": one, "url": f"{address}?{urlencode({'metric': one.key, 'x': axis})}"}
            for one in wanted[start : start + CHARTS]
        ],
        "text": text,
        "axis": axis,
        "found": len(wanted),
        "total": len(found),
        "first": start + 1,
        "last": min(start + CHARTS, len(wanted)),
        "next_start": start + CHARTS if start + CHARTS < len(wanted) else None,
        "previous_start": max(start - CHARTS, 0) if start else None,
        "every": 0 if head.status.is_terminal else LIVE_EVERY_MS,
    }
    return show(request, "runs/run_metrics.html", context, part="charts")


@require_safe
def run_metrics_json(request: HttpRequest, workspace_name: str, uid: str) -> HttpResponse:
    """A metric as at most ``width`` buckets between ``start`` and ``end``: what static/js/chart.js draws."""
    workspace = workspace_or_404(person_of(request), workspace_name)
    run = run_or_404(workspace, uid)
    try:
        asked = _asked(request)
        series = chart([run.pk], **asked)
    except UserMistake as mistake:
        return _json({mistake.field or "detail": [mistake.message]}, status=400)
    lines = [{"name": asked["metric"], "run": run.uid, "color_slot": 1, **one.as_json()} for one in series]
    return _json({"x_name": asked["x"], "series": lines})


def _asked(request: HttpRequest) -> dict[str, Any]:
    width = whole_number(request.GET.get("width", "600"))
    if width is None or not 10 <= width <= WIDEST:
        raise UserMistake(f"width must be a whole number from 10 to {WIDEST}", "width")
    axis: Literal["step", "time"] = "time" if request.GET.get("x") == "time" else "step"
    edges = {name: _edge(request.GET.get(name), name) for name in ("start", "end")}
    return {"metric": clean_text(request.GET.get("metric", ""), "metric", KEY), "width": width, "x": axis, **edges}


def _edge(text: str | None, name: str) -> int | None:
    """A step or ms; the browser's zoom sends fractions, which are rounded."""
    if not text:
        return None
    try:
        edge = round(float(text))
    except (ValueError, OverflowError) as error:
        raise UserMistake(f"{name} must be a number", name) from error
    if abs(edge) >= 2**63:
        raise UserMistake(f"{name} is out of range", name)
    return edge


def _json(value: dict[str, Any], status: int = 200) -> HttpResponse:
    return HttpResponse(orjson.dumps(value), status=status, content_type="application/json")

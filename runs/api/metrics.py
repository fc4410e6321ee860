"""The metrics of a run in the JSON API: logged in batches, read as summaries, points, or a line for a chart.

JSON has no NaN and no infinities: here they are the strings "NaN", "Infinity" and "-Infinity", both ways.
"""

import re
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from runs.api.doors import RunDoor, as_json
from runs.api.fields import Strict, name_of, number_of, said
from runs.api.schema import asked, describe
from runs.api.schemas import BatchAnswer, BatchBody, MetricsAnswer, PointsAnswer, SeriesAnswer, texts
from runs.api.shapes import Shape, summaries_shape
from runs.limits import BIGGEST_INTEGER, PARAM_VALUE, TAG_VALUE, clean_key, clean_text, clean_time
from runs.mistakes import UserMistake
from runs.reading.series import Position, chart, points
from runs.reading.summaries import summaries
from runs.recording.batches import log_batch
from runs.recording.metrics import Point
from studio.database import now_ms

MOST_POINTS = 10_000
WIDEST = 4000
_POSITION = re.compile(r"(-?\d{1,19})_(\d{1,19})_(\d{1,20})", re.ASCII)


class _BatchFrame(Strict):
    """A batch but for its points, which are too many for a serializer (1,000 cost 40 ms through one)."""

    params = texts(PARAM_VALUE, required=False)
    tags = texts(TAG_VALUE, bare=True, required=False)


def read_points(sent: Any) -> list[Point]:
    """The points of a batch. Raises UserMistake naming the place of the first bad one, as ``points.3.value``."""
    if not isinstance(sent, list):
        raise UserMistake(f"points must be a list, not {name_of(sent)}", "points")
    if len(sent) > MOST_POINTS:
        raise UserMistake(f"points has {len(sent)} entries; the limit is {MOST_POINTS}", "points")
    now = now_ms()
    return [_point(one, place, now) for place, one in enumerate(sent)]


_POINT_FIELDS = frozenset({"key", "value", "step", "time"})


def _point(sent: Any, place: int, now: int) -> Point:
    where = f"points.{place}"
    if not isinstance(sent, dict):
        raise UserMistake(f"a point must be an object, not {name_of(sent)}", where)
    if unknown := sent.keys() - _POINT_FIELDS:
        raise UserMistake(f"a point has key, value, step and time, not {sorted(unknown)[0][:40]!r}", where)
    value, step, time = number_of(sent.get("value")), sent.get("step", 0), sent.get("time", now)
    if value is None:
        raise UserMistake('value must be a number, or one of "NaN", "Infinity", "-Infinity"', f"{where}.value")
    if step.__class__ is not int or not -BIGGEST_INTEGER - 1 <= step <= BIGGEST_INTEGER:
        raise UserMistake("step must be a whole number of 64 bits", f"{where}.step")
    return Point(clean_key(sent.get("key"), f"{where}.key"), value, step, clean_time(time, f"{where}.time"))


class Batch(RunDoor):
    """Everything that is logged to a run, in one call."""

    @describe("log_batch", "Log points, parameters and tags together", BatchAnswer, body=BatchBody, tag="metrics")
    def post(self, _: Request, **_path: Any) -> HttpResponse:
        """All of it or nothing. A repeated ``batch_id`` stores no point twice."""
        sent = self.sent()
        if not isinstance(sent, dict):
            raise UserMistake(f"a batch must be an object, not {name_of(sent)}", "body")
        given = read_points(sent.pop("points", []))
        batch_id = clean_text(sent.pop("batch_id", ""), "batch_id", 64) or None
        frame = _BatchFrame(data=sent)
        frame.is_valid(raise_exception=True)
        new = log_batch(self.run, self.author, points=given, batch_id=batch_id, **frame.validated_data)
        return as_json({"new": new})


class Metrics(RunDoor):
    """The metrics of a run, in short."""

    @describe("get_metrics", "The latest, lowest, highest and first value of each metric", MetricsAnswer, tag="metrics")
    def get(self, _: Request, **_path: Any) -> HttpResponse:
        """Exact also while points are still being sealed."""
        return as_json({"metrics": summaries_shape(summaries(self.run))})


class _MetricDoor(RunDoor):
    def metric(self) -> str:
        """The name of the metric that is asked for."""
        return clean_key(self.request.query_params.get("metric", ""), "metric")

    def step(self, name: str) -> int | None:
        """A step or time of the query string."""
        return self.whole(name, None, -BIGGEST_INTEGER - 1, BIGGEST_INTEGER)


class Points(_MetricDoor):
    """The points of a metric as they were logged."""

    @describe(
        "get_points",
        "The points of a metric, in the order of (step, time)",
        PointsAnswer,
        query=[
            asked("metric", "its name"),
            asked("from", "the first step wanted", int),
            asked("to", "the last step wanted", int),
            asked("limit", "1 to 100,000; 10,000 unless said otherwise", int),
            asked("after", "the `next` of the page before"),
        ],
        tag="metrics",
    )
    def get(self, _: Request, **_path: Any) -> HttpResponse:
        """Columns of equal length; a point that was sent twice stands once."""
        limit = self.whole("limit", 10_000, 1, 100_000) or 10_000
        page = points(
            self.run,
            self.metric(),
            after=_position(self.request.query_params.get("after", "")),
            limit=limit,
            step_from=self.step("from"),
            step_to=self.step("to"),
        )
        return as_json(
            {
                "step": [point.step for point in page],
                "time": [point.ts for point in page],
                "value": [said(point.value) for point in page],
                "next": "_".join(map(str, page[-1].position)) if len(page) == limit else None,
            }
        )


def _position(text: str) -> Position | None:
    if not text:
        return None
    found = _POSITION.fullmatch(text)
    step, ts, rank = (int(part) for part in found.groups()) if found else (0, 0, 2**64)
    if abs(step) > BIGGEST_INTEGER or ts > BIGGEST_INTEGER or rank >= 2**64:
        raise UserMistake("This page link is damaged; begin at the first page.", "after")
    return step, ts, rank


class SeriesOfMetric(_MetricDoor):
    """The line of a metric, as a chart draws it."""

    @describe(
        "get_series",
        "A metric downsampled to the width of a chart",
        SeriesAnswer,
        query=[
            asked("metric", "its name"),
            asked("x", "step (unless said otherwise) or time"),
            asked("width", "buckets wanted, 1 to 4,000; 1,000 unless said otherwise", int),
            asked("from", "where the range begins on x", int),
            asked("to", "where it ends", int),
        ],
        tag="metrics",
    )
    def get(self, _: Request, **_path: Any) -> HttpResponse:
        """Lowest, highest and last value of each bucket: spikes never vanish. A zoom sends a new range."""
        axis = self.request.query_params.get("x") or "step"
        if axis not in ("step", "time"):
            raise UserMistake(f"x must be step or time, not {axis[:40]!r}", "x")
        lines = chart(
            [self.run.pk],
            self.metric(),
            width=self.whole("width", 1000, 1, WIDEST) or 1000,
            x="time" if axis == "time" else "step",
            start=self.step("from"),
            end=self.step("to"),
        )
        empty: Shape = {"x": [], "low": [], "high": [], "last": [], "marks": [], "count": 0}
        return as_json({"x_name": axis, **(lines[0].as_json() if lines else empty)})

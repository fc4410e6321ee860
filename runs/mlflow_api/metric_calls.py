"""What were a metric's values, step by step? The history of one run, and of many runs at once."""

from collections.abc import Iterable

from runs.limits import KEY
from runs.mistakes import NotFound, UserMistake
from runs.mlflow_api.doors import Answer, Call, reads
from runs.mlflow_api.run_calls import run_of
from runs.mlflow_api.shapes import Shape, value_shape, without_empty
from runs.models import Run
from runs.reading.cursors import Cursor, read_cursor
from runs.reading.series import LoggedPoint, points, sample

_MOST = 250_000  # points in one answer: about 25 MB
_MOST_RUNS, _MOST_A_RUN, _MOST_IN_BULK = 100, 2500, 25_000


def _key(call: Call) -> str:
    return call.sent.text("metric_key", required=True, limit=KEY)


def _shapes(name: str, found: Iterable[LoggedPoint], **also: str) -> list[Shape]:
    return [
        {"key": name, "value": value_shape(value), "timestamp": ts, "step": step, **also} for step, ts, value in found
    ]


@reads("GET")
def get_history(call: Call) -> Answer:
    """metrics/get-history: every point of a metric in the order of steps, a page at a time."""
    run = run_of(call)
    name = _key(call)
    limit = call.sent.whole("max_results", default=_MOST, low=1, high=_MOST)
    signed_for, token = f"history {run.uid} {name}", call.sent.text("page_token")
    cursor = read_cursor(token, signed_for, "page_token") if token else None
    step, ts, rank = (int(value or 0) for value in cursor.values) if cursor else (0, 0, 0)
    found = points(run, name, after=(step, ts, rank) if cursor else None, limit=limit + 1)
    following = None
    if len(found) > limit:
        following = Cursor(signed_for, found[limit - 1].position, run.pk).to_text()
    return without_empty({"metrics": _shapes(name, found[:limit]), "next_page_token": following})


@reads("GET")
def get_history_bulk(call: Call) -> Answer:
    """metrics/get-history-bulk: the first points of a metric in many runs, run after run."""
    runs = _runs(call, "run_id")
    name = _key(call)
    left = call.sent.whole("max_results", default=_MOST_IN_BULK, low=1, high=_MOST_IN_BULK)
    shapes: list[Shape] = []
    for run in runs:
        if left > len(shapes):
            shapes += _shapes(name, points(run, name, limit=left - len(shapes)), run_id=run.uid)
    return without_empty({"metrics": shapes})


@reads("GET")
def get_history_bulk_interval(call: Call) -> Answer:
    """metrics/get-history-bulk-interval: points spread evenly over a range of steps, in many runs."""
    sent, runs = call.sent, _runs(call, "run_ids")
    name = _key(call)
    if sent.has("start_step") != sent.has("end_step"):
        raise UserMistake("If either start step or end step are specified, both must be specified.", "start_step")
    first = sent.whole("start_step") if sent.has("start_step") else None
    last = sent.whole("end_step") if sent.has("end_step") else None
    if first is not None and last is not None and first > last:
        raise UserMistake(f"end_step must be greater than start_step. Found start_step={first} and end_step={last}.")
    most = sent.whole("max_results", default=_MOST_A_RUN, low=1, high=_MOST_A_RUN)
    shapes: list[Shape] = []
    for run in runs:
        shapes += _shapes(name, sample(run, name, most, step_from=first, step_to=last), run_id=run.uid)
    return without_empty({"metrics": shapes})


def _runs(call: Call, field: str) -> list[Run]:
    """The runs whose ids were sent, in this order. NotFound when one of them is not in the workspace."""
    uids = call.sent.texts(field, most=_MOST_RUNS)
    if not uids:
        call.sent.required(field)
    found = {run.uid: run for run in Run.objects.filter(workspace=call.workspace, uid__in=uids).only("pk", "uid")}
    for uid in uids:
        if uid not in found:
            raise NotFound(f"There is no run {uid[:260]!r} in this workspace.", field)
    return [found[uid] for uid in dict.fromkeys(uids)]

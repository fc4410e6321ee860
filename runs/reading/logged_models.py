"""Which logged models match? A query tree, evaluated over the models of some experiments, sorted and paged.

Models are few beside runs (autolog makes one a fit): the newest 20,000 of the asked experiments are read and
judged here, so that every filter and order works without a table of attributes of their own.
"""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import orjson

from runs.mistakes import UserMistake
from runs.models import Lifecycle, LoggedModel, Workspace
from runs.query_language.tree import And, Condition, Family, Field, Node, Not, Number, Op, Or, Range, Text, Value, Word
from runs.reading.lineage import ModelMetric, metrics_of_models

MOST_READ = 20_000
_ATTRIBUTES: dict[str, Callable[[LoggedModel], str | float | None]] = {
    "name": lambda model: model.name,
    "model_id": lambda model: model.uid,
    "model_type": lambda model: model.model_type,
    "status": lambda model: model.status.removeprefix("LOGGED_MODEL_"),
    "source_run_id": lambda model: model.source_run.uid if model.source_run else None,
    "creation_timestamp": lambda model: model.created,
    "last_updated_timestamp": lambda model: model.updated,
}
_SAME_ATTRIBUTE = {
    "id": "model_id",
    "type": "model_type",
    "run_id": "source_run_id",
    "parent": "source_run_id",
    "creation_time": "creation_timestamp",
    "created": "creation_timestamp",
    "updated": "last_updated_timestamp",
}
_COMPARE: dict[Op, Callable[[float, float], bool]] = {
    Op.EQUAL: lambda a, b: a == b,
    Op.NOT_EQUAL: lambda a, b: a != b,
    Op.LESS: lambda a, b: a < b,
    Op.LESS_EQUAL: lambda a, b: a <= b,
    Op.GREATER: lambda a, b: a > b,
    Op.GREATER_EQUAL: lambda a, b: a >= b,
}


@dataclass(frozen=True, slots=True)
class ModelOrder:
    """One key to sort by: an attribute, ``metrics.K``, ``params.K`` or ``tags.K``; a metric perhaps on one dataset."""

    field: str
    ascending: bool = True
    dataset_name: str = ""
    dataset_digest: str = ""


@dataclass(frozen=True, slots=True)
class ModelPage:
    """A page of models with their metrics (by uid), and the cursor of the next one."""

    models: list[LoggedModel]
    metrics: dict[str, list[ModelMetric]]
    next: str | None


def search_logged_models(
    workspace: Workspace,
    experiment_ids: Collection[int],
    tree: Node | None = None,
    order: Sequence[ModelOrder] = (),
    *,
    datasets: Collection[tuple[str, str]] = (),
    limit: int = 100,
    cursor: str | None = None,
) -> ModelPage:
    """The models of these experiments that a tree holds for, newest first unless ``order`` says otherwise.

    ``datasets``, as (name, digest or empty), narrows metric conditions to metrics on one of them. Values that are
    missing sort last. Raises UserMistake for a field that models do not have, or a broken cursor.
    """
    found = list(
        LoggedModel.objects.filter(
            experiment__in=experiment_ids, experiment__workspace=workspace, lifecycle=Lifecycle.ACTIVE
        )
        .select_related("source_run")
        .order_by("-created", "-id")[:MOST_READ]
    )
    names_metrics = any(key.field.startswith("metric") for key in order) or _speaks_of_metrics(tree)
    metrics = metrics_of_models([model.uid for model in found]) if names_metrics else {}
    if tree is not None:
        found = [model for model in found if _holds(tree, model, _on(metrics.get(model.uid, []), datasets))]
    keyed = sorted(((_sort_key(model, order, metrics), model) for model in found), key=lambda pair: pair[0])
    if cursor:
        keyed = _after(keyed, _read_cursor(cursor, len(order)))
    page = [model for _, model in keyed[:limit]]
    following = _write_cursor(keyed[limit - 1][0]) if len(keyed) > limit else None
    wanted = [model.uid for model in page]
    return ModelPage(page, {uid: metrics[uid] for uid in wanted} if metrics else metrics_of_models(wanted), following)


def _speaks_of_metrics(tree: Node | None) -> bool:
    match tree:
        case None | Text():
            return False
        case And(parts) | Or(parts):
            return any(_speaks_of_metrics(part) for part in parts)
        case Not(part):
            return _speaks_of_metrics(part)
        case Condition(field):
            return field.family is Family.METRIC
    raise AssertionError(tree)


def _on(metrics: Iterable[ModelMetric], datasets: Collection[tuple[str, str]]) -> list[ModelMetric]:
    return [
        metric
        for metric in metrics
        if not datasets
        or any(metric.dataset_name == name and digest in ("", metric.dataset_digest) for name, digest in datasets)
    ]


def _holds(tree: Node, model: LoggedModel, metrics: list[ModelMetric]) -> bool:
    match tree:
        case And(parts):
            return all(_holds(part, model, metrics) for part in parts)
        case Or(parts):
            return any(_holds(part, model, metrics) for part in parts)
        case Not(part):
            return not _holds(part, model, metrics)
        case Text(text):
            return text.casefold() in f"{model.name}\n{model.uid}\n{model.model_type}".casefold()
        case Condition(field, op, values):
            held = _values(field, model, metrics)
            if op in (Op.EXISTS, Op.MISSING):
                return bool(held) == (op is Op.EXISTS)
            return any(_test(one, op, values) for one in held)
    raise AssertionError(tree)


def _values(field: Field, model: LoggedModel, metrics: list[ModelMetric]) -> list[str | float]:
    """What a model has under a field: none, one, or one a dataset for a metric."""
    one: str | float | None
    match field.family:
        case Family.METRIC:
            return [metric.value for metric in metrics if metric.key == field.key]
        case Family.PARAM:
            one = model.params.get(field.key)
        case Family.TAG:
            one = model.tags.get(field.key)
        case Family.ATTRIBUTE:
            one = _attribute(field.key)(model)
        case _:
            raise UserMistake(f"Logged models cannot be searched by {field.family}.", "filter")
    return [] if one is None else [one]


def _attribute(name: str) -> Callable[[LoggedModel], str | float | None]:
    reader = _ATTRIBUTES.get(_SAME_ATTRIBUTE.get(name, name))
    if reader is None:
        known = ", ".join(_ATTRIBUTES)
        raise UserMistake(f"Logged models have no attribute {name[:100]!r}; they have {known}.", "filter")
    return reader


def _test(held: str | float, op: Op, values: tuple[Value, ...]) -> bool:
    match op:
        case Op.IN | Op.NOT_IN:
            return any(_test(held, Op.EQUAL, (value,)) for value in values) == (op is Op.IN)
        case Op.LIKE | Op.NOT_LIKE:
            return matches_pattern(str(held), _text(values[0])) == (op is Op.LIKE)
        case Op.ILIKE | Op.NOT_ILIKE:
            return matches_pattern(str(held).casefold(), _text(values[0]).casefold()) == (op is Op.ILIKE)
        case Op.CONTAINS:
            return _text(values[0]).casefold() in str(held).casefold()
    value = values[0]
    if isinstance(value, Range):
        ends = ((Op.GREATER_EQUAL, value.low), (Op.LESS_EQUAL, value.high))
        inside = all(_test(held, end, (bound,)) for end, bound in ends if bound is not None)
        return inside == (op is not Op.NOT_EQUAL)
    if isinstance(held, str) and not isinstance(value, Number):
        return held == _text(value) if op is Op.EQUAL else op is Op.NOT_EQUAL and held != _text(value)
    number, wanted = _number(held), _number(_text(value))
    return op in _COMPARE and number is not None and wanted is not None and _COMPARE[op](number, wanted)


def _text(value: object) -> str:
    text = (
        value.text
        if isinstance(value, Word | Number)
        else str(getattr(value, "ms", None) or getattr(value, "word", ""))
    )
    return text.removeprefix("LOGGED_MODEL_")


def _number(value: str | float) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def matches_pattern(text: str, pattern: str) -> bool:
    """Whether ``text`` is like ``pattern``, where ``%`` is any text and ``_`` any character. No regular expression."""
    at = place = mark = 0
    star = -1
    while at < len(text):
        if place < len(pattern) and pattern[place] == "%":
            star, mark = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("_", text[at]):
            at += 1
            place += 1
        elif star >= 0:
            mark += 1
            at, place = mark, star + 1
        else:
            return False
    return not pattern[place:].strip("%")


# One key to sort by becomes (missing, number, text), turned round for descending; the model's id decides ties.
_Part = tuple[int, float, list[int] | str]
_Key = tuple[tuple[_Part, ...], int]


def _sort_key(model: LoggedModel, order: Sequence[ModelOrder], metrics: dict[str, list[ModelMetric]]) -> _Key:
    newest_first = ModelOrder("creation_timestamp", ascending=False)
    return tuple(_part(model, key, metrics.get(model.uid, [])) for key in (*order, newest_first)), -model.pk


def _part(model: LoggedModel, key: ModelOrder, metrics: list[ModelMetric]) -> _Part:
    family, dot, name = key.field.partition(".")
    held: str | float | None
    if dot and family.rstrip("s") == "metric":
        wanted = [(key.dataset_name, key.dataset_digest)] if key.dataset_name else []
        latest = max(
            (metric for metric in _on(metrics, wanted) if metric.key == name),
            key=lambda metric: (metric.step, metric.ts),
            default=None,
        )
        held = latest.value if latest else None
    elif dot and family.rstrip("s") in ("param", "tag"):
        held = (model.params if family.startswith("param") else model.tags).get(name)
    else:
        held = _attribute(name if dot and family in ("attribute", "attributes") else key.field)(model)
    if held is None or (isinstance(held, float) and math.isnan(held)):
        return 1, 0.0, ""
    if isinstance(held, str):
        return 0, 0.0, held if key.ascending else [-ord(char) for char in held] + [1]
    return 0, float(held) if key.ascending else -float(held), ""


def _after(keyed: list[tuple[_Key, LoggedModel]], last: _Key) -> list[tuple[_Key, LoggedModel]]:
    try:
        return [pair for pair in keyed if pair[0] > last]
    except TypeError:  # a text where this order has a turned one: a cursor of another search
        raise UserMistake("Invalid page token: it does not belong to this search.", "page_token") from None


def _write_cursor(key: _Key) -> str:
    parts = [[missing, _as_text(number), text] for missing, number, text in key[0]]
    return orjson.dumps([parts, key[1]]).decode()


def _as_text(number: float) -> str:
    return repr(number)  # orjson writes infinities as null


def _read_cursor(cursor: str, keys: int) -> _Key:
    try:
        parts, pk = orjson.loads(cursor)
        found = tuple((int(missing), float(number), text) for missing, number, text in parts)
        texts = all(isinstance(text, str | list) for _, _, text in found)
        if len(found) != keys + 1 or not isinstance(pk, int) or not texts:
            raise ValueError
    except (ValueError, TypeError):
        raise UserMistake("Invalid page token: it does not belong to this search.", "page_token") from None
    return found, pk

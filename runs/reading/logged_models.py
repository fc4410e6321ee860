"""Which logged models match? A query tree, evaluated over the models of some experiments, sorted and paged.

Models are few beside runs (autolog makes one a fit): the newest 20,000 of the asked experiments are read and
judged here, so that every filter and order works without a table of attributes of their own.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import orjson

from runs.mistakes import UserMistake
from runs.models import Lifecycle, LoggedModel, Workspace
from runs.query_language.mlflow_fields import MODELS, mlflow_field
from runs.query_language.mlflow_names import parse_mlflow_filter
from runs.query_language.tree import (
    And,
    Condition,
    Family,
    Field,
    Moment,
    Node,
    Not,
    Number,
    Op,
    Or,
    Range,
    Text,
    Value,
    Word,
    fields_used,
)
from runs.reading.lineage import ModelMetric, metrics_of_models

MOST_READ = 20_000
_ATTRIBUTES: dict[str, Callable[[LoggedModel], str | float | None]] = {
    "name": lambda model: model.name,
    "id": lambda model: model.uid,
    "type": lambda model: model.model_type,
    "status": lambda model: model.status.removeprefix("LOGGED_MODEL_"),
    "source_run": lambda model: model.source_run.uid if model.source_run else None,
    "experiment": lambda model: str(model.experiment_id),
    "artifact_uri": lambda model: f"mlflow-artifacts:/{model.experiment_id}/models/{model.uid}/artifacts",
    "created": lambda model: model.created,
    "updated": lambda model: model.updated,
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
    """One key to sort by, in MLflow's names (``name``, ``metrics.acc`` …); a metric perhaps on one dataset only."""

    field: str
    ascending: bool = True
    dataset_name: str | None = None
    dataset_digest: str | None = None


@dataclass(frozen=True, slots=True)
class ModelPage:
    """A page of models, and the cursor of the next one (None at the end)."""

    models: list[LoggedModel]
    next: str | None


@dataclass(frozen=True, slots=True)
class _SortKey:
    field: Field
    ascending: bool
    dataset: tuple[tuple[str, str | None], ...]


_NEWEST_FIRST = _SortKey(Field(Family.ATTRIBUTE, "created"), False, ())


def search_models(
    workspace: Workspace,
    experiment_ids: Collection[int],
    filter_text: str = "",
    *,
    datasets: Collection[tuple[str, str | None]] = (),
    order_by: Sequence[ModelOrder] = (),
    limit: int = 100,
    cursor: str = "",
) -> ModelPage:
    """`search_logged_models` for a filter in MLflow's language."""
    tree = parse_mlflow_filter(filter_text, MODELS) if filter_text.strip() else None
    return search_logged_models(
        workspace, experiment_ids, tree, order_by, datasets=datasets, limit=limit, cursor=cursor
    )


def search_logged_models(
    workspace: Workspace,
    experiment_ids: Collection[int],
    tree: Node | None = None,
    order_by: Sequence[ModelOrder] = (),
    *,
    datasets: Collection[tuple[str, str | None]] = (),
    limit: int = 100,
    cursor: str = "",
) -> ModelPage:
    """The models of these experiments that a tree holds for, newest first unless ``order_by`` says otherwise.

    ``datasets``, as (name, digest or None), narrows metric conditions to metrics on one of them. Values that are
    missing sort last. Raises UserMistake for a field that models do not have, or a broken cursor.
    """
    order = [_sort_by(one) for one in order_by]
    found = list(
        LoggedModel.objects.filter(
            experiment__in=experiment_ids, experiment__workspace=workspace, lifecycle=Lifecycle.ACTIVE
        )
        .select_related("experiment", "source_run")
        .order_by("-created", "-id")[:MOST_READ]
    )
    with_metrics = any(key.field.family is Family.METRIC for key in order) or any(
        field.family is Family.METRIC for field in fields_used(tree)
    )
    metrics = metrics_of_models(workspace, [model.uid for model in found]) if with_metrics else {}
    if tree is not None:
        found = [model for model in found if _holds(tree, model, _on(metrics.get(model.uid, []), datasets))]
    keyed = sorted(((_place(model, order, metrics), model) for model in found), key=lambda pair: pair[0])
    if cursor:
        keyed = _after(keyed, _read_cursor(cursor, len(order)))
    following = _write_cursor(keyed[limit - 1][0]) if len(keyed) > limit else None
    return ModelPage([model for _, model in keyed[:limit]], following)


def _sort_by(one: ModelOrder) -> _SortKey:
    dataset = ((one.dataset_name, one.dataset_digest),) if one.dataset_name else ()
    return _SortKey(mlflow_field(one.field, MODELS, "order_by"), one.ascending, dataset)


def _on(metrics: Iterable[ModelMetric], datasets: Collection[tuple[str, str | None]]) -> list[ModelMetric]:
    return [
        metric
        for metric in metrics
        if not datasets
        or any(metric.dataset_name == name and digest in ("", None, metric.dataset_digest) for name, digest in datasets)
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
    reader = _ATTRIBUTES.get(name)
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


def _text(value: Value) -> str:
    match value:
        case Word(text) | Number(text):
            return text.removeprefix("LOGGED_MODEL_")
        case Moment(ms):
            return str(ms)
    raise UserMistake("Logged models are compared with numbers and texts only.", "filter")


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


def _place(model: LoggedModel, order: Sequence[_SortKey], metrics: dict[str, list[ModelMetric]]) -> _Key:
    return tuple(_part(model, key, metrics.get(model.uid, [])) for key in (*order, _NEWEST_FIRST)), -model.pk


def _part(model: LoggedModel, key: _SortKey, metrics: list[ModelMetric]) -> _Part:
    on = sorted(_on(metrics, key.dataset), key=lambda metric: (metric.step, metric.ts))
    held = _values(key.field, model, on)
    value = held[-1] if held else None
    if value is None or value != value:  # NaN
        return 1, 0.0, ""
    if isinstance(value, str):
        return 0, 0.0, value if key.ascending else [-ord(char) for char in value] + [1]
    return 0, float(value) if key.ascending else -float(value), ""


def _after(keyed: list[tuple[_Key, LoggedModel]], last: _Key) -> list[tuple[_Key, LoggedModel]]:
    try:
        return [pair for pair in keyed if pair[0] > last]
    except TypeError:  # a text where this order has a turned one: a cursor of another search
        raise UserMistake("Invalid page token: it does not belong to this search.", "page_token") from None


def _write_cursor(key: _Key) -> str:
    # Numbers as text: orjson writes infinities as null.
    parts = [[missing, repr(number), text] for missing, number, text in key[0]]
    return orjson.dumps([parts, key[1]]).decode()


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

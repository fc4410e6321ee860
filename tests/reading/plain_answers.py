"""Which runs does a tree mean? Said again in plain Python, as slowly and plainly as possible, to judge the SQL by."""

import math
import re

from runs.models import Lifecycle
from runs.query_language.times import interval, length_interval
from runs.query_language.tree import (
    Aggregate,
    And,
    Condition,
    Family,
    Me,
    Node,
    Not,
    Number,
    Op,
    Or,
    Range,
    StatusSet,
    Text,
    Word,
)
from tests.reading.random_runs import Known

NEGATIVE = {Op.NOT_EQUAL: Op.EQUAL, Op.NOT_IN: Op.IN, Op.NOT_LIKE: Op.LIKE, Op.NOT_ILIKE: Op.ILIKE}


def matches(node: Node | None, run: Known, now: int, me: str) -> bool:
    """Whether the run is one that the tree means."""
    match node:
        case None:
            return True
        case And(parts):
            return all(matches(part, run, now, me) for part in parts)
        case Or(parts):
            return any(matches(part, run, now, me) for part in parts)
        case Not(part):
            return not matches(part, run, now, me)
        case Text(text):
            return has_text(run, text.casefold())
        case Condition():
            return holds(node, run, now, me)
    raise TypeError(node)


def has_text(run: Known, text: str) -> bool:
    if len(text) < 3:
        return run.name.lower().startswith(text)
    tags = "\n".join(f"{key} {value or ''}" for key, value in run.tags.items())
    parts = (run.name, run.description, run.experiment, run.submitter, run.status.word, run.uid, tags)
    return text in "\n".join(parts).casefold()


def holds(c: Condition, run: Known, now: int, me: str) -> bool:
    family, key = c.field.family, c.field.key
    if family is Family.METRIC:
        return metric_holds(c, run)
    if family is not Family.ATTRIBUTE:
        texts = {Family.TAG: run.tags, Family.PARAM: run.params, Family.PROPERTY: run.properties}[family]
        if c.op in (Op.EXISTS, Op.MISSING):
            return (key in texts) == (c.op is Op.EXISTS)
        value = texts.get(key)
        return value is not None and signed(c, lambda op: any(mixed(value, op, v) for v in c.values))
    if key in ("archived", "favourite"):
        is_so = run.lifecycle == Lifecycle.ARCHIVED if key == "archived" else run.favourite
        return is_so == (c.value.value == (c.op is Op.EQUAL))
    if key == "status":
        if c.op in (Op.EXISTS, Op.MISSING):
            return c.op is Op.EXISTS
        inside = any(run.status in v.statuses for v in c.values if isinstance(v, StatusSet))
        return inside != (c.op in NEGATIVE)
    if key in ("created", "started", "ended"):
        return timed(c, getattr(run, key), lambda op, v: interval(op, v, now))
    if key == "duration":
        end = run.ended if run.ended is not None else None if run.status.is_terminal else now
        length = None if run.started is None or end is None else end - run.started
        return timed(c, length, length_interval)
    text = {"id": run.uid}.get(key) or getattr(run, key if key != "id" else "uid")
    if c.op in (Op.EXISTS, Op.MISSING):
        return bool(text) == (c.op is Op.EXISTS)
    if not text:
        return False
    values = [Word(me) if isinstance(v, Me) else v for v in c.values]
    return signed(c, lambda op: any(compared(text, op, v.text) for v in values))


def signed(c: Condition, test) -> bool:
    return not test(NEGATIVE[c.op]) if c.op in NEGATIVE else test(c.op)


def timed(c: Condition, value: int | None, bounds) -> bool:
    if c.op in (Op.EXISTS, Op.MISSING):
        return (value is not None) == (c.op is Op.EXISTS)
    if value is None:
        return False
    inside = False
    for given in c.values:
        low, high = bounds(c.op, given)
        inside = inside or ((low is None or value >= low) and (high is None or value < high))
    return inside != (c.op in NEGATIVE)


def compared(text: str, op: Op, wanted: str) -> bool:
    match op:
        case Op.EQUAL | Op.IN:
            return text == wanted
        case Op.LESS:
            return text < wanted
        case Op.LESS_EQUAL:
            return text <= wanted
        case Op.GREATER:
            return text > wanted
        case Op.GREATER_EQUAL:
            return text >= wanted
        case Op.CONTAINS:
            return wanted.lower() in text.lower()
    if op is Op.ILIKE:
        text, wanted = text.lower(), wanted.lower()
    pattern = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in wanted)
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def as_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def mixed(text: str, op: Op, given) -> bool:
    ends = [given.low, given.high] if isinstance(given, Range) else [given]
    if isinstance(given, Range):
        present = [end for end in ends if end is not None]
        if all(isinstance(end, Number) for end in present):
            number = as_number(text)
            if number is None:
                return False
            low, high = given.low, given.high
            return (low is None or number >= low.value) and (high is None or number <= high.value)
        return (given.low is None or text >= given.low.text) and (given.high is None or text <= given.high.text)
    is_big = isinstance(given, Number) and given.text.isdigit() and abs(given.value) >= 2**53
    ordered = op in (Op.LESS, Op.LESS_EQUAL, Op.GREATER, Op.GREATER_EQUAL)
    if isinstance(given, Number) and (ordered or not is_big):
        number = as_number(text)
        return number is not None and numeric(number, op, given.value)
    return compared(text, op, given.text)


def numeric(number: float, op: Op, wanted: float) -> bool:
    match op:
        case Op.EQUAL | Op.IN:
            return number == wanted or (math.isnan(number) and math.isnan(wanted))
        case Op.LESS:
            return number < wanted
        case Op.LESS_EQUAL:
            return number <= wanted
        case Op.GREATER:
            return number > wanted
        case Op.GREATER_EQUAL:
            return number >= wanted
    raise TypeError(op)


def aggregate(run: Known, name: str, which: Aggregate) -> float | None:
    series = run.metrics.get(name)
    if series is None:
        return None
    return {
        Aggregate.LAST: series.last,
        Aggregate.MIN: series.low,
        Aggregate.MAX: series.high,
        Aggregate.FIRST: series.first,
        Aggregate.COUNT: series.count,
    }[which]


def metric_holds(c: Condition, run: Known) -> bool:
    number = aggregate(run, c.field.key, c.field.aggregate)
    if c.op in (Op.EXISTS, Op.MISSING):
        return (number is not None) == (c.op is Op.EXISTS)
    if number is None:
        return False

    def one(op: Op, given) -> bool:
        if isinstance(given, Range):
            low, high = given.low, given.high
            return (low is None or number >= low.value) and (high is None or number <= high.value)
        return numeric(number, op, given.value)

    return signed(c, lambda op: any(one(op, given) for given in c.values))

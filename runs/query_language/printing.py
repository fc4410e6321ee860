"""How is a tree written as a query? ``parse(to_text(tree)) == tree`` for every tree."""

import re

from runs.query_language.field_names import AGGREGATED, KEYED, field_to_text, quoted
from runs.query_language.fields import Kind, row_of
from runs.query_language.times import moment_to_text
from runs.query_language.tree import (
    Age,
    And,
    Condition,
    Day,
    Family,
    Flag,
    Me,
    Moment,
    Node,
    Not,
    Number,
    Op,
    Or,
    Range,
    StatusSet,
    Text,
    Value,
    Word,
)
from runs.query_language.values import PATTERN_OPERATORS, is_finite

_BARE = re.compile(r"\w[\w./@+-]*")
_LOOKS_LIKE_A_FIELD = re.compile(f"{AGGREGATED}|{KEYED}", re.IGNORECASE)
_KEYWORD = re.compile("and|or|not|in|is|i?like|null|has", re.IGNORECASE)
_WITH_WILDCARDS = PATTERN_OPERATORS - {Op.CONTAINS}
_COMPARED_WITH_SIGNS = frozenset({Family.METRIC, Family.PARAM, Family.PROPERTY})


def to_text(node: Node | None) -> str:
    """The tree as canonical query text; empty for None."""
    match node:
        case None:
            return ""
        case And(parts):
            return " ".join(_inner(part) for part in parts)
    return _plain(node)


def _plain(node: Node) -> str:
    match node:
        case And(parts):
            return " AND ".join(_inner(part) for part in parts)
        case Or(parts):
            return " OR ".join(_inner(part) for part in parts)
        case Not(part):
            return f"NOT {_inner(part)}"
        case Text(text):
            return _free_text(text)
    return condition_to_text(node)


def _inner(node: Node) -> str:
    return f"({_plain(node)})" if isinstance(node, And | Or) else _plain(node)


def _free_text(text: str) -> str:
    bare = _BARE.fullmatch(text) and not _KEYWORD.fullmatch(text) and not _LOOKS_LIKE_A_FIELD.match(text)
    return text if bare else quoted(text)


def condition_to_text(condition: Condition) -> str:
    """One condition as query text."""
    field, op = condition.field, condition.op
    name, row = field_to_text(field), row_of(field)
    if op is Op.EXISTS:
        return f"has:{name}" if field.family is Family.ATTRIBUTE else name
    if op is Op.MISSING:
        return f"{name} IS NULL"
    values = [value_to_text(value, row.kind, op) for value in condition.values]
    with_colon = field.family not in _COMPARED_WITH_SIGNS
    if with_colon and op is row.colon:
        return f"{name}:{values[0]}"
    if with_colon and op is Op.IN and row.colon is Op.EQUAL:
        return f"{name}:{','.join(values)}"
    if op in (Op.IN, Op.NOT_IN):
        return f"{name} {op} ({', '.join(values)})"
    return f"{name} {op} {values[0]}"


def value_to_text(value: Value, kind: Kind, op: Op = Op.EQUAL) -> str:
    """A value as it is written after a field of ``kind``."""
    match value:
        case Word(text):
            return text if op not in _WITH_WILDCARDS and _stays_a_word(text, kind) else quoted(text)
        case Number(text):
            return text
        case StatusSet(word):
            return word
        case Flag(yes):
            return "yes" if yes else "no"
        case Moment():
            return moment_to_text(value)
        case Day(back):
            return "yesterday" if back else "today"
        case Age(count, unit):
            return f"{count}{unit}"
        case Me():
            return "me"
        case Range(low, high):
            return "..".join("" if end is None else value_to_text(end, kind) for end in (low, high))


def _stays_a_word(text: str, kind: Kind) -> bool:
    """Whether ``text`` without quotes reads back as the same word."""
    if not _BARE.fullmatch(text) or text.casefold() == "null":
        return False
    if kind is Kind.PERSON:
        return text.casefold() != "me"
    return kind is not Kind.MIXED or (".." not in text and not is_finite(text))

"""Which field does a written name mean, and how is a field written?

One spelling everywhere: queries, sort, columns and groups name fields by these two functions.
"""

import re

from runs.mistakes import UserMistake
from runs.query_language.fields import (
    ATTRIBUTE_PREFIXES,
    BY_NAME,
    DATASET_KEYS,
    FAMILY_BY_NAME,
    FAMILY_ROWS,
    ROWS,
)
from runs.query_language.suggestions import did_you_mean, nearest
from runs.query_language.tree import Aggregate, Family, Field

LONGEST_KEY = 250
QUOTED = r'"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|' + r"'(?:[^'\\]|\\.)*'"
BARE_KEY = r"[^\s:=!<>~(),\"'`]+"
KEYED = rf"(?:{'|'.join((*FAMILY_BY_NAME, *ATTRIBUTE_PREFIXES))})\.(?:{QUOTED}|{BARE_KEY})"
AGGREGATED = rf"(?:{'|'.join(Aggregate)})\((?:[^()\"'`]|{QUOTED})*\)"

_AGGREGATED = re.compile(rf"({'|'.join(Aggregate)})\((.*)\)", re.IGNORECASE | re.ASCII | re.DOTALL)
_PLAIN_KEY = re.compile(r"[^\W_][\w./-]*|_[\w./-]*")
_ESCAPED = re.compile(r"\\([\\\"'`])")


def parse_field(text: str, where: str = "query", position: int = 0) -> Field:
    """The field that ``text`` names, such as ``status``, ``param."learning rate"`` or ``min(metric.loss)``.

    Raises UserMistake about the input ``where`` at column ``position``, with the nearest known name.
    """
    text = text.strip()
    if aggregated := _AGGREGATED.fullmatch(text):
        return _parse_aggregate(aggregated[1].lower(), aggregated[2].strip(), where, position)
    prefix, dot, key = text.partition(".")
    if dot and (row := FAMILY_BY_NAME.get(prefix.casefold())):
        return Field(row.family, _key(unquoted(key), row.family, where, position))
    if dot and prefix.casefold() in ATTRIBUTE_PREFIXES:
        text = unquoted(key)
    if row := BY_NAME.get(text.casefold()):
        return Field(Family.ATTRIBUTE, row.name)
    raise UserMistake(_unknown(text), where, position)


def _parse_aggregate(name: str, inner: str, where: str, position: int) -> Field:
    family, dot, key = inner.partition(".")
    row = FAMILY_BY_NAME.get(family.casefold())
    if not dot or row is None or row.family is not Family.METRIC:
        suggestion = f"; did you mean {name}(metric.{key or inner})?" if len(inner) <= 60 else ""
        raise UserMistake(f"Only a metric has a {name}{suggestion}", where, position)
    return Field(Family.METRIC, _key(unquoted(key), row.family, where, position), Aggregate(name))


def _key(key: str, family: Family, where: str, position: int) -> str:
    if not key.strip():
        raise UserMistake(f"{family} needs a name after its dot, as in {family}.NAME", where, position)
    if len(key) > LONGEST_KEY:
        raise UserMistake(f"A {family} name has at most {LONGEST_KEY} characters", where, position)
    if family is Family.DATASET and key.casefold() not in DATASET_KEYS:
        raise UserMistake(f"A dataset has {', '.join(DATASET_KEYS)}{did_you_mean(key, DATASET_KEYS)}", where, position)
    return key.casefold() if family is Family.DATASET else key


def _unknown(text: str) -> str:
    prefix, dot, key = text.partition(".")
    shown = text if len(text) <= 60 else text[:57] + "..."
    if text.casefold() in FAMILY_BY_NAME:
        return f"{shown} needs a name: {FAMILY_BY_NAME[text.casefold()].name}.NAME"
    if dot and (family := nearest(prefix, (row.name for row in FAMILY_ROWS))):
        return f"{shown} is not a field; did you mean {family}.{key}?" if len(text) <= 60 else f"{shown} is not a field"
    if suggestion := did_you_mean(text, BY_NAME):
        return f"{shown} is not a field{suggestion}"
    known = ", ".join(row.name for row in ROWS[:6])
    return f"{shown} is not a field. Fields are {known} …, and tag., param., metric., property. with a name"


def unquoted(text: str) -> str:
    """``text`` without the quotes around it, if it has any; a backslash keeps a quote or a backslash."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'`":
        return _ESCAPED.sub(r"\1", text[1:-1])
    return str(text)  # a plain one: a lark token is a str, too


def quoted(text: str) -> str:
    """``text`` between double quotes, so that `unquoted` gives it back."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def field_to_text(field: Field) -> str:
    """The canonical spelling of a field: `parse_field` reads it back as an equal one."""
    if field.family is Family.ATTRIBUTE:
        return field.key
    key = field.key if _PLAIN_KEY.fullmatch(field.key) else quoted(field.key)
    name = f"{field.family}.{key}"
    return name if field.aggregate is Aggregate.LAST else f"{field.aggregate}({name})"

"""In which order, with which columns and in which groups does a list stand? The same field names everywhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from runs.limits import clean_text
from runs.mistakes import UserMistake
from runs.query_language.field_names import QUOTED, field_to_text, parse_field
from runs.query_language.fields import row_of
from runs.query_language.tree import Field

MOST_SORT_KEYS = 8
MOST_COLUMNS = 100
MOST_GROUPS = 3
LONGEST = 8192

T = TypeVar("T")
_PIECE = re.compile(rf"(?:[^,\"'`]|{QUOTED})+")


@dataclass(frozen=True, slots=True)
class SortKey:
    """One step of an order. Missing values come last either way; the run's id breaks ties."""

    field: Field
    descending: bool = False


def parse_sort(text: str) -> tuple[SortKey, ...]:
    """``-metric.acc,name`` as sort keys; a minus means largest first. Raises UserMistake (field "sort")."""
    keys: dict[Field, SortKey] = {}
    for piece, position in _pieces(text, "sort"):
        name = piece.removeprefix("-").removeprefix("+")
        field = parse_field(name, "sort", position + len(piece) - len(name))
        if not row_of(field).sortable:
            raise UserMistake(f"{field_to_text(field)} cannot be sorted by", "sort", position)
        keys.setdefault(field, SortKey(field, piece.startswith("-")))
    return _at_most(tuple(keys.values()), MOST_SORT_KEYS, "sort")


def sort_to_text(keys: Sequence[SortKey]) -> str:
    """The canonical text of an order: `parse_sort` reads it back."""
    return ",".join(f"{'-' if key.descending else ''}{field_to_text(key.field)}" for key in keys)


def parse_columns(text: str) -> tuple[Field, ...]:
    """``status,min(metric.loss),param.lr`` as fields, each once. Raises UserMistake (field "cols")."""
    fields = dict.fromkeys(parse_field(piece, "cols", position) for piece, position in _pieces(text, "cols"))
    return _at_most(tuple(fields), MOST_COLUMNS, "cols")


def columns_to_text(fields: Sequence[Field]) -> str:
    """The canonical text of columns or groups."""
    return ",".join(field_to_text(field) for field in fields)


def parse_group(text: str) -> tuple[Field, ...]:
    """``param.optimizer,status`` as the fields to group by, outermost first. Raises UserMistake (field "group")."""
    fields: dict[Field, None] = {}
    for piece, position in _pieces(text, "group"):
        field = parse_field(piece, "group", position)
        if not row_of(field).groupable:
            message = f"{field_to_text(field)} has too many values to group by"
            raise UserMistake(message, "group", position)
        fields[field] = None
    return _at_most(tuple(fields), MOST_GROUPS, "group")


def _pieces(text: str, where: str) -> list[tuple[str, int]]:
    """The comma-separated names with their columns; quotes keep a comma inside."""
    text = clean_text(text, where, LONGEST)
    pieces, position = [], 0
    while position < len(text):
        match = _PIECE.match(text, position)
        if match and match[0].strip():
            pieces.append((match[0].strip(), position + len(match[0]) - len(match[0].lstrip())))
        position = match.end() if match else position
        if position < len(text) and text[position] != ",":
            raise UserMistake("This quote is never closed", where, position)
        position += 1
    return pieces


def _at_most(found: tuple[T, ...], most: int, where: str) -> tuple[T, ...]:
    if len(found) > most:
        raise UserMistake(f"{where} takes at most {most} fields", where)
    return found

"""What does a written value mean on the field it is compared with? Text and field row -> typed value, or a mistake."""

import math
import re
from dataclasses import dataclass

from runs.mistakes import UserMistake
from runs.query_language.fields import STATUS_BY_EXACT_WORD, STATUS_BY_WORD, Kind, Row, status_set
from runs.query_language.suggestions import nearest
from runs.query_language.times import parse_age, parse_moment, shortest
from runs.query_language.tree import Age, Flag, Me, Moment, Number, Op, Range, Scalar, Unit, Value, Word

PATTERN_OPERATORS = frozenset({Op.CONTAINS, Op.LIKE, Op.NOT_LIKE, Op.ILIKE, Op.NOT_ILIKE})
ORDERING_OPERATORS = frozenset({Op.LESS, Op.LESS_EQUAL, Op.GREATER, Op.GREATER_EQUAL})

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE = re.compile(r"nan|[+-]?inf(?:inity)?", re.IGNORECASE | re.ASCII)
_RANGED = frozenset({Kind.TIME, Kind.DURATION, Kind.NUMBER, Kind.MIXED})
_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_LONGEST_SECONDS = 999_999_999


@dataclass(frozen=True, slots=True)
class Written:
    """A value as it stands in the query: its text without quotes, whether it had quotes, and its 0-based column."""

    text: str
    quoted: bool
    position: int

    @property
    def is_null(self) -> bool:
        """Whether it is the word null."""
        return not self.quoted and self.text.casefold() == "null"


def read_value(row: Row, name: str, op: Op, written: Written) -> Value:
    """``written`` as a value that ``op`` can compare the field with. ``name`` is the field as messages call it.

    Raises UserMistake at the value's column, saying what was expected and the nearest known value.
    """
    if op in PATTERN_OPERATORS:
        if not written.text:
            raise UserMistake(f"{name} {op} needs some text to look for", "query", written.position)
        return Word(written.text)
    value: Value | None = None
    if ".." in written.text and row.kind in _RANGED and not written.quoted:
        value = _read_range(row.kind, name, op, written)
    if value is None:
        value = _read_scalar(row.kind, written.text, written.quoted)
    if value is None:
        raise UserMistake(_expected(row.kind, name, written.text), "query", written.position)
    return value


def _read_scalar(kind: Kind, text: str, in_quotes: bool) -> Scalar | None:
    match kind:
        case Kind.STATUS:
            return status_set(text)
        case Kind.NUMBER:
            return read_number(text)
        case Kind.TIME:
            return parse_age(text) or parse_moment(text)
        case Kind.DURATION:
            return parse_age(text) or _read_seconds(text)
        case Kind.FLAG:
            return Flag(_FLAGS[text.casefold()]) if text.casefold() in _FLAGS else None
        case Kind.MIXED if not in_quotes and is_finite(text):
            return Number(text)
        case Kind.PERSON if not in_quotes and text.casefold() == "me":
            return Me()
    return Word(text)


def read_number(text: str) -> Number | None:
    """A number as people write it, also nan and inf; None if it is none, or is too large to be told from inf."""
    if is_finite(text):
        return Number(text)
    return Number(text.casefold()) if _NOT_FINITE.fullmatch(text) else None


def is_finite(text: str) -> bool:
    """Whether ``text`` reads as a finite number."""
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))


def _read_seconds(text: str) -> Age | None:
    if not is_finite(text) or not 0 <= float(text) <= _LONGEST_SECONDS:
        return None
    ms = round(float(text) * 1000)
    return Age(ms // 1000, Unit.SECOND) if ms % 1000 == 0 else shortest(ms)


def _read_range(kind: Kind, name: str, op: Op, written: Written) -> Range | None:
    """``a..b``, ``a..`` or ``..b``; None if the ends are no numbers, dates or ages, so that it may be plain text."""
    low_text, _, high_text = written.text.partition("..")
    ends = [_read_scalar(kind, text, False) if text else None for text in (low_text, high_text)]
    low, high = ends
    readable = all((end is not None and not isinstance(end, Word)) == bool(text)
                   for end, text in zip(ends, (low_text, high_text), strict=True))  # fmt: skip
    if not readable or (low is None and high is None):
        return None
    if op in ORDERING_OPERATORS:
        message = f"A range already says from where to where; write {name}:{written.text}"
        raise UserMistake(message, "query", written.position)
    if _runs_backwards(kind, low, high):
        message = f"This range runs backwards; did you mean {high_text}..{low_text}?"
        raise UserMistake(message, "query", written.position)
    return Range(low, high)


def _runs_backwards(kind: Kind, low: Scalar | None, high: Scalar | None) -> bool:
    match low, high:
        case Number(), Number():
            return low.value > high.value
        case Moment(), Moment():
            return low.ms > high.ms
        case Age(), Age():
            return kind is Kind.DURATION and low.ms > high.ms
    return False


def _expected(kind: Kind, name: str, text: str) -> str:
    shown = text if len(text) <= 60 else text[:57] + "..."
    if kind is not Kind.STATUS:
        return f"{name} is compared with {kind.expects}, not with {shown or 'nothing'}"
    words = {**STATUS_BY_WORD, **STATUS_BY_EXACT_WORD}
    found = nearest(text, words)
    suggestion = f"; did you mean {words[found].word}?" if found else ". Try failed, completed, running, waiting, ended"
    return f"{shown or 'Nothing'} is no status{suggestion}"

"""Which JSON is accepted? One meaning only: no duplicate names, no NaN unless asked for, no bottomless nesting."""

import json
import math
from typing import Any, NoReturn

import orjson

from runs.mistakes import UserMistake

DEEPEST = 64
_CONTAINERS = frozenset({dict, list})


def loads(body: bytes, *, allow_nan: bool = False) -> Any:
    """The value that ``body`` (UTF-8) says. Raises UserMistake, with the character position where it can.

    Refused: duplicate names in an object, nesting deeper than 64, numbers beyond a float, and the tokens NaN,
    Infinity and -Infinity unless ``allow_nan``. Left to the fields' own checks: integers beyond 64 bits (they may
    come as int or float), lone surrogates and NUL in strings (`limits.clean_text`).
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _loads_slowly(body, allow_nan)  # NaN tokens, lone surrogates, or a mistake to be named
    names = _count_names(value)
    # orjson keeps the last of two equal names in silence. Each name has a colon in the text, so when there are as
    # many colons as names kept, nothing was dropped (one level-wise walk, half the price of the slow parser).
    return value if body.count(b":") == names else _loads_slowly(body, allow_nan)


def _count_names(value: Any) -> int:
    """How many name-value pairs stand in ``value``, all levels together; UserMistake when it is too deep."""
    names = depth = 0
    level: list[Any] = [value] if value.__class__ in _CONTAINERS else []
    while level:
        depth += 1
        if depth > DEEPEST:
            _too_deep()
        names += sum(len(one) if one.__class__ is dict else 0 for one in level)
        level = [
            inner
            for one in level
            for inner in (one.values() if one.__class__ is dict else one)
            if inner.__class__ in _CONTAINERS
        ]
    return names


def _too_deep() -> NoReturn:
    raise UserMistake(f"This is not usable JSON: it is nested deeper than {DEEPEST} levels", "body")


def _loads_slowly(body: bytes, allow_nan: bool) -> Any:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise UserMistake(
            f"This is not JSON: the body is not UTF-8 at byte {error.start}", "body", error.start
        ) from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=None if allow_nan else _refuse_constant,
            parse_float=_finite,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UserMistake(f"This is not JSON: {error.msg} at {where}", "body", error.pos) from None
    except RecursionError:
        _too_deep()
    except ValueError:  # Python refuses to read an integer of more than 4,300 digits
        raise UserMistake("This is not usable JSON: a number has too many digits", "body") from None
    _count_names(value)
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise UserMistake(f"This is not usable JSON: the name {twice[:100]!r} stands twice in one object", "body")
    return found


def _refuse_constant(token: str) -> NoReturn:
    raise UserMistake(f"This is not JSON: {token} is no JSON number; write null or leave it out", "body")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise UserMistake(f"This is not usable JSON: the number {digits[:40]} is too large", "body")
    return number

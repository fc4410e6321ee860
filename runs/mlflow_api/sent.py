"""Which fields were sent, and are they what the protocol asks for? One object of JSON, or one query string."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from django.http import QueryDict

from runs.limits import BIGGEST_INTEGER, clean_text
from runs.mistakes import UserMistake

WHOLE = 2**31  # texts without a limit of their own are bounded by the body's
_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Sent:
    """The fields of one object. A name is taken in snake_case or in camelCase; null is the same as not sent.

    Every reader raises UserMistake naming the field and what was wrong with it.
    """

    __slots__ = ("_is_query", "_values", "_where")

    def __init__(self, values: Mapping[str, Any], where: str = "", *, is_query: bool = False) -> None:
        self._values = values
        self._where = where
        self._is_query = is_query

    @classmethod
    def from_query(cls, query: QueryDict) -> Sent:
        """The fields of a query string; a name that stands more than once is a list."""
        return cls({name: texts[0] if len(texts) == 1 else texts for name, texts in query.lists()}, is_query=True)

    def raw(self, name: str) -> Any:
        """What was sent under this name, unchecked; None when nothing was."""
        value = self._values.get(name)
        if "_" not in name:
            return value
        alias = _camel(name)
        if alias not in self._values:
            return value
        if name in self._values:
            raise UserMistake(f"Both {name!r} and {alias!r} were sent; send one of them.", self.path(name))
        return self._values[alias]

    def path(self, name: str) -> str:
        """A field's name with where it stands, as in ``metrics[3].key``."""
        return f"{self._where}.{name}" if self._where else name

    def has(self, name: str) -> bool:
        """Whether a value was sent under this name."""
        return self.raw(name) is not None

    def required(self, name: str) -> Any:
        """What was sent under this name. Raises UserMistake when it is missing or an empty text."""
        value = self.raw(name)
        if value is None or value == "":
            raise UserMistake(f"Missing value for required parameter '{self.path(name)}'.", self.path(name))
        return value

    def text(self, name: str, *, required: bool = False, limit: int = WHOLE) -> str:
        """A text of at most ``limit`` characters that both databases can keep; empty when not sent."""
        value = self.required(name) if required else self.raw(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.invalid(name, value, "expected a string")
        if len(value) > limit:
            raise UserMistake(
                f"'{self.path(name)}' exceeds the maximum length of {limit} characters: it has {len(value)}",
                self.path(name),
            )
        return clean_text(value, self.path(name), limit)

    def whole(
        self, name: str, *, default: int | None = None, low: int = -BIGGEST_INTEGER, high: int = BIGGEST_INTEGER
    ) -> int:
        """A whole number from ``low`` to ``high``, also when written as text or as 2.0. Required without a default."""
        value = self.raw(name)
        if value is None or value == "":
            if default is not None:
                return default
            value = self.required(name)
        number = _whole(value)
        if number is None:
            raise self.invalid(name, value, "expected a whole number")
        if not low <= number <= high:
            raise self.invalid(name, value, f"it must lie between {low} and {high}")
        return number

    def number(self, name: str) -> float:
        """A required double: a JSON number, or a text as in "NaN", "Infinity", "-Infinity" or "1e-3"."""
        value = self.required(name)
        number = _double(value)
        if number is None:
            raise self.invalid(name, value, "expected a number (a 64-bit double)")
        return number

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false, also as the words that a query string has for them."""
        value = self.raw(name)
        if value is None:
            return default
        if value in (True, "true", "True"):
            return True
        if value in (False, "false", "False"):
            return False
        raise self.invalid(name, value, "expected true or false")

    def word(self, name: str, known: Mapping[str, Any], *, default: str = "") -> str:
        """One of the ``known`` words. Required without a default."""
        value = self.raw(name)
        if value is None and default:
            return default
        value = self.required(name)
        if not isinstance(value, str) or value not in known:
            raise self.invalid(name, value, f"expected one of {', '.join(known)}")
        return value

    def texts(self, name: str, *, most: int) -> list[str]:
        """A list of at most ``most`` texts; empty when not sent. In a query string one text alone is a list of it."""
        value = self.raw(name)
        if self._is_query and isinstance(value, str):
            value = [value]
        items = self._list(name, value, most)
        for item in items:
            if not isinstance(item, str):
                raise self.invalid(name, item, "expected a list of strings")
            clean_text(item, self.path(name), WHOLE)
        return items

    def objects(self, name: str, *, most: int = WHOLE) -> list[Any]:
        """A list of at most ``most`` objects, each a dict, unread; empty when not sent."""
        items = self._list(name, self.raw(name), most)
        for index, item in enumerate(items):
            if not isinstance(item, dict):
                raise UserMistake(f"{self.path(name)}[{index}] must be an object.", self.path(name))
        return items

    def each(self, name: str, *, most: int = WHOLE) -> Iterator[Sent]:
        """The same, each to be read by its fields."""
        for index, item in enumerate(self.objects(name, most=most)):
            yield Sent(item, f"{self.path(name)}[{index}]")

    def child(self, name: str) -> Sent:
        """A required object inside this one."""
        value = self.required(name)
        if not isinstance(value, dict):
            raise UserMistake(f"'{self.path(name)}' must be an object.", self.path(name))
        return Sent(value, self.path(name))

    def invalid(self, name: str, value: Any, reason: str) -> UserMistake:
        """The mistake that says what was wrong with a value."""
        path = self.path(name)
        return UserMistake(f"Invalid value {shown(value)} for parameter '{path}' supplied: {reason}.", path)

    def _list(self, name: str, value: Any, most: int) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.invalid(name, value, "expected a list")
        if len(value) > most:
            raise UserMistake(f"'{self.path(name)}' has {len(value)} entries; the limit is {most}.", self.path(name))
        return value


def shown(value: Any) -> str:
    """A value as a message quotes it: JSON, and not more than 200 characters of it."""
    text = json.dumps(value, ensure_ascii=True, default=str)
    return text if len(text) <= 200 else f"{text[:200]}..."


_aliases: dict[str, str] = {}


def _camel(name: str) -> str:
    alias = _aliases.get(name)
    if alias is None:
        first, *others = name.split("_")
        alias = _aliases[name] = first + "".join(part.capitalize() for part in others)
    return alias


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value.is_integer() else None
    if isinstance(value, str) and len(value) <= 20 and value.isascii() and value.removeprefix("-").isdigit():
        return int(value)
    return None


def _double(value: Any) -> float | None:
    if isinstance(value, float):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, str) and (value in _NUMBERS or not value.isascii() or "_" in value):
        return _NUMBERS.get(value)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None

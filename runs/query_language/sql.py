"""How are pieces of SQL put together so that their parameters stay beside them? Text and values travel as one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sql:
    """SQL text with ``%s`` places, and the values for them in order. Values of users stand in ``params`` only."""

    text: str
    params: tuple[Any, ...] = ()

    def __add__(self, other: "Sql | str") -> "Sql":
        """One after the other."""
        if isinstance(other, str):
            return Sql(self.text + other, self.params)
        return Sql(self.text + other.text, self.params + other.params)

    def __radd__(self, other: str) -> "Sql":
        """Text of ours before it."""
        return Sql(other + self.text, self.params)


TRUE = Sql("1=1")
FALSE = Sql("1=0")


def value(given: Any) -> Sql:
    """A bound value."""
    return Sql("%s", (given,))


def literal(given: int) -> Sql:
    """A number of ours in the text itself: PostgreSQL plans LIMIT well only when it sees the number."""
    return Sql(str(int(given)))


def listed(values: Iterable[Any]) -> Sql:
    """``(%s, %s, …)``, for IN."""
    found = tuple(values)
    return Sql(f"({', '.join(['%s'] * len(found))})", found)


def joined(word: str, parts: Iterable[Sql]) -> Sql:
    """The parts with ``word`` between them."""
    found = list(parts)
    return Sql(word.join(part.text for part in found), tuple(given for part in found for given in part.params))


def all_of(parts: Iterable[Sql]) -> Sql:
    """All of them; true when there is none."""
    found = [part for part in parts if part is not TRUE]
    if not found:
        return TRUE
    return found[0] if len(found) == 1 else "(" + joined(" AND ", found) + ")"


def any_of(parts: Iterable[Sql]) -> Sql:
    """Any of them; false when there is none."""
    found = list(parts)
    if not found:
        return FALSE
    return found[0] if len(found) == 1 else "(" + joined(" OR ", found) + ")"


def opposite(part: Sql) -> Sql:
    """The opposite of a condition that is never NULL."""
    return "NOT (" + part + ")"

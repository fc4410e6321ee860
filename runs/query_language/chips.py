"""Which parts of a query can be taken off or turned around one by one? One chip a part that must hold."""

from collections.abc import Iterable
from dataclasses import dataclass

from runs.query_language.printing import to_text
from runs.query_language.tree import And, Node, Not, Span, conjunction
from runs.query_language.words import to_words


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of a query: its canonical text, its words, and where it stands in the text it was read from."""

    index: int
    text: str
    words: str
    span: Span
    node: Node


def chips(tree: Node | None) -> tuple[Chip, ...]:
    """The parts that must all hold, from left to right; their ``index`` is what `without` and `negated` take."""
    return tuple(Chip(index, to_text(part), to_words(part), part.span, part) for index, part in enumerate(_parts(tree)))


def without(tree: Node | None, index: int) -> str:
    """The query text without part ``index``; unchanged if there is no such part."""
    return to_text(_all(part for at, part in enumerate(_parts(tree)) if at != index))


def negated(tree: Node | None, index: int) -> str:
    """The query text with part ``index`` turned around: NOT added, or taken off."""
    return to_text(_all(_opposite(part) if at == index else part for at, part in enumerate(_parts(tree))))


def narrowed(tree: Node | None, part: Node) -> str:
    """The query text with ``part`` added, unless it stands there already."""
    parts = _parts(tree)
    return to_text(tree if part in parts else conjunction([*parts, part]))


def _opposite(part: Node) -> Node:
    return part.part if isinstance(part, Not) else Not(part)


def _parts(tree: Node | None) -> tuple[Node, ...]:
    return () if tree is None else tree.parts if isinstance(tree, And) else (tree,)


def _all(parts: Iterable[Node]) -> Node | None:
    given = list(parts)
    return conjunction(given) if given else None

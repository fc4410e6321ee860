"""What does somebody ask of the run list? A page's or a client's parameters as one typed, frozen value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from runs.mistakes import UserMistake
from runs.query_language import order
from runs.query_language.order import SortKey
from runs.query_language.parser import parse
from runs.query_language.tree import Field, Node
from runs.reading.cursors import Cursor, read_cursor

PAGE_SIZES = (25, 50, 100, 200)
PAGE_SIZE = 50
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RunSearch:
    """A question to the run list. ``mistakes`` holds what could not be read, each with its parameter and column.

    ``nested`` lists root runs only: asked for by ``nest=1``, and the default when there is no query.
    """

    text: str = ""
    tree: Node | None = None
    sort: tuple[SortKey, ...] = ()
    columns: tuple[Field, ...] | None = None
    group: tuple[Field, ...] = ()
    nest: bool | None = None
    page_size: int = PAGE_SIZE
    after: Cursor | None = None
    before: Cursor | None = None
    mistakes: tuple[UserMistake, ...] = field(default=(), compare=False)

    @property
    def nested(self) -> bool:
        """Whether child runs stand under their parents instead of in the list."""
        return self.nest if self.nest is not None else self.tree is None and not self.mistakes_in("q")

    @property
    def sort_text(self) -> str:
        """The sort as it stands in a URL; empty for newest first."""
        return order.sort_to_text(self.sort) if self.sort else ""

    def mistakes_in(self, parameter: str) -> tuple[UserMistake, ...]:
        """The mistakes of one parameter."""
        return tuple(mistake for mistake in self.mistakes if mistake.field == parameter)

    @classmethod
    def from_query(cls, given: Mapping[str, str]) -> "RunSearch":
        """The search that ``q, sort, cols, group, nest, rows, after, before`` ask for. Never raises for bad input."""
        reader = _Reader(given)
        text = reader.text("q")
        tree = reader.read("q", parse, None)
        nothing: tuple[SortKey, ...] = ()
        sort = reader.read("sort", order.parse_sort, nothing)
        sort_text = order.sort_to_text(sort) if sort else ""
        return cls(
            text=text,
            tree=tree,
            sort=sort,
            columns=reader.read("cols", order.parse_columns, None),
            group=reader.read("group", order.parse_group, ()),
            nest={"1": True, "0": False}.get(reader.text("nest")),
            page_size=reader.read("rows", _page_size, PAGE_SIZE),
            after=reader.read("after", lambda value: read_cursor(value, sort_text, "after"), None),
            before=reader.read("before", lambda value: read_cursor(value, sort_text, "before"), None),
            mistakes=tuple(reader.mistakes),
        )

    def to_query(self) -> dict[str, str]:
        """The parameters that give this search back; defaults are left out."""
        pairs = {
            "q": self.text,
            "sort": self.sort_text,
            "cols": order.columns_to_text(self.columns) if self.columns is not None else "",
            "group": order.columns_to_text(self.group),
            "nest": "" if self.nest is None else str(int(self.nest)),
            "rows": "" if self.page_size == PAGE_SIZE else str(self.page_size),
            "after": self.after.to_text() if self.after is not None else "",
            "before": self.before.to_text() if self.before is not None else "",
        }
        return {name: text for name, text in pairs.items() if text}


class _Reader:
    """Reads parameters one by one and keeps the mistakes."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given
        self.mistakes: list[UserMistake] = []

    def text(self, name: str) -> str:
        return str(self.given.get(name) or "").strip()

    def read(self, name: str, parse_it: Callable[[str], _T], default: _T) -> _T:
        """The parsed parameter, or the default when it is absent or wrong."""
        text = str(self.given.get(name) or "")
        if not text.strip():
            return default
        try:
            return parse_it(text)
        except UserMistake as mistake:
            self.mistakes.append(type(mistake)(mistake.message, name, mistake.position))
            return default


def _page_size(text: str) -> int:
    if text.isdigit() and len(text) < 5 and int(text) in PAGE_SIZES:
        return int(text)
    raise UserMistake(f"A page has {', '.join(map(str, PAGE_SIZES))} rows, not {text[:20]!r}.", "rows")

"""What stands around the run list's table? What is asked, in words and chips, and links that ask for something else."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from runs.query_language.chips import chips, narrowed, negated, without
from runs.query_language.fields import status_set
from runs.query_language.printing import to_text
from runs.query_language.tree import Condition, Family, Field, Not, Op, leaves
from runs.query_language.words import to_words
from runs.reading.find_runs import Count, RunPage
from runs.reading.run_search import PAGE_SIZES, RunSearch
from runs.reading.status_counts import StatusCounts
from runs.statuses import Status

STATUS = Field(Family.ATTRIBUTE, "status")
_GROUPS = (
    ("Running", "running", Status.RUNNING),
    ("Waiting", "waiting", Status.QUEUED),
    ("Completed", "completed", Status.COMPLETED),
    ("Failed", "failed", Status.FAILED),
    ("Canceled", "canceled", Status.CANCELED),
)


@dataclass(frozen=True, slots=True)
class ShownChip:
    """A condition of the query, as components/chip.html takes it."""

    words: str
    title: str
    negated: bool
    warning: bool
    negate_url: str
    remove_url: str


@dataclass(frozen=True, slots=True)
class StatusLink:
    """A state one can narrow to; ``n`` is None where the number would not be what the link shows."""

    label: str
    status: Status | None
    n: int | None
    url: str
    current: bool


class Address:
    """The list's URL, with some parameters changed. A change of anything starts again at the first page."""

    def __init__(self, path: str, search: RunSearch) -> None:
        self.path = path
        self.query = search.to_query()

    def with_(self, **changes: str) -> str:
        """The URL with these parameters; an empty one is left out."""
        query = {name: text for name, text in self.query.items() if name not in {"after", "before"}} | changes
        query = {name: text for name, text in query.items() if text}
        return f"{self.path}?{urlencode(query)}" if query else self.path


def controls(search: RunSearch, page: RunPage, counts: StatusCounts, address: Address) -> dict[str, Any]:
    """Everything around the table: what is asked, in words and chips, and the links that ask for something else."""
    mistake = next(iter(search.mistakes_in("q")), None)
    shown = [] if mistake else _chips(search, page, address)
    state = [(name, text) for name, text in search.to_query().items() if name not in {"q", "after", "before"}]
    return {
        "path": address.path,
        "state": [{"name": name, "value": text} for name, text in state],
        "mistake": mistake,
        "other_mistakes": [other for other in search.mistakes if other.field != "q"],
        "echo": f"Runs where {to_words(search.tree)}" if search.tree is not None else "",
        "chips": shown,
        "status_links": _status_links(search, counts, address),
        "nest_url": address.with_(nest="1"),
        "flat_url": address.with_(nest="0"),
        "clear_url": address.with_(q=""),
        "unsorted_url": address.with_(sort="") if search.sort else "",
        "sizes": [{"n": n, "url": address.with_(rows=str(n)), "current": n == search.page_size} for n in PAGE_SIZES],
        "next_url": address.with_(after=page.next) if page.next else "",
        "previous_url": address.with_(before=page.previous) if page.previous else "",
        "is_empty_place": counts.total == 0 and counts.archived == 0 and search.tree is None and not mistake,
        "title_counts": _title_counts(counts),
    }


def _chips(search: RunSearch, page: RunPage, address: Address) -> list[ShownChip]:
    warned = {warning.position for warning in page.warnings}
    return [
        ShownChip(
            words=to_words(chip.node.part) if isinstance(chip.node, Not) else chip.words,
            title=chip.text,
            negated=isinstance(chip.node, Not),
            warning=any(leaf.span[0] in warned for leaf in leaves(chip.node) if isinstance(leaf, Condition)),
            negate_url=address.with_(q=negated(search.tree, chip.index)),
            remove_url=address.with_(q=without(search.tree, chip.index)),
        )
        for chip in chips(search.tree)
    ]


def _status_links(search: RunSearch, counts: StatusCounts, address: Address) -> list[StatusLink]:
    """The states that any run is in. The numbers speak of all runs, so they stand only where nothing else narrows."""
    parts = chips(search.tree)
    own = [chip for chip in parts if isinstance(chip.node, Condition) and chip.node.field == STATUS]
    alone = len(parts) == len(own)
    rest = RunSearch.from_query({"q": without(search.tree, own[0].index)}).tree if own else search.tree
    found = [StatusLink("All", None, counts.total if alone else None, address.with_(q=to_text(rest)), not own)]
    for label, word, status in _GROUPS:
        values = status_set(word)
        n = sum(counts.by_status.get(one, 0) for one in values.statuses) if values else 0
        if values and n:
            condition = Condition(STATUS, Op.EQUAL, (values,))
            url = address.with_(q=narrowed(rest, condition))
            current = bool(own) and own[0].node == condition
            found.append(StatusLink(label, status, n if alone else None, url, current))
    return found


def count_words(count: Count | None, shown: int, *, nested: bool) -> str:
    """What stands under the table: how many rows of how many; None is a count that nobody has made yet."""
    noun = "top-level runs" if nested else "runs"
    if count is None:
        return f"{shown:,} {noun} shown"
    if count.n is None:
        return f"{shown:,} {noun} shown; too many to count quickly"
    if count.n == 1:
        return f"1 {noun[:-1]}"
    total = f"{count.n:,}{'+' if count.capped else ''}"
    return f"{total} {noun}" if shown == count.n else f"{shown:,} of {total} {noun}"


def _title_counts(counts: StatusCounts) -> str:
    failed, running = counts.by_status.get(Status.FAILED, 0), counts.by_group["running"]
    parts = [f"{running:,} running" if running else "", f"{failed:,} failed" if failed else ""]
    return ", ".join(part for part in parts if part)

"""What happened to a run? Its changes, newest first, a page at a time."""

from dataclasses import dataclass

from runs.models import Change, Run

PAGE = 100
_LONGEST_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Event:
    """One change: who, when (ms since 1970), through which door, what, before and after.

    A text over 2,000 characters is cut, and ``cut`` says so. None means there was or is no value.
    """

    id: int
    at: int
    who: str
    door: str
    what: str
    key: str
    before: str | None
    after: str | None
    cut: bool


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """Up to 100 events; ``older`` is the cursor of the next page, None at the end."""

    events: tuple[Event, ...]
    older: int | None


def find_activity(run: Run, before: int | None = None) -> ActivityPage:
    """The changes of a run, newest first, older than the event ``before``. One query on an index."""
    rows = Change.objects.filter(run_id=run.pk, run__isnull=False).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.values_list("id", "at", "who", "door", "what", "key", "before", "after")[: PAGE + 1])
    events = tuple(_event(*row) for row in found[:PAGE])
    return ActivityPage(events, events[-1].id if len(found) > PAGE else None)


def _event(
    number: int, at: int, who: str, door: str, what: str, key: str, before: str | None, after: str | None
) -> Event:
    cut = any(len(text or "") > _LONGEST_SHOWN for text in (before, after))
    return Event(number, at, who, door, what, key, _short(before), _short(after), cut)


def _short(text: str | None) -> str | None:
    return text if text is None else text[:_LONGEST_SHOWN]

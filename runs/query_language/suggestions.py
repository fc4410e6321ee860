"""Which known name did somebody probably mean?"""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

_LONGEST = 64  # the comparison is quadratic in the length, and nobody mistypes a longer name
_MOST = 2_000


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The name of ``known`` (its first 2,000) that is most like ``name`` whatever the case, or None if none is."""
    if not name or len(name) > _LONGEST:
        return None
    names = {candidate.casefold(): candidate for candidate in islice(known, _MOST) if len(candidate) <= 2 * _LONGEST}
    close = get_close_matches(name.casefold(), names, n=1, cutoff=0.6)
    if close:
        return names[close[0]]
    longer = [folded for folded in names if len(name) >= 3 and folded.startswith(name.casefold())]
    return names[min(longer, key=len)] if longer else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message: ``; did you mean loss?`` or nothing."""
    found = nearest(name, known)
    return f"; did you mean {found}?" if found else ""

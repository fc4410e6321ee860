"""How do values look on a page: states, icons, numbers, sizes, durations and moments?

Plain functions, registered as template tags and filters, and given to the fast (Jinja2) templates as they are.
What is missing is shown as "–", never as 0.
"""

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache

from django import template
from django.http import QueryDict
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from runs.statuses import Status
from studio.database import now_ms

register = template.Library()

MISSING = "–"
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
SIGNIFICANT_DIGITS = 5

S = Status
_LOOK: dict[Status, tuple[str, str, str]] = {
    **dict.fromkeys(
        (S.NOT_STARTED, S.QUEUED, S.PREPARING, S.PROVISIONING, S.STARTING, S.PAUSING, S.PAUSED, S.UNAPPROVED),
        ("idle", "circle-dashed", "waiting"),
    ),
    S.RUNNING: ("run", "running", "running"),
    S.FINALIZING: ("run", "running", "running"),
    S.COMPLETED: ("ok", "check", "completed"),
    S.FAILED: ("fail", "x", "failed"),
    S.CANCEL_REQUESTED: ("idle", "ban", "canceled"),
    S.CANCELED: ("idle", "ban", "canceled"),
    S.NOT_RESPONDING: ("stale", "triangle-alert", "not responding"),
}


@cache
def _sprite() -> str:
    return static("icons/sprite.svg")


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """An icon of the sprite. Without a label it is decoration; ``size`` is empty, ``large`` or ``huge``."""
    return _icon_html(name, label, size)


@lru_cache(maxsize=512)
def _icon_html(name: str, label: str, size: str) -> SafeString:
    """A page has some forty, of a dozen kinds."""
    kind = f"icon {size}".strip()
    if label:
        shape = '<svg class="{}" role="img" aria-label="{}"><use href="{}#{}"/></svg>'
        return format_html(shape, kind, label, _sprite(), name)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', kind, _sprite(), name)


@register.simple_tag
def icon_url(name: str) -> str:
    """The address of an icon's symbol, for an ``<svg>`` with classes of its own."""
    return f"{_sprite()}#{name}"


@register.filter
def status_words(status: int) -> str:
    """A state as people read it: ``Not responding``, ``Cancel requested``."""
    return Status(status).name.replace("_", " ").capitalize()


@register.filter
def status_tone(status: int) -> str:
    """The tone of a state: run, ok, fail, stale or idle."""
    return _LOOK[Status(status)][0]


@cache
def _status_html(status: Status, plain: bool) -> SafeString:
    tone, shape, _ = _LOOK[status]
    return format_html(
        '<span class="status{}" data-tone="{}">{}{}</span>',
        " plain" if plain else "", tone, icon(shape), status_words(status),
    )  # fmt: skip


@register.simple_tag
def status_pill(status: int, plain: bool = False) -> SafeString:
    """A state as shape, word and colour. Cached: two dozen different ones exist."""
    return _status_html(Status(status), plain)


@register.simple_tag
def status_icon(status: int) -> SafeString:
    """Only the shape of a state, where its word stands beside it anyway."""
    return icon(_LOOK[Status(status)][1])


@register.filter
def number(value: float | Decimal | None) -> str:
    """A value for people: five significant digits, thousands separated, NaN and infinities by name.

    >>> number(0.000123456), number(1234567), number(None), number(float("-inf"))
    ('1.2346e-4', '1,234,567', '–', '-Inf')
    """
    if value is None or value == "":
        return MISSING
    if isinstance(value, int):
        return f"{value:,}" if abs(value) < 10**15 else _scientific(Decimal(value))
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    size = abs(value)
    if size >= 10**15 or 0 < size < 0.001:
        return _scientific(value)
    if value == int(value):
        return f"{int(value):,}"
    before_point = len(str(int(size))) if size >= 1 else 0
    leading_zeros = 0 if size >= 0.1 else 1 if size >= 0.01 else 2
    decimals = max(SIGNIFICANT_DIGITS - before_point + leading_zeros, 1 if before_point >= SIGNIFICANT_DIGITS else 0)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".")


def _scientific(value: float | Decimal) -> str:
    digits, _, exponent = f"{value:.{SIGNIFICANT_DIGITS - 1}e}".partition("e")
    return f"{digits.rstrip('0').rstrip('.')}e{int(exponent)}"


@register.filter
def exact(value: float | None) -> str:
    """A value with every digit it has, for ``title`` and copying."""
    if value is None:
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return number(value)
    return repr(value)


@register.filter
def file_size(size: int | None) -> str:
    """Bytes for people, in powers of 1024: ``0 B``, ``1.5 KB``, ``12 MB``."""
    if size is None:
        return MISSING
    if size < 1024:
        return f"{size} B"
    amount = float(size)
    for unit in ("KB", "MB", "GB", "TB", "PB"):
        amount /= 1024
        if amount < 1023.5 or unit == "PB":
            break
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:,.0f} {unit}"


@register.filter
def duration(length: int | None) -> str:
    """A length of time, given in ms, in its two largest units: ``0.4s``, ``12s``, ``3m 05s``, ``2h 14m``, ``3d 4h``."""
    if length is None:
        return MISSING
    length = max(int(length), 0)
    if length < 10 * SECOND:
        return f"{length // 100 / 10:.1f}s"
    if length < MINUTE:
        return f"{length // SECOND}s"
    if length < HOUR:
        return f"{length // MINUTE}m {length % MINUTE // SECOND:02}s"
    if length < DAY:
        return f"{length // HOUR}h {length % HOUR // MINUTE:02}m"
    return f"{length // DAY}d {length % DAY // HOUR}h"


def relative(moment: int, now: int) -> str:
    """How long ago, in one unit; beyond a week the date. static/js/time.js says the same."""
    past = now - moment
    if past < 0:
        return "now" if past > -MINUTE else moment_text(moment)
    if past < 45 * SECOND:
        return "just now"
    if past < HOUR:
        return f"{max(past // MINUTE, 1)} min ago"
    if past < DAY:
        return f"{past // HOUR} h ago"
    if past < 7 * DAY:
        days = past // DAY
        return "yesterday" if days == 1 else f"{days} days ago"
    return moment_text(moment)[:10]


def _moment(moment: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(moment / 1000, tz=datetime.UTC)


@register.filter
def moment_text(moment: int | None) -> str:
    """A moment in ms since 1970 as ``2026-11-23 19:44:05`` (UTC)."""
    return MISSING if moment is None else _moment(moment).strftime("%Y-%m-%d %H:%M:%S")


@register.filter
def ago(moment: int | None) -> SafeString:
    """A moment as a ``<time>`` element that says how long ago, titled with the exact one. JavaScript keeps it true."""
    if moment is None:
        return mark_safe(MISSING)  # noqa: S308 - a constant
    # Fifty a page: every part is ours and holds nothing to escape, so no `format_html`.
    exact = _moment(moment).isoformat(timespec="milliseconds")[:23]
    title = f"{exact[:10]} {exact[11:19]} UTC"
    words = relative(moment, now_ms())
    return mark_safe(f'<time datetime="{exact}Z" title="{title}" data-relative>{words}</time>')  # noqa: S308


@register.simple_tag
def running_for(started: int | None) -> SafeString:
    """How long something has been running since ``started`` (ms since 1970); JavaScript lets it grow."""
    if started is None:
        return mark_safe(MISSING)  # noqa: S308 - a constant
    return format_html('<span data-since="{}">{}</span>', started, duration(now_ms() - started))


@register.filter
def middle(text: str, length: int = 13) -> str:
    """An id cut in the middle to ``length`` characters, since both ends tell ids apart: ``4f1c2a…9be0d1``."""
    if len(text) <= length:
        return text
    head = length // 2
    return f"{text[:head]}…{text[-(length - 1 - head) :]}"


@register.filter
def before(text: str, position: int) -> str:
    """The part of ``text`` before a 0-based column, to put a mark under that column."""
    return text[: max(int(position), 0)]


@register.simple_tag(takes_context=True)
def url_with(context: Mapping[str, object], **changes: object) -> str:
    """This page's query string with some parameters changed (``None`` or empty removes): ``?q=loss&sort=name``.

    A change of anything but the cursor starts again at the first page.
    """
    request = context["request"]
    query: QueryDict = request.GET.copy()  # type: ignore[attr-defined]
    if "cursor" not in changes:
        query.pop("cursor", None)
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.simple_tag
def sparkline(values: Sequence[float | None], label: str = "") -> SafeString:
    """A small line of at most some 60 values, oldest first; a missing or not finite value is a gap."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if len(finite) < 2:
        return mark_safe(MISSING)  # noqa: S308 - a constant
    low, span = min(finite), (max(finite) - min(finite)) or 1.0
    step = 96 / max(len(values) - 1, 1)
    lines = [
        " ".join(f"{x * step:.1f},{20 - 18 * (y - low) / span:.1f}" for x, y in piece) for piece in _pieces(values)
    ]
    shapes = format_html_join("", '<polyline points="{}"/>', ((line,) for line in lines))
    words = label or f"from {number(finite[0])} to {number(finite[-1])}"
    shape = '<svg class="sparkline" viewBox="0 0 96 22" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    return format_html(shape, words, shapes)


def _pieces(values: Iterable[float | None]) -> list[list[tuple[int, float]]]:
    """Runs of neighbouring finite values, each with its place."""
    pieces: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None or not math.isfinite(value):
            pieces.append([])
        else:
            pieces[-1].append((place, value))
    return [piece for piece in pieces if piece]

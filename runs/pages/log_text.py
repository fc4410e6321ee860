"""How does a line of a log look on a page? Escaped first, then coloured; of a redrawn line its last state."""

import re

from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

_SEQUENCE = re.compile(r"\x1b(?:\[([0-9;]*)([A-Za-z])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_STYLES = {1: "bold", 2: "faint", 3: "italic", 4: "underline"}
_ERROR = re.compile(
    r"^\s*(?:Traceback \(most recent call last\)|(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)\b)"
    r"|\b(?:ERROR|FATAL|CRITICAL)\b"
)


def line_html(text: str) -> SafeString:
    """A line as safe HTML: terminal colours become classes, other commands vanish, ``\\r`` redraws the line."""
    text = _last_state(text)
    if "\x1b" not in text:
        return escape(text)
    pieces: list[tuple[str, str]] = []
    style: dict[str, str] = {}
    at = 0
    for match in _SEQUENCE.finditer(text):
        pieces.append((" ".join(style.values()), text[at : match.start()]))
        at = match.end()
        if match[2] == "m":
            _apply(style, match[1])
    pieces.append((" ".join(style.values()), text[at:]))
    return format_html_join("", "{}", ((_dressed(classes, piece),) for classes, piece in pieces if piece))


def is_error_line(text: str) -> bool:
    """Whether a line tells of an error: the head of a traceback, an exception's name in front, or a level of log."""
    return bool(_ERROR.search(_SEQUENCE.sub("", text[:400])))


def _last_state(text: str) -> str:
    """What a terminal shows after carriage returns: the last piece that is not empty (progress bars end in one)."""
    if "\r" not in text:
        return text
    return next((piece for piece in reversed(text.split("\r")) if piece), "")


def _apply(style: dict[str, str], codes: str) -> None:
    numbers = [int(code or 0) for code in codes.split(";")[:16] if len(code) < 5]
    for code in numbers:
        if code in (38, 48):  # a colour of 256 or of all: what follows are its parts
            return
        if code == 0:
            style.clear()
        elif code in _STYLES:
            style[_STYLES[code]] = f"ansi-{_STYLES[code]}"
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style["colour"] = f"ansi-{_COLOURS[code % 10]}"
        elif code == 39:
            style.pop("colour", None)
        elif code == 22:
            style.pop("bold", None)
            style.pop("faint", None)


def _dressed(classes: str, text: str) -> SafeString:
    if not classes:
        return escape(text)
    return mark_safe(f'<span class="{classes}">{escape(text)}</span>')  # noqa: S308 - classes are ours, text is escaped

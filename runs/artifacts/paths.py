"""Which path may a file of a run have? One that means the same place, and no harm, on every system."""

import re

from runs.limits import clean_text
from runs.mistakes import UserMistake

LONGEST_PATH = 1000
LONGEST_SEGMENT = 250

# What is left after the one decoding that URLs get: a second decoding somewhere must not make a separator of it.
_ENCODED = re.compile(r"%(?:25)*(?:2e|2f|5c|00)", re.IGNORECASE)
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)  # also what turns the reading direction
_DRIVE = re.compile(r"[A-Za-z]:")
_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"]
    + [f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"]
)


def safe_path(path: object, field: str = "path") -> str:
    """``path`` if it is a plain relative one: names divided by single slashes, at most 1,000 characters in all.

    Raises UserMistake that says what is wrong with it. Nothing is repaired in silence.
    """
    text = clean_text(path, field, LONGEST_PATH)
    if not text:
        raise UserMistake("A file needs a path.", field)
    if reason := _whole_is_bad(text) or next(filter(None, map(_segment_is_bad, text.split("/"))), ""):
        raise UserMistake(f"The path {text[:200]!r} cannot be used: {reason}.", field)
    return text


def safe_folder(path: object, field: str = "path") -> str:
    """The same for a folder, where empty means the top and one slash at the end does no harm."""
    text = clean_text(path, field, LONGEST_PATH + 1)
    return safe_path(text.removesuffix("/"), field) if text not in {"", "/"} else ""


def split(path: str) -> tuple[str, str]:
    """A safe path as (folder, name); the top folder is empty."""
    folder, _, name = path.rpartition("/")
    return folder, name


def folders_above(path: str) -> list[str]:
    """The folders that a safe path lies in, from the top down: ``a/b/c`` lies in ``a`` and ``a/b``."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _whole_is_bad(text: str) -> str:
    if text.startswith("/") or _DRIVE.match(text):
        return "it must be relative, without a drive or a leading slash"
    if "\\" in text:
        return "it contains a backslash; divide folders by /"
    if _CONTROL.search(text):
        return "it contains a control character"
    if _ENCODED.search(text):
        return "it contains an encoded dot, slash, backslash or NUL"
    return ""


def _segment_is_bad(segment: str) -> str:
    if not segment:
        return "it has an empty name between or after slashes"
    if not segment.strip(" ."):
        return f"{segment!r} is no name of a file or folder"
    if len(segment) > LONGEST_SEGMENT:
        return f"a name in it has {len(segment)} characters; the limit is {LONGEST_SEGMENT}"
    if segment.split(".")[0].strip().upper() in _DEVICES:
        return f"{segment!r} is the name of a device on Windows"
    return ""

"""Which names may metrics, parameters and tags have here? MLflow's own rule, so that no client is surprised."""

import posixpath
import re
from collections.abc import Iterable

from runs.limits import KEY
from runs.mistakes import UserMistake
from runs.mlflow_api.sent import Sent

_ALLOWED = re.compile(r"[/\w.\- :]+")
_PLAIN = re.compile(r"[\w\- :]+(?:\.[\w\- :]+)*")  # neither slashes nor dots at an end: no path to look at


def bad_name(name: str) -> str:
    """Why a name cannot be used; empty when it can."""
    if _PLAIN.fullmatch(name) and len(name) <= KEY:
        return ""
    if len(name) > KEY:
        return f"'key' exceeds the maximum length of {KEY} characters: it has {len(name)}"
    if not _ALLOWED.fullmatch(name):
        return (
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), "
            "spaces ( ), colon(:) and slashes (/)."
        )
    plain = posixpath.normpath(name)
    if plain != name or plain == "." or plain.startswith(("..", "/")):
        return f"Names may be treated as files in certain cases, and this one would resolve to {plain!r}"
    return ""


def checked_name(sent: Sent, kind: str, field: str = "key") -> str:
    """The name in a field. Raises UserMistake naming the field; ``kind`` is metric, parameter or tag."""
    name = sent.text(field, required=True)
    if reason := bad_name(name):
        raise UserMistake(f"Invalid {kind} name {name[:260]!r} for '{sent.path(field)}': {reason}", sent.path(field))
    return name


def tag_key(sent: Sent) -> str:
    """The name of a tag to be set."""
    return checked_name(sent, "tag")


def key_value_pairs(sent: Sent, field: str, *, value_limit: int, most: int = 1000, kind: str = "tag") -> dict[str, str]:
    """A list of ``{key, value}`` as a dict; the last of several tags with one key counts."""
    return {checked_name(item, kind): item.text("value", limit=value_limit) for item in sent.each(field, most=most)}


def unique_pairs(items: Iterable[Sent], *, value_limit: int) -> dict[str, str]:
    """Parameters as a dict. Raises UserMistake when one key comes with two values."""
    found: dict[str, str] = {}
    for item in items:
        key, value = checked_name(item, "parameter"), item.text("value", limit=value_limit)
        if found.setdefault(key, value) != value:
            raise UserMistake(
                f"Duplicate parameter keys have been submitted: [{key!r}]. Please ensure the request contains "
                "only one param value per param key.",
                item.path("key"),
            )
    return found

"""Which functions do the fast (Jinja2) templates have? Only those of the look: no query can start there."""

from typing import Any

from jinja2 import Environment, StrictUndefined

from runs.templatetags import look


def environment(**options: Any) -> Environment:
    """The Jinja2 environment of ``templates/fast``: autoescaping on, an undefined name is an error."""
    made = Environment(**options | {"undefined": StrictUndefined})  # noqa: S701 - Django passes autoescape=True
    made.trim_blocks = made.lstrip_blocks = True
    made.filters |= {
        "number": look.number,
        "exact": look.exact,
        "duration": look.duration,
        "ago": look.ago,
        "middle": look.middle,
        "status_words": look.status_words,
    }
    made.globals |= {"zip": zip, "status_pill": look.status_pill, "status_icon": look.status_icon, "icon": look.icon}
    return made

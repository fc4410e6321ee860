"""Which functions do the fast (Jinja2) templates have? Only those of the look: no query can start there."""

from typing import Any

from jinja2 import Environment


def environment(**options: Any) -> Environment:
    """The Jinja2 environment of ``templates/fast``: autoescaping on, undefined names are errors in tests."""
    return Environment(**options)  # noqa: S701 - Django passes autoescape=True

"""What does every page's frame show? The person's workspaces and theme."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from runs.access import workspaces_of


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template context for ``base.html``: ``my_workspaces`` (queried only where a template looks at it)."""
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {"my_workspaces": []}
    return {"my_workspaces": SimpleLazyObject(lambda: person.seen_workspaces or workspaces_of(person))}

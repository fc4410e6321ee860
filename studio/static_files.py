"""Which static files are collected? Ours and Swagger UI's: three libraries bring 20 MB that no page of ours asks for.

Collecting and compressing them too took 45 s of processor time instead of 9.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.staticfiles.finders import AppDirectoriesFinder

# ReDoc, the browsable API of REST framework, and a second copy of htmx.
UNUSED = ["redoc", "rest_framework", "django_htmx"]


class OnlyWhatIsServed(AppDirectoriesFinder):
    """Finds the static files of apps, without the folders that no page asks for."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """Names and their storages, for `collectstatic`."""
        yield from super().list([*(ignore_patterns or ()), *UNUSED])

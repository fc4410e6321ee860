"""How is a body read? As strict JSON and nothing else, within the limit of the settings."""

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from runs.bodies import read_body
from runs.strict_json import loads


class StrictJSONParser(BaseParser):
    """Strict JSON: no duplicate names, no NaN, bounded depth and size. Raises UserMistake."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        """The value of the body; ``stream`` is the Django request."""
        return loads(read_body(stream, settings.DATA_UPLOAD_MAX_MEMORY_SIZE))  # type: ignore[arg-type]

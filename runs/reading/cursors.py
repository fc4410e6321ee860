"""Where does the next page begin? A place in a sorted list, as text for a URL that nobody can forge."""

import base64
import binascii
import math
from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.crypto import constant_time_compare, salted_hmac

from runs.mistakes import UserMistake

_SIGNATURE = 12
_LONGEST = 2_000
Place = Any  # float, int, str or None: whatever a run sorts by


@dataclass(frozen=True, slots=True)
class Cursor:
    """The values that a run sorts by (None: it has none), and its id. ``sort`` is the sort it belongs to, as text."""

    sort: str
    values: tuple[Place, ...]
    id: int

    def to_text(self) -> str:
        """The cursor for a URL: letters, digits, - and _ only."""
        values = [{"f": repr(v)} if isinstance(v, float) and not math.isfinite(v) else v for v in self.values]
        body = orjson.dumps([self.sort, values, self.id])
        return base64.urlsafe_b64encode(_sign(body) + body).decode().rstrip("=")


def read_cursor(text: str, sort: str, field: str) -> Cursor:
    """The cursor in ``text``. Raises UserMistake when it was cut or changed, or belongs to another sort."""
    try:
        raw = base64.urlsafe_b64decode(text[:_LONGEST] + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise _damaged(field) from error
    signature, body = raw[:_SIGNATURE], raw[_SIGNATURE:]
    if not constant_time_compare(signature.hex(), _sign(body).hex()):
        raise _damaged(field)
    made_for, values, number = orjson.loads(body)
    if made_for != sort:
        raise UserMistake("This page link belongs to another sort order; begin at the first page.", field)
    return Cursor(sort, tuple(float(v["f"]) if isinstance(v, dict) else v for v in values), number)


def _sign(body: bytes) -> bytes:
    return salted_hmac("runs.reading.cursors", body, algorithm="sha256").digest()[:_SIGNATURE]


def _damaged(field: str) -> UserMistake:
    return UserMistake("This page link is damaged; begin at the first page.", field)

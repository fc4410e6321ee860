"""How does the JSON API say that something was wrong? As ``{"field": ["..."]}``, with the status that fits.

What belongs to no field stands under ``detail``. A conflict also carries ``current``, what stands now; a mistake
in a query carries ``position``, its 0-based column.
"""

import errno
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from runs.mistakes import Conflict, UserMistake


def answer_mistake(exception: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an exception, or None for one that is a fault of ours."""
    if isinstance(exception, UserMistake):
        return Response(mistake_body(exception), status=exception.status)
    if isinstance(exception, OperationalError):
        return _try_again("The database is busy or away; send the same request again.")
    if isinstance(exception, OSError) and exception.errno in (errno.ENOSPC, errno.EDQUOT):
        return Response({"detail": ["The server's disk is full; nothing of this request was kept."]}, status=507)
    if isinstance(exception, RequestDataTooBig):
        return Response({"detail": ["The body is too large."]}, status=413)
    if isinstance(exception, SuspiciousOperation | BadRequest):
        return Response({"detail": ["This request is malformed."]}, status=400)
    if isinstance(exception, Http404):
        return Response({"detail": ["There is no such thing here."]}, status=404)
    answer = exception_handler(exception, context)
    if answer is not None and isinstance(exception, APIException):
        answer.data = _as_lists(exception.detail)
    return answer


def mistake_body(mistake: UserMistake) -> dict[str, Any]:
    """A mistake as a body."""
    body: dict[str, Any] = {clean(mistake.field) or "detail": [clean(mistake.message)]}
    if mistake.position is not None:
        body["position"] = mistake.position
    if isinstance(mistake, Conflict) and mistake.current is not None:
        body["current"] = mistake.current
    return body


def clean(text: str) -> str:
    """``text`` without the lone surrogates that a message may quote: they could not be sent."""
    return text.encode("utf-8", "replace").decode()


def _as_lists(detail: Any) -> dict[str, Any]:
    """DRF's detail in the one shape; nested fields get a dotted name, ``points.3.key``."""
    if isinstance(detail, dict):
        flat: dict[str, Any] = {}
        for name, inner in detail.items():
            name = clean(str(name))
            nested = _as_lists(inner)
            flat |= {name if inside == "detail" else f"{name}.{inside}": said for inside, said in nested.items()}
        return flat
    if isinstance(detail, list):
        if all(isinstance(one, str) for one in detail):
            return {"detail": [clean(str(one)) for one in detail]}
        return _as_lists({str(place): inner for place, inner in enumerate(detail) if inner})
    return {"detail": [clean(str(detail))]}


def _try_again(message: str) -> Response:
    return Response({"detail": [message]}, status=503, headers={"Retry-After": "1"})

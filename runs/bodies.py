"""How does a door read what was sent, without trusting its size, its packing or its word for either?"""

import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Protocol

from django.http import HttpRequest

from runs import strict_json
from runs.mistakes import LengthRequired, TooLarge, UserMistake, WrongMediaType

_PIECE = 64 * 1024


class Readable(Protocol):
    """Anything that bytes can be read from, in pieces of a size asked for."""

    def read(self, size: int = ..., /) -> bytes:
        """At most ``size`` bytes; empty at the end."""
        ...


class _WholeBody:
    """A request's body that refuses to end early: a client that went away midway has not sent a shorter file."""

    def __init__(self, stream: Readable, length: int | None) -> None:
        self._stream = stream
        self._missing = length

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; UserMistake when the body ends before its declared length."""
        try:
            piece = self._stream.read(size)
        except OSError as error:  # Django's UnreadablePostError, gunicorn's NoMoreData: the client is gone
            raise UserMistake("The connection ended before the whole body had come", "body") from error
        if self._missing is not None:
            self._missing -= len(piece)
            if self._missing > 0 and (not piece or size < 0):
                raise UserMistake(f"The body ended {self._missing} bytes before its Content-Length", "body")
        return piece


def body_stream(request: HttpRequest) -> Readable:
    """The raw body as a stream, also of a chunked request. Raises UserMistake 411 when its length is unknown.

    Django takes a request without Content-Length as empty; a server that marks the end of its input (gunicorn sets
    ``wsgi.input_terminated``) lets a chunked body be read to its true end. Otherwise a file sent in chunks would be
    stored as an empty one, in silence.
    """
    if hasattr(request, "_body"):  # CSRF or a test has read it before us
        return BytesIO(request.body)
    if "chunked" not in request.headers.get("Transfer-Encoding", "").lower():
        return _WholeBody(request, declared_length(request))
    raw = request.META.get("wsgi.input")
    if raw is None or not request.META.get("wsgi.input_terminated"):
        raise LengthRequired("Send a Content-Length: this server cannot read a body of unknown length", "body")
    return _WholeBody(raw, None)


def declared_length(request: HttpRequest) -> int | None:
    """What Content-Length says, None when it says nothing usable."""
    text = request.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def read_body(request: HttpRequest, limit: int) -> bytes:
    """The whole body, unpacked if it came as gzip, of at most ``limit`` bytes packed and unpacked.

    Raises TooLarge (413), WrongMediaType (415) for another Content-Encoding, UserMistake for broken gzip.
    """
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip"}:
        raise WrongMediaType(f"Content-Encoding {encoding[:40]!r} is not understood; send plain or gzip", "body")
    if (declared_length(request) or 0) > limit:
        raise TooLarge(f"The body is larger than {limit} bytes", "body")
    pieces = _pieces(body_stream(request), limit)
    return b"".join(_unpacked(pieces, limit) if encoding == "gzip" else pieces)


def read_json(request: HttpRequest, limit: int, *, allow_nan: bool = False) -> Any:
    """The JSON value in the body. WrongMediaType unless the Content-Type is JSON; else as `read_body` and `loads`."""
    kind = (request.content_type or "").lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise WrongMediaType(f"Send Content-Type: application/json, not {kind[:60]!r}", "body")
    return strict_json.loads(read_body(request, limit), allow_nan=allow_nan)


def _pieces(stream: Readable, limit: int) -> Iterator[bytes]:
    total = 0
    while piece := stream.read(_PIECE):
        total += len(piece)
        if total > limit:
            raise TooLarge(f"The body is larger than {limit} bytes", "body")
        yield piece


def _unpacked(pieces: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """The gzip stream unpacked, never more than ``limit`` bytes of it: a bomb stops there."""
    unpacker = zlib.decompressobj(wbits=31)
    total = 0
    try:
        for piece in pieces:
            plain = unpacker.decompress(piece, limit + 1 - total)
            total += len(plain)
            if total > limit:
                raise TooLarge(f"The body unpacks to more than {limit} bytes", "body")
            yield plain
            if unpacker.eof and unpacker.unused_data:
                raise UserMistake("The body goes on after its gzip stream has ended", "body")
    except zlib.error:
        raise UserMistake("The body says it is gzip but cannot be unpacked", "body") from None
    if not unpacker.eof:
        raise UserMistake("The gzip body ends too early", "body")

"""A body is read within its limit, unpacked within its limit, and never taken for whole when it is not."""

import gzip
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory

from runs.bodies import body_stream, read_body, read_json
from runs.mistakes import LengthRequired, TooLarge, UserMistake, WrongMediaType


def posted(body: bytes, kind: str = "application/json", **headers: str) -> WSGIRequest:
    return RequestFactory().post("/x", body, content_type=kind, headers=headers)


def chunked(body: bytes, **environ: Any) -> WSGIRequest:
    request = posted(b"")
    request = WSGIRequest({**request.META, "wsgi.input": BytesIO(body), "HTTP_TRANSFER_ENCODING": "chunked", **environ})
    request.META.pop("CONTENT_LENGTH", None)
    return request


def test_a_plain_body_comes_as_it_was_sent() -> None:
    assert read_body(posted(b"abc"), 10) == b"abc"


def test_a_body_that_was_read_before_is_still_there() -> None:
    request = posted(b"[1]")
    assert request.body == b"[1]"
    assert read_json(request, 10) == [1]


def test_a_body_over_the_limit_is_refused_by_its_declared_length() -> None:
    with pytest.raises(TooLarge, match="larger than 10 bytes"):
        read_body(posted(b"a" * 11), 10)


def test_an_endless_chunked_body_is_stopped_at_the_limit() -> None:
    with pytest.raises(TooLarge):
        read_body(chunked(b"a" * 200_000, **{"wsgi.input_terminated": True}), 100_000)


def test_a_chunked_body_is_read_to_its_end() -> None:
    assert read_body(chunked(b"a" * 1000, **{"wsgi.input_terminated": True}), 1000) == b"a" * 1000


def test_a_chunked_body_is_never_taken_for_an_empty_one() -> None:
    with pytest.raises(LengthRequired):
        body_stream(chunked(b"abc"))


def test_a_body_cut_short_is_no_shorter_body() -> None:
    request = WSGIRequest({**posted(b"abc").META, "wsgi.input": BytesIO(b"abc"), "CONTENT_LENGTH": "10"})
    with pytest.raises(UserMistake, match="7 bytes before"):
        read_body(request, 100)


def test_gzip_is_unpacked() -> None:
    body = gzip.compress(b'{"a": 1}', mtime=0)
    assert read_json(posted(body, **{"Content-Encoding": "gzip"}), 100) == {"a": 1}


def test_a_gzip_bomb_stops_at_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000, mtime=0)
    with pytest.raises(TooLarge, match="unpacks to more"):
        read_body(posted(bomb, **{"Content-Encoding": "gzip"}), 1_000_000)


@pytest.mark.parametrize(
    "body", [b"no gzip", gzip.compress(b"abc" * 100, mtime=0)[:-9], gzip.compress(b"a", mtime=0) + b"more", b""]
)
def test_broken_gzip_is_a_mistake(body: bytes) -> None:
    with pytest.raises(UserMistake) as caught:
        read_body(posted(body, **{"Content-Encoding": "gzip"}), 1000)
    assert caught.value.status == 400


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_other_packings_are_refused(encoding: str) -> None:
    with pytest.raises(WrongMediaType):
        read_body(posted(b"abc", **{"Content-Encoding": encoding}), 1000)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_json_must_say_that_it_is_json(kind: str) -> None:
    with pytest.raises(WrongMediaType):
        read_json(posted(b"{}", kind), 1000)

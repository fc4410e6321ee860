"""A user's file is sent whole or in part, and never as something that acts."""

from io import BytesIO

import pytest
from django.test import RequestFactory

from runs.artifacts.answers import file_response
from runs.artifacts.storage import store
from runs.models import Artifact

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 10


def artifact(body: bytes = b"0123456789", name: str = "data.txt") -> Artifact:
    stored = store(BytesIO(body), 10**9)
    return Artifact(name=name, blob=stored.blob, size=stored.size, etag=stored.etag, written=0)


def answer(one: Artifact, method: str = "GET", inline: bool = False, **headers: str):
    return file_response(RequestFactory().generic(method, "/x", headers=headers), one, inline=inline)


def body_of(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_a_file_is_sent_whole_with_its_length_and_etag() -> None:
    one = artifact()
    response = answer(one)
    assert (response.status_code, body_of(response)) == (200, b"0123456789")
    assert response["Content-Length"] == "10"
    assert response["ETag"] == f'"{one.etag}"'


@pytest.mark.parametrize("name", ["page.html", "picture.svg", "script.js", "data.txt", "x.xml"])
@pytest.mark.parametrize("inline", [True, False])
def test_nothing_a_user_uploaded_can_act(name: str, inline: bool) -> None:
    response = answer(artifact(b"<svg onload=alert(1)>", name), inline=inline)
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"


def test_an_image_may_be_shown_in_place_by_its_bytes_not_its_name() -> None:
    assert answer(artifact(PNG, "x.html"), inline=True)["Content-Type"] == "image/png"
    assert "attachment" not in answer(artifact(PNG), inline=True)["Content-Disposition"]
    assert answer(artifact(b"<html>", "x.png"), inline=True)["Content-Type"] == "application/octet-stream"
    assert answer(artifact(PNG))["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("name", ['a"b.txt', "größe.txt", "a\u2028b;filename=evil.txt", "模型.bin"])
def test_a_strange_name_stays_inside_its_header(name: str) -> None:
    header = answer(artifact(name=name))["Content-Disposition"]
    assert header.startswith("attachment")
    assert header.isascii()
    assert "\n" not in header


def test_a_range_is_sent_alone() -> None:
    response = answer(artifact(), Range="bytes=2-4")
    assert (response.status_code, body_of(response)) == (206, b"234")
    assert response["Content-Range"] == "bytes 2-4/10"
    assert response["Content-Length"] == "3"


def test_a_range_outside_the_file_is_416() -> None:
    response = answer(artifact(), Range="bytes=10-")
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */10")


def test_a_range_of_another_version_is_not_mixed_in() -> None:
    assert answer(artifact(), Range="bytes=2-4", **{"If-Range": '"other"'}).status_code == 200


def test_a_known_version_is_not_sent_again() -> None:
    one = artifact()
    response = answer(one, **{"If-None-Match": f'"{one.etag}"'})
    assert (response.status_code, body_of(response)) == (304, b"")


def test_head_tells_without_sending() -> None:
    response = answer(artifact(), "HEAD")
    assert (response["Content-Length"], body_of(response)) == ("10", b"")

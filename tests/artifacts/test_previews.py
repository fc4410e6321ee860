"""Only first bytes tell what a file is."""

import pytest

from runs.artifacts.previews import image_type, kind_of


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"<svg onload=alert(1)>", None),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_an_image_is_known_by_its_first_bytes(head: bytes, kind: str | None) -> None:
    assert image_type(head) == kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", "text"),
        (b"epoch 1\r\x1b[31mloss\x1b[0m\n", "text"),
        ("größe".encode("latin-1"), "text"),
        (b"\x80\x02}q\x00", "binary"),
        (bytes(range(1, 9)) * 9, "binary"),
        (b"GIF89a\x00", "image"),
    ],
)
def test_text_is_told_from_other_bytes(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind

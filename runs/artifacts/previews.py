"""What is in a file, going by its first bytes and not by its name?"""

from typing import Literal

HEAD = 8192
Kind = Literal["image", "text", "binary"]
_WEBP = (b"RIFF", b"WEBP")


def image_type(head: bytes) -> str | None:
    """The media type of an image that is safe to show (PNG, JPEG, GIF, WebP), else None. SVG is none: it can act."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if (head[:4], head[8:12]) == _WEBP:
        return "image/webp"
    return None


def kind_of(head: bytes) -> Kind:
    """Whether the first bytes are those of an image to show, of text, or of something else. Empty is text."""
    if image_type(head):
        return "image"
    if b"\0" in head:
        return "binary"
    strange = sum(byte < 32 and byte not in b"\t\n\r\x08\x0b\x0c\x1b" for byte in head)
    return "binary" if strange * 20 > len(head) else "text"

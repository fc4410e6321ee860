"""A tiny application whose answers have every shape a server must send: short, long, empty, chunked, a file."""

import io
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

BIG = b"0123456789" * 30_000


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer by path."""
    path = environ["PATH_INFO"]
    body = environ["wsgi.input"].read()
    if path == "/none":
        start_response("204 No Content", [])
        return []
    if path == "/empty":
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]
    if path == "/chunked":
        start_response("200 OK", [])
        return iter([b"one ", b"two ", b"three"])
    if path == "/big":
        start_response("200 OK", [("Content-Length", str(len(BIG)))])
        return [BIG]
    if path == "/file":
        file = Path(__file__).open("rb")  # noqa: SIM115 - the file wrapper closes it
        start_response("200 OK", [("Content-Length", str(Path(__file__).stat().st_size))])
        return environ["wsgi.file_wrapper"](file)
    if path == "/slow":
        time.sleep(1.5)
    if path == "/broken":
        raise RuntimeError("broken on purpose")
    start_response("200 OK", [("Content-Length", str(len(body) + 6))])
    return [b"answer", io.BytesIO(body).read()]

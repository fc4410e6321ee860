"""In which ways can a valid request be bent? Field by field, as a whole, and in its headers."""

import gzip
import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from string import Template
from typing import Any
from urllib.parse import quote, urlencode

from tests.adversary.routes import Request
from tests.adversary.world import filled, packed

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def _nest(depth: int) -> Any:
    nested: Any = 1
    for _ in range(depth):
        nested = [nested]
    return nested


VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**31,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    10**400,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202eabc\u200b",
    "é" * 300,
    "x" * 70_000,
    "0' OR '1'='1",
    "%",
    "a__in",
    "NaN",
    "-1",
    "2026-13-45",
    "../../etc/passwd",
    "[" * 5000,
    [],
    [None],
    [[]],
    [{}],
    ["x"] * 2000,
    {},
    {"key": None},
    {"a": {"b": {}}},
    _nest(60),
]
TEXTS: list[Any] = [
    "",
    " ",
    "\x00",
    "a\x00b",
    b"\xff",
    b"\xed\xa0\x80",
    "\u202e",
    "x" * 3000,
    "-1",
    "0",
    "1.5",
    "1e999",
    "NaN",
    "9" * 18,
    "9" * 19,
    "9" * 30,
    "9" * 5000,
    "٣",
    "%",
    "a__in",
    "0' OR '1'='1",
    "(" * 300,
    "not " * 300,
    "metric.acc >",
    "metric.acc:1e999",
    "status:running created>now-99999999999d",
    'tag."a\x00b":1',
    "name:~[",
    "-metric.\x00,name",
    "metric.,param.",
    "AAAA",
    "eyJhIjoxfQ",
    "MjAyNg==",
    "1-1",
    "0_0_99999999999999999999",
    "../..",
    "//evil.example/",
    "home",
    "javascript:alert(1)",
    "a\r\nSet-Cookie: x=y",
    ["1", "2"],
    "\n",
]
PIECES: list[str | bytes] = [
    "\x00",
    "a\x00b",
    b"\xff",
    "x" * 300,
    "x" * 3000,
    "é",
    "..",
    "%2e%2e",
    "-1",
    "9" * 30,
    "\n",
]
HEADERS: list[tuple[str, str]] = [
    ("Range", "bytes=9-1"),
    ("Range", f"bytes={'9' * 30}-"),
    ("Range", "bytes=\xe9"),
    ("If-None-Match", '"\xe9'),
    ("If-Match", '"\xe9", ,'),
    ("If-Modified-Since", "x" * 300),
    ("Idempotency-Key", "\xe9" * 70),
    ("Idempotency-Key", "\x00"),
    ("Accept", "application/nonsense"),
    ("Accept", "\xe9;q=x"),
    ("HX-Request", "true"),
    ("HX-Current-URL", "http://[::1"),
    ("X-Forwarded-Proto", "\xe9"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Content-Length", "-1"),
    ("Content-Length", "x"),
    ("Referer", "http://[::1"),
]
BAD_CREDENTIALS = [
    "Basic \xe9\xe9",
    "Basic !!!",
    "Basic Og==",
    "Bearer \xe9",
    "Bearer \x00",
    "Bearer rst_",
    f"Bearer {'x' * 9000}",
    "Digest x",
]
BAD_COOKIES = [
    'session="\\000aaaaaaaaaa"',
    "session=\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9",
    "session=; csrftoken=\xe9",
    "=;=;;",
]


@dataclass(frozen=True)
class Bent:
    """A request as it is sent; ``surely`` when no reading of it is right."""

    request: Request
    path: str
    query: str
    body: bytes
    kind: str | None
    how: str
    headers: Mapping[str, str] = field(default_factory=dict)
    surely: bool = False

    def __str__(self) -> str:
        return f"{self.request.method} /{self.path[:120]}?{self.query[:200]} [{self.how[:200]}]"


def bent(request: Request, ids: Mapping[str, str]) -> Iterator[Bent]:
    """A valid request, bent in every way that fits it."""
    yield from _paths(request, ids)
    yield from _queries(request, ids)
    yield from _headers(request, ids)
    if request.body is not None and not isinstance(request.body, bytes):
        yield from _forms(request, ids) if request.door == "page" else _json_bodies(request, ids)


def _bent(request: Request, ids: Mapping[str, str], how: str, **changes: Any) -> Bent:
    body, kind = packed(request, filled(request.body, ids))
    path = "/".join(quote(filled(part, ids)) for part in request.path.split("/"))
    sent: dict[str, Any] = {
        "path": path,
        "query": urlencode(filled(dict(request.query), ids), doseq=True),
        "body": body,
        "kind": kind,
    }
    return Bent(request, how=how, **{**sent, **changes})


def _paths(request: Request, ids: Mapping[str, str]) -> Iterator[Bent]:
    names = [part[1:] for part in request.path.split("/") if part.startswith("$")]
    for name in names:
        for piece in PIECES:
            path = Template(request.path).substitute({**ids, name: quote(piece, safe="")})
            yield _bent(request, ids, f"{name} is {piece!r}"[:60], path=path)
    yield _bent(request, ids, "a workspace that is none", path=request.path.replace("lab", "a%00b").replace("$", ""))


def _queries(request: Request, ids: Mapping[str, str]) -> Iterator[Bent]:
    given = filled(dict(request.query), ids)
    for name in given:
        for value in TEXTS:
            query = urlencode({**given, name: value}, doseq=True)
            yield _bent(request, ids, f"{name}={str(value)[:40]!r}", query=query)
        rest = urlencode({other: value for other, value in given.items() if other != name}, doseq=True)
        yield _bent(request, ids, f"no {name}", query=rest)
    if given:
        yield _bent(request, ids, "half an escape", query="%&%f&%zz=%&=&&a=%u0000")
        yield _bent(request, ids, "2000 fields", query="&".join(f"a{n}=1" for n in range(2000)))
        if request.door == "mlflow":
            yield from _both_spellings(request, ids, given)


def _both_spellings(request: Request, ids: Mapping[str, str], given: Mapping[str, Any]) -> Iterator[Bent]:
    for name, value in given.items():
        head, *tail = name.split("_")
        if tail:
            twice = {**given, head + "".join(part.capitalize() for part in tail): value}
            if request.method == "GET":
                yield _bent(request, ids, f"{name} twice", query=urlencode(twice, doseq=True))
            else:
                yield _bent(request, ids, f"{name} twice", body=json.dumps(twice).encode())


def _headers(request: Request, ids: Mapping[str, str]) -> Iterator[Bent]:
    for name, text in HEADERS:
        yield _bent(request, ids, f"{name}: {text[:40]}", headers={name: text})
    if request.door == "page":
        for text in BAD_COOKIES:
            yield _bent(request, ids, f"Cookie: {text}", headers={"Cookie": text})
    elif request.path not in ("health", "version") and "mpu/part" not in request.path:
        for text in BAD_CREDENTIALS:
            yield _bent(request, ids, text[:40], headers={"Authorization": text}, surely=True)


def _json_bodies(request: Request, ids: Mapping[str, str]) -> Iterator[Bent]:
    good = filled(request.body, ids)
    for place in _places(good):
        for value in VALUES:
            yield _bent(request, ids, f"{place} is {str(value)[:40]!r}", body=_with(good, place, value))
        yield _bent(request, ids, f"no {place}", body=_with(good, place, ...))
    if request.method not in ("POST", "PATCH") and request.door == "mlflow":
        return
    if request.door == "mlflow":
        yield from _both_spellings(request, ids, good)
    text = json.dumps(good)
    named = '{"a": 1, "a": 2}' if not good else text[:-1] + f", {json.dumps(next(iter(good)))}: 1}}"
    for how, body in {
        "empty": b"",
        "half": text.encode()[:-1],
        "more": text.encode() + b"]",
        "not UTF-8": b'{"a": "\xff"}',
        "UTF-16": text.encode("utf-16"),
        "a list": b"[]",
        "null": b"null",
        "a text": b'"x"',
        "deep": b'{"a":' * 3000 + b"1" + b"}" * 3000,
        "deep lists": b"[" * 100_000,
        "a name twice": named.encode(),
        "1e999": b'{"a": 1e999}',
        "5000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    }.items():
        if request.method != "GET":
            yield _bent(request, ids, how, body=body, surely=request.path[-7:] != "nothing")
    if request.method == "GET":
        return
    for kind in ("text/plain", FORM, "multipart/form-data; boundary=x", "", "application/json; charset=nonsense"):
        yield _bent(request, ids, f"type {kind!r}", kind=kind, surely=not kind.startswith(JSON))
    packed_well = gzip.compress(text.encode())
    for how, body, encoding in (
        ("no gzip", text.encode(), "gzip"),
        ("half a gzip", packed_well[:-9], "gzip"),
        ("a gzip and more", packed_well + b"x", "gzip"),
        ("a bomb", gzip.compress(b" " * 20_000_000), "gzip"),
        ("brotli", text.encode(), "br"),
    ):
        yield _bent(request, ids, how, body=body, headers={"Content-Encoding": encoding}, surely=True)


def _forms(request: Request, ids: Mapping[str, str]) -> Iterator[Bent]:
    good = filled(request.body, ids)
    for name in good:
        for value in [*TEXTS, "x" * 70_000]:
            body = urlencode({**good, name: value}, doseq=True).encode()
            yield _bent(request, ids, f"{name}={str(value)[:40]!r}", body=body)
        yield _bent(request, ids, f"no {name}", body=urlencode({k: v for k, v in good.items() if k != name}).encode())
    for how, body, kind in (
        ("empty", b"", FORM),
        ("not UTF-8", b"name=\xff\xfe&%ff=%", FORM),
        ("2000 fields", b"&".join(b"a%d=1" % n for n in range(2000)), FORM),
        ("JSON", b'{"name": "x"}', JSON),
        ("no boundary", b"x", "multipart/form-data"),
        (
            "half a form",
            b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n',
            "multipart/form-data; boundary=x",
        ),
        ("another alphabet", b"name=x", f"{FORM}; charset=utf-16"),
        ("no alphabet", b"name=x", f"{FORM}; charset=nonsense"),
    ):
        yield _bent(request, ids, how, body=body, kind=kind)


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a body: every field, every entry."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*at, name)
        yield from _places(one, (*at, name))


def _with(good: Any, place: tuple[Any, ...], value: Any) -> bytes:
    """The body with another value in one place; with ``...`` without what stands there."""
    body = deepcopy(good)
    holder = body
    for name in place[:-1]:
        holder = holder[name]
    if value is ...:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return json.dumps(body).encode()

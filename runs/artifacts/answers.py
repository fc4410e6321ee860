"""How is a user's file sent, so that it can never act as a part of the studio?

As an attachment, of no type a browser would run, sandboxed. Only images that their first bytes prove to be images
may be shown in place.
"""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, parse_etags, quote_etag

from runs.artifacts.previews import HEAD, image_type
from runs.artifacts.ranges import OutsideTheFile, parse_range
from runs.artifacts.storage import open_blob, read_blob
from runs.artifacts.zips import Member, zip_pieces
from runs.models import Artifact

SANDBOX = "default-src 'none'; sandbox"


def file_response(request: HttpRequest, artifact: Artifact, *, inline: bool = False) -> HttpResponseBase:
    """The file, or the range of it that the request asks for (206), or 304, or 416.

    ``inline`` shows PNG, JPEG, GIF and WebP in place; everything else stays an attachment.
    """
    etag = quote_etag(artifact.etag)
    response = _body(request, artifact, etag)
    kind = _shown_type(artifact) if inline else None
    response.headers["Content-Type"] = kind or "application/octet-stream"
    disposition = content_disposition_header(kind is None, artifact.name)
    if disposition:
        response.headers["Content-Disposition"] = disposition
    response.headers["ETag"] = etag
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Cache-Control"] = "private, no-cache"
    _make_harmless(response)
    return response


def zip_response(name: str, members: Iterable[Member]) -> HttpResponseBase:
    """Many files as one zip, made while it is sent."""
    response = StreamingHttpResponse(zip_pieces(members), content_type="application/zip")
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{name}.zip") or "attachment"
    _make_harmless(response)
    return response


def _make_harmless(response: HttpResponseBase) -> None:
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"


def _body(request: HttpRequest, artifact: Artifact, etag: str) -> HttpResponseBase:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if known and (etag in known or known == ["*"]):
        return HttpResponse(status=304)
    asked = None
    if request.headers.get("If-Range", etag) == etag:
        try:
            asked = parse_range(request.headers.get("Range", ""), artifact.size)
        except OutsideTheFile:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{artifact.size}"})
    start, end = asked or (0, artifact.size)
    headers = {"Content-Length": str(end - start)}
    if asked:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{artifact.size}"
    status = 206 if asked else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(read_blob(artifact.blob, start, end - start), status=status, headers=headers)


def _shown_type(artifact: Artifact) -> str | None:
    with open_blob(artifact.blob) as file:
        return image_type(file.read(HEAD))

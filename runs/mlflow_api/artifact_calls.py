"""How do files come and go? The artifact proxy, multipart uploads, and the calls that list and fetch a run's files."""

import re

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from runs.artifacts.answers import file_response
from runs.artifacts.paths import safe_folder, safe_path
from runs.bodies import body_stream
from runs.mistakes import NotFound, UserMistake
from runs.mlflow_api.doors import Answer, Call, open_to_tokens, reads, writes
from runs.mlflow_api.experiments import find_experiment
from runs.mlflow_api.logged_model_lookup import find_model
from runs.mlflow_api.mistakes import NotImplementedHere, answer_mistake
from runs.mlflow_api.run_calls import find_run, run_of
from runs.mlflow_api.shapes import Shape, file_shape, model_uri, run_uri, without_empty
from runs.models import Artifact
from runs.reading.files import Owner, find_file, list_folder
from runs.recording.artifacts import delete_artifact, put_artifact
from runs.recording.uploads import abort_upload, begin_upload, complete_upload, put_part

_OF_MODEL = re.compile(r"(?P<experiment>\d+)/models/(?P<owner>[^/]+)/artifacts(?:/(?P<path>.*))?", re.DOTALL)
_OF_RUN = re.compile(r"(?P<experiment>\d+)/(?P<owner>[^/]+)/artifacts(?:/(?P<path>.*))?", re.DOTALL)
_PLACES = ("<experiment>/<run>/artifacts/<path>", "<experiment>/models/<model>/artifacts/<path>")
_PAGE = 1000
_MOST_PARTS = 10_000


def _place(call: Call, location: str) -> tuple[Owner, str]:
    """Whose file a location of the proxy is, and its path there; the path is not checked yet.

    A location is ``<experiment>/<run>/artifacts/<path>`` or ``<experiment>/models/<model>/artifacts/<path>``.
    """
    found = _OF_MODEL.fullmatch(location) or _OF_RUN.fullmatch(location)
    if found is None:
        raise NotFound(
            "Files lie at <experiment>/<run>/artifacts/<path> or <experiment>/models/<model>/artifacts/<path>."
        )
    is_model = found.re is _OF_MODEL
    owner: Owner = find_model(call, found["owner"]) if is_model else find_run(call, found["owner"])
    if find_experiment(call, found["experiment"]).pk != owner.experiment_id:
        raise NotFound(f"There is no {found['owner']!r} in the experiment {found['experiment']}.")
    return owner, (found["path"] or "").removesuffix("/")


def _entries(owner: Owner, folder: str) -> list[Artifact]:
    """Every entry of a folder: the proxy's list has no pages."""
    entries: list[Artifact] = []
    after: str | None = None
    while True:
        page = list_folder(owner, folder, after, _PAGE)
        entries += page.entries
        if page.next is None:
            return entries
        after = page.next


@reads("GET")
def list_proxied(call: Call) -> Answer:
    """mlflow-artifacts/artifacts?path=: names in a folder."""
    owner, folder = _place(call, call.sent.text("path", required=True).strip("/"))
    return without_empty({"files": [file_shape(entry, entry.name) for entry in _entries(owner, folder)]})


@reads("GET", "HEAD")
def download(call: Call, location: str) -> HttpResponseBase:
    """mlflow-artifacts/artifacts/<location>: the file, or a range of it."""
    owner, path = _place(call, location)
    return file_response(call.request, find_file(owner, path))


@writes("PUT", raw=True)
def upload(call: Call, location: str) -> HttpResponseBase:
    """mlflow-artifacts/artifacts/<location>: the body becomes the file, streamed to storage."""
    owner, path = _place(call, location)
    put_artifact(owner, safe_path(path), body_stream(call.request), call.author)
    return HttpResponse()


@writes("DELETE")
def delete(call: Call, location: str) -> HttpResponseBase:
    """mlflow-artifacts/artifacts/<location>: the file or folder goes; without a path, all of them."""
    owner, path = _place(call, location)
    for name in [path] if path else [entry.name for entry in _entries(owner, "")]:
        delete_artifact(owner, safe_path(name), call.author)
    return HttpResponse()


def _upload_place(call: Call, location: str) -> tuple[Owner, str]:
    """Where a multipart upload leads: the folder of the URL and the last name of the local path that is sent."""
    owner, folder = _place(call, location)
    name = re.split(r"[/\\]", call.sent.text("path", required=True))[-1]
    return owner, safe_path(f"{folder}/{name}" if folder else name)


@writes("POST")
def begin_multipart(call: Call, location: str) -> Answer:
    """mlflow-artifacts/mpu/create/<location>: URLs to send the parts to, without a token: the upload's id is secret."""
    owner, path = _upload_place(call, location)
    begun = begin_upload(owner, path, call.sent.whole("num_parts", low=1, high=_MOST_PARTS))
    return {
        "upload_id": begun.id,
        "credentials": [
            {"url": _part_url(call.request, begun.id, number), "part_number": number, "headers": {}}
            for number in range(1, begun.parts + 1)
        ],
    }


def _part_url(request: HttpRequest, upload_id: str, number: int) -> str:
    return request.build_absolute_uri(reverse("mlflow_part", args=[upload_id, number]))


@open_to_tokens
def receive_part(request: HttpRequest, upload_id: str, number: int, **_path: str) -> HttpResponseBase:
    """One part of a multipart upload. Whoever knows the secret id may send it, as with any presigned URL."""
    if request.method != "PUT":
        return HttpResponse(status=405, headers={"Allow": "PUT"})
    try:
        etag = put_part(upload_id, number, body_stream(request))
    except UserMistake as mistake:
        return answer_mistake(mistake)
    return HttpResponse(headers={"ETag": etag})


@writes("POST")
def complete_multipart(call: Call, location: str) -> Answer:
    """mlflow-artifacts/mpu/complete/<location>: the parts become the file."""
    owner, path = _upload_place(call, location)
    sent = call.sent.each("parts", most=_MOST_PARTS)
    parts = [(part.whole("part_number", low=1), part.text("etag")) for part in sent]
    complete_upload(owner, path, call.sent.text("upload_id", required=True), parts, call.author)
    return {}


@writes("POST")
def abort_multipart(call: Call, location: str) -> Answer:
    """mlflow-artifacts/mpu/abort/<location>: the parts go."""
    owner, path = _upload_place(call, location)
    abort_upload(owner, path, call.sent.text("upload_id", required=True))
    return {}


@reads("GET", "POST")
def presigned(_call: Call, **_path: str) -> Answer:
    """Presigned URLs: files come and go through the studio, and clients fall back to that."""
    raise NotImplementedHere("Presigned download is not supported for the current artifact repository")


@reads("POST")
def presigned_upload(_call: Call) -> Answer:
    """artifacts/presigned-upload-url."""
    raise NotImplementedHere("Presigned upload is not supported for the current artifact repository")


@reads("GET")
def list_of_run(call: Call) -> Answer:
    """artifacts/list: a page of a folder of a run, with whole paths."""
    run = run_of(call)
    root = run_uri(call.workspace, run.experiment_id, run.uid)
    return _page(call, run, root, call.sent.text("path"))


@reads("GET")
def list_of_model(call: Call, model_id: str) -> Answer:
    """logged-models/{id}/artifacts/directories: the same for a logged model."""
    model = find_model(call, model_id)
    return _page(call, model, model_uri(call.workspace, model), call.sent.text("artifact_directory_path"))


def _page(call: Call, owner: Owner, root: str, folder: str) -> Shape:
    page = list_folder(owner, safe_folder(folder), call.sent.text("page_token") or None, _PAGE)
    files = [file_shape(entry, entry.path) for entry in page.entries]
    return without_empty({"root_uri": root, "files": files, "next_page_token": page.next})


@reads("GET", "HEAD")
def get_artifact(call: Call) -> HttpResponseBase:
    """/get-artifact?run_id=&path=: the file, as MLflow's pages fetch it."""
    return file_response(call.request, find_file(run_of(call), call.sent.text("path", required=True)))

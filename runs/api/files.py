"""The files of a run in the JSON API: listed, sent, received and deleted, never whole in memory."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request

from runs.api.doors import RunDoor, as_json, django_request
from runs.api.schema import asked, describe
from runs.api.schemas import DeletedAnswer, FileAnswer, FilesAnswer
from runs.api.shapes import file_shape
from runs.artifacts.answers import file_response, zip_response
from runs.artifacts.paths import safe_folder
from runs.bodies import body_stream
from runs.limits import clean_text
from runs.reading.files import find_entry, find_file, list_folder, zip_members
from runs.recording.artifacts import delete_artifact, put_artifact

MOST_FILES = 5000


class Files(RunDoor):
    """The folders of a run."""

    @describe(
        "list_files",
        "List a folder",
        FilesAnswer,
        query=[
            asked("folder", "its path; the top unless said otherwise"),
            asked("limit", "1 to 5,000 entries; 1,000 unless said otherwise", int),
            asked("after", "the `next` of the page before"),
        ],
        tag="files",
    )
    def get(self, _: Request, **_path: Any) -> HttpResponse:
        """Its files and folders by name, not what lies deeper."""
        folder = safe_folder(self.request.query_params.get("folder", ""), "folder")
        after = clean_text(self.request.query_params.get("after", ""), "after", 1000)
        if folder:
            find_entry(self.run, folder)
        page = list_folder(self.run, folder, after, self.whole("limit", 1000, 1, MOST_FILES) or 1000)
        shapes = [file_shape(entry) for entry in page.entries]
        return as_json({"folder": folder, "files": shapes, "next": page.next})


class OneFile(RunDoor):
    """One file of a run."""

    @describe("get_file", "Fetch a file", OpenApiTypes.BINARY, tag="files")
    def get(self, _: Request, path: str, **_path: Any) -> HttpResponseBase:
        """The body, or the byte range that a Range header asks for; always as an attachment."""
        return file_response(django_request(self.request), find_file(self.run, path))

    @describe(
        "put_file",
        "Store a file",
        FileAnswer,
        body={"application/octet-stream": OpenApiTypes.BINARY},
        status=201,
        tag="files",
    )
    def put(self, _: Request, path: str, **_path: Any) -> HttpResponse:
        """The raw body becomes the file, replacing the one that is there at once. On disk before the answer."""
        artifact = put_artifact(self.run, path, body_stream(django_request(self.request)), self.author)
        return as_json(file_shape(artifact), 201)

    @describe("delete_file", "Delete a file or folder", DeletedAnswer, tag="files")
    def delete(self, _: Request, path: str, **_path: Any) -> HttpResponse:
        """A folder goes with all in it."""
        return as_json({"deleted": delete_artifact(self.run, path, self.author)})


class Zip(RunDoor):
    """Many files of a run."""

    @describe(
        "get_zip",
        "Fetch a folder as a zip",
        OpenApiTypes.BINARY,
        query=[asked("folder", "its path; everything unless said otherwise")],
        tag="files",
    )
    def get(self, _: Request, **_path: Any) -> HttpResponseBase:
        """Made while it is sent."""
        folder = safe_folder(self.request.query_params.get("folder", ""), "folder")
        if folder:
            find_entry(self.run, folder)
        name = folder.rpartition("/")[2] or self.run.uid
        return zip_response(name, zip_members(self.run, folder))

"""Files come and go whole, by range, and never act."""

import io
import zipfile

import pytest

from runs.models import Artifact
from tests.build import make_run


@pytest.fixture
def run(cast):
    return make_run(cast.lab)


def put(caller, run, path: str, body: bytes, **headers):
    return caller.call("PUT", f"runs/{run.uid}/files/{path}", raw=body, kind="application/octet-stream", **headers)


def body_of(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_file_goes_there_and_back(run, editor) -> None:
    answer = put(editor, run, "model/weights.bin", b"\0\1\2")
    assert answer.status_code == 201
    assert (answer.json()["path"], answer.json()["size"]) == ("model/weights.bin", 3)
    found = editor.get(f"runs/{run.uid}/files/model/weights.bin")
    assert body_of(found) == b"\0\1\2"
    assert found["ETag"] == f'"{answer.json()["sha256"]}"'


def test_an_empty_file_is_a_file(run, editor) -> None:
    assert put(editor, run, "empty.txt", b"").status_code == 201
    assert body_of(editor.get(f"runs/{run.uid}/files/empty.txt")) == b""


def test_a_file_of_any_content_type_is_kept_as_it_is(run, editor) -> None:
    for kind in ("application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""):
        answer = editor.call("PUT", f"runs/{run.uid}/files/a", raw=b'{"a": NaN', kind=kind)
        assert answer.status_code == 201
        assert body_of(editor.get(f"runs/{run.uid}/files/a")) == b'{"a": NaN'


def test_a_range_is_sent_alone(run, editor) -> None:
    put(editor, run, "a.txt", b"0123456789")
    answer = editor.get(f"runs/{run.uid}/files/a.txt", Range="bytes=3-5")
    assert (answer.status_code, body_of(answer), answer["Content-Range"]) == (206, b"345", "bytes 3-5/10")
    assert editor.get(f"runs/{run.uid}/files/a.txt", Range="bytes=10-").status_code == 416


def test_a_page_that_was_uploaded_does_not_act(run, editor) -> None:
    put(editor, run, "page.html", b"<script>alert(1)</script>")
    answer = editor.get(f"runs/{run.uid}/files/page.html", Accept="text/html")
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Type"] == "application/octet-stream"


def test_folders_are_listed_level_by_level_and_paged(run, editor) -> None:
    for name in ("a.txt", "b/c.txt", "b/d/e.txt", "f.txt"):
        put(editor, run, name, b"x")
    top = editor.get(f"runs/{run.uid}/files").json()
    assert [(one["name"], one["is_folder"]) for one in top["files"]] == [
        ("a.txt", False),
        ("b", True),
        ("f.txt", False),
    ]
    assert [one["path"] for one in editor.get(f"runs/{run.uid}/files?folder=b").json()["files"]] == ["b/c.txt", "b/d"]
    first = editor.get(f"runs/{run.uid}/files?limit=2").json()
    assert first["next"] == "b"
    second = editor.get(f"runs/{run.uid}/files?limit=2&after=b").json()
    assert [one["name"] for one in second["files"]] == ["f.txt"]
    assert second["next"] is None
    assert editor.get(f"runs/{run.uid}/files?folder=none").status_code == 404


def test_a_folder_comes_as_a_zip(run, editor) -> None:
    put(editor, run, "b/c.txt", b"hello")
    packed = zipfile.ZipFile(io.BytesIO(body_of(editor.get(f"runs/{run.uid}/zip?folder=b"))))
    assert packed.read("c.txt") == b"hello"
    assert zipfile.ZipFile(io.BytesIO(body_of(editor.get(f"runs/{run.uid}/zip")))).namelist() == ["b/c.txt"]


def test_a_file_and_a_folder_are_deleted(run, editor) -> None:
    for name in ("a.txt", "b/c.txt", "b/d.txt"):
        put(editor, run, name, b"x")
    assert editor.delete(f"runs/{run.uid}/files/b").json() == {"deleted": 2}
    assert editor.delete(f"runs/{run.uid}/files/a.txt").json() == {"deleted": 1}
    assert editor.delete(f"runs/{run.uid}/files/a.txt").status_code == 404
    assert not Artifact.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "%2e%2e/x",
        "a%2f..%2fx",
        "a%5cb",
        "a%00b",
        "a//b",
        "a/",
        "%252e%252e%252fx",
        "CON",
        "a/nul.txt",
        "a%0ab",
    ],
)
def test_a_path_that_leads_out_stores_nothing(run, editor, path: str) -> None:
    assert put(editor, run, path, b"x").status_code in (400, 404)
    assert not Artifact.objects.exists()


def test_a_file_where_a_folder_is_is_a_conflict(run, editor) -> None:
    put(editor, run, "b/c.txt", b"x")
    assert put(editor, run, "b", b"x").status_code == 409
    assert put(editor, run, "b/c.txt/d", b"x").status_code == 409


def test_a_file_that_is_too_large_is_413_and_leaves_nothing(run, editor, settings) -> None:
    settings.MAX_FILE_SIZE = 10
    assert put(editor, run, "a.txt", b"x" * 11).status_code == 413
    assert not Artifact.objects.exists()


def test_a_chunked_body_of_unknown_length_is_never_taken_for_an_empty_file(run, editor) -> None:
    answer = put(editor, run, "a.txt", b"", **{"Transfer-Encoding": "chunked"})
    assert answer.status_code == 411
    assert not Artifact.objects.exists()


def test_a_viewer_reads_files_and_stores_none(run, viewer, editor) -> None:
    put(editor, run, "a.txt", b"x")
    assert viewer.get(f"runs/{run.uid}/files/a.txt").status_code == 200
    assert put(viewer, run, "b.txt", b"x").status_code == 403
    assert viewer.delete(f"runs/{run.uid}/files/a.txt").status_code == 403
    assert Artifact.objects.count() == 1


def test_a_stranger_sees_no_file(run, stranger, editor) -> None:
    put(editor, run, "a.txt", b"x")
    for path in (f"runs/{run.uid}/files", f"runs/{run.uid}/files/a.txt", f"runs/{run.uid}/zip"):
        assert stranger.get(path).status_code == 404

"""The artifact proxy: files of runs and models come and go."""

import json
from typing import Any

import pytest
from django.http import StreamingHttpResponse

from tests.cast import Cast
from tests.mlflow_api.door import FILES, Door, door_of

UNKNOWN = "RESOURCE_DOES_NOT_EXIST"
INVALID = "INVALID_PARAMETER_VALUE"


@pytest.fixture(autouse=True)
def _files_in_a_folder_of_the_test(settings: Any, tmp_path: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path)}},
    }


@pytest.fixture
def uid(door: Door) -> str:
    return door.new_run()


@pytest.fixture
def root(uid: str) -> str:
    return f"0/{uid}/artifacts"


def body_of(door: Door, path: str, **headers: str) -> tuple[int, bytes, Any]:
    response = door.client.get(f"{door.prefix}{FILES}/artifacts/{path}", headers=headers)
    content = b"".join(response) if isinstance(response, StreamingHttpResponse) else response.content
    return response.status_code, content, response.headers


def test_a_file_comes_back_as_it_was_put(door: Door, root: str) -> None:
    data = bytes(range(256)) * 5000
    response = door.put(f"{root}/models/deep/weights.bin", data)
    assert (response.status_code, response.content) == (200, b"")
    status, content, headers = body_of(door, f"{root}/models/deep/weights.bin")
    assert (status, content) == (200, data)
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Content-Length"] == str(len(data))
    status, content, part = body_of(door, f"{root}/models/deep/weights.bin", Range="bytes=10-19")
    assert (status, content) == (206, data[10:20])
    assert part["Content-Range"] == f"bytes 10-19/{len(data)}"
    assert body_of(door, f"{root}/models/deep/weights.bin", **{"If-None-Match": headers["ETag"]})[0] == 304


def test_a_page_that_was_put_is_never_active(door: Door, root: str) -> None:
    door.put(f"{root}/estimator.html", b"<script>alert(1)</script>")
    _, _, headers = body_of(door, f"{root}/estimator.html")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment")


def test_folders_are_listed_level_by_level(door: Door, uid: str, root: str) -> None:
    for name in ("a.txt", "d/b.txt", "d/e/c.txt"):
        door.put(f"{root}/{name}", name.encode())
    assert door.get(f"{FILES}/artifacts", path=root)["files"] == [
        {"path": "a.txt", "is_dir": False, "file_size": 5},
        {"path": "d", "is_dir": True},
    ]
    assert door.get(f"{FILES}/artifacts", path=f"{root}/d")["files"] == [
        {"path": "b.txt", "is_dir": False, "file_size": 7},
        {"path": "e", "is_dir": True},
    ]
    assert door.get(f"{FILES}/artifacts", path=f"{root}/nothing") == {}
    assert door.get("artifacts/list", run_id=uid, path="d") == {
        "root_uri": f"mlflow-artifacts:/{root}",
        "files": [{"path": "d/b.txt", "is_dir": False, "file_size": 7}, {"path": "d/e", "is_dir": True}],
    }


def test_a_long_folder_comes_in_pages(door: Door, uid: str, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runs.mlflow_api.artifact_calls._PAGE", 2)
    for name in "abcde":
        door.put(f"{root}/{name}", b"x")
    seen, token = [], ""
    while True:
        page = door.get("artifacts/list", run_id=uid, page_token=token)
        seen += [entry["path"] for entry in page["files"]]
        token = page.get("next_page_token", "")
        if not token:
            break
    assert seen == list("abcde")
    assert len(door.get(f"{FILES}/artifacts", path=root)["files"]) == 5


def test_files_and_folders_are_deleted(door: Door, root: str) -> None:
    for name in ("a.txt", "d/b.txt", "d/c.txt", "f/g.txt"):
        door.put(f"{root}/{name}", b"x")
    assert door.send("DELETE", f"{FILES}/artifacts/{root}/a.txt").status_code == 200
    assert door.send("DELETE", f"{FILES}/artifacts/{root}/d").status_code == 200
    assert door.get(f"{FILES}/artifacts", path=root)["files"] == [{"path": "f", "is_dir": True}]
    assert door.send("DELETE", f"{FILES}/artifacts/{root}/").status_code == 200
    assert door.get(f"{FILES}/artifacts", path=root) == {}
    door.refused(404, UNKNOWN, "DELETE", f"{FILES}/artifacts/{root}/a.txt")


def test_the_files_of_a_model_have_their_place(door: Door) -> None:
    model = door.post("logged-models", experiment_id="0", name="m")["model"]["info"]
    root = f"0/models/{model['model_id']}/artifacts"
    assert model["artifact_uri"] == f"mlflow-artifacts:/{root}"
    door.put(f"{root}/MLmodel", b"flavors: {}")
    assert body_of(door, f"{root}/MLmodel")[1] == b"flavors: {}"
    found = door.get(f"logged-models/{model['model_id']}/artifacts/directories")
    assert found["files"] == [{"path": "MLmodel", "is_dir": False, "file_size": 11}]


def test_a_large_file_comes_in_parts(door: Door, root: str) -> None:
    sent = {"path": "/home/ada/big.bin", "num_parts": 2}
    begun = door.ok("POST", f"{FILES}/mpu/create/{root}/sub", sent)
    etags = []
    anybody = Door("")
    for part, data in zip(begun["credentials"], (b"first", b"second"), strict=True):
        response = anybody.client.generic("PUT", part["url"].removeprefix("http://testserver"), data)
        assert response.status_code == 200
        etags.append({"part_number": part["part_number"], "etag": response.headers["ETag"], "url": part["url"]})
    ending = {"path": "/home/ada/big.bin", "upload_id": begun["upload_id"], "parts": etags}
    assert door.ok("POST", f"{FILES}/mpu/complete/{root}/sub", ending) == {}
    assert body_of(door, f"{root}/sub/big.bin")[1] == b"firstsecond"


def test_an_upload_in_parts_can_be_called_off(door: Door, root: str) -> None:
    begun = door.ok("POST", f"{FILES}/mpu/create/{root}", {"path": "big.bin", "num_parts": 1})
    off = {"path": "big.bin", "upload_id": begun["upload_id"]}
    assert door.ok("POST", f"{FILES}/mpu/abort/{root}", off) == {}
    url = begun["credentials"][0]["url"].removeprefix("http://testserver")
    assert Door("").client.generic("PUT", url, b"late").status_code == 404
    door.refused(404, UNKNOWN, "POST", f"{FILES}/mpu/complete/{root}", {**off, "parts": []})


def test_presigned_urls_are_not_offered(door: Door, uid: str, root: str) -> None:
    door.refused(501, "NOT_IMPLEMENTED", "GET", f"{FILES}/presigned/{root}/a")
    for path in ("presigned-upload-url", "presigned-download-url"):
        door.refused(501, "NOT_IMPLEMENTED", "POST", f"artifacts/{path}", {"run_id": uid, "path": "a"})


def test_mlflows_pages_fetch_a_file_by_run_and_path(door: Door, uid: str, root: str) -> None:
    door.put(f"{root}/a.txt", b"hello")
    response = door.send("GET", "/get-artifact", run_id=uid, path="a.txt")
    assert isinstance(response, StreamingHttpResponse)
    assert b"".join(response) == b"hello"
    door.refused(404, UNKNOWN, "GET", "/get-artifact", run_id=uid, path="b.txt")


def test_strangers_see_nothing_and_readers_change_nothing(
    door: Door, root: str, stranger_door: Door, reading_door: Door, cast: Cast
) -> None:
    door.put(f"{root}/a.txt", b"ours")
    for method in ("GET", "DELETE"):
        stranger_door.refused(404, UNKNOWN, method, f"{FILES}/artifacts/{root}/a.txt")
    assert stranger_door.put(f"{root}/a.txt", b"theirs").status_code == 404
    stranger_door.refused(404, UNKNOWN, "GET", f"{FILES}/artifacts", path=root)
    for path in ("create", "complete", "abort"):
        stranger_door.refused(404, UNKNOWN, "POST", f"{FILES}/mpu/{path}/{root}", {"path": "a", "upload_id": "x"})
        reading_door.refused(403, "PERMISSION_DENIED", "POST", f"{FILES}/mpu/{path}/{root}", {"path": "a"})
    for reader in (reading_door, door_of(cast, cast.viewer)):
        assert reader.put(f"{root}/a.txt", b"theirs").status_code == 403
        reader.refused(403, "PERMISSION_DENIED", "DELETE", f"{FILES}/artifacts/{root}/a.txt")
        assert body_of(reader, f"{root}/a.txt")[1] == b"ours"


def test_a_run_is_found_under_its_own_experiment_only(door: Door, uid: str, root: str) -> None:
    other = door.post("experiments/create", name="other")["experiment_id"]
    door.put(f"{root}/a.txt", b"x")
    door.refused(404, UNKNOWN, "GET", f"{FILES}/artifacts/{other}/{uid}/artifacts/a.txt")


@pytest.mark.parametrize(
    "name",
    ["../a", "a/../../b", "a//b", "a\\b", "C:x", "a/.", "NUL", "a\nb", "%252e%252e/a", "a\u202eb", "x" * 300],
)
def test_a_path_that_leads_elsewhere_is_refused(door: Door, root: str, name: str) -> None:
    from urllib.parse import quote

    response = door.put(f"{root}/{quote(name, safe='/%')}", b"x")
    assert response.status_code in (400, 404), name
    assert json.loads(response.content)["error_code"] in (INVALID, UNKNOWN)
    assert door.get(f"{FILES}/artifacts", path=root) == {}


@pytest.mark.parametrize("location", ["", "x", "0/abc", "0/abc/files/x", "a/b/artifacts/c", "models/x", "0/models/m-1"])
def test_a_location_that_is_none_is_not_found(door: Door, location: str) -> None:
    assert door.put(location or "%20", b"x").status_code == 404
    assert door.send("GET", f"{FILES}/artifacts/{location or '%20'}").status_code == 404


def test_a_file_does_not_take_a_folders_place(door: Door, root: str) -> None:
    door.put(f"{root}/d/a.txt", b"x")
    assert door.put(f"{root}/d", b"x").status_code == 409
    assert door.put(f"{root}/d/a.txt/b", b"x").status_code == 409


def test_a_file_beyond_the_limit_is_refused_and_nothing_kept(door: Door, root: str, settings: Any) -> None:
    settings.MAX_FILE_SIZE = 100
    assert door.put(f"{root}/a.txt", b"x" * 101).status_code == 413
    assert door.get(f"{FILES}/artifacts", path=root) == {}


def test_a_deleted_run_takes_no_files(door: Door, uid: str, root: str) -> None:
    door.post("runs/delete", run_id=uid)
    assert door.put(f"{root}/a.txt", b"x").status_code == 400


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"num_parts": 1}, "'path'"),
        ({"path": "a"}, "num_parts"),
        ({"path": "a", "num_parts": 0}, "num_parts"),
        ({"path": "a", "num_parts": 10_001}, "10000"),
        ({"path": "..", "num_parts": 1}, "path"),
    ],
)
def test_an_upload_in_parts_that_cannot_begin_says_why(door: Door, root: str, body: dict[str, Any], part: str) -> None:
    assert part in door.refused(400, INVALID, "POST", f"{FILES}/mpu/create/{root}", body)


def test_a_wrong_method_is_told_the_right_ones(door: Door, root: str) -> None:
    response = door.send("POST", f"{FILES}/artifacts/{root}/a", {})
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, PUT, DELETE")
    assert Door("").client.get(f"{FILES}/mpu/part/x/1").status_code == 405

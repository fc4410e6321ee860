"""What becomes of a file whose upload breaks off? Over a real server: nothing of it is ever taken for the file.

Also: a file sent in chunks of unknown number arrives whole, and a large one never stands in memory.
"""

import http.client
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real_server import RealServer

MEGABYTE = 1024 * 1024


class Studio:
    """A server with one run, spoken to over plain sockets."""

    def __init__(self, server: RealServer) -> None:
        self.server = server
        self.token = server.token()
        self.run = self.call("POST", "/api/v1/workspaces/lab/runs", b"{}")[1]["id"]
        self.files = f"/api/v1/workspaces/lab/runs/{self.run}/files"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        connection.request(method, path, body, headers, encode_chunked=headers.get("Transfer-Encoding") == "chunked")
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        is_json = answer.headers.get("Content-Type") == "application/json"
        return answer.status, json.loads(text) if is_json else text

    def begin_upload(self, name: str, length: int, sent: bytes) -> socket.socket:
        """Send the head and the first bytes of an upload, and leave the rest out."""
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=30)
        head = f"PUT {self.files}/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"
        connection.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + sent)
        return connection

    def names(self) -> list[str]:
        return [one["name"] for one in self.call("GET", self.files)[1]["files"]]

    def bodies(self) -> list[Path]:
        return [path for path in (self.server.folder / "files").rglob("*") if path.is_file()]

    def memory(self) -> int:
        """The memory of all processes of the server, in bytes."""
        assert self.server.process is not None
        total, group = 0, self.server.process.pid
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(folder.name)) == group:
                    total += int((folder / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            except (OSError, ProcessLookupError):
                continue
        return total


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with RealServer(tmp_path_factory.mktemp("uploads")) as server:
        yield Studio(server)


def eventually(condition: Any, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_an_upload_whose_client_hangs_up_leaves_nothing(studio: Studio) -> None:
    before = studio.bodies()
    connection = studio.begin_upload("half.bin", 2 * MEGABYTE, b"x" * MEGABYTE)
    assert eventually(lambda: len(studio.bodies()) > len(before)), "the upload did not begin"
    connection.close()
    assert eventually(lambda: studio.bodies() == before)
    assert "half.bin" not in studio.names()


def test_a_file_in_chunks_of_unknown_number_arrives_whole(studio: Studio) -> None:
    pieces = [bytes([number]) * 100_000 for number in range(30)]
    status, said = studio.call("PUT", f"{studio.files}/chunked.bin", iter(pieces), **{"Transfer-Encoding": "chunked"})
    assert (status, said["size"]) == (201, 3_000_000)
    assert studio.call("GET", f"{studio.files}/chunked.bin")[1] == b"".join(pieces)


def test_a_large_file_goes_through_without_standing_in_memory(studio: Studio) -> None:
    before = studio.memory()
    most = [before]

    def pieces() -> Iterator[bytes]:
        for number in range(200):
            if number % 50 == 0:
                most.append(studio.memory())
            yield b"x" * MEGABYTE

    status, said = studio.call("PUT", f"{studio.files}/large.bin", pieces(), **{"Content-Length": str(200 * MEGABYTE)})
    assert (status, said["size"]) == (201, 200 * MEGABYTE)
    assert max(most) - before < 100 * MEGABYTE
    connection = http.client.HTTPConnection("127.0.0.1", studio.server.port, timeout=60)
    connection.request("GET", f"{studio.files}/large.bin", headers={"Authorization": f"Bearer {studio.token}"})
    answer, read = connection.getresponse(), 0
    while piece := answer.read(MEGABYTE):
        read += len(piece)
    most.append(studio.memory())
    assert read == 200 * MEGABYTE
    assert max(most) - before < 100 * MEGABYTE
    studio.call("DELETE", f"{studio.files}/large.bin")


def test_a_replacement_that_breaks_off_leaves_the_old_file(studio: Studio) -> None:
    studio.call("PUT", f"{studio.files}/log.txt", b"old")
    before = studio.bodies()
    connection = studio.begin_upload("log.txt", 2 * MEGABYTE, b"n" * MEGABYTE)
    assert eventually(lambda: len(studio.bodies()) > len(before))
    connection.close()
    assert eventually(lambda: studio.bodies() == before)
    assert studio.call("GET", f"{studio.files}/log.txt")[1] == b"old"


def test_a_server_that_is_killed_in_mid_upload_keeps_what_it_acknowledged_and_no_more(studio: Studio) -> None:
    status, _ = studio.call("PUT", f"{studio.files}/kept.bin", b"k" * MEGABYTE)
    assert status == 201
    acknowledged = studio.names()
    before = len(studio.bodies())
    connection = studio.begin_upload("lost.bin", 2 * MEGABYTE, b"x" * MEGABYTE)
    assert eventually(lambda: len(studio.bodies()) > before)
    studio.server.kill()
    connection.close()
    studio.server.start()
    assert studio.names() == acknowledged
    assert studio.call("GET", f"{studio.files}/kept.bin")[1] == b"k" * MEGABYTE
    swept = "from runs.recording.artifacts import sweep_blobs; print(sweep_blobs(-10_000))"
    assert studio.server.manage("shell", "-v", "0", "-c", swept).splitlines()[-1] == "1"
    assert len(studio.bodies()) == before

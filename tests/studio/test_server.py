"""Does the real server answer in one packet, without a stall, and stop gracefully?"""

import socket
import statistics
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace

import pytest
from gunicorn.sock import TCPSocket

from studio.one_packet import HeaderHeld
from tests.real_server import RealServer, free_port
from tests.studio.answers import BIG


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """The real server with the tiny application."""
    with RealServer(tmp_path_factory.mktemp("server"), "tests.studio.answers:application") as running:
        yield running


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """The real server with the real application."""
    with RealServer(tmp_path_factory.mktemp("studio")) as running:
        yield running


def first_packet(server: RealServer, request: bytes) -> bytes:
    """What the first recv gives."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(request)
        return client.recv(200_000)


def test_header_and_body_come_with_one_recv(server: RealServer) -> None:
    for _ in range(20):
        packet = first_packet(server, b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")
        head, _, body = packet.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        assert body.startswith(b"answer")


def test_the_first_chunk_comes_with_the_header(server: RealServer) -> None:
    packet = first_packet(server, b"GET /chunked HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in packet
    assert b"\r\n\r\n4\r\none " in packet


@pytest.mark.parametrize(("path", "status"), [("/none", 204), ("/empty", 200)])
def test_an_answer_without_a_body_is_sent_at_once(server: RealServer, path: str, status: int) -> None:
    client = HTTPConnection("127.0.0.1", server.port, timeout=5)
    for _ in range(3):
        client.request("GET", path)
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (status, b"")
    client.close()


def test_long_answers_files_and_head_requests_arrive_whole_on_one_connection(server: RealServer) -> None:
    client = HTTPConnection("127.0.0.1", server.port, timeout=5)
    file = (Path(__file__).parent / "answers.py").read_bytes()
    for method, path, body in [
        ("GET", "/big", BIG),
        ("GET", "/file", file),
        ("HEAD", "/big", b""),
        ("GET", "/big", BIG),
    ]:
        client.request(method, path)
        answer = client.getresponse()
        assert answer.read() == body
    client.close()


def test_a_client_that_asks_first_is_told_to_continue_at_once(server: RealServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(b"PUT /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert b"answer" in client.recv(1000)


def test_a_fault_in_the_application_is_answered_500(server: RealServer) -> None:
    assert first_packet(server, b"GET /broken HTTP/1.1\r\nHost: localhost\r\n\r\n").startswith(b"HTTP/1.1 500")


def test_accepted_sockets_do_not_wait_for_acknowledgements() -> None:
    listener = TCPSocket(("127.0.0.1", free_port()), SimpleNamespace(reuse_port=False, is_ssl=False, backlog=8), None)
    with socket.create_connection(listener.getsockname()):
        listener.setblocking(True)
        accepted, _ = listener.accept()
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        accepted.close()
    listener.close()


def test_a_header_is_sent_once_and_in_order() -> None:
    ours, theirs = socket.socketpair()
    held = HeaderHeld(ours)
    held.sendall(b"header ")
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(100)
    held.sendall(b"body ")
    held.sendall(b"more")
    held.flush()
    assert theirs.recv(100) == b"header body more"
    ours.close()
    theirs.close()


def test_fifty_posts_on_one_connection_do_not_stall(studio: RealServer) -> None:
    client = HTTPConnection("127.0.0.1", studio.port, timeout=10)
    taken: list[float] = []
    for _ in range(55):
        start = time.perf_counter()
        client.request("POST", "/health", b"{}", {"Content-Type": "application/json"})
        client.getresponse().read()
        taken.append(time.perf_counter() - start)
    client.close()
    # The first ones load modules. A stall would be 40 ms in each: the median tells, one slow turn does not.
    assert statistics.median(taken[5:]) < 0.010


def test_a_stopping_server_finishes_the_answer_it_is_giving(tmp_path: Path) -> None:
    with RealServer(tmp_path, "tests.studio.answers:application") as running:
        answers: list[bytes] = []
        asking = threading.Thread(
            target=lambda: answers.append(first_packet(running, b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        )
        asking.start()
        time.sleep(0.5)
        assert running.stop() == 0
        asking.join(5)
    assert answers[0].endswith(b"answer")

"""Why does an answer leave the server in one packet? Because a stock gunicorn worker sends its header and body apart.

Two small sends are two packets and two wake-ups of the client, and where Nagle's algorithm is on the second
waits 40 ms for the first one's acknowledgement (what MLflow's own server does on each keep-alive answer).
TCP_NODELAY is on for our listener, and accepted sockets inherit it; holding the header until the first bytes
of the body makes it one send. TCP_CORK was rejected: it would also hold back ``100 Continue`` and slow streams
for 200 ms. Tested in tests/studio/test_server.py.
"""

import copy
import socket
from typing import Any, BinaryIO

from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

# Up to here joining header and body costs less than a second system call.
JOIN_UP_TO = 64 * 1024
# Linux can be told that more follows at once; elsewhere a large answer starts with a packet of its own.
MORE_FOLLOWS = getattr(socket, "MSG_MORE", 0)


class HeaderHeld:
    """A client's socket during one answer: the first send (the header) waits for the second, or for `flush`."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._header: bytes | None = None
        self._header_seen = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def sendall(self, data: bytes) -> None:
        """Hold the header; send what follows, the header before it."""
        if not self._header_seen:
            self._header, self._header_seen = data, True
            return
        if self._header is not None and len(data) <= JOIN_UP_TO:
            data, self._header = self._header + data, None
        self.flush(MORE_FOLLOWS)
        self._socket.sendall(data)

    def sendfile(self, file: BinaryIO, offset: int = 0, count: int | None = None) -> int:
        """Send the header, then ``count`` bytes of a file from ``offset`` without copying them through Python."""
        self.flush(MORE_FOLLOWS)
        return self._socket.sendfile(file, offset, count)

    def flush(self, flags: int = 0) -> None:
        """Send the header if it still waits (an answer without a body)."""
        if self._header is not None:
            header, self._header = self._header, None
            self._socket.sendall(header, flags)


class OnePacketWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's threaded worker, with the header of each answer held until its body."""

    def handle_request(self, request: Request, connection: TConn) -> bool:
        """Answer one HTTP/1 request; whether the connection stays open.

        The worker's loop keeps the real socket (it polls it between requests), only the answer sees ours.
        """
        during_answer = copy.copy(connection)
        held = during_answer.sock = HeaderHeld(connection.sock)
        stays_open: bool = super().handle_request(request, during_answer)
        held.flush()
        return stays_open

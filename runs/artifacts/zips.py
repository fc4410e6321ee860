"""How do many files leave as one zip without being in memory or on disk first?"""

import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runs.artifacts.storage import read_blob

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip knows no earlier time


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a zip: its path there (safe already), its body's name in storage, when it was written (ms)."""

    path: str
    blob: str
    written: int


class _Outlet:
    """Where zipfile writes: gathers bytes until they are taken away. Cannot seek, so sizes follow each member."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self._position += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Nothing waits here."""

    def take(self) -> bytes:
        gathered = b"".join(self._pieces)
        self._pieces.clear()
        return gathered


def zip_pieces(members: Iterable[Member]) -> Iterator[bytes]:
    """The bytes of the zip, piece by piece; holds one piece of one file at a time."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:  # type: ignore[call-overload]
        for member in members:
            when = max(_EARLIEST, time.gmtime(member.written / 1000)[:6])
            info = zipfile.ZipInfo(member.path, when)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as target:
                for piece in read_blob(member.blob):
                    target.write(piece)
                    if ready := outlet.take():
                        yield ready
            yield outlet.take()
    yield outlet.take()

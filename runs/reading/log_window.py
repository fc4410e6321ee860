"""Which lines of a log are to be shown? A window of them, found without loading the file.

Memory is bounded by the window: 256 kB are read at a time and of a line at most 40 kB are kept. Finding line N reads
the file up to there (about 1 s a GB); the last lines and a place given in bytes are found at once.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Literal

from runs.artifacts.storage import open_blob
from runs.mistakes import UserMistake
from runs.models import Artifact

LONGEST_LINE = 40_000
MOST_LINES = 5_000
MOST_BYTES = 2_000_000
COUNTED_BYTES = 64 * 1024 * 1024  # up to here the lines before a window are counted, to number them
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line without its end: its number from 1 (None when not counted), first byte, text, bytes left out of it."""

    number: int | None
    byte: int
    text: str
    cut: int

    @property
    def notice(self) -> str:
        """What to say about a line that was cut; empty for a whole one."""
        return f"{self.cut:,} more bytes of this line are not shown" if self.cut else ""


@dataclass(frozen=True, slots=True)
class LogWindow:
    """Lines of a file of ``size`` bytes: those between the bytes ``start`` and ``end``, both at line borders."""

    lines: tuple[LogLine, ...]
    start: int
    end: int
    size: int

    @property
    def at_start(self) -> bool:
        """Nothing lies before."""
        return self.start == 0

    @property
    def at_end(self) -> bool:
        """Nothing lies after."""
        return self.end >= self.size


def first_lines(artifact: Artifact, line: int = 1, count: int = 1000) -> LogWindow:
    """``count`` lines from line number ``line`` (from 1); none when the file has fewer lines."""
    if line < 1:
        raise UserMistake("Lines are counted from 1.", "line")
    with open_blob(artifact.blob) as file:
        start = _byte_of_line(file, line)
        return _window(file, artifact.size, start, line, count)


def last_lines(artifact: Artifact, count: int = 1000) -> LogWindow:
    """The last ``count`` lines, numbered when the file is not too long to count them."""
    return lines_before(artifact, artifact.size, count)


def lines_before(artifact: Artifact, byte: int, count: int = 1000) -> LogWindow:
    """The ``count`` lines that end at or before ``byte``: pages backwards from a window's ``start``."""
    byte = max(0, min(byte, artifact.size))
    with open_blob(artifact.blob) as file:
        start = _line_start_before(file, byte, min(count, MOST_LINES))
        return _window(file, artifact.size, start, _number_at(file, start), count, stop=byte)


def lines_at_byte(artifact: Artifact, byte: int, count: int = 1000) -> LogWindow:
    """``count`` lines from the one that the byte lies in: pages forwards from a window's ``end``."""
    byte = max(0, min(byte, artifact.size))
    with open_blob(artifact.blob) as file:
        start = _line_start_before(file, byte, 1) if byte and not _follows_newline(file, byte) else byte
        return _window(file, artifact.size, start, _number_at(file, start), count)


def _window(
    file: IO[bytes], size: int, start: int, number: int | None, count: int, stop: int | None = None
) -> LogWindow:
    lines: list[LogLine] = []
    end, taken = start, 0
    for byte, kept, length, ended in _lines(file, start, size if stop is None else stop):
        if len(lines) >= min(count, MOST_LINES) or taken > MOST_BYTES:
            break
        taken += len(kept)
        cut = length - len(kept)
        lines.append(LogLine(None if number is None else number + len(lines), byte, _text(kept, cut > 0), cut))
        end = byte + length + ended
    return LogWindow(tuple(lines), start, end, size)


def _lines(file: IO[bytes], start: int, stop: int) -> Iterator[tuple[int, bytes, int, Literal[0, 1]]]:
    """Each line between two bytes: where it begins, at most 40 kB of it, its whole length, and if a newline ends it."""
    file.seek(start)
    begin, kept, length, position = start, bytearray(), 0, start
    while position < stop and (piece := file.read(min(_PIECE, stop - position))):
        position += len(piece)
        *whole, rest = piece.split(b"\n")
        for part in whole:
            kept += part[: LONGEST_LINE - len(kept)]
            length += len(part)
            yield begin, bytes(kept), length, 1
            begin, length = begin + length + 1, 0
            kept.clear()
        kept += rest[: LONGEST_LINE - len(kept)]
        length += len(rest)
    if length:
        yield begin, bytes(kept), length, 0


def _text(kept: bytes, was_cut: bool) -> str:
    """Bytes as text, each that is no UTF-8 as the replacement character; a character cut in two is left out."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(kept, final=not was_cut)
    return text.removesuffix("\r")


def _byte_of_line(file: IO[bytes], line: int) -> int:
    """Where a line begins; the end of the file when it has fewer."""
    missing, position = line - 1, 0
    while missing:
        piece = file.read(_PIECE)
        found = piece.count(b"\n")
        if found < missing:
            if not piece:
                return position
            missing -= found
            position += len(piece)
            continue
        at = -1
        for _ in range(missing):
            at = piece.index(b"\n", at + 1)
        return position + at + 1
    return position


def _line_start_before(file: IO[bytes], byte: int, count: int) -> int:
    """Where the ``count``-th line before ``byte`` begins, reading backwards. A newline right before belongs to it."""
    end = byte - 1 if byte and _follows_newline(file, byte) else byte
    position = end
    while position > 0:
        begin = max(0, position - _PIECE)
        file.seek(begin)
        piece = file.read(position - begin)
        found = piece.count(b"\n")
        if found < count:
            count -= found
            position = begin
            continue
        at = len(piece)
        for _ in range(count):
            at = piece.rindex(b"\n", 0, at)
        return begin + at + 1
    return 0


def _follows_newline(file: IO[bytes], byte: int) -> bool:
    file.seek(byte - 1)
    return file.read(1) == b"\n"


def _number_at(file: IO[bytes], start: int) -> int | None:
    """The number of the line that begins at a byte; None when too much would have to be counted."""
    if start > COUNTED_BYTES:
        return None
    file.seek(0)
    number, left = 1, start
    while left and (piece := file.read(min(_PIECE, left))):
        number += piece.count(b"\n")
        left -= len(piece)
    return number

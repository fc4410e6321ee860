"""Which bytes of a file does a Range header ask for?"""

import re

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z", re.ASCII)


class OutsideTheFile(Exception):  # noqa: N818 - it becomes an answer, 416
    """The range begins after the end of the file."""


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """The half-open range (start, end) of a single-range header; None for the whole file.

    A header that is malformed or asks for several ranges is ignored, as HTTP allows. Raises OutsideTheFile.
    """
    match = _ONE.match(header.strip().replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        wanted = int(last)
        if not wanted:
            raise OutsideTheFile
        return (max(0, size - wanted), size) if size else None
    start = int(first)
    end = min(size, int(last) + 1) if last else size
    if last and int(last) < start:
        return None
    if start >= size:
        raise OutsideTheFile
    return start, end

"""A Range header is one range, or it is ignored, or it lies outside."""

import pytest

from runs.artifacts.ranges import OutsideTheFile, parse_range


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-9", (0, 10)),
        ("bytes=5-", (5, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=90-1000", (90, 100)),
        ("bytes=99-99", (99, 100)),
        ("bytes=9-5", None),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("lines=0-9", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),
        ("bytes=" + "9" * 40 + "-", None),
        ("", None),
    ],
)
def test_a_range_is_read(header: str, found: tuple[int, int] | None) -> None:
    assert parse_range(header, 100) == found


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_outside_the_file_is_told(header: str) -> None:
    with pytest.raises(OutsideTheFile):
        parse_range(header, 100)


def test_an_empty_file_has_no_ranges() -> None:
    assert parse_range("bytes=-5", 0) is None
    with pytest.raises(OutsideTheFile):
        parse_range("bytes=0-", 0)

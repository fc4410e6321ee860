"""A window of a log has the right lines, with their numbers and bytes, however odd the file is."""

import tracemalloc
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs.artifacts.storage import store
from runs.mistakes import UserMistake
from runs.models import Artifact
from runs.reading import log_window
from runs.reading.log_window import LONGEST_LINE, first_lines, last_lines, lines_at_byte, lines_before


def log(body: bytes) -> Artifact:
    stored = store(BytesIO(body), 10**10)
    return Artifact(name="log.txt", blob=stored.blob, size=stored.size, etag=stored.etag, written=0)


def texts(window) -> list[str]:
    return [line.text for line in window.lines]


HUNDRED = b"".join(b"line %d\n" % number for number in range(1, 101))


def test_lines_are_read_from_a_number() -> None:
    window = first_lines(log(HUNDRED), 41, 3)
    assert [(line.number, line.text) for line in window.lines] == [(41, "line 41"), (42, "line 42"), (43, "line 43")]
    assert not window.at_start
    assert not window.at_end


def test_the_last_lines_know_their_numbers() -> None:
    window = last_lines(log(HUNDRED), 2)
    assert [(line.number, line.text) for line in window.lines] == [(99, "line 99"), (100, "line 100")]
    assert window.at_end


def test_a_line_still_being_written_is_shown() -> None:
    assert texts(last_lines(log(b"one\ntwo\nthr"), 2)) == ["two", "thr"]
    assert texts(first_lines(log(b"one\ntwo\nthr"), 3)) == ["thr"]


def test_an_empty_file_has_no_lines() -> None:
    for window in (first_lines(log(b"")), last_lines(log(b"")), lines_at_byte(log(b""), 5)):
        assert (window.lines, window.at_start, window.at_end) == ((), True, True)


def test_a_number_beyond_the_end_gives_nothing() -> None:
    window = first_lines(log(HUNDRED), 1000)
    assert window.lines == ()
    assert window.at_end


def test_lines_are_counted_from_one() -> None:
    with pytest.raises(UserMistake):
        first_lines(log(b"a"), 0)


def test_a_byte_finds_the_line_it_lies_in() -> None:
    window = lines_at_byte(log(HUNDRED), HUNDRED.index(b"line 50") + 3, 2)
    assert [(line.number, line.text) for line in window.lines] == [(50, "line 50"), (51, "line 51")]


def test_windows_page_forwards_and_backwards_without_gap_or_repeat() -> None:
    artifact = log(HUNDRED)
    forwards, window = [], first_lines(artifact, 1, 7)
    while window.lines:
        forwards += texts(window)
        if window.at_end:
            break
        window = lines_at_byte(artifact, window.end, 7)
    backwards, window = [], last_lines(artifact, 7)
    while True:
        backwards = texts(window) + backwards
        if window.at_start:
            break
        window = lines_before(artifact, window.start, 7)
    assert forwards == backwards == [f"line {number}" for number in range(1, 101)]


def test_bytes_that_are_no_text_do_not_hurt() -> None:
    assert texts(first_lines(log(b"ok\n\xff\xfe gr\xc3\xb6\xc3\n\x00\r\n"))) == [
        "ok",
        "\ufffd\ufffd gr\u00f6\ufffd",
        "\x00",
    ]


def test_a_very_long_line_is_cut_and_says_so() -> None:
    body = b"short\n" + "\u00e4".encode() * LONGEST_LINE + b"\nafter\n"
    window = first_lines(log(body))
    assert [len(line.text) for line in window.lines] == [5, LONGEST_LINE // 2, 5]
    assert window.lines[1].notice == "40,000 more bytes of this line are not shown"
    assert window.lines[2].number == 3
    assert "\ufffd" not in window.lines[1].text


def test_a_character_cut_in_two_is_left_out() -> None:
    assert first_lines(log(b"a" * (LONGEST_LINE - 1) + "\u00e4".encode())).lines[0].text == "a" * (LONGEST_LINE - 1)


def test_a_large_file_is_never_in_memory() -> None:
    artifact = log(b"x" * 30_000_000 + b"\n" + b"y\n" * 3_000_000)
    tracemalloc.start()
    assert texts(last_lines(artifact, 2)) == ["y", "y"]
    assert first_lines(artifact, 1, 1).lines[0].cut == 30_000_000 - LONGEST_LINE
    assert first_lines(artifact, 2_000_000, 1).lines[0].number == 2_000_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000


def test_lines_far_into_a_file_have_no_number(monkeypatch) -> None:
    monkeypatch.setattr(log_window, "COUNTED_BYTES", 100)
    assert last_lines(log(HUNDRED), 1).lines[0].number is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([b"a", b"bb", b"\n", b"\r\n", b"\xff", b"ccc"]), max_size=40), st.integers(1, 6), st.data()
)
def test_any_window_is_a_slice_of_the_lines(monkeypatch, parts, count, data) -> None:
    monkeypatch.setattr(log_window, "_PIECE", 3)
    body = b"".join(parts)
    lines = body.decode("utf-8", "replace").split("\n")
    lines = [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]
    artifact = log(body)
    start = data.draw(st.integers(1, len(lines) + 2))
    assert texts(first_lines(artifact, start, count)) == lines[start - 1 : start - 1 + count]
    assert texts(last_lines(artifact, count)) == lines[-count:]
    byte = data.draw(st.integers(0, len(body)))
    window = lines_at_byte(artifact, byte, count)
    first = body[:byte].count(b"\n")
    assert texts(window) == lines[first : first + count]
    assert all(line.number == first + place + 1 for place, line in enumerate(window.lines))

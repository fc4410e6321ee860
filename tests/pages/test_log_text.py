"""Is a line of a log readable, coloured, and never more than text?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.pages.log_text import is_error_line, line_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "plain"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("\x1b[31mred\x1b[0m after", '<span class="ansi-red">red</span> after'),
        ("\x1b[1;92mok\x1b[m", '<span class="ansi-bold ansi-green">ok</span>'),
        ("\x1b[31m<b>\x1b[0m", '<span class="ansi-red">&lt;b&gt;</span>'),
        ("\x1b[38;5;196mdeep\x1b[0m", "deep"),
        ("\x1b]0;title\x07text\x1b[2K", "text"),
        ("10%\r50%\r100%", "100%"),
        ("100%\r", "100%"),
        ("", ""),
    ],
)
def test_a_line_looks_as_in_a_terminal(text: str, html: str) -> None:
    assert line_html(text) == html


@given(st.text(alphabet="<>&\"'\x1b[];m0123456789ab\r", max_size=60))
def test_no_line_whatever_it_holds_can_open_a_tag(text: str) -> None:
    rest = line_html(text).replace("</span>", "")
    while (start := rest.find('<span class="')) >= 0:
        end = rest.index('">', start)
        assert rest[start + 13 : end].replace("ansi-", "").replace("-", "").replace(" ", "").isalpha()
        rest = rest[:start] + rest[end + 2 :]
    assert "<" not in rest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Traceback (most recent call last):", True),
        ("ValueError: boom", True),
        ("torch.cuda.OutOfMemoryError: CUDA", True),
        ("12:00 ERROR it broke", True),
        ("mean squared error 0.3", False),
        ("no errors here", False),
    ],
)
def test_lines_that_tell_of_an_error_are_known(text: str, expected: bool) -> None:
    assert is_error_line(text) is expected

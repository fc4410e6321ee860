"""Markdown that anybody may write becomes HTML that is safe to show, in bounded time."""

import time

import pytest

from runs.markdown import render_markdown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold**", "<strong>bold</strong>"),
        ("- [x] done", 'type="checkbox"'),
        ("|a|b|\n|--|--:|\n|1|2|", '<th align="right">b</th>'),
        ("```python\nprint(1)\n```", '<span class="nb">print</span>'),
        ("~~gone~~", "<del>gone</del>"),
        ("https://example.com", '<a href="https://example.com" rel="nofollow noopener noreferrer">'),
        ('!!! note "Mind"\n    text', '<div class="admonition note">'),
        ("![own](outputs/a.png)", '<img alt="own" src="outputs/a.png">'),
    ],
)
def test_what_people_write_is_formatted(text: str, html: str) -> None:
    assert html in render_markdown(text)


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("<img src=x onerror=alert(1)>", "onerror"),
        ("[x](javascript:alert(1))", "javascript"),
        ("[x](java\u200bscript:alert(1))", "href"),
        ("[x](data:text/html,x)", "data:"),
        ('<div style="position:fixed">x</div>', "style"),
        ('<div id="token">x</div>', "id="),
        ('<div hx-get="/x">x</div>', "hx-get"),
        ('<div data-hx-post="/x">x</div>', "hx-post"),
        ('<p class="dialog open">x</p>', "class"),
        ("<iframe srcdoc='<script>1</script>'></iframe>", "iframe"),
        ("<svg><script>1</script></svg>", "svg"),
        ("<form action=/x><input name=a><button>x</button></form>", "form"),
        ("![track](https://evil.example/x.png)", "<img"),
        ("![track](//evil.example/x.png)", "<img"),
        ('<img src="https://evil.example/x.png">', "src"),
        ("<base href=//evil.example>", "base"),
        ("<meta http-equiv=refresh content=0>", "meta"),
    ],
)
def test_nothing_that_runs_or_leaks_is_kept(text: str, gone: str) -> None:
    assert gone not in render_markdown(text)


def test_a_foreign_image_becomes_a_link() -> None:
    assert '<a href="https://example.com/x.png" rel' in render_markdown("![a plot](https://example.com/x.png)")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "![" * 10_000,
        "<a " * 7_000,
        ("[" * 299 + "\n\n") * 200,
        "x" * 70_000,
        "> " * 20_000,
        "* " * 30_000,
    ],
)
def test_a_costly_text_is_shown_as_it_is_in_bounded_time(text: str) -> None:
    start = time.process_time()
    html = render_markdown(text)
    assert time.process_time() - start < 5  # a quiet machine needs under 1
    assert "<" in html


def test_a_text_that_is_shown_as_it_is_is_escaped() -> None:
    assert "<script" not in render_markdown("<script>" + "[" * 20_000)

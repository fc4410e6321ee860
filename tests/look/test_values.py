"""Do values look on a page as people read them?"""

import math
import re

import pytest
from django.test import RequestFactory

from runs.statuses import Status
from runs.templatetags import look

HOUR = 3_600_000
NOW = 1_795_000_000_000


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (0, "0"),
        (0.0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (1.0, "1"),
        (0.1, "0.1"),
        (1234567, "1,234,567"),
        (12345.678, "12,345.7"),
        (123456.78, "123,456.8"),
        (0.91234567, "0.91235"),
        (0.0123456, "0.012346"),
        (0.999999, "1"),
        (0.001, "0.001"),
        (0.000123456, "1.2346e-4"),
        (-3.5e22, "-3.5e22"),
        (1e15, "1e15"),
        (5e-324, "4.9407e-324"),
        (1.7976931348623157e308, "1.7977e308"),
        (math.nan, "NaN"),
        (math.inf, "Inf"),
        (-math.inf, "-Inf"),
        (10**400, "1e400"),
    ],
)
def test_a_number_has_five_significant_digits(value: float | None, words: str) -> None:
    assert look.number(value) == words


def test_an_exact_number_reads_back_as_the_same() -> None:
    for value in (0.1, 1e-300, 123456.789, 2**53 + 1):
        assert float(look.exact(value)) == float(value)
    assert (look.exact(None), look.exact(math.nan)) == ("", "NaN")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (None, "–"),
        (-5, "0.0s"),
        (412, "0.4s"),
        (9_999, "9.9s"),
        (48_000, "48s"),
        (185_000, "3m 05s"),
        (2 * HOUR + 14 * 60_000, "2h 14m"),
        (77 * HOUR, "3d 5h"),
    ],
)
def test_a_duration_has_two_units(length: int | None, words: str) -> None:
    assert look.duration(length) == words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (None, "–"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (1536, "1.5 KB"),
        (1048575, "1.0 MB"),
        (2**50, "1.0 PB"),
    ],
)
def test_a_size_is_in_powers_of_1024(size: int | None, words: str) -> None:
    assert look.file_size(size) == words


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (-10_000, "now"),
        (5_000, "just now"),
        (50_000, "1 min ago"),
        (59 * 60_000, "59 min ago"),
        (5 * HOUR, "5 h ago"),
        (30 * HOUR, "yesterday"),
        (72 * HOUR, "3 days ago"),
    ],
)
def test_a_moment_says_how_long_ago(past: int, words: str) -> None:
    assert look.relative(NOW - past, NOW) == words


def test_a_moment_far_away_is_a_date() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", look.relative(NOW - 1000 * HOUR, NOW))
    assert look.relative(NOW + 1000 * HOUR, NOW) == look.moment_text(NOW + 1000 * HOUR)


def test_a_moment_carries_its_exact_time() -> None:
    assert 'datetime="1970-01-01T00:00:01.500Z" title="1970-01-01 00:00:01 UTC"' in look.ago(1500)
    assert look.ago(None) == "–"


def test_an_id_is_cut_in_the_middle() -> None:
    assert look.middle("4f1c2a90be0d4c1f8a9be0d1") == "4f1c2a…9be0d1"
    assert look.middle("short") == "short"


@pytest.mark.parametrize("status", Status)
def test_a_state_has_shape_word_and_colour(status: Status) -> None:
    pill = look.status_pill(status)
    assert re.search(r'data-tone="(run|ok|fail|stale|idle)"', pill)
    assert re.search(r"#[a-z-]+\"/></svg>" + look.status_words(status), pill)


def test_states_of_different_groups_differ_in_shape() -> None:
    def shape(status: Status) -> str:
        return re.findall(r"#([a-z-]+)\"", look.status_pill(status))[0]

    groups = [Status.QUEUED, Status.RUNNING, Status.COMPLETED, Status.FAILED, Status.CANCELED, Status.NOT_RESPONDING]
    assert len({shape(status) for status in groups}) == len(groups)


def test_a_sparkline_leaves_gaps_where_there_is_no_number() -> None:
    assert look.sparkline([1.0, 2.0, None, math.nan, 3.0, 2.0]).count("<polyline") == 2
    assert look.sparkline([1.0]) == "–"
    assert "nan" not in look.sparkline([1.0, math.inf, 1.0, 1.0])


def test_a_changed_query_string_starts_at_the_first_page() -> None:
    request = RequestFactory().get("/?q=a&sort=name&cursor=abc")
    assert look.url_with({"request": request}, sort="-created") == "?q=a&sort=-created"
    assert look.url_with({"request": request}, q=None, sort="") == "?"
    assert "cursor=next" in look.url_with({"request": request}, cursor="next")


def test_an_icon_escapes_what_it_is_told() -> None:
    assert "<script>" not in look.icon("check", '"><script>')

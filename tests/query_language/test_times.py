"""Dates and ages stand for intervals of milliseconds, in UTC."""

from datetime import UTC, datetime

import pytest

from runs.query_language.parser import parse
from runs.query_language.times import LATEST, interval, length_interval, parse_age, parse_moment
from runs.query_language.tree import Age, Condition, Unit

HOUR = 3_600_000


def ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000  # type: ignore[arg-type, misc]


NOW = ms(2026, 11, 23, 12, 30)


def of(text: str) -> tuple[int | None, int | None]:
    condition = parse(text)
    assert isinstance(condition, Condition)
    measure = length_interval if condition.field.key == "duration" else lambda op, value: interval(op, value, NOW)
    return measure(condition.op, condition.value)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("created:2026-11-23", ms(2026, 11, 23), ms(2026, 11, 24)),
        ("created != 2026-11-23", ms(2026, 11, 23), ms(2026, 11, 24)),
        ("created > 2026-11-23", ms(2026, 11, 24), None),
        ("created >= 2026-11-23", ms(2026, 11, 23), None),
        ("created < 2026-11-23", None, ms(2026, 11, 23)),
        ("created <= 2026-11-23", None, ms(2026, 11, 24)),
        ("created:2026-02", ms(2026, 2, 1), ms(2026, 3, 1)),
        ("created:2026-12", ms(2026, 12, 1), ms(2027, 1, 1)),
        ("created:2026", ms(2026, 1, 1), ms(2027, 1, 1)),
        ("created:9999", ms(9999, 1, 1), LATEST + 1),
        ("created:2026-11-23T10:15", ms(2026, 11, 23, 10, 15), ms(2026, 11, 23, 10, 16)),
        ("created:2026-11-23T10:15:30", ms(2026, 11, 23, 10, 15, 30), ms(2026, 11, 23, 10, 15, 31)),
        ("created:2026-11-23T10:15:30.5Z", ms(2026, 11, 23, 10, 15, 30) + 500, ms(2026, 11, 23, 10, 15, 30) + 501),
        ("created:2026-11-23T10:15-05:30", ms(2026, 11, 23, 15, 45), ms(2026, 11, 23, 15, 46)),
        ("created:1700000000000", 1700000000000, 1700000000001),
        ("created:today", ms(2026, 11, 23), ms(2026, 11, 24)),
        ("created < yesterday", None, ms(2026, 11, 22)),
        ("created:2h", NOW - 2 * HOUR, None),
        ("created > 2h", NOW - 2 * HOUR, None),
        ("created < 2h", None, NOW - 2 * HOUR),
        ("created:2026-11-01..2026-11-15", ms(2026, 11, 1), ms(2026, 11, 16)),
        ("created:..2026-11-15", None, ms(2026, 11, 16)),
        ("created:2026-11-01..", ms(2026, 11, 1), None),
        ("created:2h..1h", NOW - 2 * HOUR, NOW - HOUR + 1),
        ("created:1h..2h", NOW - 2 * HOUR, NOW - HOUR + 1),
        ("duration:2h", 2 * HOUR, 3 * HOUR),
        ("duration > 2h", 2 * HOUR + 1, None),
        ("duration >= 2h", 2 * HOUR, None),
        ("duration < 2h", None, 2 * HOUR),
        ("duration <= 2h", None, 2 * HOUR + 1),
        ("duration:1h..2h", HOUR, 2 * HOUR + 1),
        ("duration:..2h", None, 2 * HOUR + 1),
    ],
)
def test_a_time_is_a_half_open_interval(text: str, low: int | None, high: int | None) -> None:
    assert of(text) == (low, high)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("15m", Age(15, Unit.MINUTE)),
        ("24H", Age(24, Unit.HOUR)),
        ("3w", Age(3, Unit.WEEK)),
        ("1d12h", Age(36, Unit.HOUR)),
        ("1.5h", Age(90, Unit.MINUTE)),
        ("250ms", Age(250, Unit.MILLISECOND)),
        ("", None),
        ("h", None),
        ("7x", None),
        ("-7d", None),
        ("30m1h", None),
        ("999999999w1s", None),
    ],
)
def test_an_age_is_a_number_with_a_unit(text: str, age: Age | None) -> None:
    assert parse_age(text) == age


NO_DATES = """2026-02-30 1969-12-31 1970-01-01T00:00+01:00 10000-01-01 2026-11-23T25:00 99999999999999999
2026-1-1-1 now""".split()


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_moment(text) is None

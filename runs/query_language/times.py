"""When is "7d", "2026-11-23" or "yesterday", in milliseconds since 1970? All dates are UTC.

Intervals are half-open, ``low <= x < high``; None is open.
"""

import re
from datetime import UTC, datetime, timedelta

from runs.query_language.tree import Age, Day, Moment, Op, Precision, Range, Unit, Value

Interval = tuple[int | None, int | None]

LATEST = 253402300799999  # the end of the year 9999
_DAY = Unit.DAY.ms
_AGE = re.compile(r"(?:([0-9]{1,9})w)?(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?"
                  r"(?:([0-9]{1,12})ms)?", re.IGNORECASE | re.ASCII)  # fmt: skip
_FRACTION = re.compile(r"([0-9]{0,9}\.[0-9]{1,9})(ms|[wdhms])", re.IGNORECASE | re.ASCII)
_UNITS = (Unit.WEEK, Unit.DAY, Unit.HOUR, Unit.MINUTE, Unit.SECOND, Unit.MILLISECOND)
_MOST_DIGITS = {unit: 12 if unit is Unit.MILLISECOND else 9 for unit in Unit}  # so that it can be written and read back
_MOMENT = re.compile(
    r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2})"
    r"(?:[Tt ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_EPOCH = re.compile(r"[0-9]{11,15}")
_DAYS = {"today": 0, "yesterday": 1}
_FORMATS = {
    Precision.YEAR: "%Y",
    Precision.MONTH: "%Y-%m",
    Precision.DAY: "%Y-%m-%d",
    Precision.MINUTE: "%Y-%m-%dT%H:%M",
    Precision.SECOND: "%Y-%m-%dT%H:%M:%S",
}


def parse_age(text: str) -> Age | None:
    """``15m``, ``24h``, ``7d``, ``1h30m``, ``1.5h`` as a length of time, in the smallest unit written."""
    age = _read_age(text)
    return age if age and len(str(age.count)) <= _MOST_DIGITS[age.unit] else None


def _read_age(text: str) -> Age | None:
    if fraction := _FRACTION.fullmatch(text):
        return shortest(round(float(fraction[1]) * Unit(fraction[2].lower()).ms))
    match = _AGE.fullmatch(text)
    given = [(int(n), unit) for n, unit in zip(match.groups(), _UNITS, strict=True) if n] if match else []
    if not given:
        return None
    smallest = given[-1][1]
    return Age(sum(n * unit.ms for n, unit in given) // smallest.ms, smallest)


def shortest(ms: int) -> Age:
    """``ms`` in the largest of h, m, s and ms that divides it."""
    unit = next(unit for unit in _UNITS[2:] if ms % unit.ms == 0)
    return Age(ms // unit.ms, unit)


def parse_moment(text: str) -> Moment | Day | None:
    """A year, month, day or time of day as ISO 8601 has it (UTC unless it says otherwise), epoch ms, or today."""
    if text.casefold() in _DAYS:
        return Day(_DAYS[text.casefold()])
    if _EPOCH.fullmatch(text) and int(text) <= LATEST:
        return Moment(int(text), Precision.MILLISECOND)
    match = _MOMENT.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        when = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0),
                        tzinfo=UTC)  # fmt: skip
        ms = int(when.timestamp()) * 1000 + int(((fraction or "") + "000")[:3]) - _offset_ms(zone)
    except ValueError:
        return None
    if not 0 <= ms <= LATEST:
        return None
    given = sum(part is not None for part in (month, day, hour, second, fraction))
    return Moment(ms, tuple(Precision)[given])


def _offset_ms(zone: str | None) -> int:
    if zone is None or zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return (1 if zone[0] == "+" else -1) * (hours * 60 + minutes) * Unit.MINUTE.ms


def moment_to_text(moment: Moment) -> str:
    """The moment as ISO 8601 in UTC, exactly as precise as it is."""
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment.ms)
    if moment.precision is Precision.MILLISECOND:
        return f"{when:%Y-%m-%dT%H:%M:%S}.{moment.ms % 1000:03d}"
    return when.strftime(_FORMATS[moment.precision])


def interval(op: Op, value: Value, now_ms: int) -> Interval:
    """The times (ms since 1970) for which ``op value`` holds; for `!=` those for which ``=`` holds.

    An age counts back from now: ``= 7d`` and ``> 7d`` are the last seven days, ``< 7d`` is longer ago.
    """
    if isinstance(value, Age):
        return (None, now_ms - value.ms) if op in (Op.LESS, Op.LESS_EQUAL) else (now_ms - value.ms, None)
    begin, end = _period(value, now_ms)
    return _compared(op, begin, end)


def length_interval(op: Op, value: Value) -> Interval:
    """The lengths of time (ms) for which ``op value`` holds; for `!=` those for which ``=`` holds.

    ``= 2h`` is from two hours to under three: a length is as exact as its unit.
    """
    if isinstance(value, Age):
        if op is Op.GREATER:
            return value.ms + 1, None
        if op is Op.LESS_EQUAL:
            return None, value.ms + 1
        return _compared(op, value.ms, value.ms + value.unit.ms)
    if isinstance(value, Range):
        low = value.low.ms if isinstance(value.low, Age) else None
        return low, value.high.ms + 1 if isinstance(value.high, Age) else None
    raise TypeError(f"{value!r} is no length of time")


def _compared(op: Op, begin: int | None, end: int | None) -> Interval:
    match op:
        case Op.LESS:
            return None, begin
        case Op.LESS_EQUAL:
            return None, end
        case Op.GREATER:
            return end, None
        case Op.GREATER_EQUAL:
            return begin, None
    return begin, end


def _period(value: Value, now_ms: int) -> Interval:
    """Where the period that ``value`` names begins and ends."""
    match value:
        case Range(low, high):
            ends = [_period(end, now_ms) for end in (low, high) if end is not None]
            if isinstance(low, Age) and isinstance(high, Age):
                ends.sort(key=lambda period: period[0] or 0)
            return (None if low is None else ends[0][0]), (None if high is None else ends[-1][1])
        case Age():
            return now_ms - value.ms, now_ms - value.ms + 1
        case Day(back):
            midnight = now_ms - now_ms % _DAY - back * _DAY
            return midnight, midnight + _DAY
        case Moment(ms, precision):
            return ms, ms + _length(ms, precision)
    raise TypeError(f"{value!r} is no time")


def _length(ms: int, precision: Precision) -> int:
    match precision:
        case Precision.DAY:
            return _DAY
        case Precision.MINUTE | Precision.SECOND | Precision.MILLISECOND:
            return {"minute": 60_000, "second": 1_000}.get(precision, 1)
    begin = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    months = 12 if precision is Precision.YEAR else begin.month
    if begin.year == 9999 and months == 12:
        return LATEST + 1 - ms
    following = begin.replace(year=begin.year + months // 12, month=months % 12 + 1)
    return int(following.timestamp()) * 1000 - ms

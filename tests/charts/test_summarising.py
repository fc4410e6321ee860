"""Is a summary computed by columns the one that a plain loop gives?"""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from runs.charts.points import pack
from runs.charts.summarising import flag_of, summarise
from runs.models import Flag

VALUES = st.sampled_from([0.0, 1.0, -1.0, 2.5, math.nan, math.inf, -math.inf])
ROWS = st.lists(st.tuples(st.integers(1, 3), st.integers(-2, 2), st.integers(0, 2), VALUES), min_size=1, max_size=40)


def by_loop(rows):
    """The slow, plain form: last by (step, ts), later arrival winning ties; first the earliest."""
    for key in sorted({row[0] for row in rows}):
        mine = [row[1:] for row in rows if row[0] == key]
        last, first = mine[0], mine[0]
        for point in mine[1:]:
            last = point if point[:2] >= last[:2] else last
            first = point if point[:2] < first[:2] else first
        finite = sorted((point for point in mine if math.isfinite(point[2])), key=lambda point: point[:2])
        low = min((value for *_, value in finite), default=None)
        high = max((value for *_, value in finite), default=None)
        yield (
            key,
            None if math.isnan(last[2]) else last[2],
            flag_of(last[2]),
            last[0],
            last[1],
            low,
            high,
            next((step for step, _, value in finite if value == low), None),
            next((step for step, _, value in finite if value == high), None),
            None if math.isnan(first[2]) else first[2],
            first[0],
            first[1],
            len(mine),
        )


@given(ROWS)
@settings(max_examples=400, deadline=None)
def test_columns_give_what_a_loop_gives(rows):
    found = summarise(pack(*(list(column) for column in zip(*rows, strict=True))))
    assert [tuple(getattr(one, name) for name in one.__slots__) for one in found] == list(by_loop(rows))


def test_each_kind_of_number_has_its_flag():
    assert [flag_of(value) for value in (1.0, math.nan, math.inf, -math.inf)] == [
        Flag.FINITE,
        Flag.NAN,
        Flag.PLUS_INFINITY,
        Flag.MINUS_INFINITY,
    ]

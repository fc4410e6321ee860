"""Does a line of a few hundred buckets still tell the truth about millions of points?"""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.charts.downsampling import downsample
from runs.charts.sketch import strokes_of


def line(x, values, width):
    return downsample(strokes_of(np.asarray(x, np.int64), np.asarray(values, np.float64)), width)


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.floats(allow_nan=True, width=32)), max_size=300),
    st.integers(2, 40),
)
@settings(max_examples=200, deadline=None)
def test_every_point_lies_in_the_band_and_x_rises(rows, width):
    x = [row[0] for row in rows]
    values = [row[1] for row in rows]
    drawn = line(x, values, width)
    assert len(drawn.x) <= width + 2 or len(drawn.x) <= len(set(x))
    assert (np.diff(drawn.x) > 0).all()
    finite = [value for value in values if np.isfinite(value)]
    if finite:
        assert np.nanmin(drawn.low) == min(finite)
        assert np.nanmax(drawn.high) == max(finite)
    if rows:
        assert drawn.x[0] == min(x) and drawn.x[-1] == max(x)
    assert bool(drawn.marks.any()) == any(not np.isfinite(value) for value in values)


def test_a_single_spike_among_a_million_points_is_seen():
    values = np.zeros(1_000_000)
    values[654_321] = 1e6
    drawn = line(np.arange(1_000_000), values, 500)
    assert drawn.high.max() == 1e6
    assert abs(int(drawn.x[drawn.high.argmax()]) - 654_321) <= 2000
    assert len(drawn.x) == 502


def test_the_first_and_the_last_point_stand_for_themselves():
    values = np.random.default_rng(1).normal(size=100_000)
    drawn = line(np.arange(100_000), values, 300)
    for end in (0, -1):
        assert drawn.x[end] == np.arange(100_000)[end]
        assert drawn.low[end] == drawn.high[end] == drawn.last[end] == values[end]


def test_few_points_are_drawn_as_they_are():
    drawn = line([1, 5, 9], [1.0, 3.0, 2.0], 100)
    assert drawn.as_json() == {
        "x": [1, 5, 9],
        "low": [1.0, 3.0, 2.0],
        "high": [1.0, 3.0, 2.0],
        "last": [1.0, 3.0, 2.0],
        "marks": [],
    }


def test_nan_and_infinity_are_gaps_with_marks_and_the_answer_is_json():
    answer = line([0, 1, 2, 3, 4], [1.0, np.nan, np.inf, -np.inf, 2.0], 100).as_json()
    assert answer["last"] == [1.0, None, None, None, 2.0]
    assert answer["marks"] == [{"x": 1, "kind": "nan"}, {"x": 2, "kind": "inf"}, {"x": 3, "kind": "-inf"}]
    json.dumps(answer, allow_nan=False)


def test_a_bucket_with_some_numbers_and_a_nan_shows_the_numbers_and_a_mark():
    drawn = line([0, 0, 1], [5.0, np.nan, 1.0], 100)
    assert drawn.last.tolist() == [5.0, 1.0]
    assert drawn.as_json()["marks"] == [{"x": 0, "kind": "nan"}]


def test_of_two_values_at_one_step_the_later_is_drawn_and_both_are_in_the_band():
    drawn = line([7, 7], [4.0, 2.0], 10)
    assert (drawn.x.tolist(), drawn.low.tolist(), drawn.high.tolist(), drawn.last.tolist()) == (
        [7],
        [2.0],
        [4.0],
        [2.0],
    )


def test_an_empty_stretch_is_no_bucket():
    x = np.concatenate([np.arange(1000), np.arange(1000) + 1_000_000])
    drawn = line(x, np.zeros(2000), 100)
    assert not ((drawn.x > 1000) & (drawn.x < 1_000_000)).any()


def test_steps_at_both_ends_of_int64_are_drawn():
    assert line([-(2**63), 0, 2**63 - 1], [1.0, 2.0, 3.0], 2).x.tolist() == [-(2**63), 0, 2**63 - 1]
    many = np.linspace(-(2**63), 2**63 - 1025, 1000).astype(np.int64)
    assert len(line(many, np.zeros(1000), 50).x) <= 52

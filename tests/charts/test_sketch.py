"""Does the view from afar contain every point?"""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runs.charts.points import Points
from runs.charts.sketch import (
    GROUP,
    MINUS_INFINITY,
    NAN,
    PLUS_INFINITY,
    Stored,
    edges,
    sketch,
    strokes_of_sketches,
)


def seen(points: Points, axis: str = "step"):
    column = getattr(points, axis)
    return strokes_of_sketches([Stored(sketch(points), len(points), int(column.min()), int(column.max()))], axis)


def of(values, step=None, ts=None) -> Points:
    n = len(values)
    return Points(
        np.arange(n) if step is None else np.asarray(step, np.int64),
        np.arange(n) * 1000 if ts is None else np.asarray(ts, np.int64),
        np.asarray(values, np.float64),
    )


@given(st.lists(st.floats(), min_size=1, max_size=300))
@example([0.1] * 70)
@example([1e39, -1e39, 5e-324])
@example([1.7976931348623157e308, -1.7976931348623157e308])
@settings(max_examples=300, deadline=None)
def test_the_band_contains_every_finite_value_and_marks_the_others(values):
    strokes = seen(of(values))
    assert len(strokes) == -(-len(values) // GROUP)
    for at in range(len(strokes)):
        group = np.array(values[at * GROUP : (at + 1) * GROUP])
        finite = group[np.isfinite(group)]
        marks = strokes.marks[at]
        assert bool(marks & NAN) == bool(np.isnan(group).any())
        assert bool(marks & PLUS_INFINITY) == bool((group == np.inf).any())
        assert bool(marks & MINUS_INFINITY) == bool((group == -np.inf).any())
        if len(finite):
            assert strokes.low[at] <= finite.min()
            assert strokes.high[at] >= finite.max()
            assert strokes.low[at] <= strokes.last[at] <= strokes.high[at]
        else:
            assert np.isnan(strokes.low[at]) and np.isnan(strokes.high[at]) and np.isnan(strokes.last[at])


def test_the_band_is_tight_and_the_line_goes_through_the_last_values():
    values = np.random.default_rng(2).normal(size=8192)
    strokes = seen(of(values))
    blocks = values.reshape(-1, GROUP)
    assert np.allclose(strokes.low, blocks.min(axis=1), rtol=1e-6)
    assert np.allclose(strokes.high, blocks.max(axis=1), rtol=1e-6)
    assert np.allclose(strokes.last, blocks[:, -1], atol=1e-3)


def test_a_small_change_on_a_large_offset_stays_visible():
    values = 1.7e9 + np.arange(128) / 100
    strokes = seen(of(values))
    assert strokes.low.tolist() == [values[0], values[64]]
    assert strokes.high.tolist() == [values[63], values[127]]


def test_a_constant_has_no_band():
    strokes = seen(of([0.1] * 100))
    assert strokes.low.tolist() == strokes.high.tolist() == strokes.last.tolist() == [0.1, 0.1]


def test_a_pause_in_the_middle_of_a_chunk_stays_where_it_was():
    step = np.concatenate([np.arange(4096), np.arange(4096) + 1_000_000])
    strokes = seen(of(np.zeros(8192), step=step, ts=step * 1000))
    assert not ((strokes.x > 4200) & (strokes.x < 999_900)).any()
    by_time = seen(of(np.zeros(8192), step=step, ts=step * 1000), "ts")
    assert not ((by_time.x > 4_200_000) & (by_time.x < 999_900_000)).any()


def test_groups_stand_at_the_step_of_their_last_point():
    assert seen(of(np.zeros(200), step=np.arange(200) * 10)).x.tolist() == [630, 1270, 1910, 1990]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=200, unique=True))
@settings(max_examples=100, deadline=None)
def test_steps_of_any_size_stay_in_the_range_of_the_chunk(steps):
    steps.sort()
    strokes = seen(of(np.zeros(len(steps)), step=steps, ts=np.zeros(len(steps))))
    assert steps[0] <= strokes.x.min() and strokes.x.max() <= steps[-1]


def test_the_first_and_the_last_value_are_exact():
    values = np.random.default_rng(3).normal(size=1000)
    points = of(values)
    assert edges(Stored(sketch(points), 1000, 0, 999)) == (values[0], values[-1])


def test_a_full_chunk_with_every_column_stays_inside_a_postgres_page_row():
    random = np.random.default_rng(4)
    step = np.sort(random.integers(0, 10**9, 8192))
    assert len(sketch(of(random.normal(size=8192), step=step))) < 1900


def test_chunks_of_different_layouts_are_read_together():
    one, other = of(np.ones(8192)), of([1.0, np.nan, 2.0], step=[9000, 9500, 9501])
    both = strokes_of_sketches(
        [Stored(sketch(p), len(p), int(p.step[0]), int(p.step[-1])) for p in (one, other)], "step"
    )
    assert len(both) == 129
    assert both.x.max() == 9501
    assert np.count_nonzero(both.marks) == 1


def test_a_narrow_chart_of_many_chunks_folds_groups_and_keeps_every_spike():
    values = np.random.default_rng(5).normal(size=64 * 8192)
    values[300_000] = 1e6
    values[400_000] = np.nan
    whole = of(values)
    chunks = [
        Stored(sketch(part), 8192, int(part.step[0]), int(part.step[-1]))
        for part in (whole[at : at + 8192] for at in range(0, len(values), 8192))
    ]
    folded = strokes_of_sketches(chunks, "step", 50)
    assert 8 * 50 <= len(folded) <= 16 * 50
    assert len(strokes_of_sketches(chunks, "step")) == 8192
    assert folded.high.max() >= 1e6
    assert folded.low.min() <= np.nanmin(values)
    assert np.count_nonzero(folded.marks) == 1
    assert folded.x.max() == len(values) - 1

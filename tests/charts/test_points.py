"""Are points sorted, folded and packed without losing one?"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.charts.points import Points, in_order, pack, points_of, rank, unpack
from tests.charts.test_codec import INT64, series

FEW = st.integers(0, 2)
BITS = st.sampled_from([0, 1 << 63, 0x7FF8000000000000, 0x7FF8000000000001, 0x7FF0000000000000, 0x3FF0000000000000])


@given(st.lists(st.tuples(FEW, FEW, BITS), max_size=60))
@settings(max_examples=200, deadline=None)
def test_only_exact_repeats_fold_and_nothing_else_is_lost(rows):
    found = in_order(series(rows))
    kept = list(zip(found.step.tolist(), found.ts.tolist(), found.value.view(np.uint64).tolist(), strict=True))
    assert len(kept) == len(set(kept))
    assert set(kept) == set(rows)
    assert [row[:2] for row in kept] == sorted(row[:2] for row in kept)


@given(st.lists(st.floats(allow_nan=False), min_size=2, max_size=20))
def test_ranks_sort_as_the_values_do(values):
    column = np.array(values)
    assert [v + 0.0 for v in column[np.argsort(rank(column))]] == sorted(v + 0.0 for v in values)


@given(st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), INT64, INT64, st.floats()), max_size=20))
def test_a_packed_batch_comes_back_in_its_order(rows):
    records = unpack([pack(*(list(column) for column in zip(*rows, strict=True))).tobytes()] if rows else [])
    for (key, step, ts, value), record in zip(rows, records.tolist(), strict=True):
        assert record[:3] == (key, step, ts)
        assert record[3] == value or math.isnan(value)
    assert len(points_of(records)) == len(rows)


def test_a_record_is_28_little_endian_bytes():
    assert pack([1], [2], [3], [1.0]).tobytes().hex() == "0100000002000000000000000300000000000000000000000000f03f"


def test_a_step_beyond_64_bits_is_refused():
    with pytest.raises(OverflowError):
        pack([1], [2**63], [0], [0.0])


def test_points_iterate_as_plain_numbers():
    assert list(Points(np.array([1]), np.array([2]), np.array([3.5]))) == [(1, 2, 3.5)]

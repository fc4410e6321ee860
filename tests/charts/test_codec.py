"""Does every point come back bit for bit?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.charts.codec import decode, decode_axis, encode
from runs.charts.points import Points

INT64 = st.integers(-(2**63), 2**63 - 1)
ANY_BITS = st.integers(0, 2**64 - 1)


def series(rows: list[tuple[int, int, int]]) -> Points:
    step, ts, bits = zip(*rows, strict=True) if rows else ((), (), ())
    return Points(
        np.array(step, np.int64), np.array(ts, np.int64), np.array(bits, np.uint64).view(np.float64).reshape(-1)
    )


def same(one: Points, other: Points) -> bool:
    return (
        one.step.tolist() == other.step.tolist()
        and one.ts.tolist() == other.ts.tolist()
        and one.value.view(np.uint64).tolist() == other.value.view(np.uint64).tolist()
    )


@given(st.lists(st.tuples(INT64, INT64, ANY_BITS), max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_points_come_back_bit_for_bit_with_the_payloads_of_their_nans(rows):
    points = series(rows)
    assert same(decode(encode(points), len(points)), points)


@given(INT64, st.integers(-(2**40), 2**40), st.integers(1, 3000))
@settings(max_examples=100, deadline=None)
def test_regular_steps_come_back_also_where_they_wrap_around(start, stride, count):
    step = (np.arange(count, dtype=np.uint64) * np.uint64(stride % 2**64) + np.uint64(start % 2**64)).view(np.int64)
    points = Points(step, step[::-1].copy(), np.zeros(count))
    assert same(decode(encode(points), count), points)


def test_one_axis_comes_without_the_other():
    points = Points(np.arange(100), np.arange(100) ** 2, np.linspace(0, 1, 100))
    for axis in ("step", "ts"):
        place, value = decode_axis(encode(points), 100, axis)
        assert place.tolist() == getattr(points, axis).tolist()
        assert value.tolist() == points.value.tolist()


def test_a_body_of_another_codec_is_refused_and_not_misread():
    with pytest.raises(ValueError, match="codec 9"):
        decode(b"\x09" + encode(series([(1, 2, 3)]))[1:], 1)


def test_a_loss_curve_takes_less_than_six_bytes_a_point():
    x = np.arange(8192)
    noise = np.random.default_rng(1)
    value = (np.exp(-x / 2048) + noise.normal(0, 0.05, 8192)).astype(np.float32).astype(np.float64)
    body = encode(Points(x * 10, 1_700_000_000_000 + x * 100 + noise.integers(0, 40, 8192), value))
    assert len(body) / 8192 < 6

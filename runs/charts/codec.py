"""How do thousands of sorted points become few bytes, and come back bit for bit?

A body is one codec byte, then the columns step, time and value, each with its own form and length, so that a
chart over steps never inflates the times. Integers: (start, stride) when regular, else differences; then byte
shuffle (all lowest bytes first) and zlib level 1. Measured on float32-like losses: 4.6 bytes a point for all
three columns; level 6 saves 2 % more for five times the time. zstd would be as small and 5-12 times faster:
a new codec byte is the place for it. A few points are kept as they are: coding them takes longer than it saves, and
runs with a thousand short series are the slowest to seal.
"""

import struct
import zlib

import numpy as np

from runs.charts.points import Axis, Bits, Floats, Ints, Points

ZLIB, PLAIN = 1, 2
FEW = 64
_REGULAR, _SHUFFLED = 0, 1
_COLUMN = struct.Struct("<BI")  # form, length of what follows
_STRIDE = struct.Struct("<qQ")  # start, stride modulo 2**64
_LEVEL = 1


def encode(points: Points) -> bytes:
    """The body of a chunk. ``points`` may be in any order; sorted ones are small."""
    if len(points) < FEW:
        columns = [_bits(column).astype("<u8", copy=False) for column in (points.step, points.ts, points.value)]
        return b"".join((bytes((PLAIN,)), *(column.tobytes() for column in columns)))
    integers = _integers(points.step), _integers(points.ts)
    return b"".join((bytes((ZLIB,)), *integers, _packed(_SHUFFLED, _shuffled(_bits(points.value)))))


def decode(body: bytes, count: int) -> Points:
    """The ``count`` points that `encode` was given. Raises ValueError for a body of another codec."""
    if body[0] == PLAIN:
        step, ts, value = np.frombuffer(body, "<u8", 3 * count, 1).reshape(3, count).astype(np.uint64)
        return Points(step.view(np.int64), ts.view(np.int64), value.view(np.float64))
    columns = _columns(body)
    return Points(_decoded(columns[0], count), _decoded(columns[1], count), _decoded_values(columns[2], count))


def decode_axis(body: bytes, count: int, axis: Axis) -> tuple[Ints, Floats]:
    """Only one axis and the values: the other integer column is not touched."""
    if body[0] == PLAIN:
        points = decode(body, count)
        return getattr(points, axis), points.value
    step, ts, value = _columns(body)
    return _decoded(step if axis == "step" else ts, count), _decoded_values(value, count)


def _columns(body: bytes) -> list[tuple[int, memoryview]]:
    view = memoryview(body)
    if view[0] != ZLIB:
        raise ValueError(f"a chunk body of unknown codec {view[0]}")
    columns, at = [], 1
    for _ in range(3):
        form, length = _COLUMN.unpack_from(view, at)
        at += _COLUMN.size
        columns.append((form, view[at : at + length]))
        at += length
    return columns


def _packed(form: int, payload: bytes) -> bytes:
    return _COLUMN.pack(form, len(payload)) + payload


def _integers(column: Ints) -> bytes:
    # Unsigned arithmetic wraps around silently, so any int64 comes back, however far apart.
    steps = np.diff(_bits(column))
    if (steps == steps[0]).all():
        return _packed(_REGULAR, _STRIDE.pack(int(column[0]), int(steps[0])))
    return _packed(_SHUFFLED, _shuffled(np.concatenate((_bits(column[:1]), steps))))


def _decoded(column: tuple[int, memoryview], count: int) -> Ints:
    form, payload = column
    if form == _REGULAR:
        start, stride = _STRIDE.unpack(payload)
        steps = np.arange(count, dtype=np.uint64) * np.uint64(stride)
        return (steps + np.uint64(start % 2**64)).view(np.int64)
    return np.cumsum(_unshuffled(payload, count), dtype=np.uint64).view(np.int64)


def _decoded_values(column: tuple[int, memoryview], count: int) -> Floats:
    return _unshuffled(column[1], count).view(np.float64)


def _bits(column: Ints | Floats) -> Bits:
    return np.ascontiguousarray(column).view(np.uint64)


def _shuffled(words: Bits) -> bytes:
    planes = np.ascontiguousarray(words.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8).T)
    return zlib.compress(planes.tobytes(), _LEVEL)


def _unshuffled(payload: memoryview, count: int) -> Bits:
    planes = np.frombuffer(zlib.decompress(payload), np.uint8).reshape(8, count)
    return np.ascontiguousarray(planes.T).reshape(-1).view("<u8").astype(np.uint64, copy=False)

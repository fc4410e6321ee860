"""How does the demo draw? A small PNG encoder, and pictures of weights, regions and scatter plots."""

import struct
import zlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from runs.demo.datasets import Floats, Ints

Pixels = npt.NDArray[np.uint8]
# Told apart also by people who see colours differently (Okabe and Ito's palette).
COLOURS: Pixels = np.array(
    [
        [0, 114, 178],
        [230, 159, 0],
        [0, 158, 115],
        [204, 121, 167],
        [86, 180, 233],
        [213, 94, 0],
        [240, 228, 66],
        [90] * 3,
    ],
    dtype=np.uint8,
)


def png(pixels: Pixels) -> bytes:
    """The PNG file of an RGB picture (height, width, 3)."""
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * 3)], axis=1)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def heat(values: Floats, scale: int = 12) -> Pixels:
    """Numbers (height, width) from blue (low) over white (0) to orange (high), each ``scale`` pixels wide."""
    top = float(np.abs(values).max()) or 1.0
    part = np.clip(values / top, -1, 1)[:, :, None]
    low, high = COLOURS[0].astype(float), COLOURS[5].astype(float)
    colour = np.where(part < 0, 255 + part * (255 - low), 255 - part * (255 - high))
    return np.kron(colour, np.ones((scale, scale, 1))).astype(np.uint8)


def weight_sheet(weights: Floats) -> Pixels:
    """The ten columns of (64, 10) weights as 8 x 8 tiles, two rows of five."""
    tiles = [np.pad(weights[:, digit].reshape(8, 8), 1) for digit in range(10)]
    return heat(np.concatenate([np.concatenate(tiles[:5], axis=1), np.concatenate(tiles[5:], axis=1)]), 8)


def regions(probability: Callable[[Floats], Floats], x: Floats, labels: Ints, size: int = 128) -> Pixels:
    """Where a two-class model says what over [-1.2, 1.2] squared, with the points on top."""
    line = np.linspace(-1.2, 1.2, size)
    across, up = np.meshgrid(line, line[::-1])
    high = probability(np.stack([across.ravel(), up.ravel()], axis=1))[:, 1].reshape(size, size, 1)
    picture = 255 - (1 - high) * (255 - COLOURS[0]) * 0.45 - high * (255 - COLOURS[1]) * 0.45
    return _with_points(np.nan_to_num(picture, nan=128.0).astype(np.uint8), (x + 1.2) / 2.4, labels)


def scatter(x: Floats, labels: Ints, size: int = 240) -> Pixels:
    """The first two columns of ``x`` as coloured points on white."""
    low, high = x[:, :2].min(axis=0), x[:, :2].max(axis=0)
    place = 0.04 + 0.92 * (x[:, :2] - low) / np.maximum(high - low, 1e-9)
    return _with_points(np.full((size, size, 3), 255, np.uint8), place, labels)


def _with_points(picture: Pixels, place: Floats, labels: Ints) -> Pixels:
    size = len(picture)
    at = np.clip((place * size).astype(int), 1, size - 2)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            picture[size - 1 - at[:, 1] + down, at[:, 0] + right] = COLOURS[labels % len(COLOURS)]
    return picture

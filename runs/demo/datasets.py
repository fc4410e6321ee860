"""What do the demo's models learn from? Small data sets, generated from a seed; nothing is downloaded."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Ten digits, seven rows of five pixels each, one row a number.
GLYPHS: Ints = np.array(
    [
        [14, 17, 19, 21, 25, 17, 14],
        [4, 12, 4, 4, 4, 4, 14],
        [14, 17, 1, 2, 4, 8, 31],
        [31, 2, 4, 2, 1, 17, 14],
        [2, 6, 10, 18, 31, 2, 2],
        [31, 16, 30, 1, 1, 17, 14],
        [6, 8, 16, 30, 17, 17, 14],
        [31, 1, 2, 4, 8, 8, 8],
        [14, 17, 17, 14, 17, 17, 14],
        [14, 17, 17, 15, 1, 2, 12],
    ]
)
HOUSE_FEATURES = ("area", "rooms", "age", "distance", "floor")
CUSTOMER_FEATURES = ("visits", "basket", "age", "distance")


def spirals(rng: np.random.Generator, n: int, noise: float) -> tuple[Floats, Ints]:
    """``n`` points of two interleaved spirals: positions (n, 2) in about [-1, 1], labels (n,) 0 or 1."""
    label = np.arange(n) % 2
    turn = np.sqrt(rng.random(n)) * 2.5 * np.pi
    angle = turn + np.pi * label
    place = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (turn / 8.0)[:, None]
    return place + rng.normal(0, noise, (n, 2)), label.astype(np.int64)


def glyphs(rng: np.random.Generator, n: int, noise: float) -> tuple[Floats, Ints]:
    """``n`` drawn digits: images (n, 64) of 8 x 8 pixels, shifted at random and noisy; labels (n,) 0 to 9."""
    pixels = (GLYPHS[:, :, None] >> np.arange(4, -1, -1)) & 1
    label = rng.integers(0, 10, n)
    images = np.zeros((n, 8, 8))
    down, right = rng.integers(0, 2, n), rng.integers(0, 4, n)
    for row, (digit, y, x) in enumerate(zip(label, down, right, strict=True)):
        images[row, y : y + 7, x : x + 5] = pixels[digit]
    return (images + rng.normal(0, noise, images.shape)).reshape(n, 64), label


def customers(rng: np.random.Generator, n: int) -> Floats:
    """``n`` customers of five habits, (n, 4), one column a feature of `CUSTOMER_FEATURES`."""
    centres = np.array([[2, 80, 60, 12], [9, 25, 34, 2], [5, 60, 45, 5], [1, 20, 24, 20], [12, 110, 50, 1]])
    spread = np.array([1.0, 9.0, 6.0, 1.5])
    chosen = centres[rng.choice(5, n, p=[0.15, 0.3, 0.25, 0.2, 0.1])]
    return np.asarray(np.abs(chosen + rng.normal(0, 1, (n, 4)) * spread))


def ratings(rng: np.random.Generator, people: int, films: int, n: int) -> tuple[Ints, Ints, Floats]:
    """``n`` ratings from 1 to 5 of films by people with three hidden tastes: person, film and rating, (n,) each."""
    taste, kind = rng.normal(0, 0.8, (people, 3)), rng.normal(0, 0.8, (films, 3))
    person, film = rng.integers(0, people, n), rng.integers(0, films, n)
    rating = 3.3 + (taste[person] * kind[film]).sum(axis=1) + rng.normal(0, 0.3, n)
    return person, film, np.clip(rating, 1.0, 5.0)


def houses(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """``n`` houses: features (n, 5) as in `HOUSE_FEATURES`, prices (n,) in thousands."""
    area, rooms = rng.uniform(30, 220, n), rng.integers(1, 7, n)
    age, distance, floor = rng.uniform(0, 90, n), rng.exponential(6, n), rng.integers(0, 12, n)
    price = 2.6 * area + 9 * rooms - 0.8 * age + 120 * np.exp(-distance / 4) + np.where(age > 70, 45, 0)
    return np.stack([area, rooms, age, distance, floor], axis=1), price + rng.normal(0, 18, n)

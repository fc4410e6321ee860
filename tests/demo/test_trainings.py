"""Do the demo's models learn, fail and diverge as their runs say, and the same way each time?"""

import math
import struct
import zlib
from collections import Counter

import numpy as np
import pytest

from runs.demo import customers, films, glyphs, houses, nightly, spirals, team
from runs.demo.notebook import LOG, Job, Notebook
from runs.demo.pictures import png
from runs.demo.recorder import train
from runs.statuses import Status


def trained(job: Job) -> tuple[Notebook, str]:
    """The notebook of a job, and its error or the state it ended in."""
    book = Notebook(1_000_000, job.pace, job.until)
    outcome = train(job, book)
    return book, outcome.error_code or outcome.status.word


def series(book: Notebook, key: str) -> list[float]:
    """The values of one metric."""
    return [value for name, value, _, _ in book.points if name == key]


def named(jobs: list[Job], name: str) -> Job:
    """The job of that name."""
    return next(job for job in jobs if job.name == name)


@pytest.mark.parametrize(
    ("job", "metric", "part"),
    [
        (next(spirals.by_hand(100)), "loss", 0.5),
        (list(glyphs.jobs(500))[12], "loss", 0.7),
        (list(customers.jobs(100))[6], "inertia", 0.9),
        (list(films.jobs(100))[6], "rmse", 0.95),
        (named(list(houses.jobs(200)), "40 rounds"), "val_rmse", 0.7),
        (next(nightly.jobs()), "loss", 0.5),
    ],
    ids=lambda value: value.name if isinstance(value, Job) else str(value),
)
def test_each_kind_of_model_learns(job: Job, metric: str, part: float) -> None:
    book, state = trained(job)
    values = series(book, metric)
    assert state == "Completed"
    assert values[-1] < part * values[0]
    assert book.lines


def test_a_training_is_the_same_each_time() -> None:
    once, again = (trained(list(glyphs.jobs(500))[3])[0] for _ in range(2))
    assert once.points == again.points
    assert once.files == again.files


def test_the_widest_step_of_the_sweep_diverges_to_nan() -> None:
    child = next(
        child
        for child in spirals.sweep(300).children
        if child.params["learning_rate"] == 300.0 and child.params["activation"] == "relu"
    )
    book, state = trained(child)
    assert state == "Completed"
    assert math.isnan(series(book, "loss")[-1])


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("new data: images of another size", "ValueError", "mismatch in its core dimension"),
        ("new data: a label too many", "IndexError", "out of bounds"),
        ("k=40 on the sample (1)", "ValueError", "cannot make 40 clusters of 24 points"),
        ("night 04", "FileNotFoundError", "clicks-of-the-day.csv"),
        ("night 12", "LinAlgError", "Singular matrix"),
        ("night 20", "KeyError", "basket"),
    ],
)
def test_a_failed_run_has_the_traceback_of_its_error(name: str, error: str, says: str) -> None:
    job = named([*glyphs.jobs(500), *customers.jobs(100), *nightly.jobs()], name)
    book, state = trained(job)
    assert state == error
    assert "Traceback (most recent call last):" in book.lines
    assert says in book.lines[-1]


def test_an_interrupted_run_ends_at_its_step_in_its_state() -> None:
    job = next(job for job in glyphs.jobs(500) if job.then == Status.CANCELED)
    book, state = trained(job)
    assert state == "Canceled"
    assert book.last_step == job.until - 1 if job.until else False


def test_a_stream_has_two_hundred_thousand_points() -> None:
    book, _ = trained(named(list(houses.jobs(200)), "stream of 200,000 houses"))
    losses = series(book, "squared_error")
    assert len(losses) == 200_000
    assert np.mean(losses[-1_000:]) < np.mean(losses[:1_000])


def test_a_confusion_matrix_counts_every_example() -> None:
    truth, guess = np.array([0, 1, 1, 9]), np.array([0, 1, 7, 9])
    matrix = glyphs.confusion(truth, guess)
    assert (matrix[1][1], matrix[1][7], sum(map(sum, matrix))) == (1, 1, 4)


def test_a_picture_is_a_png_with_its_pixels() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    file = png(pixels)
    assert file.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", file[16:24]) == (4, 2)
    at = file.index(b"IDAT")
    (length,) = struct.unpack(">I", file[at - 4 : at])
    rows = zlib.decompress(file[at + 4 : at + 4 + length])
    assert rows == b"\0" + bytes(range(12)) + b"\0" + bytes(range(12, 24))


def test_the_demo_is_a_month_of_about_two_hundred_runs() -> None:
    jobs = [one for job in team.jobs() for one in (job, *job.children)]
    assert 190 <= len(jobs) <= 210
    assert all(0 < job.hours_ago < 28 * 24 + 2 for job in jobs)
    assert len({(job.experiment, job.name, job.hours_ago) for job in jobs}) == len(jobs)
    assert set(Counter(job.experiment for job in jobs)) == set(team.EXPERIMENTS)
    assert {"demo", "mei", "jonas"} < {job.submitter for job in jobs}
    assert LOG not in {path for job in jobs for path in job.params}

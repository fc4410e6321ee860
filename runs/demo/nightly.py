"""What does a scheduled training look like over a month? Mostly green, with the failures such jobs have."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from runs.demo.datasets import glyphs, houses
from runs.demo.models import SoftmaxRegression
from runs.demo.notebook import Job, Notebook
from runs.statuses import Status

EXPERIMENT = "nightly"
STEPS = 60


def missing_file(book: Notebook) -> None:
    """The export of that day was never written."""
    book.say("reading the export of the day")
    Path("/exports/clicks-of-the-day.csv").read_text()


def singular(book: Notebook) -> None:
    """Two columns of the export were the same, so the normal equations have no single solution."""
    x, price = houses(np.random.default_rng(23), 200)
    twice = np.concatenate([x[:, :1], x[:, :1]], axis=1)
    book.say("solving the normal equations for 2 features")
    np.linalg.solve(twice.T @ twice, twice.T @ price)


def renamed_column(book: Notebook) -> None:
    """Somebody renamed a column of the export."""
    row = {"customer": 17, "basket_eur": 23.5}
    book.say(f"columns: {', '.join(row)}")
    book.metrics(0, mean_basket=row["basket"])


def retrain(night: int) -> Callable[[Notebook], None]:
    """The same training every night on that night's data, which drifts a little."""

    def work(book: Notebook) -> None:
        rng = np.random.default_rng([29, night])
        x, labels = glyphs(rng, 400, 0.25 + 0.005 * night)
        model = SoftmaxRegression(64, 10, 1.0)
        for step in range(STEPS):
            loss = model.step(x, labels)
            book.metrics(step, loss=loss, accuracy=float((model.probabilities(x).argmax(axis=1) == labels).mean()))
        book.say(f"night {night}: loss {loss:.4f}")
        book.record("outputs/summary.json", {"night": night, "loss": loss, "examples": 400})

    return work


def jobs() -> Iterator[Job]:
    """Twenty-eight nights, five of them failed; two runs that go on, and two that wait."""
    faults = {3: missing_file, 4: missing_file, 11: singular, 19: renamed_column, 24: missing_file}
    for night in range(28):
        yield Job(
            EXPERIMENT,
            f"night {night + 1:02d}",
            faults.get(night) or retrain(night),
            24.0 * (28 - night) + 1,
            submitter="scheduler",
            compute=f"node-{night % 3 + 1}",
            pace=9_000,
            params={"steps": STEPS, "learning_rate": 1.0, "night": night + 1},
            tags={"schedule": "nightly", "on-call": ("mei", "jonas")[night // 7 % 2]},
            type="scheduled",
        )
    for number, hours in enumerate((0.12, 0.07)):
        yield Job(
            EXPERIMENT,
            f"by hand, still running ({number + 1})",
            retrain(100 + number),
            hours,
            submitter=("demo", "mei")[number],
            compute="gpu-b",
            pace=9_000,
            params={"steps": STEPS, "learning_rate": 1.0},
            tags={"schedule": "by hand"},
            until=int(hours * 3_600_000 / 9_000),
            then=Status.RUNNING,
        )
    for number, status in enumerate((Status.QUEUED, Status.PREPARING)):
        yield Job(
            EXPERIMENT,
            f"tonight ({number + 1})",
            None,
            0.5,
            submitter="scheduler",
            compute="gpu-b",
            params={"steps": STEPS, "learning_rate": 1.0},
            tags={"schedule": "nightly"},
            type="scheduled",
            then=status,
        )

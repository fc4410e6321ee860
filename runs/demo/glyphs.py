"""Can a linear model read digits? Softmax regression on drawn glyphs, with runs that failed for true reasons."""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from runs.demo.datasets import Floats, Ints, glyphs
from runs.demo.models import SoftmaxRegression, cross_entropy
from runs.demo.notebook import Job, Notebook
from runs.demo.pictures import heat, weight_sheet
from runs.statuses import Status

EXPERIMENT = "digit-reader"
STEPS = 80
Data = tuple[Floats, Ints]
CARD = """\
### Model card

Softmax regression on 8×8 drawings, {decay} weight decay.

1. look at `outputs/weights.png`: each tile is one digit
2. the confusion matrix is in `outputs/confusion_matrix.json`

> 3 and 8 are told apart last.
"""


def confusion(labels: Ints, guesses: Ints) -> list[list[int]]:
    """Counts (10, 10): one row a true digit, one column a guess."""
    matrix = np.zeros((10, 10), dtype=int)
    np.add.at(matrix, (labels, guesses), 1)
    return [[int(count) for count in row] for row in matrix]


def report(book: Notebook, model: SoftmaxRegression, x: Floats, labels: Ints) -> None:
    """The files of a finished run: weights, some inputs, confusion matrix, one row a class."""
    guesses = model.probabilities(x).argmax(axis=1)
    matrix = confusion(labels, guesses)
    book.picture("outputs/weights.png", weight_sheet(model.weights))
    book.picture("images/examples.png", heat(np.concatenate([image.reshape(8, 8) for image in x[:8]], axis=1), 10))
    book.chart(
        "outputs/confusion_matrix.json", "confusion_matrix", {"class_labels": list("0123456789"), "matrix": matrix}
    )
    rows = []
    for digit, counts in enumerate(matrix):
        found, told = counts[digit], sum(row[digit] for row in matrix)
        rows.append((digit, sum(counts), round(found / max(told, 1), 4), round(found / max(sum(counts), 1), 4)))
    book.table("outputs/classes.csv", ["digit", "examples", "precision", "recall"], rows)


def train_glyphs(
    seed: int, learning_rate: float, decay: float, noise: float, spoil: Callable[[Data], Data] | None = None
) -> Callable[[Notebook], None]:
    """A training; ``spoil`` is the mistake that was in the data that day."""

    def work(book: Notebook) -> None:
        rng = np.random.default_rng([11, seed])
        x, labels = glyphs(rng, 600, noise)
        val_x, val_labels = glyphs(rng, 300, noise)
        model = SoftmaxRegression(64, 10, learning_rate, decay)
        book.say(f"600 drawings, noise {noise}, step {learning_rate}, decay {decay}")
        for step in range(STEPS):
            if spoil is not None and step == 12:
                book.say("loading the second part of the data")
                x, labels = spoil((x, labels))
            loss = model.step(x, labels)
            guess = model.probabilities(val_x)
            accuracy = float((guess.argmax(axis=1) == val_labels).mean())
            book.metrics(step, loss=loss, val_loss=cross_entropy(guess, val_labels), val_accuracy=accuracy)
            if step % 20 == 0:
                book.say(f"step {step:2d}  loss {loss:.4f}  val_accuracy {accuracy:.3f}")
        report(book, model, val_x, val_labels)
        book.say(f"done, val_accuracy {accuracy:.3f}")

    return work


def jobs(hours_ago: float) -> Iterator[Job]:
    """Thirty-five of a grid (two of them stopped), and four that failed."""
    grid = product((0.1, 0.3, 1.0, 2.0, 4.0), (0.0, 0.001, 0.01), (0.15, 0.35, 0.6))
    for number, (rate, decay, noise) in enumerate(list(grid)[:35]):
        stopped = number in (13, 27)
        yield Job(
            EXPERIMENT,
            f"softmax lr={rate} decay={decay}",
            train_glyphs(number, rate, decay, noise),
            hours_ago - 6.3 * number,
            submitter=("demo", "mei", "jonas")[number % 3],
            compute=("cpu-small", "cpu-large")[number % 2],
            pace=1_500,
            params={"learning_rate": rate, "decay": decay, "noise": noise, "steps": STEPS, "model": "softmax"},
            tags={"dataset": "glyphs-v1"} | ({"candidate": None} if number % 9 == 4 else {}),
            description=CARD.format(decay=decay) if number % 5 == 0 else "",
            until=40 if stopped else None,
            then=Status.CANCELED if stopped else Status.COMPLETED,
        )
    yield from _failures(hours_ago)


def _failures(hours_ago: float) -> Iterator[Job]:
    mistakes: list[tuple[str, Callable[[Data], Data]]] = [
        ("images of another size", lambda data: (data[0][:, :49], data[1])),
        ("a label too many", lambda data: (data[0], data[1] + 1)),
        ("labels as text", lambda data: (data[0], data[1].astype(str))),
        ("an empty part", lambda data: (data[0][:300], data[1])),
    ]
    for number, (name, spoil) in enumerate(mistakes):
        yield Job(
            EXPERIMENT,
            f"new data: {name}",
            train_glyphs(200 + number, 0.5, 0.0, 0.3, spoil),
            hours_ago - 31.0 - 40.0 * number,
            submitter="jonas",
            compute="cpu-large",
            pace=1_500,
            params={"learning_rate": 0.5, "decay": 0.0, "noise": 0.3, "steps": STEPS, "model": "softmax"},
            tags={"dataset": "glyphs-v2-draft"},
        )

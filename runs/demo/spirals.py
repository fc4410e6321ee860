"""Which network tells two spirals apart? A sweep with forty children, and a colleague's tries by hand."""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from runs.demo.datasets import spirals
from runs.demo.models import Mlp, cross_entropy
from runs.demo.notebook import Job, Notebook
from runs.demo.pictures import regions

EXPERIMENT = "spiral-classifier"
STEPS = 120
SWEEP_TEXT = """\
## Which step size and width?

Every combination of the grid, 120 steps each, same data and seed.

| parameter | values |
|---|---|
| `learning_rate` | 0.03, 0.1, 0.3, 1.0, 300 |
| `hidden` | 4, 8, 16, 32 |
| `activation` | tanh, relu |

- [x] run the grid
- [x] look at the decision boundaries (`outputs/boundary.png` of each child)
- [ ] repeat the best three with other seeds

**Finding:** width matters more than the step size; a step of 300 *diverges* with relu, as expected, and its
metrics end in `NaN`.

```python
best = max(children, key=lambda run: run.metrics["val_accuracy"])
```
"""


def train_spirals(
    seed: int, learning_rate: float, hidden: int, activation: str, noise: float, results: list[float] | None = None
) -> Callable[[Notebook], None]:
    """A training of one network; its final validation accuracy goes to ``results``."""

    def work(book: Notebook) -> None:
        rng = np.random.default_rng([7, seed])
        x, labels = spirals(rng, 300, noise)
        val_x, val_labels = spirals(rng, 150, noise)
        model = Mlp(rng, (2, hidden, 2), learning_rate, activation)
        book.say(f"training on {len(x)} points, {hidden} hidden {activation} units, step {learning_rate}")
        accuracy = 0.0
        for step in range(STEPS):
            loss, slope = model.step(x * 3, labels)
            guess = model.probabilities(val_x * 3)
            accuracy = float((guess.argmax(axis=1) == val_labels).mean())
            val_loss = cross_entropy(guess, val_labels)
            book.metrics(step, loss=loss, val_loss=val_loss, val_accuracy=accuracy, gradient_norm=slope)
            if step % 25 == 0:
                book.say(f"step {step:3d}  loss {loss:.4f}  val_accuracy {accuracy:.3f}")
        if np.isnan(loss):
            book.say("WARNING the loss is not a number: the step is too large")
        book.picture("outputs/boundary.png", regions(lambda at: model.probabilities(at * 3), val_x, val_labels))
        book.say(f"done, val_accuracy {accuracy:.3f}")
        if results is not None:
            results.append(accuracy)

    return work


def sweep(hours_ago: float) -> Job:
    """The parent: it runs after its children, since it sums them up."""
    results: list[float] = []
    grid = list(product((0.03, 0.1, 0.3, 1.0, 300.0), (4, 8, 16, 32), ("tanh", "relu")))
    children = tuple(
        Job(
            EXPERIMENT,
            f"sweep-{number:02d}",
            train_spirals(1, rate, hidden, activation, 0.03, results),
            hours_ago - 0.15 * number,
            compute=("gpu-a", "gpu-b")[number % 2],
            pace=2_000,
            params={"learning_rate": rate, "hidden": hidden, "activation": activation, "noise": 0.03},
            tags={"sweep": "width-and-step", "dataset": "spirals-v2"},
            type="sweep trial",
        )
        for number, (rate, hidden, activation) in enumerate(grid, start=1)
    )

    def summary(book: Notebook) -> None:
        for number, accuracy in enumerate(results, start=1):
            book.metrics(number, trial_val_accuracy=accuracy, best_val_accuracy=max(results[:number]))
        rows = [(*point, f"{accuracy:.4f}") for point, accuracy in zip(grid, results, strict=True)]
        book.table("outputs/sweep.csv", ["learning_rate", "hidden", "activation", "val_accuracy"], rows)
        book.say(f"{len(results)} trials, best val_accuracy {max(results):.3f}")

    return Job(
        EXPERIMENT,
        "Step size and width sweep",
        summary,
        hours_ago,
        pace=540_000,
        params={"trials": len(grid), "strategy": "grid"},
        tags={"sweep": "width-and-step", "reviewed": None},
        description=SWEEP_TEXT,
        type="sweep",
        children=children,
    )


def by_hand(hours_ago: float) -> Iterator[Job]:
    """A colleague's twelve tries, noisier and noisier."""
    for number in range(12):
        noise = round(0.01 + 0.01 * number, 2)
        yield Job(
            EXPERIMENT,
            f"noise {noise:.2f}",
            train_spirals(100 + number, 0.3, 24, "tanh", noise),
            hours_ago - 7.5 * number,
            submitter="mei",
            compute="laptop-mei",
            pace=900,
            params={"learning_rate": 0.3, "hidden": 24, "activation": "tanh", "noise": noise},
            tags={"dataset": "spirals-v2", "question": "how much noise is too much"},
            description=f"How much noise can it take? This one: σ = **{noise:.2f}**." if number % 3 == 0 else "",
        )

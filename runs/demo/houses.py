"""What is a house worth? Boosted stumps with cross-validation, and one model that learns from a stream."""

from collections.abc import Callable, Iterator

import numpy as np

from runs.demo.datasets import HOUSE_FEATURES, houses
from runs.demo.models import BoostedStumps, online_regression
from runs.demo.notebook import Job, Notebook

EXPERIMENT = "house-prices"
FOLDS = 5
SAMPLES = 200_000


def boost(
    seed: int, rate: float, rounds: int, fold: int | None, results: list[float] | None = None
) -> Callable[[Notebook], None]:
    """A training on four fifths of 1,000 houses, tested on the fifth ``fold`` (None: the last)."""

    def work(book: Notebook) -> None:
        x, price = houses(np.random.default_rng([19, seed]), 1_000)
        held = np.arange(1_000) % FOLDS == (FOLDS - 1 if fold is None else fold)
        model = BoostedStumps(rate)
        model.start = float(price[~held].mean())
        guess, test_guess = model.predict(x[~held]), model.predict(x[held])
        gains = dict.fromkeys(HOUSE_FEATURES, 0.0)
        book.say(f"800 houses, {rounds} rounds, shrinkage {rate}")
        for step in range(rounds):
            feature, gain = model.step(x[~held], price[~held] - guess)
            gains[HOUSE_FEATURES[feature]] += gain
            index, cut, left, right = model.stumps[-1]
            guess += np.where(x[~held, index] <= cut, left, right)
            test_guess += np.where(x[held, index] <= cut, left, right)
            miss = price[held] - test_guess
            book.metrics(
                step,
                rmse=float(np.sqrt(((price[~held] - guess) ** 2).mean())),
                val_rmse=float(np.sqrt((miss**2).mean())),
                val_mae=float(np.abs(miss).mean()),
            )
        book.say(f"done, val_rmse {np.sqrt((miss**2).mean()):.2f}")
        total = sum(gains.values())
        book.table(
            "outputs/importance.csv",
            ["feature", "share"],
            [(name, round(gain / total, 4)) for name, gain in gains.items()],
        )
        _charts(book, price[held], test_guess)
        if results is not None:
            results.append(float(np.sqrt((miss**2).mean())))

    return work


def _charts(book: Notebook, price: "np.typing.NDArray[np.float64]", guess: "np.typing.NDArray[np.float64]") -> None:
    counts, edges = np.histogram(price - guess, 20)
    book.chart("outputs/residuals.json", "residuals", {"bin_edges": edges.tolist(), "bin_counts": counts.tolist()})
    edges = np.quantile(price, np.linspace(0, 1, 11))
    bins = np.clip(np.digitize(price, edges) - 1, 0, 9)
    chosen = [guess[bins == number] for number in range(10)]
    book.chart(
        "outputs/predictions.json",
        "predictions",
        {
            "bin_averages": [float(values.mean()) for values in chosen],
            "bin_errors": [float(values.std()) for values in chosen],
            "bin_counts": [len(values) for values in chosen],
            "bin_edges": edges.tolist(),
        },
    )


def stream(book: Notebook) -> None:
    """Learn from 200,000 houses, one at a time: a metric with 200,000 points."""
    x, price = houses(np.random.default_rng([19, 999]), SAMPLES)
    inputs = np.stack([np.ones(SAMPLES), (x[:, 0] - 125) / 55, np.exp(-x[:, 3] / 4)], axis=1)
    losses = online_regression(inputs, (price - 380) / 150, 0.002)
    book.points = [("squared_error", loss, step, book.time_of(step)) for step, loss in enumerate(losses)]
    book.last_step = SAMPLES - 1
    smooth = np.array(losses).reshape(-1, 2_000).mean(axis=1)
    for number, loss in enumerate(smooth.tolist(), start=1):
        book.metrics(number * 2_000 - 1, squared_error_mean=loss)
        if number % 20 == 0:
            book.say(f"{number * 2_000} houses, squared error {loss:.4f}")


def cross_validation(number: int, rate: float, hours_ago: float) -> Job:
    """A parent with five folds as children; it sums them up."""
    results: list[float] = []
    shared = {"shrinkage": rate, "rounds": 60, "model": "boosted stumps"}
    children = tuple(
        Job(
            EXPERIMENT,
            f"fold {fold + 1} of {FOLDS}",
            boost(number, rate, 60, fold, results),
            hours_ago - 0.1 * fold,
            submitter="jonas",
            compute=f"node-{fold % 3 + 1}",
            params=shared | {"fold": fold},
            tags={"dataset": "houses-2026-11"},
            type="fold",
        )
        for fold in range(FOLDS)
    )

    def summary(book: Notebook) -> None:
        for fold, value in enumerate(results):
            book.metrics(fold, fold_val_rmse=value)
        book.metrics(FOLDS, mean_val_rmse=float(np.mean(results)), spread_val_rmse=float(np.std(results)))
        book.say(f"{FOLDS} folds, val_rmse {np.mean(results):.2f} ± {np.std(results):.2f}")

    return Job(
        EXPERIMENT,
        f"cross-validation, shrinkage {rate}",
        summary,
        hours_ago,
        submitter="jonas",
        pace=360_000,
        params=shared | {"folds": FOLDS},
        tags={"dataset": "houses-2026-11", "cross-validation": str(number)},
        description="Five folds as child runs; the mean and its spread are here.",
        type="cross-validation",
        children=children,
    )


def jobs(hours_ago: float) -> Iterator[Job]:
    """Three cross-validations, six single runs, one stream."""
    for number, rate in enumerate((0.1, 0.3, 0.6)):
        yield cross_validation(number, rate, hours_ago - 20 * number)
    for number, rounds in enumerate((10, 20, 40, 80, 120, 160)):
        yield Job(
            EXPERIMENT,
            f"{rounds} rounds",
            boost(50, 0.3, rounds, None),
            hours_ago - 70 - 3 * number,
            submitter="demo",
            compute="cpu-large",
            pace=1_200,
            params={"shrinkage": 0.3, "rounds": rounds, "model": "boosted stumps"},
            tags={"dataset": "houses-2026-11"},
        )
    yield Job(
        EXPERIMENT,
        "stream of 200,000 houses",
        stream,
        hours_ago - 110,
        submitter="demo",
        compute="cpu-large",
        pace=50,
        params={"learning_rate": 0.002, "samples": SAMPLES, "model": "least mean squares"},
        tags={"dataset": "houses-stream", "long": None},
        description="One point a sample: `squared_error` has **200,000** of them.",
    )

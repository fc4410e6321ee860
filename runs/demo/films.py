"""Which films will they like? Matrix factorisation; large steps diverge, and some runs were stopped in time."""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from runs.demo.datasets import ratings
from runs.demo.models import Factorisation
from runs.demo.notebook import Job, Notebook
from runs.demo.pictures import heat
from runs.statuses import Status

EXPERIMENT = "film-ratings"
PASSES = 30


def factorise(seed: int, rank: int, rate: float, decay: float) -> Callable[[Notebook], None]:
    """A training on 6,000 ratings, tested on 1,500 others."""

    def work(book: Notebook) -> None:
        rng = np.random.default_rng([17, seed])
        person, film, rating = ratings(rng, 120, 80, 7_500)
        model = Factorisation(rng, 120, 80, rank, rate, decay)
        book.say(f"6000 ratings, rank {rank}, step {rate}, decay {decay}")
        for turn in range(PASSES):
            errors = [
                model.step(person[at : at + 500], film[at : at + 500], rating[at : at + 500])
                for at in range(0, 6_000, 500)
            ]
            miss = rating[6_000:] - model.predict(person[6_000:], film[6_000:])
            book.metrics(turn, rmse=float(np.mean(errors)), val_rmse=float(np.sqrt((miss**2).mean())))
            if turn % 10 == 0:
                book.say(f"pass {turn:2d}  rmse {np.mean(errors):.4f}")
        book.picture("images/film_factors.png", heat(np.nan_to_num(model.films.T[:, :40]), 10))
        edges = np.linspace(-2.5, 2.5, 21)
        counts = np.histogram(miss, edges)[0]
        book.chart("outputs/residuals.json", "residuals", {"bin_edges": edges.tolist(), "bin_counts": counts.tolist()})

    return work


def jobs(hours_ago: float) -> Iterator[Job]:
    """Twenty of a grid, two that diverge to NaN, three that were canceled."""
    plans: list[tuple[int, float, float, int | None]] = [
        (rank, rate, 0.05, None) for rank, rate in product((2, 3, 5, 8), (0.005, 0.01, 0.02, 0.03, 0.05))
    ]
    plans += [(8, 2.0, 0.0, None), (16, 5.0, 0.0, None), (32, 0.001, 0.1, 9), (32, 0.002, 0.1, 14), (64, 0.001, 0.1, 4)]
    for number, (rank, rate, decay, until) in enumerate(plans):
        yield Job(
            EXPERIMENT,
            f"rank {rank}, step {rate}",
            factorise(number, rank, rate, decay),
            hours_ago - 4.4 * number,
            submitter=("jonas", "demo")[number % 2],
            compute="gpu-a" if rank > 5 else "cpu-large",
            pace=11_000,
            params={"rank": rank, "learning_rate": rate, "decay": decay, "passes": PASSES},
            tags={"dataset": "ratings-2026-09"} | ({"diverged": None} if rate >= 2 else {}),
            until=until,
            then=Status.CANCELED if until else Status.COMPLETED,
        )

"""How many kinds of customers are there? k-means with every k, drawn and tabled."""

from collections.abc import Callable, Iterator

import numpy as np

from runs.demo.datasets import CUSTOMER_FEATURES, customers
from runs.demo.models import KMeans
from runs.demo.notebook import Job, Notebook
from runs.demo.pictures import scatter

EXPERIMENT = "customer-segments"


def cluster(seed: int, k: int, n: int) -> Callable[[Notebook], None]:
    """A clustering of ``n`` customers into ``k`` kinds."""

    def work(book: Notebook) -> None:
        rng = np.random.default_rng([13, seed])
        raw = customers(rng, n)
        x = (raw - raw.mean(axis=0)) / raw.std(axis=0)
        model = KMeans(rng, x, k)
        book.say(f"{n} customers, k = {k}")
        for step in range(30):
            inertia, shift = model.step(x)
            book.metrics(step, inertia=inertia, shift=shift, inertia_per_customer=inertia / n)
            if shift < 1e-6:
                break
        book.say(f"settled after {step + 1} rounds, inertia {inertia:.1f}")
        chosen = model.nearest(x)
        book.picture("images/segments.png", scatter(raw[:, [1, 2]], chosen))
        rows = [
            (cluster, int((chosen == cluster).sum()), *np.round(raw[chosen == cluster].mean(axis=0), 2).tolist())
            for cluster in range(k)
            if (chosen == cluster).any()
        ]
        book.table("outputs/centres.csv", ["segment", "size", *CUSTOMER_FEATURES], rows)

    return work


def jobs(hours_ago: float) -> Iterator[Job]:
    """k from 2 to 12 with two seeds each, and two that asked for more clusters than customers."""
    for number in range(22):
        k = 2 + number // 2
        yield Job(
            EXPERIMENT,
            f"k={k} seed={number % 2}",
            cluster(number % 2, k, 900),
            hours_ago - 2.1 * number,
            submitter="mei",
            compute="laptop-mei",
            pace=700,
            params={"k": k, "seed": number % 2, "customers": 900, "model": "k-means"},
            tags={"dataset": "customers-2026-10"} | ({"chosen": "yes", "stage": "review"} if number == 6 else {}),
            description="The elbow is here: **five segments**, see `images/segments.png`." if number == 6 else "",
        )
    for number in range(2):
        yield Job(
            EXPERIMENT,
            f"k=40 on the sample ({number + 1})",
            cluster(number, 40, 24 + number),
            hours_ago - 60 - number,
            submitter="mei",
            compute="laptop-mei",
            params={"k": 40, "seed": number, "customers": 24 + number, "model": "k-means"},
            tags={"dataset": "customers-sample"},
        )

"""What does a run look like while it runs? One that trains and logs until somebody stops it."""

import io
import time
from collections.abc import Callable

import numpy as np

from runs.authors import Author
from runs.demo.datasets import spirals
from runs.demo.models import Mlp, cross_entropy
from runs.demo.notebook import LOG
from runs.models import Experiment, Run
from runs.recording.artifacts import put_artifact
from runs.recording.lifecycle import NewRun, change_status, create_run
from runs.recording.metrics import Point, log_metrics
from runs.statuses import Status
from studio.database import now_ms

LINES_KEPT = 2_000
DESCRIPTION = "Started by `manage.py demo_data --live`; it goes on until you press Ctrl-C or cancel it."


def live_run(experiment: Experiment, author: Author) -> Run:
    """Begin the run."""
    new = NewRun(
        name="live training",
        params={"learning_rate": "0.05", "hidden": "16", "activation": "tanh"},
        tags={"live": None},
        description=DESCRIPTION,
        submitter=author.name,
        compute="this machine",
        type="training",
    )
    return create_run(experiment, new, author)


def train_until_stopped(run: Run, author: Author, pause: float, goes_on: Callable[[int], bool]) -> None:
    """One step of training, its metrics and its log line every ``pause`` seconds, while ``goes_on(step)``.

    It ends as Completed; as Canceled on Ctrl-C; and quietly when somebody ended the run in the studio.
    """
    rng = np.random.default_rng(run.pk)
    x, labels = spirals(rng, 300, 0.05)
    model = Mlp(rng, (2, 16, 2), 0.05, "tanh")
    lines: list[str] = []
    step, end = 0, Status.COMPLETED
    try:
        while goes_on(step) and not Status(Run.objects.values_list("status", flat=True).get(pk=run.pk)).is_terminal:
            loss, slope = model.step(x * 3, labels)
            guess = model.probabilities(x * 3)
            at, accuracy = now_ms(), float((guess.argmax(axis=1) == labels).mean())
            values = {
                "loss": loss,
                "gradient_norm": slope,
                "accuracy": accuracy,
                "entropy": cross_entropy(guess, labels),
            }
            log_metrics(run, [Point(key, value, step, at) for key, value in values.items()])
            lines = [*lines[-LINES_KEPT:], f"step {step}  loss {loss:.4f}  accuracy {accuracy:.3f}"]
            put_artifact(run, LOG, io.BytesIO(("\n".join(lines) + "\n").encode()), author)
            step += 1
            time.sleep(pause)
    except KeyboardInterrupt:
        end = Status.CANCELED
    if not Status(Run.objects.values_list("status", flat=True).get(pk=run.pk)).is_terminal:
        change_status(run, end, author)

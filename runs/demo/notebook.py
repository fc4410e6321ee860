"""What does a training say while it runs? A notebook collects it, on a clock of its own."""

import csv
import io
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from runs.demo.pictures import Pixels, png
from runs.statuses import Status

LOG = "logs/std_log.txt"


class Interrupted(Exception):  # noqa: N818 - not an error of the training: somebody stopped it, or it goes on
    """The training was stopped from outside at this step."""


@dataclass
class Notebook:
    """What one training left behind. ``started`` is ms since 1970; a step takes ``pace`` ms of the demo's clock.

    At step ``until`` the training is interrupted.
    """

    started: int
    pace: int
    until: int | None = None
    points: list[tuple[str, float, int, int]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    last_step: int = 0

    def time_of(self, step: int) -> int:
        """When a step was, in ms since 1970."""
        return self.started + step * self.pace

    def metrics(self, step: int, **values: float) -> None:
        """Write one value of each metric. Raises Interrupted at the step where somebody stopped the run."""
        if self.until is not None and step >= self.until:
            raise Interrupted
        self.last_step = max(self.last_step, step)
        at = self.time_of(step)
        self.points += [(key, float(value), step, at) for key, value in values.items()]

    def say(self, text: str) -> None:
        """A line of the log, stamped with the demo's clock."""
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(self.time_of(self.last_step) / 1000))
        self.lines.append(f"{stamp} {text}")

    def picture(self, path: str, pixels: Pixels) -> None:
        """A PNG file."""
        self.files[path] = png(pixels)

    def record(self, path: str, value: object) -> None:
        """A JSON file."""
        self.files[path] = json.dumps(value, indent=1).encode()

    def chart(self, path: str, kind: str, data: Mapping[str, object]) -> None:
        """A chart file as Azure ML's clients write them, e.g. ``confusion_matrix``."""
        self.record(path, {"schema_type": kind, "schema_version": "1.0.0", "data": data})

    def table(self, path: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A CSV file."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
        self.files[path] = text.getvalue().encode()


@dataclass(frozen=True)
class Job:
    """One run to be: what it is called, who sent it where, and the training itself.

    ``hours_ago`` places its start; ``until`` and ``then`` say at which step it was interrupted and in which
    state that left it. Without ``work`` it only waits, in the state ``then``.
    """

    experiment: str
    name: str
    work: Callable[[Notebook], None] | None
    hours_ago: float
    submitter: str = "demo"
    compute: str = "cpu-small"
    pace: int = 4_000
    params: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, str | None] = field(default_factory=dict)
    description: str = ""
    type: str = "training"
    until: int | None = None
    then: Status = Status.COMPLETED
    children: tuple["Job", ...] = ()

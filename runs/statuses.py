"""Which states can a run be in, and which may follow which? (`seed.md` 3.1)

Fifteen states as Azure ML names them, stored as small integers, and MLflow's five words beside them.
"""

from enum import IntEnum


class Status(IntEnum):
    """A run's state. The number is what the database keeps: never renumber."""

    NOT_STARTED = 0
    QUEUED = 1
    PREPARING = 2
    PROVISIONING = 3
    STARTING = 4
    RUNNING = 5
    FINALIZING = 6
    CANCEL_REQUESTED = 7
    NOT_RESPONDING = 8
    PAUSING = 9
    PAUSED = 10
    UNAPPROVED = 11
    COMPLETED = 12
    FAILED = 13
    CANCELED = 14

    @property
    def word(self) -> str:
        """The name people read: ``NotStarted``, ``CancelRequested`` …"""
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def is_terminal(self) -> bool:
        """Nothing follows it but an explicit, recorded override."""
        return self in TERMINAL


S = Status
TERMINAL = frozenset({S.COMPLETED, S.FAILED, S.CANCELED})
WAITING = frozenset(
    {S.NOT_STARTED, S.QUEUED, S.PREPARING, S.PROVISIONING, S.STARTING, S.PAUSING, S.PAUSED, S.UNAPPROVED}
)
RUNNING = frozenset({S.RUNNING, S.FINALIZING, S.CANCEL_REQUESTED, S.NOT_RESPONDING})
GROUPS: dict[str, frozenset[Status]] = {"waiting": WAITING, "running": RUNNING, "ended": TERMINAL}

BY_WORD: dict[str, Status] = {status.word.casefold(): status for status in Status}

MLFLOW_WORD: dict[Status, str] = {
    **dict.fromkeys(WAITING, "SCHEDULED"),
    **dict.fromkeys(RUNNING, "RUNNING"),
    S.COMPLETED: "FINISHED",
    S.FAILED: "FAILED",
    S.CANCELED: "KILLED",
}
FROM_MLFLOW: dict[str, Status] = {
    "RUNNING": S.RUNNING,
    "SCHEDULED": S.QUEUED,
    "FINISHED": S.COMPLETED,
    "FAILED": S.FAILED,
    "KILLED": S.CANCELED,
}

_BEFORE_START = frozenset({S.NOT_STARTED, S.QUEUED, S.PREPARING, S.PROVISIONING, S.STARTING, S.UNAPPROVED})


def may_follow(before: Status, after: Status) -> bool:
    """Whether ``after`` may follow ``before`` without an override.

    A terminal state is final. A run that has begun does not go back to waiting, save for a pause. Staying
    in a state is always fine (a repeated request changes nothing).
    """
    if before == after:
        return True
    if before.is_terminal:
        return False
    if before == S.CANCEL_REQUESTED:
        return after.is_terminal or after == S.FINALIZING
    return after not in _BEFORE_START or before in _BEFORE_START

"""Which number does a new run get? One in the order of its creation, given by the application.

Six bytes: ms since 2020, times 256, plus a sequence. Newest first is then ``ORDER BY id DESC`` with no sort
(0.3 ms instead of 480 for a common search word), and imported runs stand where their time puts them.
"""

import random
import threading
import uuid

EPOCH_MS = 1_577_836_800_000  # 2020-01-01

_lock = threading.Lock()
_last = 0


def new_run_id(created_ms: int) -> int:
    """A number for a run created then; rising within this process for runs of this moment.

    Two processes may pick the same one within a millisecond: the insert then fails and is tried again.
    """
    global _last
    earliest = (created_ms - EPOCH_MS) * 256
    with _lock:
        if earliest <= _last < earliest + 10_000 * 256:
            _last += 1
            return _last
        number = earliest + random.randrange(64)  # noqa: S311 - spreads processes, guards nothing
        _last = max(_last, number)
        return number


def new_uid() -> str:
    """A public run id: 32 hex digits."""
    return uuid.uuid4().hex

"""What is done between requests? Metric points that wait in a tail are sealed once nothing more comes for them."""

import logging
import random
import time
from collections.abc import Callable

from django.db import close_old_connections, connection

log = logging.getLogger(__name__)


def keep_house(pause: float) -> None:
    """Tidy every ``pause`` seconds, for ever. Workers take different moments, so that they rarely meet."""
    time.sleep(random.uniform(0, pause))  # noqa: S311 - spreads load, guards nothing
    while True:
        tidy_once(seal_stale_tails)
        time.sleep(pause)


def tidy_once(task: Callable[[], object]) -> bool:
    """Do ``task``; whether it went well. A fault is logged, never raised: this thread must outlive it.

    The one broad except of the server: a database that is away for a minute must not end the tidying for
    good. The connection is dropped then, since nobody knows what state it is in.
    """
    try:
        close_old_connections()
        task()
    except Exception:
        log.exception("Housekeeping failed; it goes on")
        connection.close()
        return False
    return True


def seal_stale_tails() -> None:
    """Seal the tails that no batch has reached for some seconds."""
    from runs.recording.metrics import seal_stale

    seal_stale()

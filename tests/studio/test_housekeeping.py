"""Does the housekeeping outlive the faults of its tasks?"""

import logging

import pytest
from django.db import OperationalError

from studio import housekeeping


def test_a_fault_is_logged_and_the_next_round_runs(caplog: pytest.LogCaptureFixture, db: None) -> None:
    def fails() -> None:
        raise OperationalError("the database is away")

    with caplog.at_level(logging.ERROR):
        assert not housekeeping.tidy_once(fails)
    assert "the database is away" in caplog.text
    done: list[int] = []
    assert housekeeping.tidy_once(lambda: done.append(1))
    assert done == [1]


def test_it_goes_on_after_a_round_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []

    class Over(BaseException):
        """Ends the endless loop, as nothing else may."""

    def task() -> None:
        rounds.append(1)
        if len(rounds) == 3:
            raise Over
        raise ValueError("this round failed")

    monkeypatch.setattr(housekeeping, "seal_stale_tails", task)
    monkeypatch.setattr(housekeeping, "close_old_connections", lambda: None)
    monkeypatch.setattr(housekeeping.connection, "close", lambda: None)
    with pytest.raises(Over):
        housekeeping.keep_house(0)
    assert len(rounds) == 3

"""The nearest known name is offered, and only if it is near."""

import pytest

from runs.query_language.suggestions import did_you_mean, nearest


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("los", "loss"),
        ("LOSS", "loss"),
        ("val_los", "val_loss"),
        ("lea", "learning_rate"),
        ("zzz", None),
        ("", None),
        ("x" * 65, None),
    ],
)
def test_the_nearest_name_is_found(name: str, found: str | None) -> None:
    assert nearest(name, ["loss", "val_loss", "learning_rate"]) == found


def test_a_message_ends_with_the_suggestion_or_nothing() -> None:
    assert did_you_mean("los", ["loss"]) == "; did you mean loss?"
    assert did_you_mean("zzz", ["loss"]) == ""

"""Does ``manage.py sign_in_link`` print a link that opens the door, once?"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from runs.recording.people import use_sign_in_link
from tests.cast import Cast


def link_for(*words: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("sign_in_link", *words, stdout=out)
    return out.getvalue().strip()


def test_the_link_signs_its_person_in_once(cast: Cast) -> None:
    secret = link_for("vera").rstrip("/").rsplit("/", 1)[-1]
    assert use_sign_in_link(secret) == cast.viewer
    assert use_sign_in_link(secret) is None


def test_the_link_names_the_given_place(cast: Cast) -> None:
    assert link_for("vera", "--url", "https://studio.example.com/").startswith("https://studio.example.com/")


@pytest.mark.parametrize("name", ["nobody", "edgar"])
def test_an_unknown_or_inactive_account_gets_none(cast: Cast, name: str) -> None:
    cast.editor.is_active = False
    cast.editor.save()
    with pytest.raises(CommandError, match="no active account"):
        link_for(name)

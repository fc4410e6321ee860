"""Does ``manage.py create_token`` let a script in, and nobody else?"""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from runs.access import token_for
from runs.models import ApiToken, Member, Person, Role
from studio.database import now_ms
from tests.cast import Cast


def created(*words: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("create_token", *words, stdout=out)
    return out.getvalue()


def test_the_printed_token_works_and_its_text_is_kept_nowhere(cast: Cast) -> None:
    text = created("edgar", "lab", "--only-token").strip()
    token = token_for(text)
    assert token is not None
    assert (token.person, token.workspace, token.scope, token.expires) == (cast.editor, cast.lab, "log", None)
    assert not ApiToken.objects.filter(digest=text).exists()


def test_name_scope_and_lifetime_are_kept(cast: Cast) -> None:
    before = now_ms()
    printed = created("olga", "lab", "--name", "nightly", "--scope", "read", "--days", "2")
    token = ApiToken.objects.get(name="nightly")
    assert token.scope == "read"
    assert token.expires is not None
    assert 0 <= token.expires - before - 2 * 86_400_000 < 60_000
    assert printed.startswith("A token of olga in lab")


@pytest.mark.parametrize(
    ("person", "workspace", "says"),
    [
        ("sten", "lab", "not a member"),
        ("nobody", "lab", "no account called 'nobody'"),
        ("olga", "nowhere", "no workspace called 'nowhere'"),
    ],
)
def test_who_does_not_belong_there_gets_none(cast: Cast, person: str, workspace: str, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        created(person, workspace)
    assert not ApiToken.objects.exists()


def test_create_makes_the_person_and_their_workspace_once(db: None) -> None:
    first, second = (created("ada", "lab", "--create", "--only-token").strip() for _ in range(2))
    assert token_for(first) != token_for(second)
    member = Member.objects.get()
    assert (member.person.username, member.workspace.name, member.role) == ("ada", "lab", Role.OWNER)
    assert not Person.objects.get().has_usable_password()


def test_create_does_not_let_anyone_into_a_workspace_that_exists(cast: Cast) -> None:
    with pytest.raises(CommandError, match="not a member"):
        created("newcomer", "lab", "--create")


def test_a_workspace_name_that_cannot_stand_in_a_url_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match="URLs"):
        created("ada", "my lab", "--create")

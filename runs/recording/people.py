"""How do people get in? Accounts, workspaces, members, and one-time sign-in links."""

import secrets

from runs.access import token_digest
from runs.limits import NAME, clean_text
from runs.mistakes import AlreadyExists, UserMistake
from runs.models import Member, Person, Role, SignInLink, Workspace
from runs.recording.experiments import default_experiment
from studio.database import now_ms, write_transaction

LINK_LIFETIME_MS = 24 * 3600 * 1000


def create_person(username: str, email: str = "", password: str | None = None) -> Person:
    """Make an account; without a password it signs in by link only. Raises AlreadyExists for a taken name."""
    username = clean_text(username, "username", 150)
    with write_transaction():
        if Person.objects.filter(username=username).exists():
            raise AlreadyExists(f"There is an account called {username!r} already.", "username")
        return Person.objects.create_user(username, email, password)


def create_workspace(name: str, title: str, owner: Person) -> Workspace:
    """Make a workspace with its "Default" experiment, owned by ``owner``. Raises AlreadyExists for a taken name."""
    title = clean_text(title, "title", NAME)
    if not name or not all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in name):
        raise UserMistake("A workspace's name has only letters, digits, - and _, for it stands in URLs.", "name")
    with write_transaction():
        if Workspace.objects.filter(name=name).exists():
            raise AlreadyExists(f"There is a workspace called {name!r} already.", "name")
        workspace = Workspace.objects.create(name=clean_text(name, "name", 64), title=title, created=now_ms())
        Member.objects.create(workspace=workspace, person=owner, role=Role.OWNER)
        default_experiment(workspace)
    return workspace


def add_member(workspace: Workspace, person: Person, role: Role) -> Member:
    """Make a person a member, or change their role."""
    with write_transaction():
        member, _ = Member.objects.update_or_create(workspace=workspace, person=person, defaults={"role": role})
    return member


def sign_in_link(person: Person) -> str:
    """The secret of a new link that signs this person in once, within a day. Only its SHA-256 is kept."""
    text = secrets.token_urlsafe(24)
    with write_transaction():
        SignInLink.objects.filter(expires__lt=now_ms()).delete()
        SignInLink.objects.create(person=person, digest=token_digest(text), expires=now_ms() + LINK_LIFETIME_MS)
    return text


def use_sign_in_link(text: str) -> Person | None:
    """Who the link with this secret signs in; it works no second time. None for an unknown, used or late one."""
    with write_transaction():
        links = SignInLink.objects.select_related("person").filter(digest=token_digest(text))
        link = links.first()
        used, _ = links.delete()
    if link is None or not used or link.expires < now_ms() or not link.person.is_active:
        return None
    return link.person

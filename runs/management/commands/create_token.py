"""How does a script get in? ``manage.py create_token PERSON WORKSPACE`` prints a new API token, once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from runs.access import issue_token, role_in
from runs.mistakes import UserMistake
from runs.models import Person, Workspace
from runs.recording.people import create_person, create_workspace
from studio.database import now_ms

DAY = 24 * 3600 * 1000


class Command(BaseCommand):
    """A token for a member of a workspace."""

    help = "Prints a new API token of a person in a workspace. Its text is shown once and kept nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, where, what for, how long."""
        parser.add_argument("person", help="the account's name")
        parser.add_argument("workspace", help="the workspace's name, as in its URL")
        parser.add_argument("--name", default="command line", help="what the token is for, to recognise it by")
        parser.add_argument("--scope", default="log", choices=["read", "log", "admin"])
        parser.add_argument("--days", type=int, help="how many days it lives (default: until revoked)")
        parser.add_argument("--create", action="store_true", help="make the person and the workspace when missing")
        parser.add_argument("--only-token", action="store_true", help="print the token and nothing else")

    def handle(self, *_: Any, **options: Any) -> None:
        """Find the two, check that they belong together, print."""
        person, workspace = _find(options["person"], options["workspace"], create=options["create"])
        if role_in(person, workspace) is None:
            raise CommandError(f"{person.username} is not a member of {workspace.name}.")
        expires = None if options["days"] is None else now_ms() + options["days"] * DAY
        text = issue_token(person, workspace, options["name"], options["scope"], expires)[1]
        if not options["only_token"]:
            self.stdout.write(f"A token of {person.username} in {workspace.name}; it is shown only now:")
        self.stdout.write(text)


def _find(username: str, name: str, *, create: bool) -> tuple[Person, Workspace]:
    person = Person.objects.filter(username=username).first()
    workspace = Workspace.objects.filter(name=name).first()
    try:
        if person is None and create:
            person = create_person(username)
        if workspace is None and create and person is not None:
            workspace = create_workspace(name, name, person)
    except UserMistake as mistake:
        raise CommandError(mistake.message) from mistake
    if person is None:
        raise CommandError(f"There is no account called {username!r}; --create makes it.")
    if workspace is None:
        raise CommandError(f"There is no workspace called {name!r}; --create makes it.")
    return person, workspace

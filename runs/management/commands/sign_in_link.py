"""How does somebody sign in without a password? ``manage.py sign_in_link PERSON`` prints a link that works once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from runs.models import Person
from runs.recording.people import sign_in_link


class Command(BaseCommand):
    """A one-time link for an account."""

    help = "Prints a link that signs a person in, once, within a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, and where the studio is."""
        parser.add_argument("person", help="the account's name")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the studio answers")

    def handle(self, *_: Any, **options: Any) -> None:
        """Find the account and print its link."""
        person = Person.objects.filter(username=options["person"], is_active=True).first()
        if person is None:
            raise CommandError(f"There is no active account called {options['person']!r}.")
        path = reverse("sign_in_link", args=[sign_in_link(person)])
        self.stdout.write(options["url"].rstrip("/") + path)

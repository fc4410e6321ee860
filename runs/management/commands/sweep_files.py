"""How is storage freed of what nobody will ever ask for? ``manage.py sweep_files``, once a day."""

from typing import Any

from django.core.management.base import BaseCommand

from runs.recording.artifacts import sweep_blobs
from runs.recording.uploads import sweep_uploads


class Command(BaseCommand):
    """Removes bodies without a row, and uploads in parts that were never finished."""

    help = "Removes what broken-off uploads and purged runs left in storage. Safe while the studio runs."

    def handle(self, *_: Any, **__: Any) -> None:
        """Sweep, and say how much went."""
        self.stdout.write(f"Removed {sweep_blobs()} files without an owner, {sweep_uploads()} unfinished uploads")

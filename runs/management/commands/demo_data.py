"""How does a newcomer get something to look at? ``manage.py demo_data`` trains small models and records them."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from runs.demo import spirals, team
from runs.demo.live import live_run, train_until_stopped
from studio.database import now_ms


class Command(BaseCommand):
    """About 200 runs of small real trainings, in the workspace "demo"."""

    help = "Trains small models and records about 200 runs in the workspace 'demo'; once, unless --again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Again, or live."""
        parser.add_argument("--again", action="store_true", help="add them a second time")
        parser.add_argument("--live", action="store_true", help="add one run that goes on logging until Ctrl-C")
        parser.add_argument("--pause", type=float, default=1.0, help="seconds between two steps of the live run")

    def handle(self, *_: Any, **options: Any) -> None:
        """Fill the workspace if it is empty, then go live if asked."""
        workspace = team.demo_workspace()
        filled = team.has_runs(workspace)
        if filled and not options["again"]:
            self.stdout.write("The workspace 'demo' has runs already; --again adds the demo's once more.")
        else:
            began = time.monotonic()
            n = team.fill(workspace, now_ms(), salt=str(now_ms()) if filled else "")
            self.stdout.write(f"Recorded {n} runs in {time.monotonic() - began:.1f} s.")
        if options["live"]:
            author = team.authors()["demo"]
            run = live_run(team.experiments_of(workspace)[spirals.EXPERIMENT], author)
            self.stdout.write(f"Logging to run {run.uid} ({run.name}); Ctrl-C ends it.")
            train_until_stopped(run, author, options["pause"], lambda _: True)

"""How does the studio start on somebody's own machine? ``make up`` calls this once the environment stands.

Migrates, fills the demo once, starts gunicorn, waits until it answers, prints a one-time sign-in link, and stays
until Ctrl-C. A deployment runs gunicorn itself (docs/settings.md) and needs none of this.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from io import StringIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"


def main() -> int:
    """Start, tell, wait."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port
    url = f"http://{HOST}:{port}"
    if taken(port):
        print(f"Port {port} is taken, perhaps by a studio that runs already ({url}). Another one: make up PORT=8001")
        return 1
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    os.environ["STUDIO_BIND"] = f"{HOST}:{port}"
    link = prepare(url)
    # A session of its own: Ctrl-C reaches us alone, and we end the server gracefully.
    command = [sys.executable, "-m", "gunicorn", "-c", "python:studio.server"]
    server = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own command
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda _number, _frame: server.terminate())
    if answers(url, server):
        print(f"\n  Run Studio is at {url}\n  Sign in as demo, once, with {link}\n  Ctrl-C stops it.\n", flush=True)
    return server.wait()


def prepare(url: str) -> str:
    """Migrate and fill the demo, in this process: each manage.py of its own would cost a second. The sign-in link."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from runs.demo.team import WORKSPACE, has_runs
    from runs.models import Workspace

    workspace = Workspace.objects.filter(name=WORKSPACE).first()
    if workspace is None or not has_runs(workspace):
        print("Training the demo's models, about 200 runs …", flush=True)
        call_command("demo_data")
    link = StringIO()
    call_command("sign_in_link", "demo", url=url, stdout=link)
    return link.getvalue().strip()


def taken(port: int) -> bool:
    """Whether somebody listens there already."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def answers(url: str, server: "subprocess.Popen[bytes]", timeout: float = 60) -> bool:
    """Wait until the server answers anything at all; False when it ended or the time is over."""
    deadline = time.monotonic() + timeout
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/health", timeout=5).close()  # noqa: S310 - our own address
            return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.05)
    return False


if __name__ == "__main__":
    sys.exit(main())

"""How does a test talk to the studio as the world does? A real gunicorn, over a real port, in a data folder of its own.

Standard library only: tests/clients runs it from an environment that has no Django.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The interpreter that has the server's packages; `make test-clients` names it, elsewhere it is our own.
PYTHON = os.environ.get("STUDIO_PYTHON", sys.executable)


class RealServer:
    """``with RealServer(tmp_path) as server`` starts it; ``server.url`` answers when the block begins.

    ``kill()`` ends it without mercy and ``start()`` brings it back over the same data.
    """

    def __init__(self, folder: Path, app: str = "", env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.app = app
        # The tests' own settings and database are not the server's: it makes its own.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("STUDIO_", "DJANGO_"))}
        kept.pop("DATABASE_URL", None)
        self.env = kept | {
            "STUDIO_DATA_DIR": str(folder),
            "STUDIO_BIND": f"127.0.0.1:{self.port}",
            "STUDIO_DEBUG": "yes",  # plain static files: nothing needs collecting
            "PYTHONUNBUFFERED": "1",
            **(env or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "server.log"

    def __enter__(self) -> "RealServer":
        if not self.app:
            self.manage("migrate", "--verbosity", "0")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def manage(self, *words: str) -> str:
        """What ``manage.py words`` prints, run over the server's data."""
        command = [PYTHON, "manage.py", *words]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout.strip()

    def token(self, person: str = "ada", workspace: str = "lab") -> str:
        """A new API token of ``person``, both made when missing."""
        return self.manage("create_token", person, workspace, "--create", "--only-token")

    def start(self, timeout: float = 60) -> None:
        """Start, and wait until the port answers."""
        command = [PYTHON, "-m", "gunicorn", "-c", "python:studio.server", *([self.app] if self.app else [])]
        with self.log.open("ab") as log:
            # A session of its own, so that a kill reaches the workers too.
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + timeout
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"The server did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/health", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def stop(self, timeout: float = 30) -> int:
        """End it as an operator would; its exit code."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def kill(self) -> None:
        """SIGKILL to the master and every worker at once."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""How does gunicorn serve the studio? ``python -m gunicorn -c python:studio.server``; see docs/settings.md."""

import gc
import threading
from pathlib import Path
from typing import Any

from studio.settings import env, is_on

wsgi_app = "studio.wsgi:application"
worker_class = "studio.one_packet.OnePacketWorker"
bind = env("STUDIO_BIND", "127.0.0.1:8000")
workers = int(env("STUDIO_WORKERS", "2"))
threads = int(env("STUDIO_THREADS", "4"))

# A training script logs every few seconds over one connection: closing it sooner costs each call a handshake.
keepalive = int(env("STUDIO_KEEPALIVE", "75"))
graceful_timeout = int(env("STUDIO_GRACEFUL_TIMEOUT", "30"))
# A worker whose main loop stands still this long is replaced; a slow request alone does not stop that loop.
timeout = 60

# Queries of the list stand in the URL. Bodies have limits of their own (STUDIO_MAX_JSON_BODY, STUDIO_MAX_FILE_SIZE).
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190

accesslog = "-" if is_on(env("STUDIO_ACCESS_LOG", "no")) else None
loglevel = env("STUDIO_LOG_LEVEL", "INFO").lower()
proc_name = "run-studio"
# Gunicorn's control socket would let any process of this user steer the server; nothing of ours needs it.
control_socket_disable = True
# Heartbeat files on a disk can stall a worker for as long as the disk does; Linux has memory for them.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def spare_the_collector() -> None:
    """Let the garbage collector pass over what lives as long as the worker, and come by less often.

    A thousand points or runs in one request are many small objects that die with it by reference count alone;
    by default the collector walked the whole of Django several times meanwhile (a search of 1,000 runs: 122 ms, 82
    without).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def post_worker_init(worker: Any) -> None:
    """Each worker keeps house beside its requests; the thread ends with its process."""
    from studio.housekeeping import keep_house

    spare_the_collector()
    pause = float(env("STUDIO_HOUSEKEEPING_SECONDS", "5"))
    threading.Thread(target=keep_house, args=(pause,), daemon=True, name=f"housekeeping of {worker}").start()

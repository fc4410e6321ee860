"""Which database does a URL name? ``sqlite:///path`` or ``postgresql://user:password@host:port/name``."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def database_from_url(url: str) -> dict[str, Any]:
    """Django's DATABASES entry for ``url``. Raises ValueError for a scheme the studio does not run on."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]) or ":memory:",
            "CONN_MAX_AGE": None,
            "OPTIONS": {},
        }
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError(f"DATABASE_URL must start with sqlite:/// or postgresql://, not {parts.scheme!r}")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        # Planning was more than half of a small query: prepare on first use (data-measured.md, Settings).
        "OPTIONS": {
            "server_side_binding": True,
            "prepare_threshold": 1,
            # A plan made without the values mistakes a rare range for a common one: 255 ms instead of 13 for
            # `param.lr < 0.00002` from the sixth time on (docs/benchmarks.md).
            "options": "-c jit=off -c plan_cache_mode=force_custom_plan",
            **dict(parse_qsl(parts.query)),
        },
    }

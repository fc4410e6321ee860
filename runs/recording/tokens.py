"""When was a token last used? Noted at most once a minute, so that a busy client costs no extra writes."""

from runs.models import ApiToken
from studio.database import now_ms, write_transaction

_A_MINUTE = 60_000


def note_use(token: ApiToken) -> None:
    """Write down that a token was used now, unless that was done within the last minute."""
    now = now_ms()
    if token.last_used is not None and now - token.last_used < _A_MINUTE:
        return
    with write_transaction():
        ApiToken.objects.filter(pk=token.pk).update(last_used=now)

"""Whom does a token let in, where to, and what may they do there? One statement, on every call."""

from typing import Any

from runs.access import SCOPE_ROLE, TOKEN_START, token_digest
from runs.authors import Author
from runs.mistakes import NotFound
from runs.mlflow_api.mistakes import NotSignedIn
from runs.models import ApiToken, Role, Workspace
from runs.recording.tokens import note_use
from studio.database import now_ms

# Written out, because each logged point passes here: 0.1 ms, where the ORM takes 1.1 ms of the call's 3 to put the
# same two statements together. Every join is by a unique index.
_ADMISSION = """
SELECT w.*, t.id AS token_id, t.scope, t.expires, t.revoked, t.last_used, t.person_id, p.username, p.is_active,
    m.role AS member_role
FROM runs_apitoken t
JOIN runs_workspace w ON w.id = t.workspace_id
JOIN runs_person p ON p.id = t.person_id
LEFT JOIN runs_member m ON m.person_id = t.person_id AND m.workspace_id = t.workspace_id
WHERE t.digest = %s
"""


def admit(secret: str, workspace_name: str | None) -> tuple[Workspace, Author, Role]:
    """The token's workspace, its person as the author, and what they may do there now.

    Nothing is cached: a token that is revoked, or a member who leaves, is out with the next call. Raises NotSignedIn
    for a token that opens nothing, NotFound for a ``workspace_name`` that is not the token's.
    """
    rows: Any = Workspace.objects.raw(_ADMISSION, [token_digest(secret)]) if secret.startswith(TOKEN_START) else ()
    for found in rows:
        if found.revoked is None and found.is_active and (found.expires is None or found.expires >= now_ms()):
            return _inside(found, workspace_name)
    raise NotSignedIn("This token is unknown, expired or revoked.")


def _inside(found: Any, workspace_name: str | None) -> tuple[Workspace, Author, Role]:
    if found.member_role is None or workspace_name not in (None, found.name):
        raise NotFound(f"There is no workspace {workspace_name or found.name!r} here, or this token is not for it.")
    note_use(ApiToken(pk=found.token_id, last_used=found.last_used))
    role = min(Role(found.member_role), SCOPE_ROLE[found.scope])
    return found, Author(found.person_id, found.username, "mlflow", found.token_id), role

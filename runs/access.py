"""Who may see or change what? The lookups carry the permission: what you may not see does not exist."""

import hashlib
import secrets
import zlib

from runs.mistakes import NotAllowed, NotFound
from runs.models import ApiToken, Experiment, Member, Person, Role, Run, Workspace
from studio.database import now_ms

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NUL = "\x00"  # in no name of ours, and PostgreSQL refuses to look for it
TOKEN_START = "rst_"  # noqa: S105 - what every token starts with
SCOPE_ROLE = {"read": Role.VIEWER, "log": Role.EDITOR, "admin": Role.OWNER}


def role_in(person: Person, workspace: Workspace) -> Role | None:
    """The person's role there; None for who is not a member. One query."""
    found = Member.objects.filter(workspace=workspace, person_id=person.pk).values_list("role", flat=True).first()
    return None if found is None else Role(found)


def can(person: Person, workspace: Workspace, role: Role) -> bool:
    """Whether the person has at least ``role`` in the workspace."""
    held = role_in(person, workspace)
    return held is not None and held >= role


def workspace_or_404(person: Person, name: str, role: Role = Role.VIEWER) -> Workspace:
    """The workspace called ``name`` in which ``person`` has at least ``role``. One query.

    NotFound for a stranger (as for a name that does not exist); NotAllowed for a member with a lesser role.
    The answer carries ``your_role``. The query brings all workspaces of the person, who keeps them as
    ``seen_workspaces``: the menu of the page wants them too.
    """
    members = Member.objects.select_related("workspace").filter(person_id=person.pk).order_by("workspace__name")
    person.seen_workspaces = [member.workspace for member in members]
    member = next((member for member in members if member.workspace.name == name), None)
    if member is None:
        raise NotFound(f"There is no workspace {name!r} here, or it is not yours.", "workspace")
    if member.role < role:
        raise NotAllowed(f"This needs the role {role.label} in {name!r}; yours is {member.get_role_display()}.")
    member.workspace.your_role = Role(member.role)
    return member.workspace


def workspaces_of(person: Person) -> list[Workspace]:
    """The workspaces a person is a member of, by name."""
    return list(Workspace.objects.filter(members__person=person).order_by("name"))


def experiment_or_404(workspace: Workspace, name: str) -> Experiment:
    """The experiment called ``name`` in this workspace."""
    found = Experiment.objects.filter(workspace=workspace, name=name).first() if _NUL not in name else None
    if found is None:
        raise NotFound(f"There is no experiment {name!r} in this workspace.", "experiment")
    return found


def run_or_404(workspace: Workspace, uid: str, *also: str) -> Run:
    """The run with this public id in this workspace, its experiment, submitter and compute with it. One query.

    ``also`` names further relations that the same query shall bring: ``"parent"``, ``"text"`` …
    """
    related = ("experiment", "submitter", "compute", *also)
    found = Run.objects.select_related(*related).filter(workspace=workspace, uid=uid).first()
    if found is None:
        raise NotFound(f"There is no run {uid!r} in this workspace.", "run_id")
    return found


def token_digest(text: str) -> str:
    """What is kept of a token or a link: its SHA-256 in hex. They are random, so a slow hash buys nothing."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode("utf-8", "surrogatepass")), ""
    for _ in range(6):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def new_token_text() -> str:
    """A fresh token: prefix, 190 bits of randomness, and a checksum that lets scanners and us tell a typo."""
    body = TOKEN_START + "".join(secrets.choice(_ALPHABET) for _ in range(32))
    return body + _checksum(body)


def issue_token(
    person: Person, workspace: Workspace, name: str, scope: str = "log", expires: int | None = None
) -> tuple[ApiToken, str]:
    """Make a token; its text is given back once and kept nowhere. ``scope`` is read, log or admin."""
    if scope not in SCOPE_ROLE:
        raise ValueError(f"scope must be one of {', '.join(SCOPE_ROLE)}")
    text = new_token_text()
    token = ApiToken.objects.create(
        person=person,
        workspace=workspace,
        name=name,
        prefix=text[:8],
        digest=token_digest(text),
        scope=scope,
        created=now_ms(),
        expires=expires,
    )
    return token, text


def token_for(text: str) -> ApiToken | None:
    """The live token with this text, its person and workspace with it; None if unknown, expired or revoked.

    The database compares digests, so timing tells nothing about a token's text. One query.
    """
    if not text.startswith(TOKEN_START) or text[-6:] != _checksum(text[:-6]):
        return None
    token = ApiToken.objects.select_related("person", "workspace").filter(digest=token_digest(text)).first()
    if token is None or token.revoked is not None or not token.person.is_active:
        return None
    if token.expires is not None and token.expires < now_ms():
        return None
    return token


def token_role(token: ApiToken, workspace: Workspace) -> Role | None:
    """What a token may do: its scope, never more than its person's role now; None outside its workspace."""
    if token.workspace_id != workspace.pk:
        return None
    held = role_in(token.person, workspace)
    return None if held is None else Role(min(held, SCOPE_ROLE[token.scope]))

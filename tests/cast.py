"""Who acts in the tests? Olga owns the workspace, Edgar edits, Vera views, and Sten is a stranger to it."""

from dataclasses import dataclass

from runs.access import issue_token
from runs.authors import Author
from runs.models import Member, Person, Role, Workspace
from studio.database import now_ms

PASSWORD = "correct horse battery"


@dataclass
class Cast:
    """The people and the two workspaces: ``lab`` is theirs, ``elsewhere`` is Sten's alone."""

    owner: Person
    editor: Person
    viewer: Person
    stranger: Person
    lab: Workspace
    elsewhere: Workspace

    def token(self, person: Person | None = None, workspace: Workspace | None = None, scope: str = "log") -> str:
        """A new token's text: the editor's in ``lab`` unless said otherwise."""
        return issue_token(person or self.editor, workspace or self.lab, "test", scope)[1]

    def author(self, person: Person | None = None) -> Author:
        """The author that a page makes for ``person`` (the editor unless said otherwise)."""
        person = person or self.editor
        return Author(person.pk, person.username, "page")


def the_cast() -> Cast:
    """Make everybody."""
    people = {
        name: Person.objects.create_user(name, f"{name}@example.com", PASSWORD)
        for name in ("olga", "edgar", "vera", "sten")
    }
    lab = Workspace.objects.create(name="lab", title="The lab", created=now_ms())
    elsewhere = Workspace.objects.create(name="elsewhere", title="Elsewhere", created=now_ms())
    for name, role in (("olga", Role.OWNER), ("edgar", Role.EDITOR), ("vera", Role.VIEWER)):
        Member.objects.create(workspace=lab, person=people[name], role=role)
    Member.objects.create(workspace=elsewhere, person=people["sten"], role=Role.OWNER)
    return Cast(people["olga"], people["edgar"], people["vera"], people["sten"], lab, elsewhere)

"""Who works together: people, workspaces, their members and API tokens."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Person(AbstractUser):
    """Someone who signs in."""

    theme = models.CharField(max_length=10, default="", blank=True, help_text="light, dark, or empty for the system's")
    density = models.CharField(max_length=12, default="", blank=True)

    seen_workspaces: "list[Workspace] | None" = None
    """Theirs, where `access.workspace_or_404` looked them up in this request; no column."""

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Workspace(models.Model):
    """A team's room: everything below belongs to exactly one."""

    name = models.SlugField(max_length=64, unique=True, help_text="as it stands in URLs")
    title = models.CharField(max_length=200, default="", blank=True)
    default_experiment = models.ForeignKey(
        "runs.Experiment", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created = models.BigIntegerField(help_text="ms since 1970")

    your_role: "Role | None" = None
    """The role of who asked, where `access.workspace_or_404` looked it up; no column."""

    def __str__(self) -> str:
        return self.title or self.name


class Role(models.IntegerChoices):
    """What a member may do; each role includes the ones before it."""

    VIEWER = 1, "viewer"
    EDITOR = 2, "editor"
    OWNER = 3, "owner"


class Member(models.Model):
    """A person in a workspace, with a role."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.SmallIntegerField(choices=Role.choices, default=Role.VIEWER)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "person"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.workspace_id}: {self.get_role_display()}"


class ApiToken(models.Model):
    """A key for scripts. The text is shown once; only its SHA-256 is kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, help_text="its first letters, to recognise it by")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the whole, in hex")
    scope = models.CharField(max_length=10, default="log", help_text="read, log or admin")
    created = models.BigIntegerField()
    expires = models.BigIntegerField(null=True)
    last_used = models.BigIntegerField(null=True)
    revoked = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"


class SignInLink(models.Model):
    """A one-time link that signs a person in: how the local start opens the door. Stored as SHA-256."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    expires = models.BigIntegerField()

    def __str__(self) -> str:
        return f"link for {self.person_id}"

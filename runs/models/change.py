"""What happened: every edit with its before and after, and the status changes that alerts will read."""

from django.db import models
from django.db.models import Q

from runs.models.experiment import Experiment
from runs.models.run import STATUS_CHOICES, Run
from runs.models.workspace import Person, Workspace


class Change(models.Model):
    """One edit of a run or experiment: who, when, what, before, after, through which door."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, db_index=False, related_name="+")
    run = models.ForeignKey(Run, null=True, on_delete=models.CASCADE, db_index=False, related_name="+")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    who = models.CharField(max_length=250, default="", blank=True)
    door = models.CharField(max_length=10, help_text="page, api, mlflow, sdk or command")
    what = models.CharField(max_length=20, help_text="name, description, tag, status, lifecycle, property …")
    key = models.CharField(max_length=250, default="", blank=True)
    before = models.TextField(null=True)
    after = models.TextField(null=True)
    at = models.BigIntegerField(help_text="ms since 1970")

    class Meta:
        indexes = [models.Index(fields=["run", "id"], condition=Q(run__isnull=False), name="change_of_run")]

    def __str__(self) -> str:
        return f"{self.what} {self.key}: {self.before!r} -> {self.after!r}"


class StatusChange(models.Model):
    """An outbox row: written in the transaction that changed the status, read by workers later."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="status_changes")
    before = models.SmallIntegerField(null=True, choices=STATUS_CHOICES)
    after = models.SmallIntegerField(choices=STATUS_CHOICES)
    at = models.BigIntegerField(help_text="ms since 1970")
    who = models.CharField(max_length=250, default="", blank=True)
    reason = models.TextField(default="", blank=True)
    override = models.BooleanField(default=False, help_text="a terminal state was left on purpose")
    handled = models.BigIntegerField(null=True, help_text="when a worker was done with it")

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(handled__isnull=True), name="status_change_open")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.before} -> {self.after}"

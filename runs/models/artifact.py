"""Files of runs and of logged models, and the datasets and models that went in and came out."""

from django.db import models
from django.db.models import Q

from runs.models.experiment import Experiment, Lifecycle
from runs.models.run import Run


class LoggedModel(models.Model):
    """A model that a run produced (MLflow 3's logged model). ``uid`` is ``m-`` and 32 hex digits."""

    uid = models.CharField(max_length=64, unique=True)
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    source_run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="logged_models")
    name = models.CharField(max_length=500)
    model_type = models.CharField(max_length=200, default="", blank=True)
    status = models.CharField(max_length=40, default="LOGGED_MODEL_PENDING")
    status_message = models.TextField(default="", blank=True)
    params = models.JSONField(default=dict)
    tags = models.JSONField(default=dict)
    lifecycle = models.SmallIntegerField(choices=Lifecycle.choices, default=Lifecycle.ACTIVE)
    created = models.BigIntegerField()
    updated = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["experiment", "created"], name="logged_model_recent")]

    def __str__(self) -> str:
        return self.name


class Artifact(models.Model):
    """One file or folder of a run or of a logged model (exactly one of the two).

    The body lies in storage under ``blob``, a name of ours: no path of a user ever becomes a path on disk.
    A folder is a row too (``blob`` empty), so that a tree opens level by level with one index scan.
    """

    run = models.ForeignKey(Run, null=True, on_delete=models.CASCADE, db_index=False, related_name="+")
    model = models.ForeignKey(LoggedModel, null=True, on_delete=models.CASCADE, db_index=False, related_name="+")
    folder = models.CharField(max_length=1000, default="", blank=True, help_text="path of the folder it lies in")
    name = models.CharField(max_length=255)
    is_folder = models.BooleanField(default=False)
    blob = models.CharField(max_length=200, default="", blank=True)
    size = models.BigIntegerField(default=0)
    etag = models.CharField(max_length=64, default="", blank=True, help_text="SHA-256 of the body")
    written = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "folder", "name"], condition=Q(run__isnull=False), name="artifact_of_run"
            ),
            models.UniqueConstraint(
                fields=["model", "folder", "name"], condition=Q(model__isnull=False), name="artifact_of_model"
            ),
            models.CheckConstraint(
                condition=Q(run__isnull=False, model__isnull=True) | Q(run__isnull=True, model__isnull=False),
                name="artifact_has_one_owner",
            ),
        ]
        indexes = [models.Index(fields=["blob"], condition=~Q(blob=""), name="artifact_by_blob")]

    def __str__(self) -> str:
        return self.path

    @property
    def path(self) -> str:
        """The path below its run or model."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


class Dataset(models.Model):
    """A dataset that runs of an experiment used, as the client described it."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=500)
    digest = models.CharField(max_length=36)
    source_type = models.CharField(max_length=36, default="", blank=True)
    source = models.TextField(default="", blank=True)
    schema = models.TextField(default="", blank=True)
    profile = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "name", "digest"], name="dataset_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.digest})"


class RunDataset(models.Model):
    """A dataset that went into a run, with its input tags (``mlflow.data.context`` is one)."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    tags = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "dataset"], name="run_dataset_once")]

    def __str__(self) -> str:
        return f"{self.run_id} <- {self.dataset_id}"


class RunModel(models.Model):
    """A logged model that went into a run or came out of it, at a step."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    model_uid = models.CharField(max_length=64)
    is_output = models.BooleanField()
    step = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "model_uid", "is_output"], name="run_model_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {'->' if self.is_output else '<-'} {self.model_uid}"

"""What runs are grouped by: experiments, their tags, and the names they use."""

from django.db import models

from runs.models.workspace import Workspace


class Lifecycle(models.IntegerChoices):
    """Whether a run or experiment is in daily use, put aside, or in the trash."""

    ACTIVE = 0, "active"
    ARCHIVED = 1, "archived"
    TRASHED = 2, "trashed"


class Experiment(models.Model):
    """A named group of runs. Its name is unique in the workspace, also among trashed ones (as MLflow has it)."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="experiments")
    name = models.CharField(max_length=500)
    description = models.TextField(default="", blank=True)
    lifecycle = models.SmallIntegerField(choices=Lifecycle.choices, default=Lifecycle.ACTIVE)
    artifact_location = models.CharField(max_length=1000, default="", blank=True)
    created = models.BigIntegerField(help_text="ms since 1970")
    updated = models.BigIntegerField(help_text="ms since 1970")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="experiment_name")]
        indexes = [models.Index(fields=["workspace", "lifecycle", "updated"], name="experiment_recent")]

    def __str__(self) -> str:
        return self.name


class ExperimentTag(models.Model):
    """A tag of an experiment."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="tags")
    key = models.CharField(max_length=250)
    value = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "key"], name="experiment_tag_once")]

    def __str__(self) -> str:
        return f"{self.key}={self.value}"


class KeyKind(models.IntegerChoices):
    """The four families of names a run carries."""

    PARAM = 1, "param"
    METRIC = 2, "metric"
    TAG = 3, "tag"
    PROPERTY = 4, "property"


class Key(models.Model):
    """A tag, parameter, property or metric name, kept once; rows carry its number."""

    id = models.AutoField(primary_key=True)
    kind = models.SmallIntegerField(choices=KeyKind.choices)
    name = models.CharField(max_length=250)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="key_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}.{self.name}"


class ExperimentKey(models.Model):
    """Which names an experiment's runs use, and on how many runs: answers "which columns exist"."""

    pk = models.CompositePrimaryKey("experiment_id", "key_id")
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, db_index=False, related_name="+")
    key = models.ForeignKey(Key, on_delete=models.CASCADE, db_index=False, related_name="+")
    n = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [models.Index(fields=["key", "experiment"], name="experiment_key_by_key")]

    def __str__(self) -> str:
        return f"{self.experiment_id}/{self.key_id}: {self.n}"


class Facet(models.Model):
    """How many active runs have a value: kept in the same transaction as the runs, so totals cost nothing.

    ``experiment_id`` 0 counts the whole workspace. ``dimension`` is one of `Facet.Dimension`.
    """

    class Dimension(models.IntegerChoices):
        """What is counted. The ``ROOT_`` one leaves child runs out (for the nested list)."""

        STATUS = 1, "status"
        SUBMITTER = 2, "submitter"
        COMPUTE = 3, "compute"
        ROOT_STATUS = 4, "status of root runs"
        LIFECYCLE = 5, "lifecycle"

    pk = models.CompositePrimaryKey("workspace_id", "experiment_id", "dimension", "value")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False, related_name="+")
    experiment_id = models.BigIntegerField()
    dimension = models.SmallIntegerField(choices=Dimension.choices)
    value = models.BigIntegerField()
    n = models.BigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return f"{self.experiment_id} {self.get_dimension_display()}={self.value}: {self.n}"


class Submitter(models.Model):
    """The name a run was submitted under (an account's, or whatever a client said), kept once."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=250)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="submitter_once")]

    def __str__(self) -> str:
        return self.name


class Compute(models.Model):
    """The machine or cluster a run was on, kept once."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=250)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="compute_once")]

    def __str__(self) -> str:
        return self.name

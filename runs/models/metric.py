"""Metric points: a crash-safe tail, sealed into columnar chunks, with one summary row a series."""

from django.db import models
from django.db.models import Q

from runs.models.experiment import Experiment, Key
from runs.models.run import Run


class Flag(models.IntegerChoices):
    """What kind of number the last value is. SQLite turns NaN into NULL; this remembers it."""

    FINITE = 0
    NAN = 1
    PLUS_INFINITY = 2
    MINUS_INFINITY = 3


class RunMetric(models.Model):
    """The summary of one series: last by (step, time), extremes over finite values, first, count of points.

    ``last`` and ``first`` are null for NaN; ±Inf stand as themselves. ``flag`` tells `last` apart, ``low`` and
    ``high`` are null when no value was finite.
    """

    pk = models.CompositePrimaryKey("experiment_id", "run_id", "key_id")
    experiment = models.ForeignKey(
        Experiment, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_index=False, related_name="+")
    key = models.ForeignKey(Key, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    last = models.FloatField(null=True)
    flag = models.SmallIntegerField(choices=Flag.choices, default=Flag.FINITE)
    step = models.BigIntegerField(default=0)
    ts = models.BigIntegerField(default=0, help_text="ms since 1970 of the last point")
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    low_step = models.BigIntegerField(null=True)
    high_step = models.BigIntegerField(null=True)
    first = models.FloatField(null=True)
    first_step = models.BigIntegerField(default=0)
    first_ts = models.BigIntegerField(default=0)
    count = models.BigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["experiment", "key", "last", "run"], name="metric_by_last"),
            models.Index(fields=["experiment", "key", "low", "run"], name="metric_by_low"),
            models.Index(fields=["experiment", "key", "high", "run"], name="metric_by_high"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.key_id}: {self.last}"


class MetricTail(models.Model):
    """One accepted batch, as it came: packed records of key int32, step int64, time int64, value float64."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    n = models.IntegerField(help_text="points in body")
    written = models.BigIntegerField(help_text="ms since 1970")
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.run_id}: {self.n} points"


class MetricBatch(models.Model):
    """A client batch id that was accepted: makes a retry a no-op, also after its points were sealed."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_index=False, related_name="+")
    batch = models.CharField(max_length=64)
    n = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "batch"], name="batch_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.batch}"


class MetricChunk(models.Model):
    """Up to 16,384 sealed points of one series, sorted by (step, time); bodies as `runs.charts.codec` codes them."""

    pk = models.CompositePrimaryKey("run_id", "key_id", "seq")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_index=False, related_name="+")
    key = models.ForeignKey(Key, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    seq = models.IntegerField()
    count = models.IntegerField()
    step_from = models.BigIntegerField()
    step_to = models.BigIntegerField()
    ts_from = models.BigIntegerField()
    ts_to = models.BigIntegerField()
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    nonfinite = models.IntegerField(default=0)
    sketch = models.BinaryField(help_text="lowest, highest and last of each 64 points")
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.run_id}/{self.key_id} #{self.seq}: {self.count}"


class MetricOrigin(models.Model):
    """Which logged model and dataset a metric of a run speaks of, as MLflow 3 clients send it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_index=False, related_name="+")
    key = models.ForeignKey(Key, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    model_uid = models.CharField(max_length=64, default="")
    dataset_name = models.CharField(max_length=500, default="")
    dataset_digest = models.CharField(max_length=36, default="")
    value = models.FloatField(null=True)
    flag = models.SmallIntegerField(choices=Flag.choices, default=Flag.FINITE)
    step = models.BigIntegerField(default=0)
    ts = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "key", "model_uid", "dataset_name", "dataset_digest"], name="metric_origin_once"
            )
        ]
        indexes = [models.Index(fields=["model_uid"], condition=~Q(model_uid=""), name="metric_origin_model")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.key_id} of {self.model_uid}"

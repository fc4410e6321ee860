"""The run itself, and what it carries: attributes, texts, and one document for display."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from runs.models.experiment import Compute, Experiment, Key, Lifecycle, Submitter
from runs.models.row_ids import RowIdField, RowIdOneToOneField
from runs.models.workspace import Workspace
from runs.statuses import Status

STATUS_CHOICES = [(status.value, status.word) for status in Status]


class Run(models.Model):
    """One execution. ``id`` is given by the application in order of creation time (`recording.run_ids`), so
    newest first is ``ORDER BY id DESC`` with no sort; ``uid`` is the public name. All times are ms since 1970.
    """

    id = RowIdField(primary_key=True)
    uid = models.CharField(max_length=64, unique=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, db_index=False, related_name="+")
    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, db_index=False, related_name="+")
    name = models.CharField(max_length=256, help_text="the display name")
    status = models.SmallIntegerField(choices=STATUS_CHOICES)
    lifecycle = models.SmallIntegerField(choices=Lifecycle.choices, default=Lifecycle.ACTIVE)
    lifecycle_changed = models.BigIntegerField(null=True, help_text="when it was archived or put in the trash")
    submitter = models.ForeignKey(
        Submitter, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    compute = models.ForeignKey(
        Compute, null=True, on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, db_index=False, related_name="children")
    root = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+")
    type = models.CharField(max_length=64, default="", blank=True)
    created = models.BigIntegerField()
    started = models.BigIntegerField(null=True)
    ended = models.BigIntegerField(null=True)
    error_code = models.CharField(max_length=100, default="", blank=True)
    error_message = models.TextField(default="", blank=True)
    request_id = models.CharField(max_length=64, null=True, help_text="makes a repeated creation find the first")
    metrics_pending = models.BooleanField(
        default=False, help_text="points wait in the tail: summaries in `RunDoc` may be behind `RunMetric`"
    )
    change_seq = models.BigIntegerField(default=0, help_text="ms of the last change anyone could see; for polling")

    class Meta:
        indexes = [
            models.Index(fields=["experiment", "lifecycle", "id"], name="run_experiment"),
            models.Index(fields=["workspace", "lifecycle", "id"], name="run_workspace"),
            # Literal conditions: SQLite uses a partial index only when the statement repeats them as literals.
            models.Index(
                fields=["experiment", "id"], condition=Q(parent__isnull=True, lifecycle=0), name="run_experiment_root"
            ),
            models.Index(
                fields=["workspace", "id"], condition=Q(parent__isnull=True, lifecycle=0), name="run_workspace_root"
            ),
            models.Index(fields=["experiment", "status", "id"], name="run_experiment_status"),
            models.Index(fields=["experiment", "submitter", "id"], name="run_experiment_submitter"),
            models.Index(fields=["experiment", "compute", "id"], name="run_experiment_compute"),
            models.Index(fields=["experiment", "started", "id"], name="run_experiment_started"),
            models.Index(fields=["experiment", "name", "id"], name="run_experiment_name"),
            models.Index(fields=["workspace", "status", "id"], name="run_workspace_status"),
            models.Index(fields=["submitter", "id"], name="run_submitter"),
            models.Index(fields=["compute", "id"], name="run_compute"),
            models.Index(fields=["parent", "id"], condition=Q(parent__isnull=False), name="run_parent"),
            models.Index(fields=["root", "id"], condition=Q(root__isnull=False), name="run_root"),
            models.Index(fields=["id"], condition=Q(metrics_pending=True), name="run_pending"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "request_id"], condition=Q(request_id__isnull=False), name="run_request_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class RunAttr(models.Model):
    """A tag, parameter or property of a run.

    ``txt`` holds the first 250 characters (null: a bare tag, which is not an empty one) and is what indexes see;
    a longer text stands whole in ``long``. A text that reads as a finite number also stands in ``num``.
    Rows of kind PROPERTY can be inserted and never changed: triggers of the database refuse it.
    """

    pk = models.CompositePrimaryKey("experiment_id", "run_id", "key_id")
    experiment = models.ForeignKey(
        Experiment, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_index=False, related_name="+")
    key = models.ForeignKey(Key, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    num = models.FloatField(null=True)
    txt = models.CharField(max_length=250, null=True)
    long = models.TextField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["experiment", "key", "txt", "run"], name="attr_by_text"),
            models.Index(
                fields=["experiment", "key", "num", "run"], condition=Q(num__isnull=False), name="attr_by_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.key_id}={self.txt}"


class RunText(models.Model):
    """The description, as written and as rendered, and the casefolded text that free search looks in."""

    run = RowIdOneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="text")
    experiment_id = models.BigIntegerField()
    description = models.TextField(default="", blank=True)
    html = models.TextField(default="", blank=True, help_text="rendered on save by `runs.markdown`")
    renderer = models.SmallIntegerField(default=0, help_text="version of the renderer that made html")
    search = models.TextField(default="", blank=True)

    def __str__(self) -> str:
        return self.description[:60]


class RunDoc(models.Model):
    """What a list row shows, as JSON text: written with the side tables, rebuildable from them, never filtered on.

    ``{"t": {tag: text|null}, "p": {param: text}, "r": {property: text},
    "m": {metric: [last, flag, step, ts, low, high, first, count]}, "x": 1 if some text was cut at 250}``
    """

    run = RowIdOneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="doc")
    doc = models.TextField(default="{}")

    def __str__(self) -> str:
        return self.doc[:60]


class Favourite(models.Model):
    """A run somebody starred."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "run"], name="favourite_once")]

    def __str__(self) -> str:
        return f"{self.person_id} ★ {self.run_id}"

"""What may be sent, and what comes back? The shapes of the API, for checking bodies and for its OpenAPI document.

Those that end in ``Answer`` only describe: answers are plain dicts (`runs.api.shapes`).
"""

from rest_framework import serializers

from runs.api.fields import Strict, Text, Whole, Yes
from runs.limits import (
    DESCRIPTION,
    ERROR_MESSAGE,
    EXPERIMENT_NAME,
    KEY,
    NAME,
    PARAM_VALUE,
    PROPERTY_VALUE,
    RUN_NAME,
    TAG_VALUE,
)
from runs.models import Lifecycle
from runs.statuses import Status

LIFECYCLES = {lifecycle.label: lifecycle for lifecycle in Lifecycle}
STATUS_WORDS = [status.word for status in Status]


def texts(limit: int, *, bare: bool = False, **options: object) -> serializers.DictField:
    """A map of names to strings (or null, where ``bare``)."""
    return serializers.DictField(child=Text(max_length=limit, allow_null=bare), **options)  # type: ignore[arg-type]


class NewExperiment(Strict):
    """An experiment to make."""

    name = Text(max_length=EXPERIMENT_NAME)
    description = Text(max_length=DESCRIPTION, required=False)
    tags = texts(20_000, required=False)


class ExperimentChange(Strict):
    """What to change of an experiment."""

    name = Text(max_length=EXPERIMENT_NAME, required=False)
    description = Text(max_length=DESCRIPTION, required=False)
    lifecycle = Text(required=False, help_text="active or trashed")


class NewRunBody(Strict):
    """A run to begin; times in ms since 1970."""

    experiment = Text(required=False, max_length=EXPERIMENT_NAME, help_text="by name, made when missing; else Default")
    experiment_id = Whole(required=False, min_value=1)
    name = Text(required=False, max_length=RUN_NAME)
    status = Text(required=False, help_text="Running unless said otherwise")
    started = Whole(required=False)
    created = Whole(required=False)
    ended = Whole(required=False)
    tags = texts(TAG_VALUE, bare=True, required=False, help_text="null is a bare tag")
    properties = texts(PROPERTY_VALUE, required=False)
    params = texts(PARAM_VALUE, required=False)
    parent = Text(required=False, max_length=64, help_text="id of the parent run")  # type: ignore[assignment]
    submitter = Text(required=False, max_length=NAME)
    compute = Text(required=False, max_length=NAME)
    description = Text(required=False, max_length=DESCRIPTION)
    type = Text(required=False, max_length=64)
    request_id = Text(required=False, max_length=64, help_text="the same one gives the same run; or Idempotency-Key")


class Expected(Strict):
    """What the caller saw before it edited."""

    name = Text(required=False)
    description = Text(required=False)


class RunChange(Strict):
    """What to change of a run. ``expected``: refuse (409, with ``current``) if something else stands there now."""

    name = Text(required=False, max_length=RUN_NAME)
    description = Text(required=False, max_length=DESCRIPTION)
    lifecycle = Text(required=False, help_text="active, archived or trashed")
    expected = Expected(required=False)


class StatusChangeBody(Strict):
    """A state to move to. Terminal states are final unless ``override``, which is recorded."""

    status = Text(help_text=", ".join(STATUS_WORDS))
    expected = Text(required=False, help_text="the state it must be in now")
    ended = Whole(required=False)
    reason = Text(required=False, max_length=2000)
    error_code = Text(required=False, max_length=100)
    error_message = Text(required=False, max_length=ERROR_MESSAGE)
    override = Yes(required=False)


class TagBody(Strict):
    """The value of one tag; null makes it a bare one."""

    value = Text(allow_null=True, max_length=TAG_VALUE)


class NumberOrWord(serializers.JSONField):
    """A number, or one of the strings NaN, Infinity, -Infinity."""


class PointBody(Strict):
    """One point of a metric."""

    key = Text(max_length=KEY)
    value = NumberOrWord()
    step = Whole(required=False, default=0)
    time = Whole(required=False, help_text="ms since 1970; now unless given")


class BatchBody(Strict):
    """Points, parameters and tags that land together or not at all."""

    points = PointBody(many=True, required=False)
    params = texts(PARAM_VALUE, required=False)
    tags = texts(TAG_VALUE, bare=True, required=False)
    batch_id = Text(required=False, max_length=64, help_text="a repeated one stores no point twice")


class BatchAnswer(Strict):
    """How many points were new (0 for a batch seen before)."""

    new = Whole()


class MistakeAnswer(serializers.Serializer):  # type: ignore[type-arg]
    """``{"field": ["what was wrong"]}``; ``detail`` for what belongs to no field."""

    detail = serializers.ListField(child=Text(), required=False)


class WorkspaceAnswer(Strict):
    """A workspace."""

    name = Text()
    title = Text()
    role = Text(help_text="viewer, editor or owner")
    created = Whole()


class WorkspacesAnswer(Strict):
    """The caller's workspaces."""

    workspaces = WorkspaceAnswer(many=True)


class ExperimentAnswer(Strict):
    """An experiment; counts stand in lists, tags do not."""

    id = Whole()
    name = Text()
    description = Text()
    lifecycle = Text()
    created = Whole()
    updated = Whole()
    runs = Whole(required=False)
    running = Whole(required=False)
    failed = Whole(required=False)
    tags = texts(20_000, required=False)


class ExperimentsAnswer(Strict):
    """A page of experiments."""

    experiments = ExperimentAnswer(many=True)
    next = Text(allow_null=True)


class ChildrenAnswer(Strict):
    """How the child runs of a run fare."""

    total = Whole()
    completed = Whole()
    failed = Whole()
    running = Whole()
    more = Yes()


class RunRowAnswer(Strict):
    """A run of a list: all that it carries, or ``cells`` when columns were asked for."""

    id = Text()
    name = Text()
    status = serializers.ChoiceField(STATUS_WORDS)
    lifecycle = Text()
    experiment = Text()
    experiment_id = Whole()
    submitter = Text()
    compute = Text()
    type = Text()
    parent = Text(allow_null=True)  # type: ignore[assignment]
    created = Whole()
    started = Whole(allow_null=True)
    ended = Whole(allow_null=True)
    duration = Whole(allow_null=True, help_text="ms; until now for a run that goes on")
    children = ChildrenAnswer(required=False)
    cells = serializers.DictField(child=NumberOrWord(), required=False)
    tags = texts(TAG_VALUE, bare=True, required=False)
    properties = texts(PROPERTY_VALUE, required=False)
    params = texts(PARAM_VALUE, required=False)
    metrics = serializers.DictField(child=NumberOrWord(), required=False)


class WarningAnswer(Strict):
    """Something in a query that finds nothing, and its column."""

    message = Text()
    position = Whole(allow_null=True)


class CountAnswer(Strict):
    """How many runs match: ``n``, or more when ``capped``; null when counting took too long."""

    n = Whole(allow_null=True)
    capped = Yes()


class RunsAnswer(Strict):
    """A page of runs. When not ``complete``, the search stopped early and ``next`` goes on from there."""

    runs = RunRowAnswer(many=True)
    next = Text(allow_null=True)
    previous = Text(allow_null=True)
    complete = Yes()
    searched = Whole(allow_null=True)
    warnings = WarningAnswer(many=True)
    count = CountAnswer(required=False)


class SummaryAnswer(Strict):
    """A metric in short. ``min`` and ``max`` are over finite values."""

    last = NumberOrWord()
    step = Whole()
    time = Whole()
    min = NumberOrWord(allow_null=True)
    max = NumberOrWord(allow_null=True)
    first = NumberOrWord()
    count = Whole()


class RunAnswer(RunRowAnswer):
    """One run with all that it carries."""

    error_code = Text()
    error_message = Text()
    description = Text()
    metrics = serializers.DictField(child=SummaryAnswer())


class MetricsAnswer(Strict):
    """The metrics of a run, by name."""

    metrics = serializers.DictField(child=SummaryAnswer())


class PointsAnswer(Strict):
    """Points as columns of equal length; ``next`` is the ``after`` of the next page."""

    step = serializers.ListField(child=Whole())
    time = serializers.ListField(child=Whole())
    value = serializers.ListField(child=NumberOrWord())
    next = Text(allow_null=True)


class MarkAnswer(Strict):
    """Where a value was not finite."""

    x = Whole()
    kind = serializers.ChoiceField(["nan", "inf", "-inf"])


class SeriesAnswer(Strict):
    """A line: for each bucket its last x, and the lowest, highest and last finite value (null: a gap)."""

    x_name = serializers.ChoiceField(["step", "time"])
    x = serializers.ListField(child=Whole())
    low = serializers.ListField(child=serializers.FloatField(allow_null=True))
    high = serializers.ListField(child=serializers.FloatField(allow_null=True))
    last = serializers.ListField(child=serializers.FloatField(allow_null=True))
    marks = MarkAnswer(many=True)
    count = Whole()


class FileAnswer(Strict):
    """A file or folder."""

    path = Text()
    name = Text()
    is_folder = Yes()
    written = Whole()
    size = Whole(required=False)
    sha256 = Text(required=False)


class FilesAnswer(Strict):
    """A page of a folder; ``next`` is the ``after`` of the next page."""

    folder = Text()
    files = FileAnswer(many=True)
    next = Text(allow_null=True)


class DeletedAnswer(Strict):
    """How many files went."""

    deleted = Whole()

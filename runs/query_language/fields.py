"""Which fields can a query, a sort, a column or a group name? THE field table: one row a field.

The parser, the words on chips, completion, the documentation and the SQL all read these rows.
"""

from dataclasses import dataclass
from enum import Enum

from runs.query_language.tree import Family, Field, Op, StatusSet
from runs.statuses import FROM_MLFLOW, GROUPS, Status

_ORDERED = (Op.LESS, Op.LESS_EQUAL, Op.GREATER, Op.GREATER_EQUAL)
_SAME = (Op.EQUAL, Op.NOT_EQUAL)
_LISTED = (Op.IN, Op.NOT_IN)
_PATTERNS = (Op.CONTAINS, Op.LIKE, Op.NOT_LIKE, Op.ILIKE, Op.NOT_ILIKE)
_PRESENCE = (Op.EXISTS, Op.MISSING)


class Kind(Enum):
    """What sort of values a field has, in words for messages, and the operators that make sense on them."""

    TEXT = "a text", (*_SAME, *_PATTERNS, *_LISTED, *_PRESENCE)
    LONG_TEXT = "a text", (*_SAME, *_PATTERNS, *_PRESENCE)
    PERSON = "a name, or me", (*_SAME, *_PATTERNS, *_LISTED, *_PRESENCE)
    STATUS = "a status", (*_SAME, *_LISTED, *_PRESENCE)
    TIME = "a date such as 2026-11-23, or an age such as 7d", (*_SAME, *_ORDERED, *_LISTED, *_PRESENCE)
    DURATION = "a length of time such as 90s, 15m or 2h", (*_SAME, *_ORDERED, *_LISTED, *_PRESENCE)
    FLAG = "yes or no", _SAME
    NUMBER = "a number", (*_SAME, *_ORDERED, *_LISTED, *_PRESENCE)
    MIXED = "a number or a text", (*_SAME, *_ORDERED, *_PATTERNS, *_LISTED, *_PRESENCE)

    def __init__(self, expects: str, operators: tuple[Op, ...]) -> None:
        self.expects = expects
        self.operators = frozenset(operators)


@dataclass(frozen=True, slots=True)
class Row:
    """One field, or one family of fields.

    ``words`` is how a sentence calls it, ``about`` its line in the documentation, ``example`` a query that uses it.
    ``colon`` is the operator that ``field:value`` stands for. A name in ``aliases`` means the same as ``name``.
    """

    name: str
    kind: Kind
    words: str
    about: str
    example: str
    aliases: tuple[str, ...] = ()
    family: Family = Family.ATTRIBUTE
    colon: Op = Op.EQUAL
    sortable: bool = True
    groupable: bool = True


ROWS: tuple[Row, ...] = (
    Row(
        "id", Kind.TEXT, "id", "The run's public id, 32 hex digits.", "id:0f3c2a9b7d5e4c1fa8b6e2d4c0917f35",
        ("run_id", "uid", "run"), groupable=False,
    ),
    Row(
        "name", Kind.TEXT, "name", "The display name.", 'name ~ "resnet"',
        ("run_name", "display_name", "displayname"),
    ),
    Row(
        "status", Kind.STATUS, "status", "The run's state, or a group of states: waiting, running, ended.",
        "status:failed,canceled", ("state",),
    ),
    Row(
        "experiment", Kind.TEXT, "experiment", "The name of the run's experiment.", "experiment:churn",
        ("experiment_name", "exp"),
    ),
    Row(
        "description", Kind.LONG_TEXT, "description", "The description, as written; a colon looks inside it.",
        'description:"learning rate"', ("note", "notes"), colon=Op.CONTAINS, sortable=False, groupable=False,
    ),
    Row(
        "submitter", Kind.PERSON, "submitter", "Who submitted the run; `me` is you.", "submitter:me",
        ("user", "user_id", "author", "owner", "created_by"),
    ),
    Row("compute", Kind.TEXT, "compute", "The machine or cluster it ran on.", "compute:gpu-cluster", ("target",)),
    Row("created", Kind.TIME, "created", "When the run was created.", "created > 7d", ("creation_time",)),
    Row(
        "started", Kind.TIME, "started", "When it began to run.", "started:2026-11-23",
        ("start_time", "start"),
    ),
    Row("ended", Kind.TIME, "ended", "When it ended.", "ended:2026-11-01..2026-11-15", ("end_time", "end")),
    Row(
        "duration", Kind.DURATION, "duration", "How long it ran, or has been running; a bare number is seconds.",
        "duration > 2h", groupable=False,
    ),
    Row("type", Kind.TEXT, "type", "What kind of run it is, as its client named it.", "type:sweep", ("run_type",)),
    Row(
        "parent", Kind.TEXT, "parent run", "The id of the run it is a child of.", "has:parent",
        ("parent_id", "parent_run", "parent_run_id"), sortable=False,
    ),
    Row(
        "root", Kind.TEXT, "root run", "The id of the topmost run above it.",
        "root:0f3c2a9b7d5e4c1fa8b6e2d4c0917f35", ("root_id", "root_run", "root_run_id"), sortable=False,
    ),
    Row("archived", Kind.FLAG, "archived", "Whether it was put aside.", "archived:yes", sortable=False),
    Row(
        "favourite", Kind.FLAG, "favourite", "Whether you starred it.", "favourite:yes",
        ("favorite", "starred"), sortable=False,
    ),
    Row(
        "artifact_uri", Kind.TEXT, "artifact location", "Where its artifacts live, as MLflow clients see it.",
        "artifact_uri LIKE '%/artifacts'", sortable=False, groupable=False,
    ),
)  # fmt: skip

FAMILY_ROWS: tuple[Row, ...] = (
    Row(
        "metric", Kind.NUMBER, "metric", "A logged metric: its last value, or `min`, `max`, `first`, `count` of it.",
        "metric.loss < 0.3", ("metrics",), Family.METRIC, groupable=False,
    ),
    Row(
        "param", Kind.MIXED, "parameter", "A parameter. Compared as a number where it is one.",
        "param.optimizer = adam", ("params", "parameter", "parameters"), Family.PARAM,
    ),
    Row(
        "tag", Kind.MIXED, "tag", "A tag; alone it asks whether the run has it.", 'tag.quality:"fantastic run"',
        ("tags",), Family.TAG,
    ),
    Row(
        "property", Kind.MIXED, "property", "A property, which never changes.", "property.author = azureml-user",
        ("properties",), Family.PROPERTY,
    ),
    Row(
        "dataset", Kind.TEXT, "dataset", "A dataset the run used: dataset.name, dataset.digest or dataset.context.",
        "dataset.name:mnist", ("datasets",), Family.DATASET, sortable=False, groupable=False,
    ),
)  # fmt: skip

DATASET_KEYS = ("name", "digest", "context")
ATTRIBUTE_PREFIXES = ("attribute", "attributes", "attr")

BY_NAME: dict[str, Row] = {name: row for row in ROWS for name in (row.name, *row.aliases)}
FAMILY_BY_NAME: dict[str, Row] = {name: row for row in FAMILY_ROWS for name in (row.name, *row.aliases)}
_BY_FAMILY: dict[Family, Row] = {row.family: row for row in FAMILY_ROWS}


def row_of(field: Field) -> Row:
    """The row that a field belongs to: its own, or its family's."""
    return BY_NAME[field.key] if field.family is Family.ATTRIBUTE else _BY_FAMILY[field.family]


def _status_values() -> dict[str, StatusSet]:
    values = {status.word.casefold(): StatusSet(status.word, (status,)) for status in Status}
    values |= {status.name.casefold(): StatusSet(status.word, (status,)) for status in Status}
    values |= {word.casefold(): StatusSet(status.word, (status,)) for word, status in FROM_MLFLOW.items()}
    values |= {"cancelled": values["canceled"]}
    values |= {word: StatusSet(word, tuple(sorted(group))) for word, group in GROUPS.items()}
    return values | {"scheduled": values["waiting"]}


# "running" in lower case is the group; "Running", spelt as the state is shown, is that one state.
STATUS_BY_EXACT_WORD: dict[str, StatusSet] = {status.word: StatusSet(status.word, (status,)) for status in Status}
STATUS_BY_WORD: dict[str, StatusSet] = _status_values()


def status_set(word: str) -> StatusSet | None:
    """The state or group that ``word`` names: our words, in any case, and MLflow's; None if it names none."""
    return STATUS_BY_EXACT_WORD.get(word) or STATUS_BY_WORD.get(word.casefold())

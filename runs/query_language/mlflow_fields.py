"""What do MLflow's names mean here? The second field table: one for runs, one for experiments, one for models.

An experiment's or a logged model's own names are fields of the tree, too (``Field(ATTRIBUTE, "updated")``), though no
row of the studio's table: those trees are read by their own searches and never printed.
"""

from dataclasses import dataclass

from runs.mistakes import UserMistake
from runs.query_language.field_names import LONGEST_KEY
from runs.query_language.fields import DATASET_KEYS
from runs.query_language.suggestions import did_you_mean
from runs.query_language.tree import Family, Field, Op

NUMERIC_OPERATORS = (Op.EQUAL, Op.NOT_EQUAL, Op.LESS, Op.LESS_EQUAL, Op.GREATER, Op.GREATER_EQUAL)
STRING_OPERATORS = (Op.EQUAL, Op.NOT_EQUAL, Op.LIKE, Op.NOT_LIKE, Op.ILIKE, Op.NOT_ILIKE, Op.IN, Op.NOT_IN)

_FAMILIES = {
    "metric": Family.METRIC, "metrics": Family.METRIC,
    "parameter": Family.PARAM, "parameters": Family.PARAM, "param": Family.PARAM, "params": Family.PARAM,
    "tag": Family.TAG, "tags": Family.TAG,
    "attribute": Family.ATTRIBUTE, "attributes": Family.ATTRIBUTE, "attr": Family.ATTRIBUTE, "run": Family.ATTRIBUTE,
    "dataset": Family.DATASET, "datasets": Family.DATASET,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """The names that one kind of search knows: its families, and its attributes with what they are called here.

    ``times`` are the attributes (by our name) that are times in ms; ``statuses`` whether "status" is a run's.
    """

    families: frozenset[Family]
    attributes: dict[str, str]
    times: frozenset[str]
    statuses: bool = False


RUNS = Names(
    frozenset(_FAMILIES.values()),
    {
        "run_id": "id", "run_name": "name", "run name": "name", "Run name": "name", "Run Name": "name",
        "user_id": "submitter", "status": "status", "artifact_uri": "artifact_uri",
        "start_time": "started", "created": "started", "Created": "started", "end_time": "ended",
    },
    frozenset({"started", "ended"}),
    statuses=True,
)  # fmt: skip

EXPERIMENTS = Names(
    frozenset({Family.ATTRIBUTE, Family.TAG}),
    {"name": "name", "experiment_id": "id", "creation_time": "created", "last_update_time": "updated"},
    frozenset({"created", "updated"}),
)

MODELS = Names(
    frozenset({Family.ATTRIBUTE, Family.TAG, Family.PARAM, Family.METRIC}),
    {
        "name": "name", "model_id": "id", "status": "status", "source_run_id": "source_run",
        "experiment_id": "experiment", "model_type": "type", "artifact_location": "artifact_uri",
        "creation_time": "created", "creation_timestamp": "created", "creation_timestamp_ms": "created",
        "last_updated_time": "updated", "last_updated_timestamp": "updated", "last_updated_timestamp_ms": "updated",
    },
    frozenset({"created", "updated"}),
)  # fmt: skip

_FAMILY_WORDS = {Family.PARAM: "parameter"}


def mlflow_field(text: str, names: Names = RUNS, where: str = "filter", position: int = 0) -> Field:
    """The field that a name such as ``metrics.acc``, ``params."a b"`` or ``start_time`` means in MLflow.

    Raises UserMistake about the input ``where``, in MLflow's words.
    """
    prefix, key = _split(text.strip())
    family = _FAMILIES.get(prefix.casefold()) if prefix else Family.ATTRIBUTE
    if family is None or family not in names.families:
        known = [family_words(family) for family in Family if family in names.families]
        message = f"Invalid entity type '{prefix}'. Valid values are {known}{did_you_mean(prefix, known)}"
        raise UserMistake(message, where, position)
    if family is Family.ATTRIBUTE:
        if (name := names.attributes.get(key) or names.attributes.get(key.casefold())) is None:
            _refuse_key("attribute", key, tuple(names.attributes), where, position)
        return Field(family, str(name))
    if family is Family.DATASET and key not in DATASET_KEYS:
        _refuse_key("dataset", key, DATASET_KEYS, where, position)
    if not key.strip() or len(key) > LONGEST_KEY:
        message = f"Invalid {family_words(family)} key: it must have 1 to {LONGEST_KEY} characters"
        raise UserMistake(message, where, position)
    return Field(family, key)


def attribute_words(field: Field, names: Names) -> str:
    """MLflow's own name of an attribute."""
    return next(theirs for theirs, ours in names.attributes.items() if ours == field.key)


def family_words(family: Family) -> str:
    """What MLflow's messages call a family."""
    return _FAMILY_WORDS.get(family, str(family))


def _split(text: str) -> tuple[str, str]:
    """A name's family, empty if it has none, and its key, both without the quotes around them."""
    if text[:1] in ("'", '"') or (text[:1] == "`" and text.endswith("`") and text.count("`") == 2):
        return "", _bare(text)
    prefix, dot, key = text.partition(".")
    return (_bare(prefix), _bare(key)) if dot else ("", _bare(text))


def _bare(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'`" else text


def _refuse_key(kind: str, key: str, known: tuple[str, ...], where: str, position: int) -> None:
    message = f"Invalid {kind} key '{key}' specified. Valid keys are {sorted(known)}{did_you_mean(key, known)}"
    raise UserMistake(message, where, position)

"""How do logged models (MLflow 3's) come, change and go?"""

import uuid
from collections.abc import Mapping

from runs.limits import PARAM_VALUE, TAG_VALUE, clean_key, clean_text
from runs.mistakes import Conflict, NotFound, UserMistake
from runs.models import Experiment, Lifecycle, LoggedModel, Run
from runs.recording.names import made_up_name
from studio.database import is_postgres, now_ms, write_transaction

PENDING, READY, UPLOAD_FAILED = "LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"
NAME = 500
NOT_IN_A_NAME = "/:.%\"'"


def create_logged_model(
    experiment: Experiment,
    name: str = "",
    *,
    model_type: str = "",
    source_run: Run | None = None,
    params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
) -> LoggedModel:
    """Begin a logged model, pending until `finish_logged_model`. Without a name it gets one.

    Raises UserMistake for a name with one of ``/ : . % " '`` or text too long, Conflict in an experiment in the trash.
    """
    clean_text(name, "name", NAME)
    if any(sign in name for sign in NOT_IN_A_NAME):
        raise UserMistake(f"A model name must not contain any of {' '.join(NOT_IN_A_NAME)}", "name")
    if experiment.lifecycle == Lifecycle.TRASHED:
        raise UserMistake(
            f"The experiment {experiment.pk} must be in the 'active' state. Current state is deleted.", "experiment_id"
        )
    now = now_ms()
    with write_transaction():
        return LoggedModel.objects.create(
            uid=f"m-{uuid.uuid4().hex}",
            experiment=experiment,
            source_run=source_run,
            name=name or made_up_name(),
            model_type=clean_text(model_type, "model_type", 200),
            params=_clean_texts(params or {}, "param", PARAM_VALUE),
            tags=_clean_texts(tags or {}, "tag", TAG_VALUE),
            created=now,
            updated=now,
        )


def finish_logged_model(model: LoggedModel, status: str, message: str = "") -> LoggedModel:
    """Say how a logged model's upload ended: READY or UPLOAD_FAILED (PENDING is no end). Repeating it is fine."""
    if status not in (READY, UPLOAD_FAILED):
        raise UserMistake(f"status must be {READY} or {UPLOAD_FAILED}, not {status[:60]!r}", "status")
    with write_transaction():
        model = _fresh_model(model)
        model.status, model.status_message = status, clean_text(message, "status_message", TAG_VALUE)
        return _saved(model)


def tag_logged_model(model: LoggedModel, tags: Mapping[str, str]) -> LoggedModel:
    """Add or overwrite tags of a logged model; the others are left alone."""
    clean = _clean_texts(tags, "tag", TAG_VALUE)
    with write_transaction():
        model = _fresh_model(model)
        model.tags |= clean
        return _saved(model)


def untag_logged_model(model: LoggedModel, key: str) -> LoggedModel:
    """Remove a tag of a logged model. Raises NotFound when it has none of that name."""
    with write_transaction():
        model = _fresh_model(model)
        if key not in model.tags:
            raise NotFound(f"No tag with key {key!r} found for model with ID {model.uid!r}.", "key")
        del model.tags[key]
        return _saved(model)


def add_model_params(model: LoggedModel, params: Mapping[str, str]) -> LoggedModel:
    """Write parameters of a logged model, each once: the same value again is fine, another raises Conflict."""
    clean = _clean_texts(params, "param", PARAM_VALUE)
    with write_transaction():
        model = _fresh_model(model)
        for key, value in clean.items():
            if model.params.get(key, value) != value:
                raise Conflict(f"The parameter {key!r} of this model is {model.params[key]!r} already.", "params")
        model.params |= clean
        return _saved(model)


def delete_logged_model(model: LoggedModel) -> LoggedModel:
    """Put a logged model in the trash; its files go when the trash is emptied."""
    with write_transaction():
        model = _fresh_model(model)
        model.lifecycle = Lifecycle.TRASHED
        return _saved(model)


def _clean_texts(texts: Mapping[str, str], what: str, limit: int) -> dict[str, str]:
    return {clean_key(key, f"{what} key"): clean_text(value, f"{what} {key!r}", limit) for key, value in texts.items()}


def _fresh_model(model: LoggedModel) -> LoggedModel:
    rows = LoggedModel.objects.all()
    return (rows.select_for_update(no_key=True) if is_postgres() else rows).get(pk=model.pk)


def _saved(model: LoggedModel) -> LoggedModel:
    model.updated = now_ms()
    model.save(update_fields=["status", "status_message", "tags", "params", "lifecycle", "updated"])
    return model

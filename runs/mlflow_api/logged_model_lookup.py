"""Which logged model is meant?"""

from runs.limits import clean_text
from runs.mistakes import NotFound
from runs.mlflow_api.doors import Call
from runs.models import Lifecycle, LoggedModel
from runs.reading.lineage import find_logged_model


def find_model(call: Call, uid: str, *, also_deleted: bool = False) -> LoggedModel:
    """The logged model with this id in the workspace, its experiment and source run with it. One query."""
    found = find_logged_model(call.workspace, clean_text(uid, "model_id", 64))
    if found.lifecycle == Lifecycle.TRASHED and not also_deleted:
        raise NotFound(f"There is no logged model {uid!r} in this workspace.", "model_id")
    return found

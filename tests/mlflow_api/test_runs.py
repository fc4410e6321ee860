"""The calls that begin, show, change and end a run."""

import pytest

from runs.models import Lifecycle, Run, StatusChange
from runs.recording.lifecycle import archive_run, cancel_run
from runs.recording.texts import describe_run, rename_run
from runs.statuses import Status
from tests.build import make_run
from tests.cast import Cast
from tests.mlflow_api.door import Door, door_of

UNKNOWN = "RESOURCE_DOES_NOT_EXIST"
INVALID = "INVALID_PARAMETER_VALUE"


def tags_of(run: dict[str, dict[str, list[dict[str, str]]]]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in run["data"].get("tags", [])}


def test_a_new_run_has_what_the_client_said(door: Door, cast: Cast) -> None:
    tags = [
        {"key": "mlflow.user", "value": "ada"},
        {"key": "mlflow.source.name", "value": "train.py"},
        {"key": "mlflow.runName", "value": "first"},
        {"key": "mlflow.note.content", "value": "# why"},
    ]
    run = door.post("runs/create", experiment_id="0", start_time=1_700_000_000_000, tags=tags)["run"]
    info = run["info"]
    assert info["run_name"] == "first"
    assert info["run_id"] == info["run_uuid"]
    assert info["user_id"] == "ada"
    assert info["status"] == "RUNNING"
    assert info["start_time"] == 1_700_000_000_000
    assert "end_time" not in info
    assert info["artifact_uri"] == f"mlflow-artifacts:/0/{info['run_id']}/artifacts"
    assert door.get("runs/get", run_id=info["run_id"])["run"] == run
    assert tags_of(run)["mlflow.source.name"] == "train.py"
    kept = Run.objects.select_related("text", "submitter").get(uid=info["run_id"])
    assert (kept.name, kept.text.description, kept.submitter.name) == ("first", "# why", "ada")
    assert kept.workspace == cast.lab


def test_a_run_without_a_name_gets_one_and_its_tag(door: Door) -> None:
    run = door.post("runs/create", experiment_id="0")["run"]
    assert run["info"]["run_name"]
    assert tags_of(run)["mlflow.runName"] == run["info"]["run_name"]
    assert run["info"]["user_id"] == "edgar"


def test_a_child_run_finds_its_parent_and_an_unknown_one_stays_a_tag(door: Door, stranger_door: Door) -> None:
    parent = door.new_run()
    child = door.new_run(tags=[{"key": "mlflow.parentRunId", "value": parent}])
    assert Run.objects.get(uid=child).parent.uid == parent
    foreign = stranger_door.new_run()
    for unknown in ("f" * 32, foreign):
        orphan = door.new_run(tags=[{"key": "mlflow.parentRunId", "value": unknown}])
        assert Run.objects.get(uid=orphan).parent is None
        assert tags_of(door.get("runs/get", run_id=orphan)["run"])["mlflow.parentRunId"] == unknown


def test_a_run_ends_with_the_clients_time(door: Door) -> None:
    uid = door.new_run(start_time=1000)
    info = door.post("runs/update", run_id=uid, status="FINISHED", end_time=5000, run_name="better")["run_info"]
    assert (info["status"], info["end_time"], info["run_name"]) == ("FINISHED", 5000, "better")
    run = door.get("runs/get", run_uuid=uid)["run"]
    assert run["info"] == info
    assert tags_of(run)["mlflow.runName"] == "better"


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("FINISHED", Status.COMPLETED),
        ("FAILED", Status.FAILED),
        ("KILLED", Status.CANCELED),
    ],
)
def test_a_run_that_has_ended_is_resumed_on_purpose_and_that_is_recorded(door: Door, word: str, status: Status) -> None:
    uid = door.new_run()
    door.post("runs/update", run_id=uid, status=word, end_time=5000)
    assert Run.objects.get(uid=uid).status == status
    info = door.post("runs/update", run_id=uid, status="RUNNING", end_time=5000)["run_info"]
    assert info["status"] == "RUNNING"
    assert "end_time" not in info
    assert StatusChange.objects.filter(run__uid=uid).last().override


def test_how_a_run_ended_can_be_corrected_but_a_cancelled_run_stays_cancelled(door: Door, cast: Cast) -> None:
    uid = door.new_run()
    door.post("runs/update", run_id=uid, status="FINISHED")
    assert door.post("runs/update", run_id=uid, status="FAILED")["run_info"]["status"] == "FAILED"
    other = door.new_run()
    cancel_run(Run.objects.get(uid=other), cast.author())
    message = door.refused(
        409, "RESOURCE_CONFLICT", "POST", "runs/update", {"run_id": other, "status": "FINISHED", "run_name": "new"}
    )
    assert "Canceled" in message
    assert door.get("runs/get", run_id=other)["run"]["info"]["run_name"] != "new"


def test_a_finer_state_stays_while_the_client_says_running(door: Door, cast: Cast) -> None:
    run = make_run(cast.lab, status=Status.FINALIZING)
    assert door.post("runs/update", run_id=run.uid, status="RUNNING")["run_info"]["status"] == "RUNNING"
    run.refresh_from_db()
    assert run.status == Status.FINALIZING


def test_delete_and_restore_may_be_repeated(door: Door) -> None:
    uid = door.new_run()
    for _ in range(2):
        assert door.post("runs/delete", run_id=uid) == {}
        assert door.get("runs/get", run_id=uid)["run"]["info"]["lifecycle_stage"] == "deleted"
    message = door.refused(400, INVALID, "POST", "runs/log-parameter", {"run_id": uid, "key": "a", "value": "1"})
    assert "must be in the 'active' state" in message
    for _ in range(2):
        assert door.post("runs/restore", run_id=uid) == {}
        assert door.get("runs/get", run_id=uid)["run"]["info"]["lifecycle_stage"] == "active"


def test_restoring_leaves_an_archived_run_archived(door: Door, cast: Cast) -> None:
    run = make_run(cast.lab)
    archive_run(run, cast.author())
    door.post("runs/restore", run_id=run.uid)
    run.refresh_from_db()
    assert run.lifecycle == Lifecycle.ARCHIVED


def test_what_was_edited_in_the_studio_is_read_back_as_tags(door: Door, cast: Cast) -> None:
    uid = door.new_run(run_name="before")
    run = Run.objects.get(uid=uid)
    rename_run(run, "after", cast.author())
    describe_run(run, "a *note*", cast.author())
    shown = door.get("runs/get", run_id=uid)["run"]
    assert shown["info"]["run_name"] == "after"
    assert tags_of(shown) == {"mlflow.runName": "after", "mlflow.note.content": "a *note*"}


@pytest.mark.parametrize("path", ["get", "update", "delete", "restore"])
def test_a_run_of_another_workspace_does_not_exist(door: Door, stranger_door: Door, path: str) -> None:
    uid = door.new_run(run_name="ours")
    if path == "get":
        stranger_door.refused(404, UNKNOWN, "GET", "runs/get", run_id=uid)
    else:
        stranger_door.refused(404, UNKNOWN, "POST", f"runs/{path}", {"run_id": uid, "run_name": "theirs"})
    assert door.get("runs/get", run_id=uid)["run"]["info"]["run_name"] == "ours"
    assert door.get("runs/get", run_id=uid)["run"]["info"]["lifecycle_stage"] == "active"


@pytest.mark.parametrize("path", ["create", "update", "delete", "restore"])
def test_who_may_only_read_changes_nothing(door: Door, reading_door: Door, cast: Cast, path: str) -> None:
    uid = door.new_run()
    body = {"run_id": uid, "experiment_id": "0", "status": "FAILED"}
    for reader in (reading_door, door_of(cast, cast.viewer)):
        reader.refused(403, "PERMISSION_DENIED", "POST", f"runs/{path}", body)
    assert reading_door.get("runs/get", run_id=uid)["run"]["info"]["status"] == "RUNNING"
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body", "part"),
    [
        ("create", {}, "Missing value for required parameter 'experiment_id'"),
        ("create", {"experiment_id": 0}, "expected a string"),
        ("create", {"experiment_id": "x"}, "must be a valid integer"),
        ("create", {"experiment_id": "0", "start_time": -1}, "start_time"),
        ("create", {"experiment_id": "0", "start_time": "soon"}, "start_time"),
        ("create", {"experiment_id": "0", "start_time": 10**20}, "start_time"),
        ("create", {"experiment_id": "0", "start_time": True}, "start_time"),
        ("create", {"experiment_id": "0", "run_name": "n" * 257}, "256 characters"),
        ("create", {"experiment_id": "0", "tags": {"a": "b"}}, "expected a list"),
        ("create", {"experiment_id": "0", "tags": ["a"]}, "tags[0]"),
        ("create", {"experiment_id": "0", "tags": [{"value": "a"}]}, "parameter 'tags[0].key'"),
        ("create", {"experiment_id": "0", "tags": [{"key": "a", "value": "v" * 8001}]}, "8000 characters"),
        (
            "create",
            {"experiment_id": "0", "run_name": "a", "tags": [{"key": "mlflow.runName", "value": "b"}]},
            "with different values",
        ),
        ("update", {}, "Missing value for required parameter 'run_id'"),
        ("update", {"run_id": "../etc"}, "run id"),
        ("update", {"run_id": "x" * 257}, "run id"),
        ("update", {"status": "DONE"}, "RUNNING, SCHEDULED, FINISHED, FAILED, KILLED"),
        ("update", {"status": 3}, "status"),
        ("update", {"end_time": 1.5}, "end_time"),
        ("delete", {"run_id": ["a"]}, "expected a string"),
    ],
)
def test_what_cannot_be_used_is_refused_naming_it(door: Door, path: str, body: dict[str, object], part: str) -> None:
    if path == "update" and body and "run_id" not in body:
        body = {"run_id": door.new_run(), **body}
    assert part in door.refused(400, INVALID, "POST", f"runs/{path}", body)


def test_an_unknown_run_or_experiment_is_not_found(door: Door) -> None:
    door.refused(404, UNKNOWN, "GET", "runs/get", run_id="f" * 32)
    door.refused(404, UNKNOWN, "POST", "runs/create", {"experiment_id": "987654321"})


def test_a_wrong_method_is_told_the_right_one(door: Door) -> None:
    assert door.send("POST", "runs/get", {}).headers["Allow"] == "GET"
    assert door.send("GET", "runs/create").status_code == 405

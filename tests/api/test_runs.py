"""Runs begin, are read, and change through the API; two editors never overwrite each other."""

import pytest

from runs.models import Change, Experiment, Run, StatusChange
from runs.recording.lifecycle import trash_run
from runs.statuses import Status
from tests.build import make_experiment, make_run


def test_a_run_begins_with_all_that_it_carries(cast, editor) -> None:
    parent = make_run(cast.lab)
    body = {
        "experiment": "sweep",
        "name": "first",
        "description": "**why**",
        "tags": {"quality": "good", "worth another look": None},
        "properties": {"author": "me"},
        "params": {"lr": "0.1"},
        "parent": parent.uid,
        "submitter": "robot",
        "compute": "gpu-1",
        "started": 1_700_000_000_000,
    }
    answer = editor.post("runs", body)
    assert answer.status_code == 201
    found = editor.get(f"runs/{answer.json()['id']}").json()
    assert answer.json() == found | {"duration": answer.json()["duration"]}
    for name in ("name", "description", "tags", "properties", "params", "parent", "submitter", "compute", "started"):
        assert found[name] == body[name], name
    assert (found["experiment"], found["status"], found["lifecycle"]) == ("sweep", "Running", "active")


def test_an_empty_body_begins_a_run_in_the_default_experiment(editor) -> None:
    answer = editor.post("runs", {})
    assert answer.status_code == 201
    assert (answer.json()["experiment"], answer.json()["submitter"]) == ("Default", "edgar")


@pytest.mark.parametrize("by_header", [True, False])
def test_a_repeated_request_gives_the_same_run(editor, by_header: bool) -> None:
    body, headers = ({}, {"Idempotency-Key": "abc"}) if by_header else ({"request_id": "abc"}, {})
    first, second = (editor.post("runs", body, **headers).json()["id"] for _ in range(2))
    assert first == second
    assert Run.objects.count() == 1


def test_two_different_request_ids_are_a_mistake(editor) -> None:
    assert editor.post("runs", {"request_id": "a"}, **{"Idempotency-Key": "b"}).status_code == 400
    assert editor.post("runs", {}, **{"Idempotency-Key": "x" * 65}).status_code == 400


def test_a_run_that_is_refused_leaves_no_experiment_behind(editor) -> None:
    answer = editor.post("runs", {"experiment": "new", "started": -1})
    assert (answer.status_code, list(answer.json())) == (400, ["start_time"])
    assert not Experiment.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "Runing"}, "status"),
        ({"parent": "0" * 32}, "run_id"),
        ({"experiment": "a", "experiment_id": 1}, "experiment"),
        ({"experiment_id": 12345}, "experiment_id"),
        ({"tags": {"a": 1}}, "tags.a"),
        ({"tags": {"": "x"}}, "tag key"),
        ({"properties": {"a": None}}, "properties.a"),
        ({"params": {"a": "x" * 6001}}, "params.a"),
        ({"name": "x" * 257}, "name"),
        ({"nmae": "x"}, "nmae"),
    ],
)
def test_a_run_that_cannot_be_kept_names_the_field(editor, body, field: str) -> None:
    answer = editor.post("runs", body)
    assert answer.status_code in (400, 404)
    assert list(answer.json()) == [field]
    assert not Run.objects.exists()


def test_a_misspelt_name_is_told_the_right_one(editor) -> None:
    assert "did you mean name?" in editor.post("runs", {"nmae": "x"}).json()["nmae"][0]
    assert "did you mean Running?" in editor.post("runs", {"status": "Runing"}).json()["status"][0]


def test_a_parent_in_another_workspace_does_not_exist(cast, editor) -> None:
    assert editor.post("runs", {"parent": make_run(cast.elsewhere).uid}).status_code == 404


def test_name_description_and_lifecycle_change_together_or_not_at_all(cast, editor) -> None:
    run = make_run(cast.lab, name="old", description="old")
    path = f"runs/{run.uid}"
    answer = editor.patch(path, {"name": "new", "description": "new", "lifecycle": "archived"})
    assert [answer.json()[name] for name in ("name", "description", "lifecycle")] == ["new", "new", "archived"]
    assert editor.patch(path, {"name": "newer", "lifecycle": "gone"}).status_code == 400
    assert editor.patch(path, {"description": "newer", "name": " "}).status_code == 400
    found = editor.get(path).json()
    assert [found[name] for name in ("name", "description", "lifecycle")] == ["new", "new", "archived"]
    assert set(Change.objects.filter(run=run).values_list("door", flat=True)) <= {"api", "command"}


def test_an_edit_over_somebody_elses_is_a_conflict_that_shows_it(cast, editor) -> None:
    run = make_run(cast.lab, description="theirs")
    body = {"description": "mine", "expected": {"description": "what I saw"}}
    answer = editor.patch(f"runs/{run.uid}", body)
    assert (answer.status_code, answer.json()["current"]) == (409, "theirs")
    assert editor.get(f"runs/{run.uid}").json()["description"] == "theirs"
    assert editor.patch(f"runs/{run.uid}", body | {"expected": {"description": "theirs"}}).status_code == 200


def test_if_match_refuses_an_edit_of_another_version(cast, editor) -> None:
    run = make_run(cast.lab, name="old")
    path = f"runs/{run.uid}"
    version = editor.get(path)["ETag"]
    assert editor.patch(path, {"name": "one"}, **{"If-Match": version}).status_code == 200
    late = editor.patch(path, {"name": "two"}, **{"If-Match": version})
    assert late.status_code == 412
    assert editor.get(path).json()["name"] == "one"
    assert editor.patch(path, {"name": "two"}, **{"If-Match": "*"}).status_code == 200


def test_the_version_for_editing_does_not_change_with_metrics(cast, editor) -> None:
    run = make_run(cast.lab)
    version = editor.get(f"runs/{run.uid}")["ETag"]
    editor.post(f"runs/{run.uid}/batch", {"points": [{"key": "loss", "value": 1}]})
    assert editor.get(f"runs/{run.uid}")["ETag"] == version


def test_a_run_goes_to_the_trash_and_back(cast, editor) -> None:
    run = make_run(cast.lab)
    for word in ("trashed", "active", "archived", "active"):
        assert editor.patch(f"runs/{run.uid}", {"lifecycle": word}).json()["lifecycle"] == word


def test_a_status_moves_and_its_end_is_final(cast, editor) -> None:
    run = make_run(cast.lab)
    path = f"runs/{run.uid}/status"
    body = {"status": "failed", "error_message": "out of memory", "error_code": "OOM", "reason": "node lost"}
    found = editor.put(path, body).json()
    assert (found["status"], found["error_message"], found["error_code"]) == ("Failed", "out of memory", "OOM")
    again = editor.put(path, {"status": "Running"})
    assert (again.status_code, again.json()["current"]) == (409, "Failed")
    assert editor.put(path, {"status": "Running", "override": True}).json()["status"] == "Running"
    assert StatusChange.objects.filter(run=run, override=True).count() == 1


def test_a_status_is_compared_before_it_is_set(cast, editor) -> None:
    run = make_run(cast.lab)
    path = f"runs/{run.uid}/status"
    assert editor.put(path, {"status": "Completed", "expected": "Queued"}).status_code == 409
    assert editor.put(path, {"status": "FINISHED", "expected": "RUNNING"}).status_code == 200
    assert Run.objects.get().status == Status.COMPLETED


@pytest.mark.parametrize(
    "body", [{}, {"status": "running!"}, {"status": "ended"}, {"status": "Failed", "override": "yes"}]
)
def test_a_status_that_is_none_is_refused(cast, editor, body) -> None:
    run = make_run(cast.lab)
    assert editor.put(f"runs/{run.uid}/status", body).status_code == 400
    assert Run.objects.get().status == Status.RUNNING


def test_tags_are_set_overwritten_and_removed(cast, editor) -> None:
    run = make_run(cast.lab, tags={"kept": "1", "changed": "1"})
    path = f"runs/{run.uid}/tags"
    assert editor.patch(path, {"changed": "2", "bare": None}).json()["tags"] == {
        "kept": "1",
        "changed": "2",
        "bare": None,
    }
    assert editor.put(f"{path}/odd/key with spaces", {"value": "x"}).json()["tags"]["odd/key with spaces"] == "x"
    assert editor.delete(f"{path}/kept").status_code == 204
    assert editor.delete(f"{path}/kept").status_code == 404
    assert set(editor.get(f"runs/{run.uid}").json()["tags"]) == {"changed", "bare", "odd/key with spaces"}


def test_a_property_never_changes(cast, editor) -> None:
    run = make_run(cast.lab, properties={"author": "me"})
    path = f"runs/{run.uid}/properties"
    assert editor.post(path, {"author": "me", "new": "x"}).json()["properties"] == {"author": "me", "new": "x"}
    answer = editor.post(path, {"author": "you", "more": "y"})
    assert (answer.status_code, answer.json()["current"]) == (409, "me")
    assert "more" not in editor.get(f"runs/{run.uid}").json()["properties"]
    assert editor.delete(path).status_code == 405


def test_a_parameter_is_logged_once(cast, editor) -> None:
    run = make_run(cast.lab)
    path = f"runs/{run.uid}/params"
    assert editor.post(path, {"lr": "0.1"}).json()["params"] == {"lr": "0.1"}
    assert editor.post(path, {"lr": "0.1"}).status_code == 200
    assert editor.post(path, {"lr": "0.2"}).status_code == 400


def test_a_long_text_comes_back_whole(cast, editor) -> None:
    run = make_run(cast.lab, tags={"long": "x" * 5000})
    assert editor.get(f"runs/{run.uid}").json()["tags"]["long"] == "x" * 5000
    assert editor.get("runs").json()["runs"][0]["tags"]["long"] == "x" * 5000


def test_a_run_in_the_trash_takes_nothing(cast, editor) -> None:
    run = trash_run(make_run(cast.lab), cast.author())
    for path, body in (("tags", {"a": "1"}), ("params", {"a": "1"}), ("properties", {"a": "1"})):
        method = editor.patch if path == "tags" else editor.post
        assert method(f"runs/{run.uid}/{path}", body).status_code == 400


def test_a_viewer_reads_and_does_not_edit(cast, viewer) -> None:
    run = make_run(cast.lab, name="old")
    assert viewer.get(f"runs/{run.uid}").status_code == 200
    assert viewer.patch(f"runs/{run.uid}", {"name": "new"}).status_code == 403
    assert viewer.post("runs", {}).status_code == 403
    assert Run.objects.get().name == "old"


def test_a_stranger_sees_no_run(cast, stranger) -> None:
    run = make_run(cast.lab)
    assert stranger.get(f"runs/{run.uid}").status_code == 404
    stranger.workspace = "elsewhere"
    assert stranger.get(f"runs/{run.uid}").status_code == 404
    assert stranger.patch(f"runs/{run.uid}", {"name": "x"}).status_code == 404


def test_reading_a_run_costs_a_fixed_number_of_queries(cast, editor, django_assert_max_num_queries) -> None:
    run = make_run(
        make_experiment(cast.lab),
        tags={f"t{number}": "x" * 300 for number in range(30)},
        metrics={f"m{number}": 1.0 for number in range(30)},
    )
    editor.get(f"runs/{run.uid}")
    with django_assert_max_num_queries(12):
        editor.get(f"runs/{run.uid}")

"""Workspaces and experiments as JSON."""

import pytest

from runs.models import Experiment
from runs.recording.experiments import trash_experiment
from tests.api.conftest import Caller
from tests.build import make_experiment, make_run


def test_a_token_sees_its_own_workspace_with_its_role(cast, editor, reader) -> None:
    found = editor.get("/api/v1/workspaces").json()["workspaces"]
    assert [(one["name"], one["role"]) for one in found] == [("lab", "editor")]
    assert reader.get().json()["role"] == "viewer"


def test_a_session_sees_all_its_workspaces(cast, client) -> None:
    client.force_login(cast.owner)
    assert [one["name"] for one in client.get("/api/v1/workspaces").json()["workspaces"]] == ["lab"]


def test_an_experiment_is_made_read_and_changed(cast, editor) -> None:
    made = editor.post("experiments", {"name": "churn / 2026", "description": "why", "tags": {"team": "a"}})
    assert made.status_code == 201
    number = made.json()["id"]
    changed = editor.patch(f"experiments/{number}", {"name": "churn", "description": "because"})
    assert changed.status_code == 200
    found = editor.get(f"experiments/{number}").json()
    assert (found["name"], found["description"], found["tags"]) == ("churn", "because", {"team": "a"})


def test_a_name_that_is_taken_is_a_conflict(cast, editor) -> None:
    trash_experiment(make_experiment(cast.lab, "churn"), cast.author())
    answer = editor.post("experiments", {"name": "churn"})
    assert answer.status_code == 409
    assert "trash" in answer.json()["name"][0]


def test_a_change_that_fails_changes_nothing(cast, editor) -> None:
    make_experiment(cast.lab, "taken")
    number = make_experiment(cast.lab, "mine").pk
    answer = editor.patch(f"experiments/{number}", {"description": "new", "name": "taken"})
    assert answer.status_code == 409
    assert Experiment.objects.get(pk=number).description == ""
    answer = editor.patch(f"experiments/{number}", {"description": "new", "lifecycle": "gone"})
    assert answer.status_code == 400
    assert Experiment.objects.get(pk=number).description == ""


def test_an_experiment_goes_to_the_trash_and_comes_back(cast, editor) -> None:
    number = make_experiment(cast.lab).pk
    assert editor.patch(f"experiments/{number}", {"lifecycle": "trashed"}).json()["lifecycle"] == "trashed"
    assert editor.get("experiments").json()["experiments"] == []
    assert len(editor.get("experiments?lifecycle=trashed").json()["experiments"]) == 1
    assert editor.patch(f"experiments/{number}", {"lifecycle": "active"}).json()["lifecycle"] == "active"


def test_the_list_counts_runs_and_pages(cast, editor) -> None:
    for number in range(5):
        make_run(make_experiment(cast.lab, f"exp-{number}"))
    seen, after = [], ""
    while True:
        page = editor.get(f"experiments?limit=2&after={after}").json()
        seen += [(one["name"], one["runs"]) for one in page["experiments"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == [(f"exp-{number}", 1) for number in range(5)]
    assert [one["name"] for one in editor.get("experiments?text=P-3").json()["experiments"]] == ["exp-3"]


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999999", "x", "-1"])
def test_an_unknown_experiment_is_404(editor, number: str) -> None:
    assert editor.get(f"experiments/{number}").status_code == 404


def test_an_experiment_of_another_workspace_is_404(cast, editor) -> None:
    number = make_experiment(cast.elsewhere).pk
    assert editor.get(f"experiments/{number}").status_code == 404
    assert editor.patch(f"experiments/{number}", {"name": "x"}).status_code == 404
    assert editor.get(f"runs?experiment_id={number}").status_code == 404


def test_a_viewer_makes_no_experiment(viewer) -> None:
    answer = viewer.post("experiments", {"name": "x"})
    assert answer.status_code == 403
    assert not Experiment.objects.exists()


def test_a_stranger_sees_no_workspace(stranger: Caller) -> None:
    assert stranger.get().status_code == 404
    assert stranger.get("experiments").status_code == 404

"""The experiment calls."""

import pytest

from runs.models import Experiment, Lifecycle
from tests.cast import Cast
from tests.mlflow_api.door import Door, door_of

UNKNOWN = "RESOURCE_DOES_NOT_EXIST"
INVALID = "INVALID_PARAMETER_VALUE"


@pytest.fixture
def churn(door: Door) -> str:
    return door.post("experiments/create", name="churn", tags=[{"key": "team", "value": "red"}])["experiment_id"]


def test_a_new_experiment_comes_back_with_its_tags(door: Door, churn: str) -> None:
    found = door.get("experiments/get", experiment_id=churn)["experiment"]
    assert found["name"] == "churn"
    assert found["tags"] == [{"key": "team", "value": "red"}]
    assert found["lifecycle_stage"] == "active"
    assert found["artifact_location"] == f"mlflow-artifacts:/{churn}"
    assert found["creation_time"] <= found["last_update_time"]
    assert door.get("experiments/get-by-name", experiment_name="churn") == {"experiment": found}


def test_the_team_sees_it_and_a_stranger_does_not(cast: Cast, churn: str, stranger_door: Door) -> None:
    assert door_of(cast, cast.viewer, "read").get("experiments/get", experiment_id=churn)
    stranger_door.refused(404, UNKNOWN, "GET", "experiments/get", experiment_id=churn)
    stranger_door.refused(404, UNKNOWN, "GET", "experiments/get-by-name", experiment_name="churn")
    for path in ("update", "delete", "restore"):
        stranger_door.refused(404, UNKNOWN, "POST", f"experiments/{path}", {"experiment_id": churn})
    assert Experiment.objects.get(pk=churn).lifecycle == Lifecycle.ACTIVE


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("create", {"name": "x"}),
        ("update", {"new_name": "x"}),
        ("delete", {}),
        ("restore", {}),
        ("set-experiment-tag", {"key": "a", "value": "b"}),
        ("delete-experiment-tag", {"key": "team"}),
    ],
)
def test_who_may_only_read_changes_nothing(
    cast: Cast, churn: str, reading_door: Door, path: str, body: dict[str, str]
) -> None:
    for reader in (reading_door, door_of(cast, cast.viewer, "log")):
        message = reader.refused(
            403, "PERMISSION_DENIED", "POST", f"experiments/{path}", {"experiment_id": churn, **body}
        )
        assert "editor" in message


def test_zero_is_the_default_experiment_for_everybody(door: Door, cast: Cast) -> None:
    found = door.get("experiments/get", experiment_id="0")["experiment"]
    assert (found["experiment_id"], found["name"]) == ("0", "Default")
    assert found["artifact_location"] == "mlflow-artifacts:/0"
    number = str(Experiment.objects.get(name="Default", workspace=cast.lab).pk)
    assert door.get("experiments/get", experiment_id=number)["experiment"] == found
    assert door.get("experiments/get-by-name", experiment_name="Default")["experiment"] == found
    assert door.get("experiments/search", max_results=10)["experiments"] == [found]


def test_a_taken_name_is_refused_with_mlflows_word(door: Door, churn: str) -> None:
    message = door.refused(400, "RESOURCE_ALREADY_EXISTS", "POST", "experiments/create", {"name": "churn"})
    assert message.startswith("Experiment(name=churn) already exists")
    door.post("experiments/delete", experiment_id=churn)
    message = door.refused(400, "RESOURCE_ALREADY_EXISTS", "POST", "experiments/create", {"name": "churn"})
    assert "trash" in message
    assert "UNIQUE" not in message


def test_an_experiment_is_renamed_deleted_and_restored(door: Door, churn: str) -> None:
    assert door.post("experiments/update", experiment_id=churn, new_name="churn 2") == {}
    assert door.post("experiments/delete", experiment_id=churn) == {}
    assert door.get("experiments/get", experiment_id=churn)["experiment"]["lifecycle_stage"] == "deleted"
    assert "experiments" not in door.get("experiments/search", max_results=10, filter="name = 'churn 2'")
    deleted = door.post("experiments/search", max_results=10, view_type="DELETED_ONLY")["experiments"]
    assert [each["name"] for each in deleted] == ["churn 2"]
    door.refused(404, UNKNOWN, "POST", "experiments/delete", {"experiment_id": churn})
    door.refused(400, INVALID, "POST", "experiments/update", {"experiment_id": churn, "new_name": "x"})
    door.refused(400, INVALID, "POST", "runs/create", {"experiment_id": churn})
    assert door.post("experiments/restore", experiment_id=churn) == {}
    assert door.get("experiments/get", experiment_id=churn)["experiment"]["lifecycle_stage"] == "active"


def test_the_default_experiment_stays(door: Door) -> None:
    door.refused(400, INVALID, "POST", "experiments/delete", {"experiment_id": "0"})


def test_tags_are_set_overwritten_and_deleted(door: Door, churn: str) -> None:
    for value in ("blue", "green"):
        assert door.post("experiments/set-experiment-tag", experiment_id=churn, key="team", value=value) == {}
    assert door.get("experiments/get", experiment_id=churn)["experiment"]["tags"] == [{"key": "team", "value": "green"}]
    assert door.post("experiments/delete-experiment-tag", experiment_id=churn, key="team") == {}
    assert "tags" not in door.get("experiments/get", experiment_id=churn)["experiment"]
    door.refused(404, UNKNOWN, "POST", "experiments/delete-experiment-tag", {"experiment_id": churn, "key": "team"})


@pytest.mark.parametrize(
    ("filter_text", "expected"),
    [
        ("", ["Default", "alpha", "alpine", "beta"]),
        ("name = 'alpha'", ["alpha"]),
        ("name != 'alpha'", ["Default", "alpine", "beta"]),
        ("name LIKE 'alp%'", ["alpha", "alpine"]),
        ("name LIKE 'ALP%'", []),
        ("name ILIKE 'ALP%'", ["alpha", "alpine"]),
        ("tags.team = 'red' AND name LIKE '%a'", ["alpha"]),
        ("tags.team IS NULL", ["Default", "alpine"]),
        ("tags.team IS NOT NULL", ["alpha", "beta"]),
        ("tags.`team` != 'red'", ["beta"]),
        ("creation_time > 0 AND last_update_time > 0", ["Default", "alpha", "alpine", "beta"]),
        ("creation_time < 1000", []),
    ],
)
def test_experiments_are_found_by_name_tag_and_time(door: Door, filter_text: str, expected: list[str]) -> None:
    for name, team in (("alpha", "red"), ("beta", "blue"), ("alpine", None)):
        tags = [{"key": "team", "value": team}] if team else []
        door.post("experiments/create", name=name, tags=tags)
    found = door.post("experiments/search", max_results=10, filter=filter_text, order_by=["name ASC"])
    assert [each["name"] for each in found.get("experiments", [])] == expected


def test_pages_follow_each_other_without_gap_or_repeat(door: Door) -> None:
    for name in "abcdefg":
        door.post("experiments/create", name=name)
    for order in ([], ["name DESC"], ["last_update_time ASC", "name"]):
        whole = door.post("experiments/search", max_results=100, order_by=order)["experiments"]
        seen, token = [], ""
        while True:
            page = door.post("experiments/search", max_results=3, order_by=order, page_token=token)
            seen += page["experiments"]
            token = page.get("next_page_token", "")
            if not token:
                break
        assert seen == whole
        assert len(seen) == 8


@pytest.mark.parametrize(
    ("method", "path", "sent", "part"),
    [
        ("POST", "create", {}, "Missing value for required parameter 'name'"),
        ("POST", "create", {"name": ""}, "Missing value for required parameter 'name'"),
        ("POST", "create", {"name": 7}, "Invalid value 7 for parameter 'name'"),
        ("POST", "create", {"name": "x" * 501}, "500 characters"),
        ("POST", "create", {"name": "a\u0000b"}, "NUL"),
        ("POST", "create", {"name": "x", "artifact_location": "s3://b/#a"}, "artifact_location"),
        ("POST", "create", {"name": "x", "artifact_location": "s3://b/?a"}, "artifact_location"),
        ("POST", "create", {"name": "x", "artifact_location": "s3://b/;a"}, "artifact_location"),
        ("POST", "create", {"name": "x", "artifact_location": "http://b/a"}, "artifact_location"),
        ("POST", "create", {"name": "x", "tags": "y"}, "expected a list"),
        ("POST", "create", {"name": "x", "tags": [{"key": "k" * 251, "value": ""}]}, "250"),
        ("POST", "create", {"name": "x", "tags": [{"key": "k", "value": "v" * 20001}]}, "20000 characters"),
        ("GET", "get", {"experiment_id": "one"}, "must be a valid integer"),
        ("GET", "get", {"experiment_id": "9" * 30}, "must be a valid integer"),
        ("GET", "get", {}, "Missing value for required parameter 'experiment_id'"),
        ("GET", "get-by-name", {}, "Missing value for required parameter 'experiment_name'"),
        ("GET", "search", {}, "Missing value for required parameter 'max_results'"),
        ("POST", "search", {"max_results": 0}, "between 1 and 50000"),
        ("POST", "search", {"max_results": 50001}, "between 1 and 50000"),
        ("POST", "search", {"max_results": 1.5}, "whole number"),
        ("POST", "search", {"max_results": 5, "view_type": "SOME"}, "ACTIVE_ONLY"),
        ("POST", "search", {"max_results": 5, "page_token": "rubbish"}, "page"),
        ("POST", "search", {"max_results": 5, "filter": "name = "}, ""),
        ("POST", "search", {"max_results": 5, "filter": "colour = 'red'"}, "colour"),
        ("POST", "search", {"max_results": 5, "order_by": ["colour"]}, "colour"),
        ("POST", "search", {"max_results": 5, "maxResults": 6}, "Both 'max_results' and 'maxResults'"),
        ("POST", "search-datasets", {"experiment_ids": ["1"] * 21}, "20"),
    ],
)
def test_what_cannot_be_used_is_refused_naming_it(
    door: Door, method: str, path: str, sent: dict[str, object], part: str
) -> None:
    body, query = (sent, {}) if method == "POST" else (None, sent)
    message = door.refused(400, INVALID, method, f"experiments/{path}", body, **query)
    assert part in message


def test_camel_case_is_taken_too(door: Door, churn: str) -> None:
    assert door.post("experiments/update", experimentId=churn, newName="other") == {}
    assert door.get("experiments/get", experimentId=churn)["experiment"]["name"] == "other"


def test_a_wrong_method_is_told_the_right_one(door: Door) -> None:
    response = door.send("GET", "experiments/create")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"

"""MLflow's own client, unchanged, against a live server: only the tracking URI and a token are set."""

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="1", MLFLOW_HTTP_REQUEST_MAX_RETRIES="1")

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.tracking import fluent

from runs.models import Run
from tests.cast import Cast, the_cast


@pytest.fixture(autouse=True)
def _files_in_a_folder_of_the_test(settings: Any, tmp_path: Path) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": {"location": str(tmp_path / "files")}},
    }


@pytest.fixture
def people(live_server: Any) -> Cast:
    return the_cast()


@pytest.fixture(params=["", "/w/lab"], ids=["token alone", "workspace in the path"])
def studio(
    request: pytest.FixtureRequest, live_server: Any, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The tracking URI of a live server, set up for the editor's token."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", people.token())
    monkeypatch.delenv("MLFLOW_TRACKING_USERNAME", raising=False)
    uri = live_server.url + request.param
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    yield uri
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(before)
    # set_experiment is remembered by the process; the next test has other experiments.
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
    fluent._active_experiment_id = None


def test_the_fluent_api_logs_a_run_and_reads_it_back(studio: str, tmp_path: Path) -> None:
    mlflow.set_experiment("churn")
    with mlflow.start_run(run_name="first", description="# why", tags={"team": "red"}) as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "name": "x" * 6000})
        for step in range(10):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"nan": math.nan, "up": math.inf, "down": -math.inf, "big": 1.7976931348623157e308})
        mlflow.set_tag("stage", "train")
        mlflow.set_tags({"a": 1, "b": "two"})
        mlflow.log_text("hello", "notes/hello.txt")
        mlflow.log_dict({"a": [1, 2]}, "conf.json")
        (tmp_path / "weights.bin").write_bytes(bytes(range(256)) * 1000)
        mlflow.log_artifact(str(tmp_path / "weights.bin"), "models")
        uid = run.info.run_id
    found = mlflow.get_run(uid)
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "first"
    assert found.info.end_time >= found.info.start_time
    assert found.data.params == {"lr": "0.1", "depth": "3", "name": "x" * 6000}
    assert found.data.metrics["loss"] == 0.1
    assert math.isnan(found.data.metrics["nan"])
    assert (found.data.metrics["up"], found.data.metrics["down"]) == (math.inf, -math.inf)
    assert found.data.metrics["big"] == 1.7976931348623157e308
    assert found.data.tags.items() >= {"team": "red", "stage": "train", "a": "1", "b": "two"}.items()
    assert found.data.tags["mlflow.note.content"] == "# why"
    history = MlflowClient().get_metric_history(uid, "loss")
    assert [(point.step, point.value) for point in history] == [(step, 1 / (step + 1)) for step in range(10)]
    assert mlflow.artifacts.load_text(f"runs:/{uid}/notes/hello.txt") == "hello"
    assert mlflow.artifacts.load_dict(f"runs:/{uid}/conf.json") == {"a": [1, 2]}
    folder = mlflow.artifacts.download_artifacts(f"runs:/{uid}/models", dst_path=str(tmp_path / "down"))
    assert (Path(folder) / "weights.bin").read_bytes() == (tmp_path / "weights.bin").read_bytes()
    kept = Run.objects.select_related("text").get(uid=uid)
    assert (kept.name, kept.text.description) == ("first", "# why")


def test_runs_nest_and_are_searched(studio: str) -> None:
    mlflow.set_experiment("sweep")
    with mlflow.start_run(run_name="parent") as parent:
        for depth in range(3):
            with mlflow.start_run(run_name=f"child {depth}", nested=True):
                mlflow.log_param("depth", depth)
                mlflow.log_metric("acc", depth / 10)
    client = MlflowClient()
    experiment = client.get_experiment_by_name("sweep")
    children = client.search_runs(
        [experiment.experiment_id],
        f"tags.mlflow.parentRunId = '{parent.info.run_id}' and metrics.acc > 0.05",
        order_by=["metrics.acc DESC"],
    )
    assert [child.info.run_name for child in children] == ["child 2", "child 1"]
    kept = Run.objects.get(uid=parent.info.run_id)
    assert kept.children.count() == 3
    pages = []
    token = None
    while True:
        page = client.search_runs([experiment.experiment_id], max_results=3, page_token=token)
        pages.append([run.info.run_name for run in page])
        token = page.token
        if not token:
            break
    assert pages == [["child 2", "child 1", "child 0"], ["parent"]]


def test_the_client_object_manages_experiments_and_runs(studio: str) -> None:
    client = MlflowClient()
    number = client.create_experiment("by hand", tags={"a": "b"})
    with pytest.raises(MlflowException) as taken:
        client.create_experiment("by hand")
    assert taken.value.error_code == "RESOURCE_ALREADY_EXISTS"
    assert client.get_experiment_by_name("nobody") is None
    client.set_experiment_tag(number, "c", "d")
    client.delete_experiment_tag(number, "a")
    client.rename_experiment(number, "by hand 2")
    experiment = client.get_experiment(number)
    assert (experiment.name, experiment.tags) == ("by hand 2", {"c": "d"})
    run = client.create_run(number, start_time=1000, tags={"x": "y"}, run_name="r")
    uid = run.info.run_id
    client.log_batch(
        uid,
        metrics=[Metric(f"m{n}", float(n), 1, n) for n in range(1500)],
        params=[Param(f"p{n}", str(n)) for n in range(250)],
        tags=[RunTag(f"t{n}", str(n)) for n in range(150)],
    )
    found = client.get_run(uid).data
    assert (len(found.metrics), len(found.params)) == (1500, 250)
    assert found.metrics["m1499"] == 1499.0
    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        client.log_param(uid, "p1", "other")
    client.set_terminated(uid, "FAILED", end_time=2000)
    client.update_run(uid, name="renamed")
    client.delete_tag(uid, "x")
    info = client.get_run(uid).info
    assert (info.status, info.end_time, info.run_name) == ("FAILED", 2000, "renamed")
    client.delete_run(uid)
    assert client.get_run(uid).info.lifecycle_stage == "deleted"
    assert [one.info.run_id for one in client.search_runs([number], run_view_type=ViewType.DELETED_ONLY)] == [uid]
    client.restore_run(uid)
    client.delete_experiment(number)
    names = [one.name for one in client.search_experiments(view_type=ViewType.DELETED_ONLY)]
    assert names == ["by hand 2"]
    client.restore_experiment(number)
    assert {one.name for one in client.search_experiments(filter_string="name LIKE '%hand%'")} == {"by hand 2"}
    with pytest.raises(MlflowException) as unknown:
        client.get_run("f" * 32)
    assert unknown.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_finished_run_is_resumed(studio: str) -> None:
    with mlflow.start_run() as run:
        mlflow.log_metric("a", 1, step=0)
    with mlflow.start_run(run_id=run.info.run_id, tags={"again": "yes"}):
        assert mlflow.get_run(run.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("a", 2, step=1)
    found = mlflow.get_run(run.info.run_id)
    assert (found.info.status, found.data.metrics["a"], found.data.tags["again"]) == ("FINISHED", 2.0, "yes")
    assert found.info.experiment_id == "0"


def test_an_exception_fails_the_run(studio: str) -> None:
    with pytest.raises(ZeroDivisionError), mlflow.start_run() as run:
        _ = 1 / 0
    assert mlflow.get_run(run.info.run_id).info.status == "FAILED"


def test_files_are_listed_replaced_and_read(studio: str, tmp_path: Path) -> None:
    client = MlflowClient()
    run = client.create_run("0")
    uid = run.info.run_id
    folder = tmp_path / "up"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "deep" / "b.txt").write_text("bb")
    client.log_artifacts(uid, str(folder), "all")
    client.log_text(uid, "old", "all/a.txt")
    client.log_text(uid, "new text", "all/a.txt")
    listed = [(entry.path, entry.is_dir, entry.file_size) for entry in client.list_artifacts(uid, "all")]
    assert listed == [("all/a.txt", False, 8), ("all/deep", True, None)]
    assert [entry.path for entry in client.list_artifacts(uid, "all/deep")] == ["all/deep/b.txt"]
    assert client.list_artifacts(uid, "all/a.txt") == []
    assert client.list_artifacts(uid, "nothing") == []
    down = client.download_artifacts(uid, "", str(tmp_path))
    assert (Path(down) / "all" / "a.txt").read_text() == "new text"


def test_a_file_is_sent_in_parts_when_the_client_is_told_so(
    studio: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "1000")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", "4000")
    data = os.urandom(10_000)
    (tmp_path / "big.bin").write_bytes(data)
    client = MlflowClient()
    uid = client.create_run("0").info.run_id
    client.log_artifact(uid, str(tmp_path / "big.bin"), "sub")
    down = client.download_artifacts(uid, "sub/big.bin", str(tmp_path / "sub").replace("sub", ""))
    assert Path(down).read_bytes() == data


def test_datasets_and_models_go_in_and_come_out(studio: str) -> None:
    client = MlflowClient()
    uid = client.create_run("0").info.run_id
    dataset = Dataset("iris", "abc", "code", "{}", schema="s", profile="p")
    client.log_inputs(uid, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
    found = client.get_run(uid).inputs.dataset_inputs[0]
    assert (found.dataset.name, found.dataset.profile) == ("iris", "p")
    assert [(tag.key, tag.value) for tag in found.tags] == [("mlflow.data.context", "training")]


def test_logged_models_live_through_the_client(studio: str) -> None:
    client = MlflowClient()
    with mlflow.start_run() as run:
        model = client.create_logged_model(
            "0", "forest", source_run_id=run.info.run_id, params={f"p{n}": str(n) for n in range(250)}, tags={"a": "b"}
        )
        mlflow.log_metric("acc", 0.9, model_id=model.model_id)
    client.finalize_logged_model(model.model_id, "READY")
    client.set_logged_model_tags(model.model_id, {"c": "d/e"})
    client.delete_logged_model_tag(model.model_id, "a")
    found = client.get_logged_model(model.model_id)
    assert (found.name, str(found.status), found.tags) == ("forest", "READY", {"c": "d/e"})
    assert len(found.params) == 250
    assert [(metric.key, metric.value, metric.run_id) for metric in found.metrics] == [("acc", 0.9, run.info.run_id)]
    listed = mlflow.search_logged_models(["0"], "name = 'forest' and metrics.acc > 0.5", output_format="list")
    assert [one.model_id for one in listed] == [model.model_id]
    client.delete_logged_model(model.model_id)
    with pytest.raises(MlflowException) as gone:
        client.get_logged_model(model.model_id)
    assert gone.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_the_registry_fails_with_a_clear_word(studio: str) -> None:
    with pytest.raises(MlflowException, match="no model registry") as refused:
        MlflowClient(registry_uri=studio).create_registered_model("m")
    assert refused.value.error_code == "NOT_IMPLEMENTED"


def test_what_the_client_would_have_had_cut_is_refused(studio: str) -> None:
    with mlflow.start_run(), pytest.raises(MlflowException, match="6000 characters") as refused:
        mlflow.log_param("long", "x" * 6001)
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_wrong_token_is_told_at_once(studio: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "rst_wrong")
    with pytest.raises(MlflowException) as refused:
        MlflowClient().search_experiments()
    assert refused.value.error_code == "UNAUTHENTICATED"


def test_the_token_may_be_a_password(studio: str, people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_TOKEN")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "anybody")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", people.token())
    assert [experiment.name for experiment in MlflowClient().search_experiments()] == ["Default"]

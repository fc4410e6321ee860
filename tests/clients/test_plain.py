"""The plain fluent API, with everything it can log: metrics, images, tables, figures of files, nested runs."""

import math
import time
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from tests.clients.conftest import Runs


def test_a_training_script_logs_and_reads_back(runs: Runs, folder: Path) -> None:
    with mlflow.start_run(run_name="plain", description="why", log_system_metrics=False) as run:
        mlflow.log_params({"lr": 0.1, "epochs": 20})
        for step in range(20):
            mlflow.log_metrics({"loss": 1 / (step + 1), "acc": step / 20}, step=step)
        mlflow.log_metric("nan", math.nan)
        mlflow.log_metric("inf", -math.inf)
        (folder / "model.bin").write_bytes(bytes(1_000_000))
        mlflow.log_artifact(str(folder / "model.bin"), "weights")
        mlflow.log_input(mlflow.data.from_pandas(pd.DataFrame({"x": [1.0, 2.0]}), name="points"), context="training")
    found = runs.found()[0]
    assert found.info.run_id == run.info.run_id
    assert found.info.status == "FINISHED"
    assert found.data.metrics["loss"] == 1 / 20
    assert math.isnan(found.data.metrics["nan"])
    assert found.data.metrics["inf"] == -math.inf
    assert found.inputs.dataset_inputs[0].dataset.name == "points"
    down = mlflow.artifacts.download_artifacts(f"runs:/{run.info.run_id}/weights/model.bin", dst_path=str(folder / "d"))
    assert Path(down).read_bytes() == bytes(1_000_000)
    frame = mlflow.search_runs([runs.experiment])
    assert frame.loc[0, "params.lr"] == "0.1"
    assert frame.loc[0, "tags.mlflow.note.content"] == "why"


def test_images_keep_their_steps(runs: Runs) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    with mlflow.start_run():
        for step in range(3):
            mlflow.log_image(picture, key="sample", step=step, synchronous=True)
        mlflow.log_image(picture, "still.png")
    found = runs.found()[0]
    names = runs.files(found, "images")
    assert len(names) == 6
    assert all("sample" in name for name in names)
    assert "still.png" in runs.files(found)
    assert found.data.tags["mlflow.loggedImages"] == "True"


def test_tables_grow_and_are_read_back(runs: Runs) -> None:
    with mlflow.start_run():
        mlflow.log_table(pd.DataFrame({"q": ["a"], "score": [0.5]}), "eval.json")
        mlflow.log_table({"q": ["b"], "score": [0.75]}, "eval.json")
    frame = mlflow.load_table("eval.json", run_ids=[runs.found()[0].info.run_id])
    assert frame["q"].tolist() == ["a", "b"]


def test_nested_runs_know_their_parents(runs: Runs) -> None:
    with mlflow.start_run(run_name="parent") as parent:
        for number in range(3):
            with mlflow.start_run(run_name=f"child-{number}", nested=True):
                mlflow.log_metric("score", number)
                with mlflow.start_run(run_name=f"grandchild-{number}", nested=True):
                    mlflow.log_param("n", number)
    children = runs.found(f"tags.mlflow.parentRunId = '{parent.info.run_id}'", ["metrics.score DESC"])
    assert [run.info.run_name for run in children] == ["child-2", "child-1", "child-0"]
    assert len(runs.found()) == 7


def test_metrics_logged_in_the_background_all_arrive(runs: Runs) -> None:
    with mlflow.start_run() as run:
        for step in range(300):
            mlflow.log_metric("loss", step, step=step, synchronous=False)
            mlflow.log_params({f"p{step}": step}, synchronous=False)
        mlflow.flush_async_logging()
    history = MlflowClient().get_metric_history(run.info.run_id, "loss")
    assert [point.step for point in history] == list(range(300))
    assert len(mlflow.get_run(run.info.run_id).data.params) == 300


def test_a_long_history_comes_back_whole(runs: Runs) -> None:
    client = MlflowClient()
    with mlflow.start_run() as run:
        for first in range(0, 60_000, 1000):
            points = [mlflow.entities.Metric("loss", float(step), step, step) for step in range(first, first + 1000)]
            client.log_batch(run.info.run_id, metrics=points)
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [point.step for point in history] == list(range(60_000))


def test_a_refusal_is_told_at_once_and_the_run_goes_on(runs: Runs) -> None:
    with mlflow.start_run() as run:
        mlflow.log_param("lr", 0.1)
        begun = time.monotonic()
        with pytest.raises(MlflowException, match="Changing param values is not allowed"):
            mlflow.log_param("lr", 0.2)
        with pytest.raises(MlflowException):
            mlflow.log_metric("bad[name]", 1)
        with pytest.raises(MlflowException, match="8000 characters"):
            mlflow.set_tag("long", "x" * 8001)
        assert time.monotonic() - begun < 5
        mlflow.log_param("after", 1)
    assert mlflow.get_run(run.info.run_id).data.params == {"lr": "0.1", "after": "1"}

"""scikit-learn: autolog with a grid search, and models that are logged and loaded again."""

from collections.abc import Iterator

import mlflow
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from tests.clients.conftest import Runs


@pytest.fixture
def _autolog() -> Iterator[None]:
    mlflow.sklearn.autolog(silent=True)
    yield
    mlflow.sklearn.autolog(disable=True, silent=True)


@pytest.mark.usefixtures("_autolog")
def test_a_fit_logs_its_parameters_metrics_dataset_and_model(runs: Runs) -> None:
    x, y = load_iris(return_X_y=True)
    LogisticRegression(max_iter=500).fit(x, y)
    run = runs.found()[0]
    assert run.info.status == "FINISHED"
    assert run.data.params["max_iter"] == "500"
    assert run.data.metrics["training_accuracy_score"] > 0.9
    assert run.inputs.dataset_inputs
    model_id = run.outputs.model_outputs[0].model_id
    model = mlflow.get_logged_model(model_id)
    assert str(model.status) == "READY"
    assert model.source_run_id == run.info.run_id
    assert "training_accuracy_score" in {metric.key for metric in model.metrics}
    loaded = mlflow.sklearn.load_model(f"models:/{model_id}")
    assert loaded.predict(x[:5]).tolist() == y[:5].tolist()
    assert "estimator.html" in runs.files(run)


@pytest.mark.usefixtures("_autolog")
def test_a_grid_search_is_a_parent_with_a_child_for_each_candidate(runs: Runs) -> None:
    x, y = load_iris(return_X_y=True)
    grid = {"n_estimators": [2, 4], "max_depth": [2, 3]}
    GridSearchCV(RandomForestClassifier(random_state=0), grid, cv=2).fit(x, y)
    parents = runs.found("tags.estimator_name = 'GridSearchCV'")
    assert len(parents) == 1
    children = runs.found(f"tags.mlflow.parentRunId = '{parents[0].info.run_id}'", ["metrics.mean_test_score DESC"])
    assert len(children) == 4
    scores = [child.data.metrics["mean_test_score"] for child in children]
    assert scores == sorted(scores, reverse=True)
    assert "best_cv_score" in parents[0].data.metrics
    assert "cv_results.csv" in runs.files(parents[0])
    assert all(run.info.status == "FINISHED" for run in [*parents, *children])


def test_a_model_is_logged_by_hand_and_loaded_from_its_run_and_its_id(runs: Runs) -> None:
    x, y = load_iris(return_X_y=True)
    fitted = LogisticRegression(max_iter=500).fit(x, y)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(
            fitted,
            name="iris",
            input_example=x[:2],
            pip_requirements=["scikit-learn"],
            serialization_format="cloudpickle",
        )
    by_id = mlflow.pyfunc.load_model(info.model_uri)
    by_run = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/iris")
    assert np.array_equal(by_id.predict(x), by_run.predict(x))
    listed = mlflow.search_logged_models([runs.experiment], "name = 'iris'", output_format="list")
    assert [model.model_id for model in listed] == [info.model_id]


def test_registering_a_model_says_that_there_is_no_registry(runs: Runs) -> None:
    fitted = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(
            fitted, name="tiny", pip_requirements=["scikit-learn"], serialization_format="cloudpickle"
        )
    with pytest.raises(mlflow.MlflowException, match="no model registry"):
        mlflow.register_model(info.model_uri, "tiny")

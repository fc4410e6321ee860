"""Unchanged MLflow clients against a real server: only the tracking URI and a token are set."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.update(
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="1",
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="2",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
)

import mlflow

from tests.real_server import RealServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """gunicorn over a data folder of its own."""
    with RealServer(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture(scope="session")
def _token(server: RealServer) -> str:
    return server.token()


@pytest.fixture(autouse=True)
def experiment(
    server: RealServer, _token: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A new experiment, the active one, named after the test; its id."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", _token)
    mlflow.set_tracking_uri(server.url)
    yield mlflow.set_experiment(request.node.name).experiment_id
    while mlflow.active_run():
        mlflow.end_run()


@pytest.fixture
def runs(experiment: str) -> "Runs":
    """What came of it."""
    return Runs(experiment)


class Runs:
    """Reads the runs of the test's experiment back through the client."""

    def __init__(self, experiment: str) -> None:
        self.experiment = experiment
        self.client = mlflow.MlflowClient()

    def found(self, filter_string: str = "", order_by: list[str] | None = None) -> list[mlflow.entities.Run]:
        """The runs, newest first unless ordered."""
        return list(self.client.search_runs([self.experiment], filter_string, order_by=order_by))

    def files(self, run: mlflow.entities.Run, folder: str = "") -> list[str]:
        """The paths in a folder of a run."""
        return [entry.path for entry in self.client.list_artifacts(run.info.run_id, folder)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test may write."""
    return tmp_path

"""Optuna's callback and LightGBM's autolog."""

import lightgbm
import mlflow
import numpy as np
import optuna
from optuna_integration import MLflowCallback

from tests.clients.conftest import Runs


def test_each_trial_of_a_study_is_a_run(runs: Runs) -> None:
    callback = MLflowCallback(tracking_uri=mlflow.get_tracking_uri(), metric_name="score", create_experiment=False)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(lambda trial: -((trial.suggest_float("x", -5, 5) - 2) ** 2), n_trials=8, callbacks=[callback])
    trials = runs.found(order_by=["metrics.score DESC"])
    assert len(trials) == 8
    assert trials[0].data.metrics["score"] == study.best_value
    assert float(trials[0].data.params["x"]) == study.best_params["x"]
    assert trials[0].data.tags["direction"] == "MAXIMIZE"


def test_a_booster_logs_every_iteration_and_its_model(runs: Runs) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 4))
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    mlflow.lightgbm.autolog(silent=True)
    try:
        data = lightgbm.Dataset(x[:200], y[:200])
        held_out = lightgbm.Dataset(x[200:], y[200:], reference=data)
        parameters = {"objective": "binary", "metric": "binary_logloss", "verbosity": -1}
        booster = lightgbm.train(parameters, data, num_boost_round=15, valid_sets=[held_out], valid_names=["valid"])
    finally:
        mlflow.lightgbm.autolog(disable=True, silent=True)
    run = runs.found()[0]
    assert run.info.status == "FINISHED"
    assert run.data.params["num_boost_round"] == "15"
    history = runs.client.get_metric_history(run.info.run_id, "valid-binary_logloss")
    assert [point.step for point in history] == list(range(15))
    assert any("feature_importance" in name for name in runs.files(run))
    loaded = mlflow.lightgbm.load_model(f"models:/{run.outputs.model_outputs[0].model_id}")
    assert np.allclose(loaded.predict(x), booster.predict(x))

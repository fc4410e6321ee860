"""What went into a run and came out of it is noted once, and logged models change as MLflow 3 clients expect."""

import math

import pytest

from runs.mistakes import Conflict, NotFound, UserMistake
from runs.models import Dataset, Lifecycle, LoggedModel, RunDataset
from runs.query_language.tree import And, Condition, Family, Field, Node, Not, Number, Op, Or, Word
from runs.reading.lineage import dataset_summaries, find_logged_model, lineage_of, metrics_of_models
from runs.reading.logged_models import ModelOrder, matches_pattern, search_logged_models, search_models
from runs.recording.experiments import trash_experiment
from runs.recording.lifecycle import trash_run
from runs.recording.lineage import DatasetInput, MetricSource, log_inputs, log_outputs, record_metric_sources
from runs.recording.logged_models import (
    READY,
    add_model_params,
    create_logged_model,
    delete_logged_model,
    finish_logged_model,
    tag_logged_model,
    untag_logged_model,
)
from tests.build import make_experiment, make_run

IRIS = DatasetInput("iris", "abc123", "local", "{}", "{}", "{}", {"mlflow.data.context": "training"})


def test_a_dataset_logged_again_is_the_same_one(cast) -> None:
    run, other = make_run(cast.lab), make_run(cast.lab)
    log_inputs(run, [IRIS])
    log_inputs(run, [IRIS, DatasetInput("iris", "abc123", tags={"more": "1"})])
    log_inputs(other, [IRIS])
    assert Dataset.objects.count() == 1
    assert RunDataset.objects.get(run=run).tags == {"mlflow.data.context": "training", "more": "1"}


def test_the_lineage_of_many_runs_is_two_queries(cast, django_assert_num_queries) -> None:
    runs = [make_run(cast.lab) for _ in range(3)]
    log_inputs(runs[0], [IRIS], ["m-1"])
    log_outputs(runs[0], [("m-2", 5), ("m-3", 7)])
    with django_assert_num_queries(2):
        found = lineage_of([run.pk for run in runs])
    assert [use.dataset.name for use in found[runs[0].pk].datasets] == ["iris"]
    assert [use.model_uid for use in found[runs[0].pk].models_in] == ["m-1"]
    assert [(use.model_uid, use.step) for use in found[runs[0].pk].models_out] == [("m-2", 5), ("m-3", 7)]
    assert found[runs[1].pk].datasets == []


@pytest.mark.parametrize(
    "bad",
    [
        DatasetInput("", "d"),
        DatasetInput("n", ""),
        DatasetInput("n" * 501, "d"),
        DatasetInput("n", "d" * 37),
        DatasetInput("n", "d", source="s" * 65536),
        DatasetInput("n", "d", tags={"k" * 256: "v"}),
        DatasetInput("n", "d", tags={"k": "v" * 501}),
        DatasetInput("n\0", "d"),
    ],
)
def test_a_dataset_that_cannot_be_kept_keeps_none(cast, bad: DatasetInput) -> None:
    with pytest.raises(UserMistake):
        log_inputs(make_run(cast.lab), [IRIS, bad])
    assert not Dataset.objects.exists()


def test_a_run_in_the_trash_takes_no_inputs(cast) -> None:
    run = trash_run(make_run(cast.lab), cast.author())
    with pytest.raises(UserMistake, match="'active' state"):
        log_inputs(run, [IRIS])
    with pytest.raises(UserMistake, match="'active' state"):
        log_outputs(run, [("m-1", 0)])


def test_an_output_logged_again_moves_to_the_new_step(cast) -> None:
    run = make_run(cast.lab)
    log_outputs(run, [("m-1", 1)])
    log_outputs(run, [("m-1", 2)])
    assert [(use.model_uid, use.step) for use in lineage_of([run.pk])[run.pk].models_out] == [("m-1", 2)]


def test_datasets_of_an_experiment_are_listed_once_a_context(cast) -> None:
    experiment = make_experiment(cast.lab)
    for _ in range(2):
        log_inputs(make_run(experiment), [IRIS])
    log_inputs(make_run(experiment), [DatasetInput("iris", "abc123", tags={"mlflow.data.context": "test"})])
    found = dataset_summaries(cast.lab, [experiment.pk])
    assert [(one.name, one.context) for one in found] == [("iris", "test"), ("iris", "training")]
    assert dataset_summaries(cast.elsewhere, [experiment.pk]) == []


def test_a_logged_model_begins_pending_and_ends_ready(cast) -> None:
    model = create_logged_model(make_experiment(cast.lab), "net", params={"depth": "3"}, tags={"a": "b"})
    assert model.uid.startswith("m-")
    assert model.status == "LOGGED_MODEL_PENDING"
    assert finish_logged_model(model, READY).status == READY
    with pytest.raises(UserMistake):
        finish_logged_model(model, "LOGGED_MODEL_PENDING")


def test_a_logged_model_without_a_name_gets_one(cast) -> None:
    assert create_logged_model(make_experiment(cast.lab)).name


@pytest.mark.parametrize("name", ["a/b", "a:b", "a.b", "50%", 'a"b', "a'b", "x" * 501, "a\0"])
def test_a_name_that_would_break_a_model_address_is_refused(cast, name: str) -> None:
    with pytest.raises(UserMistake):
        create_logged_model(make_experiment(cast.lab), name)


def test_an_experiment_in_the_trash_takes_no_models(cast) -> None:
    experiment = trash_experiment(make_experiment(cast.lab), cast.author())
    with pytest.raises(UserMistake, match="'active' state"):
        create_logged_model(experiment, "net")


def test_tags_of_a_model_come_and_go(cast) -> None:
    model = tag_logged_model(create_logged_model(make_experiment(cast.lab), "net"), {"a": "1", "b": "2"})
    assert untag_logged_model(model, "a").tags == {"b": "2"}
    with pytest.raises(NotFound):
        untag_logged_model(model, "a")


def test_params_of_a_model_never_change(cast) -> None:
    model = add_model_params(create_logged_model(make_experiment(cast.lab), "net"), {"depth": "3"})
    assert add_model_params(model, {"depth": "3", "width": "4"}).params == {"depth": "3", "width": "4"}
    with pytest.raises(Conflict):
        add_model_params(model, {"depth": "5"})


def test_a_model_of_another_workspace_is_not_there(cast) -> None:
    model = create_logged_model(make_experiment(cast.lab), "net")
    assert find_logged_model(cast.lab, model.uid) == model
    with pytest.raises(NotFound):
        find_logged_model(cast.elsewhere, model.uid)


def test_the_latest_metric_of_a_model_counts_and_keeps_nan_and_infinity(cast) -> None:
    run = make_run(cast.lab)
    record_metric_sources(run, [MetricSource("acc", 0.5, 1, 10, "m-1"), MetricSource("acc", 0.7, 2, 20, "m-1")])
    record_metric_sources(run, [MetricSource("acc", 0.1, 1, 5, "m-1"), MetricSource("loss", math.nan, 1, 1, "m-1")])
    record_metric_sources(run, [MetricSource("gap", -math.inf, 1, 1, "m-1", "iris", "abc"), MetricSource("x", 1, 1, 1)])
    found = {metric.key: metric for metric in metrics_of_models(cast.lab, ["m-1", "m-2"])["m-1"]}
    assert set(found) == {"acc", "loss", "gap"}
    assert (found["acc"].value, found["acc"].step, found["acc"].run_uid) == (0.7, 2, run.uid)
    assert math.isnan(found["loss"].value)
    assert (found["gap"].value, found["gap"].dataset_name) == (-math.inf, "iris")


@pytest.fixture
def models(cast) -> list[LoggedModel]:
    experiment = make_experiment(cast.lab)
    run = make_run(experiment)
    made = []
    for number in range(5):
        model = create_logged_model(experiment, f"net-{number}", params={"depth": str(number)}, source_run=run)
        model = LoggedModel.objects.get(pk=model.pk)
        LoggedModel.objects.filter(pk=model.pk).update(created=1000 + number)
        made.append(model)
        if number != 2:
            record_metric_sources(run, [MetricSource("acc", number / 10, 1, 1, model.uid, "iris", "abc")])
    tag_logged_model(made[3], {"stage": "prod"})
    finish_logged_model(made[4], READY)
    return made


def found(cast, models, tree: Node | None = None, *order: ModelOrder, **options) -> list[int]:
    ids = [models[0].experiment_id]
    page = search_logged_models(cast.lab, ids, tree, order, **options)
    return [int(model.name[-1]) for model in page.models]


def condition(family: Family, key: str, op: Op, *values) -> Condition:
    return Condition(Field(family, key), op, values)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (None, [4, 3, 2, 1, 0]),
        (condition(Family.ATTRIBUTE, "name", Op.EQUAL, Word("net-2")), [2]),
        (condition(Family.ATTRIBUTE, "name", Op.LIKE, Word("net-%")), [4, 3, 2, 1, 0]),
        (condition(Family.ATTRIBUTE, "name", Op.ILIKE, Word("NET-_")), [4, 3, 2, 1, 0]),
        (condition(Family.ATTRIBUTE, "name", Op.IN, Word("net-1"), Word("net-4")), [4, 1]),
        (condition(Family.ATTRIBUTE, "status", Op.EQUAL, Word("READY")), [4]),
        (condition(Family.ATTRIBUTE, "created", Op.GREATER, Number("1003")), [4]),
        (condition(Family.METRIC, "acc", Op.GREATER_EQUAL, Number("0.3")), [4, 3]),
        (condition(Family.PARAM, "depth", Op.EQUAL, Word("3")), [3]),
        (condition(Family.TAG, "stage", Op.EXISTS), [3]),
        (Not(condition(Family.TAG, "stage", Op.EXISTS)), [4, 2, 1, 0]),
        (
            Or(
                (
                    condition(Family.TAG, "stage", Op.EQUAL, Word("prod")),
                    condition(Family.METRIC, "acc", Op.LESS, Number("0.05")),
                )
            ),
            [3, 0],
        ),
        (
            And(
                (
                    condition(Family.PARAM, "depth", Op.NOT_EQUAL, Word("4")),
                    condition(Family.METRIC, "acc", Op.EXISTS),
                )
            ),
            [3, 1, 0],
        ),
    ],
)
def test_models_are_found_by_what_they_have(cast, models, tree, expected) -> None:
    assert found(cast, models, tree) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [4, 3, 2, 1, 0]),
        ("name = 'net-2'", [2]),
        ("metrics.acc > 0.25 AND params.depth != '4'", [3]),
        ("tags.stage = 'prod'", [3]),
        ("status = 'READY'", [4]),
        ("creation_timestamp >= 1003", [4, 3]),
    ],
)
def test_models_are_found_in_the_words_of_mlflow(cast, models, text: str, expected: list[int]) -> None:
    page = search_models(cast.lab, [models[0].experiment_id], text)
    assert [int(model.name[-1]) for model in page.models] == expected


def test_a_metric_condition_may_be_narrowed_to_a_dataset(cast, models) -> None:
    for dataset, expected in ((("iris", None), [4, 3]), (("iris", "abc"), [4, 3]), (("other", None), [])):
        page = search_models(cast.lab, [models[0].experiment_id], "metrics.acc > 0.25", datasets=[dataset])
        assert [int(model.name[-1]) for model in page.models] == expected


def test_models_sort_by_a_metric_with_missing_ones_last(cast, models) -> None:
    assert found(cast, models, None, ModelOrder("metrics.acc", False)) == [4, 3, 1, 0, 2]
    assert found(cast, models, None, ModelOrder("metrics.acc")) == [0, 1, 3, 4, 2]
    assert found(cast, models, None, ModelOrder("metrics.acc", True, "other", "x")) == [4, 3, 2, 1, 0]
    assert found(cast, models, None, ModelOrder("name", False)) == [4, 3, 2, 1, 0]
    assert found(cast, models, None, ModelOrder("params.depth")) == [0, 1, 2, 3, 4]


def test_pages_of_models_follow_each_other(cast, models) -> None:
    for order in ((), (ModelOrder("metrics.acc", False),), (ModelOrder("name", False),)):
        seen, cursor = [], None
        while True:
            page = search_logged_models(cast.lab, [models[0].experiment_id], None, order, limit=2, cursor=cursor)
            seen += [model.name for model in page.models]
            cursor = page.next
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    "cursor", ["junk", "[]", "[[[1,2]],3]", '[[[0,"x",""]],1]', '[[[0,"1",7]],1]', "null", "[1,2]"]
)
def test_a_broken_cursor_is_a_mistake(cast, models, cursor: str) -> None:
    with pytest.raises(UserMistake):
        found(cast, models, None, cursor=cursor)


def test_a_field_that_models_do_not_have_is_a_mistake(cast, models) -> None:
    with pytest.raises(UserMistake, match="no attribute 'duration'"):
        found(cast, models, condition(Family.ATTRIBUTE, "duration", Op.EQUAL, Number("1")))


def test_a_deleted_model_is_found_no_more_and_others_see_none(cast, models) -> None:
    assert delete_logged_model(models[0]).lifecycle == Lifecycle.TRASHED
    assert found(cast, models) == [4, 3, 2, 1]
    assert search_logged_models(cast.elsewhere, [models[0].experiment_id]).models == []


@pytest.mark.parametrize(
    ("text", "pattern", "matches"),
    [
        ("abc", "a%", True),
        ("abc", "%c", True),
        ("abc", "a_c", True),
        ("abc", "a_", False),
        ("abc", "%%%", True),
        ("", "%", True),
        ("", "_", False),
        ("a.c", "a.c", True),
        ("abc", "a.c", False),
        ("aXbXc", "a%b%c", True),
        ("a" * 3000, "%a" * 50 + "%b", False),
    ],
)
def test_a_pattern_is_matched_without_a_regular_expression(text: str, pattern: str, matches: bool) -> None:
    assert matches_pattern(text, pattern) is matches

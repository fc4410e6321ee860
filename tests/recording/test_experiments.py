"""Experiments come, are renamed and tagged, go to the trash with their runs, and come back."""

import pytest

from runs.mistakes import AlreadyExists, NotFound, UserMistake
from runs.models import Experiment, ExperimentTag, Facet, Lifecycle, Run
from runs.recording.experiments import (
    create_experiment,
    default_experiment,
    delete_experiment_tag,
    find_or_create_experiment,
    rename_experiment,
    restore_experiment,
    set_experiment_tag,
    trash_experiment,
)
from runs.recording.lifecycle import trash_run
from runs.statuses import Status
from tests.build import SOMEBODY, make_experiment, make_run
from tests.cast import Cast


def test_a_name_is_taken_once_in_a_workspace_and_free_in_another(cast: Cast) -> None:
    create_experiment(cast.lab, "churn", SOMEBODY)
    create_experiment(cast.elsewhere, "churn", SOMEBODY)
    with pytest.raises(AlreadyExists, match="already exists"):
        create_experiment(cast.lab, "churn", SOMEBODY)


@pytest.mark.parametrize("name", ["", "  ", "x" * 501, "a\x00b", 7])
def test_a_name_that_cannot_be_is_refused(cast: Cast, name: object) -> None:
    with pytest.raises(UserMistake):
        create_experiment(cast.lab, name, SOMEBODY)  # type: ignore[arg-type]


def test_the_default_experiment_is_made_once(cast: Cast) -> None:
    assert default_experiment(cast.lab) == default_experiment(cast.lab)
    assert Experiment.objects.filter(workspace=cast.lab, name="Default").count() == 1


def test_the_default_experiment_stays(cast: Cast) -> None:
    with pytest.raises(UserMistake, match="default"):
        trash_experiment(default_experiment(cast.lab), SOMEBODY)


def test_an_experiment_is_renamed_unless_the_name_is_taken(cast: Cast) -> None:
    experiment = make_experiment(cast.lab, "a")
    make_experiment(cast.lab, "b")
    assert rename_experiment(experiment, "c", SOMEBODY).name == "c"
    with pytest.raises(AlreadyExists):
        rename_experiment(experiment, "b", SOMEBODY)


def test_runs_go_to_the_trash_and_come_back_with_their_experiment(cast: Cast) -> None:
    experiment = make_experiment(cast.lab)
    earlier = trash_run(make_run(experiment), SOMEBODY)
    kept = make_run(experiment, compute="gpu")
    before = sorted(Facet.objects.filter(n__gt=0).values_list("experiment_id", "dimension", "value", "n"))
    experiment = trash_experiment(experiment, SOMEBODY)
    assert Run.objects.get(pk=kept.pk).lifecycle == Lifecycle.TRASHED
    assert not Facet.objects.filter(dimension=Facet.Dimension.STATUS, n__gt=0).exists()
    with pytest.raises(UserMistake, match="trash"):
        find_or_create_experiment(cast.lab, experiment.name, SOMEBODY)
    restore_experiment(experiment, SOMEBODY)
    assert Run.objects.get(pk=kept.pk).lifecycle == Lifecycle.ACTIVE
    assert Run.objects.get(pk=earlier.pk).lifecycle == Lifecycle.TRASHED
    after = sorted(Facet.objects.filter(n__gt=0).values_list("experiment_id", "dimension", "value", "n"))
    assert after == before
    assert (0, int(Facet.Dimension.STATUS), int(Status.RUNNING), 1) in after


def test_tags_of_an_experiment_are_set_and_deleted(cast: Cast) -> None:
    experiment = make_experiment(cast.lab)
    set_experiment_tag(experiment, "team", "a")
    set_experiment_tag(experiment, "team", "b")
    assert ExperimentTag.objects.get().value == "b"
    delete_experiment_tag(experiment, "team")
    with pytest.raises(NotFound):
        delete_experiment_tag(experiment, "team")

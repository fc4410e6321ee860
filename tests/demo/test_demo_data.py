"""Does ``manage.py demo_data`` leave a workspace as a team would have, and only once?"""

from io import StringIO

import pytest
from django.core.management import call_command

from runs.demo import glyphs, houses, nightly, team
from runs.demo.live import live_run, train_until_stopped
from runs.demo.notebook import Job
from runs.models import Artifact, Member, Role, Run, RunMetric
from runs.recording.lifecycle import cancel_run
from runs.statuses import Status


@pytest.fixture(autouse=True)
def _a_short_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of each kind; the whole takes a quarter of a minute."""
    digits, nights = list(glyphs.jobs(420)), list(nightly.jobs())
    some: list[Job] = [digits[0], digits[13], digits[-1], houses.cross_validation(0, 0.3, 50), nights[0], *nights[-4:]]
    monkeypatch.setattr(team, "jobs", lambda: iter(some))


def fill(*words: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("demo_data", *words, stdout=out)
    return out.getvalue()


def test_runs_of_every_kind_are_there(db: None) -> None:
    assert "Recorded 14 runs" in fill()
    states = set(Run.objects.values_list("status", flat=True))
    assert states == {Status.COMPLETED, Status.FAILED, Status.CANCELED, Status.RUNNING, Status.QUEUED, Status.PREPARING}
    assert Run.objects.filter(parent__name__startswith="cross-validation").count() == 5
    assert not Run.objects.filter(ended__lt=0).exists()
    for run in Run.objects.filter(status__in=[Status.COMPLETED, Status.FAILED, Status.CANCELED]):
        assert run.started is not None
        assert run.ended is not None
        assert run.started < run.ended


def test_a_finished_run_has_its_metrics_and_files(db: None) -> None:
    fill()
    run = Run.objects.get(name="softmax lr=0.1 decay=0.0", status=Status.COMPLETED)
    counts = dict(RunMetric.objects.filter(run=run).values_list("key__name", "count"))
    assert counts == {"loss": 80, "val_loss": 80, "val_accuracy": 80}
    paths = {file.path for file in Artifact.objects.filter(run=run, is_folder=False)}
    assert {"logs/std_log.txt", "outputs/weights.png", "outputs/confusion_matrix.json", "outputs/classes.csv"} <= paths


def test_a_failed_run_says_why(db: None) -> None:
    fill()
    run = Run.objects.get(status=Status.FAILED)
    assert run.error_code == "IndexError"
    assert "out of bounds" in run.error_message


def test_it_fills_once_unless_told_again(db: None) -> None:
    fill()
    assert "has runs already" in fill()
    assert Run.objects.count() == 14
    fill("--again")
    assert Run.objects.count() == 28


def test_the_team_is_an_owner_and_two_editors(db: None) -> None:
    fill()
    roles = dict(Member.objects.values_list("person__username", "role"))
    assert roles == {"demo": Role.OWNER, "mei": Role.EDITOR, "jonas": Role.EDITOR}


def test_an_interrupted_filling_leaves_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = list(team.jobs())

    def stops() -> object:
        yield jobs[0]
        raise KeyboardInterrupt

    monkeypatch.setattr(team, "jobs", stops)
    with pytest.raises(KeyboardInterrupt):
        fill()
    assert not Run.objects.exists()


def test_a_live_run_logs_until_somebody_cancels_it(db: None) -> None:
    workspace = team.demo_workspace()
    author = team.authors()["demo"]
    run = live_run(team.experiments_of(workspace)["spiral-classifier"], author)

    def until_canceled(step: int) -> bool:
        if step == 3:
            cancel_run(run, author)
        return True

    train_until_stopped(run, author, 0, until_canceled)
    run.refresh_from_db()
    assert run.status == Status.CANCELED
    assert RunMetric.objects.get(run=run, key__name="loss").count == 3


@pytest.mark.parametrize("ctrl_c", [True, False])
def test_a_live_run_ends_with_its_command(db: None, ctrl_c: bool) -> None:
    workspace = team.demo_workspace()
    author = team.authors()["demo"]
    run = live_run(team.experiments_of(workspace)["spiral-classifier"], author)

    def two_steps(step: int) -> bool:
        if step == 2 and ctrl_c:
            raise KeyboardInterrupt
        return step < 2

    train_until_stopped(run, author, 0, two_steps)
    run.refresh_from_db()
    assert run.status == (Status.CANCELED if ctrl_c else Status.COMPLETED)

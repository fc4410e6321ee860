"""Who works in the demo, and on what? The workspace "demo", three people, six experiments, two hundred runs."""

from collections.abc import Iterator
from contextlib import nullcontext

from runs.authors import Author
from runs.demo import customers, films, glyphs, houses, nightly, spirals
from runs.demo.notebook import Job
from runs.demo.recorder import HOUR, Recorder
from runs.models import Experiment, Person, Role, Run, Workspace
from runs.recording.experiments import describe_experiment, find_or_create_experiment, set_experiment_tag
from runs.recording.people import add_member, create_person, create_workspace
from studio.database import write_transaction

WORKSPACE = "demo"
PEOPLE = {"demo": ("Demo", "Owner"), "mei": ("Mei", "Tanaka"), "jonas": ("Jonas", "Weber")}
EXPERIMENTS = {
    spirals.EXPERIMENT: "Which small network tells two spirals apart?",
    glyphs.EXPERIMENT: "Can a linear model read drawn digits?",
    customers.EXPERIMENT: "How many kinds of customers are there?",
    films.EXPERIMENT: "Which films will people like? Matrix factorisation.",
    houses.EXPERIMENT: "What is a house worth? Boosted stumps, cross-validated.",
    nightly.EXPERIMENT: "The scheduled training, every night at the same time.",
}


def demo_workspace() -> Workspace:
    """The demo's workspace and people, made when missing. They sign in by link: nobody has a password."""
    people = {name: _person(name) for name in PEOPLE}
    workspace = Workspace.objects.filter(name=WORKSPACE).first()
    if workspace is None:
        workspace = create_workspace(WORKSPACE, "Demo team", people["demo"])
        add_member(workspace, people["mei"], Role.EDITOR)
        add_member(workspace, people["jonas"], Role.EDITOR)
    return workspace


def _person(name: str) -> Person:
    person = Person.objects.filter(username=name).first()
    if person is None:
        person = create_person(name, f"{name}@example.com")
        person.first_name, person.last_name = PEOPLE[name]
        person.save(update_fields=["first_name", "last_name"])
    return person


def has_runs(workspace: Workspace) -> bool:
    """Whether anything was recorded there, by the demo or by anyone."""
    return Run.objects.filter(workspace=workspace).exists()


def authors() -> dict[str, Author]:
    """The three people as authors of what the demo writes."""
    found = Person.objects.filter(username__in=PEOPLE)
    return {person.username: Author(person.pk, person.username, "command") for person in found}


def experiments_of(workspace: Workspace) -> dict[str, Experiment]:
    """The demo's experiments, made when missing, with description and a tag."""
    author = authors()["demo"]
    made: dict[str, Experiment] = {}
    for name, description in EXPERIMENTS.items():
        made[name] = find_or_create_experiment(workspace, name, author)
        if not made[name].description:
            describe_experiment(made[name], description, author)
            set_experiment_tag(made[name], "made-by", "manage.py demo_data")
    return made


def jobs() -> Iterator[Job]:
    """Every run of the demo, over the last four weeks."""
    yield spirals.sweep(hours_ago=30)
    yield from spirals.by_hand(hours_ago=160)
    yield from glyphs.jobs(hours_ago=230)
    yield from customers.jobs(hours_ago=300)
    yield from films.jobs(hours_ago=120)
    yield from houses.jobs(hours_ago=130)
    yield from nightly.jobs()


def fill(workspace: Workspace, now: int, salt: str = "") -> int:
    """Train and record everything; gives the number of runs. ``now`` (ms since 1970) is rounded to the hour.

    All in one transaction, so that an interrupted filling leaves nothing and the next start begins again; with
    a ``salt`` (a second filling, perhaps beside people at work) in one transaction a run.
    """
    with nullcontext() if salt else write_transaction():
        recorder = Recorder(experiments_of(workspace), authors(), now - now % HOUR, salt)
        return sum(recorder.record(job) for job in jobs())

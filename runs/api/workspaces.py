"""The workspaces and experiments of the JSON API."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from runs.access import role_in, token_role, workspaces_of
from runs.api.doors import Door, ExperimentDoor, WorkspaceDoor, as_json
from runs.api.schema import asked, describe
from runs.api.schemas import (
    LIFECYCLES,
    ExperimentAnswer,
    ExperimentChange,
    ExperimentsAnswer,
    NewExperiment,
    WorkspaceAnswer,
    WorkspacesAnswer,
)
from runs.api.shapes import Shape, experiment_shape, workspace_shape
from runs.limits import EXPERIMENT_NAME, clean_text
from runs.mistakes import UserMistake
from runs.models import Experiment, ExperimentTag, Lifecycle, Role, Workspace
from runs.reading.experiments import find_experiments, place_after
from runs.recording.experiments import (
    create_experiment,
    describe_experiment,
    rename_experiment,
    restore_experiment,
    trash_experiment,
)
from studio.database import write_transaction

MOST_EXPERIMENTS = 1000


def lifecycle_named(word: str, *allowed: Lifecycle) -> Lifecycle:
    """The lifecycle that a word names, one of those allowed. Raises UserMistake."""
    found = LIFECYCLES.get(word)
    if found is None or (allowed and found not in allowed):
        names = ", ".join(lifecycle.label for lifecycle in allowed or Lifecycle)
        raise UserMistake(f"lifecycle must be one of {names}, not {word[:40]!r}", "lifecycle")
    return found


class Workspaces(Door):
    """The caller's workspaces."""

    @describe("list_workspaces", "The workspaces you may see", WorkspacesAnswer, tag="workspaces")
    def get(self, _: Request) -> HttpResponse:
        """All of them, by name; with a token, its own."""
        mine = [self.token.workspace] if self.token else workspaces_of(self.person)
        shapes = [workspace_shape(one, role) for one in mine if (role := self._role(one)) is not None]
        return as_json({"workspaces": shapes})

    def _role(self, workspace: Workspace) -> Role | None:
        return token_role(self.token, workspace) if self.token else role_in(self.person, workspace)


class OneWorkspace(WorkspaceDoor):
    """One workspace."""

    @describe("get_workspace", "A workspace", WorkspaceAnswer, tag="workspaces")
    def get(self, _: Request, **_path: Any) -> HttpResponse:
        """Its title and your role."""
        role = token_role(self.token, self.workspace) if self.token else role_in(self.person, self.workspace)
        return as_json(workspace_shape(self.workspace, role or Role.VIEWER))


class Experiments(WorkspaceDoor):
    """The experiments of a workspace."""

    @describe(
        "list_experiments",
        "List experiments, most recently changed first",
        ExperimentsAnswer,
        query=[
            asked("text", "what the name contains"),
            asked("lifecycle", "active (unless said otherwise) or trashed"),
            asked("limit", "1 to 1,000; 100 unless said otherwise", int),
            asked("after", "the `next` of the page before"),
        ],
        tag="experiments",
    )
    def get(self, _: Request, **_path: Any) -> HttpResponse:
        """A page of them."""
        given = self.request.query_params
        after = given.get("after", "")
        if after and place_after(after) is None:
            raise UserMistake("This page link is damaged; begin at the first page.", "after")
        page = find_experiments(
            self.workspace,
            text=clean_text(given.get("text", ""), "text", EXPERIMENT_NAME),
            lifecycle=lifecycle_named(given.get("lifecycle") or "active", Lifecycle.ACTIVE, Lifecycle.TRASHED),
            after=after,
            limit=self.whole("limit", 100, 1, MOST_EXPERIMENTS) or 100,
        )
        return as_json({"experiments": [experiment_shape(row) for row in page.rows], "next": page.next})

    @describe(
        "create_experiment", "Make an experiment", ExperimentAnswer, body=NewExperiment, status=201, tag="experiments"
    )
    def post(self, _: Request, **_path: Any) -> HttpResponse:
        """409 when the name is taken, also by one in the trash."""
        sent = self.sent_as(NewExperiment)
        made = create_experiment(
            self.workspace,
            sent["name"],
            self.author,
            tags=sent.get("tags", {}),
            description=sent.get("description", ""),
        )
        return as_json(_with_tags(made), 201)


class OneExperiment(ExperimentDoor):
    """One experiment, by its id."""

    @describe("get_experiment", "An experiment", ExperimentAnswer, tag="experiments")
    def get(self, _: Request, **_path: Any) -> HttpResponse:
        """With its tags."""
        return as_json(_with_tags(self.experiment))

    @describe("change_experiment", "Change an experiment", ExperimentAnswer, body=ExperimentChange, tag="experiments")
    def patch(self, _: Request, **_path: Any) -> HttpResponse:
        """Its name, description and lifecycle: all that was sent, or nothing."""
        sent = self.sent_as(ExperimentChange)
        with write_transaction():
            if "name" in sent:
                rename_experiment(self.experiment, sent["name"], self.author)
            if "description" in sent:
                describe_experiment(self.experiment, sent["description"], self.author)
            if "lifecycle" in sent:
                wanted = lifecycle_named(sent["lifecycle"], Lifecycle.ACTIVE, Lifecycle.TRASHED)
                (trash_experiment if wanted == Lifecycle.TRASHED else restore_experiment)(self.experiment, self.author)
        return as_json(_with_tags(Experiment.objects.get(pk=self.experiment.pk)))


def _with_tags(experiment: Experiment) -> Shape:
    tags = ExperimentTag.objects.filter(experiment=experiment).order_by("key").values_list("key", "value")
    return {**experiment_shape(experiment), "tags": dict(tags)}

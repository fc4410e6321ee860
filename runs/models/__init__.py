"""What is kept: every table of the studio."""

from runs.models.artifact import Artifact, Dataset, LoggedModel, RunDataset, RunModel
from runs.models.change import Change, StatusChange
from runs.models.experiment import (
    Compute,
    Experiment,
    ExperimentKey,
    ExperimentTag,
    Facet,
    Key,
    KeyKind,
    Lifecycle,
    Submitter,
)
from runs.models.metric import Flag, MetricBatch, MetricChunk, MetricOrigin, MetricTail, RunMetric
from runs.models.run import Favourite, Run, RunAttr, RunDoc, RunText
from runs.models.workspace import ApiToken, Member, Person, Role, SignInLink, Workspace

__all__ = [
    "ApiToken",
    "Artifact",
    "Change",
    "Compute",
    "Dataset",
    "Experiment",
    "ExperimentKey",
    "ExperimentTag",
    "Facet",
    "Favourite",
    "Flag",
    "Key",
    "KeyKind",
    "Lifecycle",
    "LoggedModel",
    "Member",
    "MetricBatch",
    "MetricChunk",
    "MetricOrigin",
    "MetricTail",
    "Person",
    "Role",
    "Run",
    "RunAttr",
    "RunDataset",
    "RunDoc",
    "RunMetric",
    "RunModel",
    "RunText",
    "SignInLink",
    "StatusChange",
    "Submitter",
    "Workspace",
]

"""Which columns does a person want in the list? A form with every field and key that the runs here use, with counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from runs.access import experiment_or_404, workspace_or_404
from runs.mistakes import UserMistake
from runs.models import Experiment, KeyKind, Workspace
from runs.pages.answers import person_of, show
from runs.pages.run_list import shown_at_first
from runs.query_language.field_names import field_to_text
from runs.query_language.fields import ROWS
from runs.query_language.order import columns_to_text, parse_columns
from runs.query_language.tree import Aggregate, Family, Field
from runs.query_language.words import field_words
from runs.reading.columns import keys_of
from runs.reading.run_search import RunSearch

_FAMILIES = (
    ("Metrics", KeyKind.METRIC, Family.METRIC),
    ("Parameters", KeyKind.PARAM, Family.PARAM),
    ("Tags", KeyKind.TAG, Family.TAG),
    ("Properties", KeyKind.PROPERTY, Family.PROPERTY),
)
_NOT_COLUMNS = frozenset({"name", "artifact_uri", "favourite"})
MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """One column one can tick: ``n`` runs have it (None: all of them)."""

    text: str
    label: str
    n: int | None
    chosen: bool


@require_safe
def run_columns(request: HttpRequest, workspace_name: str) -> HttpResponse:
    """The form; with ``apply`` the list with the ticked columns, with ``reset`` the list as it is at first."""
    workspace = workspace_or_404(person_of(request), workspace_name)
    name = request.GET.get("experiment", "")
    experiment = experiment_or_404(workspace, name) if name else None
    search = RunSearch.from_query(request.GET)
    if "apply" in request.GET or "reset" in request.GET:
        return redirect(_list_url(request, workspace, experiment, search))
    chosen = search.columns if search.columns is not None else shown_at_first(workspace, experiment)
    context = {
        "workspace": workspace,
        "experiment": experiment,
        "groups": _groups(workspace, experiment, chosen),
        "state": {name: text for name, text in search.to_query().items() if name not in {"cols", "after", "before"}},
    }
    return show(request, "runs/run_columns.html", context, part="form")


def _list_url(request: HttpRequest, workspace: Workspace, experiment: Experiment | None, search: RunSearch) -> str:
    query = {key: text for key, text in search.to_query().items() if key not in {"after", "before", "cols"}}
    if "reset" not in request.GET:
        query["cols"] = _ticked(request)
    path = (
        reverse("run_list", args=[workspace.name])
        if experiment is None
        else reverse("experiment_runs", args=[workspace.name, experiment.name])
    )
    return f"{path}?{urlencode(query)}" if query else path


def _ticked(request: HttpRequest) -> str:
    """The ticked fields in the order of the form; what is no field is left out."""
    fields: list[Field] = []
    for text in request.GET.getlist("col")[:200]:
        try:
            fields += parse_columns(text)
        except UserMistake:
            continue
    return columns_to_text(tuple(dict.fromkeys(fields))[:100])


def _groups(
    workspace: Workspace, experiment: Experiment | None, chosen: tuple[Field, ...]
) -> list[tuple[str, list[Choice]]]:
    """The fields in groups, shown ones first in their order. Four queries, one a family."""
    attributes = [Field(Family.ATTRIBUTE, row.name) for row in ROWS if row.name not in _NOT_COLUMNS]
    groups = [("Run", _choices([(field, None) for field in attributes], chosen, Family.ATTRIBUTE))]
    for label, kind, family in _FAMILIES:
        keys = keys_of(workspace, experiment, kind, limit=MOST_KEYS)
        found = [(Field(family, key), n) for key, n in keys if not key.startswith("mlflow.")]
        if choices := _choices(found, chosen, family):
            groups.append((label, choices))
    return groups


def _choices(found: Iterable[tuple[Field, int | None]], chosen: tuple[Field, ...], family: Family) -> list[Choice]:
    counts = dict(found)
    first = [field for field in chosen if field.family is family]
    fields = dict.fromkeys([*first, *counts])
    return [Choice(field_to_text(field), _label(field), counts.get(field), field in chosen) for field in fields]


def _label(field: Field) -> str:
    if field.family is Family.ATTRIBUTE:
        return field.key.replace("_", " ").capitalize()
    return field.key if field.aggregate is Aggregate.LAST else field_words(field)

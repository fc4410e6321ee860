"""How does a page of runs become a table? Columns with their heads, and rows made by the fast template."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.template import engines
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from runs.models import Workspace
from runs.query_language.field_names import field_to_text
from runs.query_language.fields import Kind, row_of
from runs.query_language.order import SortKey, columns_to_text, sort_to_text
from runs.query_language.tree import Aggregate, Family, Field
from runs.query_language.words import field_words
from runs.reading.run_rows import RunRow
from runs.reading.run_search import RunSearch

_KINDS = {
    "status": "status",
    "created": "time",
    "started": "time",
    "ended": "time",
    "duration": "duration",
    "experiment": "experiment",
    "id": "id",
    "parent": "run",
    "root": "run",
    "archived": "flag",
    "favourite": "flag",
}
_AGGREGATES = {Aggregate.LAST: "{}", Aggregate.COUNT: "points of {}"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: its head, its kind of cells, and the link that sorts by it (empty: cannot be sorted)."""

    field: Field
    text: str
    label: str
    title: str
    kind: str
    sort_url: str
    sorted: str

    @property
    def num(self) -> bool:
        """Whether its cells are numbers, aligned right."""
        return self.kind in {"number", "duration"}

    @property
    def classes(self) -> str:
        """The classes of a cell."""
        return "num" if self.num else "clip mono" if self.kind == "param" else "clip"


class Links:
    """Where names in the table lead. Knows the columns, so that child rows look like their parents."""

    def __init__(self, workspace: Workspace, columns: Sequence[Field], sort: tuple[SortKey, ...] = ()) -> None:
        self._name = workspace.name
        self._runs = reverse("run_list", args=[workspace.name])
        self._state = {"cols": columns_to_text(columns)} | ({"sort": sort_to_text(sort)} if sort else {})
        self._experiments: dict[str, str] = {}

    def run(self, uid: str) -> str:
        """A run's page."""
        return f"{self._runs}/{uid}"

    def children(self, uid: str) -> str:
        """A run's children as a page."""
        return f"{self._runs}/{uid}/children"

    def child_rows(self, uid: str, depth: int) -> str:
        """A run's children as rows of this table."""
        return f"{self._runs}/{uid}/child_rows?{urlencode({**self._state, 'depth': depth})}"

    def experiment(self, name: str) -> str:
        """An experiment's runs."""
        if name not in self._experiments:
            self._experiments[name] = reverse("experiment_runs", args=[self._name, name])
        return self._experiments[name]


def kind_of(field: Field) -> str:
    """Which kind of cells a field has."""
    if field.family is Family.METRIC:
        return "number"
    if field.family is Family.ATTRIBUTE:
        return _KINDS.get(field.key, "text")
    return "param" if field.family is Family.PARAM else "text"


def label_of(field: Field) -> str:
    """The words over a column: short, the field's full name is in the title."""
    if field.family is Family.METRIC:
        return _AGGREGATES.get(field.aggregate, f"{field.aggregate} {{}}").format(field.key)
    return field.key.capitalize() if field.family is Family.ATTRIBUTE else field.key


def heads(fields: Iterable[Field], search: RunSearch, address: str) -> list[Column]:
    """The columns with their sort links. ``address`` is the list's path."""
    return [_column(field, search, address) for field in fields]


def name_head(search: RunSearch, address: str) -> Column:
    """The first column, which is always there."""
    return _column(Field(Family.ATTRIBUTE, "name"), search, address)


def _column(field: Field, search: RunSearch, address: str) -> Column:
    key = search.sort[0] if search.sort and search.sort[0].field == field else None
    state = "" if key is None else "descending" if key.descending else "ascending"
    url = ""
    if row_of(field).sortable:
        descending = not key.descending if key is not None else _largest_first(field)
        query = search.to_query() | {"sort": sort_to_text([SortKey(field, descending)])}
        query.pop("after", None)
        query.pop("before", None)
        url = f"{address}?{urlencode(query)}"
    label = "Run" if field.key == "name" and field.family is Family.ATTRIBUTE else label_of(field)
    return Column(field, field_to_text(field), label, field_words(field), kind_of(field), url, state)


def _largest_first(field: Field) -> bool:
    """Numbers and times begin with the largest or latest, texts with A."""
    return row_of(field).kind in {Kind.NUMBER, Kind.TIME, Kind.DURATION, Kind.MIXED}


def rows_html(
    rows: Sequence[RunRow],
    columns: Sequence[Column],
    links: Links,
    *,
    nested: bool = False,
    depth: int = 0,
    under: str = "",
    more_url: str = "",
) -> SafeString:
    """The table's rows. ``depth`` 1 to 4 are child rows, which stand ``under`` a run."""
    context = {
        "rows": rows,
        "columns": columns,
        "links": links,
        "nested": nested,
        "has_twisties": nested and any(row.children for row in rows),
        "depth": depth,
        "under": under,
        "more_url": more_url,
    }
    html = engines["fast"].get_template("run_rows.html").render(context)
    return mark_safe(html)  # noqa: S308 - that engine escapes what it is given

"""docs/query-language.md says what the field table and the parser say."""

import re
from pathlib import Path

import pytest

from runs.query_language import engine
from runs.query_language.fields import FAMILY_ROWS, ROWS, Row
from runs.query_language.mlflow_names import parse_mlflow_filter
from runs.query_language.order import parse_columns, parse_group, parse_sort
from runs.query_language.parser import parse
from runs.query_language.tree import Aggregate, Op
from runs.statuses import GROUPS, MLFLOW_WORD, Status

PAGE = (Path(__file__).parents[2] / "docs" / "query-language.md").read_text(encoding="utf-8")
READERS = {"query": parse, "sql": parse_mlflow_filter, "sort": parse_sort, "cols": parse_columns, "group": parse_group}
BLOCKS = [
    (kind, line) for kind, body in re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL) for line in body.splitlines()
]


def field_line(row: Row) -> str:
    """The line of the page's tables that a row of the field table stands for."""
    aliases = ", ".join(f"`{alias}`" for alias in row.aliases)
    return f"| `{row.name}` | {aliases} | {row.kind.expects} | {row.about} | `{row.example}` |"


@pytest.mark.parametrize("row", [*ROWS, *FAMILY_ROWS], ids=lambda row: row.name)
def test_the_page_has_each_field_as_the_table_has_it(row: Row) -> None:
    assert field_line(row) in PAGE


@pytest.mark.parametrize("row", [*ROWS, *FAMILY_ROWS], ids=lambda row: row.name)
def test_the_example_of_each_field_is_a_query_about_it(row: Row) -> None:
    assert parse(row.example) is not None
    assert row.name in row.example


def test_the_page_has_no_field_that_the_table_lacks() -> None:
    listed = re.findall(r"^\| `([^`]+)` \| .* \| .* \| .* \| `.*` \|$", PAGE, re.MULTILINE)
    assert listed == [row.name for row in (*ROWS, *FAMILY_ROWS)]


@pytest.mark.parametrize("op", Op)
def test_the_page_explains_every_operator(op: Op) -> None:
    assert f"`{op}`" in PAGE


def test_the_page_names_every_state_group_and_aggregate() -> None:
    words = [status.word for status in Status] + list(GROUPS) + list(MLFLOW_WORD.values()) + list(Aggregate)
    assert [word for word in words if f"`{word}`" not in PAGE] == []


def test_the_page_names_the_limits() -> None:
    for limit in (f"{engine.LONGEST:,}", str(engine.MOST_CONDITIONS), str(engine.DEEPEST)):
        assert limit in PAGE


@pytest.mark.parametrize(("kind", "line"), BLOCKS, ids=[line for _, line in BLOCKS])
def test_every_example_of_the_page_reads(kind: str, line: str) -> None:
    assert READERS[kind](line)


def test_the_page_has_examples_of_every_kind() -> None:
    assert {kind for kind, _ in BLOCKS} == set(READERS)

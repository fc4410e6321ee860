"""A tree turns into text, and the text back into the same tree."""

import pytest
from hypothesis import given, settings

from runs.query_language.order import SortKey, columns_to_text, parse_columns, parse_sort, sort_to_text
from runs.query_language.parser import parse
from runs.query_language.printing import to_text
from runs.query_language.tree import Field, Node
from runs.query_language.words import to_words
from tests.query_language.trees import fields, nodes


@settings(max_examples=500, deadline=None)
@given(nodes())
def test_the_text_of_every_tree_reads_back_as_that_tree(tree: Node) -> None:
    assert parse(to_text(tree)) == tree


@settings(max_examples=150, deadline=None)
@given(nodes())
def test_every_tree_can_be_said_in_words(tree: Node) -> None:
    assert to_words(tree)


@settings(max_examples=150, deadline=None)
@given(fields())
def test_every_field_reads_back_as_a_column_and_as_a_sort_key(given_field: tuple[Field, object]) -> None:
    field, row = given_field
    assert parse_columns(columns_to_text([field])) == (field,)
    if row.sortable:  # type: ignore[attr-defined]
        keys = (SortKey(field, descending=True),)
        assert parse_sort(sort_to_text(keys)) == keys


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("STATUS:FAILED", "status:Failed"),
        ("status in (failed)", "status:Failed"),
        ("exp:churn and user:me", "experiment:churn submitter:me"),
        ("params.lr == 1e-3", "param.lr = 1e-3"),
        ("tag.a:'x y'", 'tag.a:"x y"'),
        ("a and b or c", "(a AND b) OR c"),
        ("-(a b)", "NOT (a AND b)"),
        ("created:2026-11-23T10:15+02:00", "created:2026-11-23T08:15"),
        ("metric.`val loss` > 0.5", 'metric."val loss" > 0.5'),
        ("duration > 90", "duration > 90s"),
        ("archived != no", "archived:yes"),
        ("tag.a = null", "tag.a IS NULL"),
        ("created != null", "has:created"),
        ('"tag.a"', '"tag.a"'),
        ("description:lr,rate", "description:lr OR description:rate"),
    ],
)
def test_there_is_one_canonical_spelling(written: str, canonical: str) -> None:
    assert to_text(parse(written)) == canonical


def test_no_query_is_empty_text() -> None:
    assert to_text(None) == ""
    assert to_text(parse("  \n ")) == ""

"""Sort, columns and groups name fields exactly as queries do."""

import pytest

from runs.mistakes import UserMistake
from runs.query_language.order import SortKey, columns_to_text, parse_columns, parse_group, parse_sort, sort_to_text
from runs.query_language.tree import Aggregate, Family, Field

NAME = Field(Family.ATTRIBUTE, "name")
ACC = Field(Family.METRIC, "acc")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ()),
        ("-metric.acc,name", (SortKey(ACC, True), SortKey(NAME))),
        (" run_name , +metrics.acc ,", (SortKey(NAME), SortKey(ACC))),
        ("name,-name", (SortKey(NAME),)),
        ("-max(metric.acc)", (SortKey(Field(Family.METRIC, "acc", Aggregate.MAX), True),)),
        ('param."a,b"', (SortKey(Field(Family.PARAM, "a,b")),)),
    ],
)
def test_a_sort_is_fields_with_an_optional_minus(text: str, keys: tuple[SortKey, ...]) -> None:
    assert parse_sort(text) == keys
    assert parse_sort(sort_to_text(keys)) == keys


def test_columns_are_fields_each_once() -> None:
    fields = parse_columns("status,min(metric.loss),param.lr,tag.quality,state")
    assert columns_to_text(fields) == "status,min(metric.loss),param.lr,tag.quality"


def test_groups_are_fields_with_few_values() -> None:
    assert parse_group("param.optimizer,status") == (
        Field(Family.PARAM, "optimizer"),
        Field(Family.ATTRIBUTE, "status"),
    )


@pytest.mark.parametrize(
    ("parse", "text", "field", "position", "message"),
    [
        (parse_sort, "name,-nmae", "sort", 6, "did you mean name?"),
        (parse_sort, "description", "sort", 0, "cannot be sorted by"),
        (parse_sort, "created,started,ended,duration,name,type,status,id,compute", "sort", None, "at most 8"),
        (parse_sort, 'param."a', "sort", 6, "never closed"),
        (parse_columns, "status, metric.", "cols", 8, "needs a name"),
        (parse_columns, "x" * 9000, "cols", None, "8192"),
        (parse_columns, "na\0me", "cols", None, "NUL"),
        (parse_group, "metric.loss", "group", 0, "too many values"),
        (parse_group, "type,status,compute,name", "group", None, "at most 3"),
    ],
)
def test_a_mistake_names_its_input_and_column(parse, text, field, position, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserMistake) as caught:
        parse(text)
    assert (caught.value.field, caught.value.position) == (field, position)
    assert message in caught.value.message

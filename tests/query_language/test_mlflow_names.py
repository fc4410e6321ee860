"""MLflow's filters and orders mean the same trees; its mistakes keep its words."""

import pytest

from runs.mistakes import UserMistake
from runs.query_language.mlflow_names import EXPERIMENTS, MODELS, RUNS, Names, parse_mlflow_filter, parse_mlflow_order
from runs.query_language.order import sort_to_text
from runs.query_language.parser import parse
from runs.query_language.printing import to_text
from runs.query_language.tree import Condition, Family, Field, Moment, Op, Precision, Word

SAME = [
    ("", ""),
    ("metrics.acc >= 0.9", "metric.acc >= 0.9"),
    ("metric.`val loss` < 1e-3", 'metric."val loss" < 1e-3'),
    ("metrics.a > -.5 and", "metric.a > -.5"),
    ("metrics.a > 1 AND params.b = 'x' and tags.c != \"y\"", "metric.a > 1 param.b = x tag.c != y"),
    ("params.\"learning rate\" = '0.01'", 'param."learning rate" = "0.01"'),
    ("parameters.x LIKE 'ab%'", 'param.x LIKE "ab%"'),
    ("tags.mlflow.user ilike '%Ann%'", 'tag.mlflow.user ILIKE "%Ann%"'),
    ("tags.`mlflow.parentRunId` = 'abc'", "tag.mlflow.parentRunId:abc"),
    ("tags.x IS NULL", "tag.x IS NULL"),
    ("params.x is not null", "param.x"),
    ("run_id = 'abc'", "id:abc"),
    ("attributes.run_id IN ('a', \"b\")", "id:a,b"),
    ("run_id NOT IN ('a','b')", "id NOT IN (a, b)"),
    ("run_id IN ('a',)", "id:a"),
    ("run_name = 'x'", "name:x"),
    ("attribute.`run name` LIKE 'x%'", 'name LIKE "x%"'),
    ("`Run Name` = 'x'", "name:x"),
    ("user_id != 'me'", 'submitter != "me"'),
    ("artifact_uri LIKE '%x'", 'artifact_uri LIKE "%x"'),
    ("attr.status = 'FINISHED'", "status:Completed"),
    ("run.status = 'RUNNING'", "status:running"),
    ("status != 'KILLED'", "status != Canceled"),
    ("status LIKE '%ED'", "status:waiting,Completed,Failed,Canceled"),
    ("status ILIKE 'fin____d'", "status:Completed"),
    ("status = 'nonsense'", "status IS NULL"),
    ("status != 'nonsense'", "has:status"),
    ("start_time >= 1700000000000", "started >= 2023-11-14T22:13:20.000"),
    ("Created < 1.7e12", "started < 2023-11-14T22:13:20.000"),
    ("end_time > -5", "ended > 1970-01-01T00:00:00.000"),
    ("dataset.name = 'mnist'", "dataset.name:mnist"),
    ("datasets.context IN ('train', 'eval')", "dataset.context:train,eval"),
    ("tags.q = 'it''s'", 'tag.q:"it\'s"'),
    # beyond MLflow
    ("metrics.a > 1 or not (tags.b = 'x')", "metric.a > 1 OR NOT tag.b:x"),
    ("params.lr < 0.1", "param.lr < 0.1"),
    ("tags.a in ('x', 'y')", "tag.a:x,y"),
    ("status IN ('FAILED', 'KILLED')", "status:Failed,Canceled"),
    ("metrics.a IS NULL", "metric.a IS NULL"),
]


@pytest.mark.parametrize(("theirs", "ours"), SAME, ids=[row[0] for row in SAME])
def test_a_filter_means_what_our_query_means(theirs: str, ours: str) -> None:
    tree = parse_mlflow_filter(theirs)
    assert to_text(tree) == ours
    assert parse(ours) == tree


REFUSED = [
    ("metrics.a > '1'", 12, "Expected numeric value type for metric. Found '1'"),
    ("metrics.a = nan", 12, "Expected numeric value type for metric. Found nan"),
    ("metrics.a LIKE 'x'", 10, "Invalid comparator 'LIKE' not one of"),
    ("params.a = 1", 11, "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1"),
    ("params.a > '1'", 9, "Invalid comparator '>' not one of"),
    ("tags.a = x", 9, "Parameter value is either not quoted or unidentified quote types"),
    ("run_id = 5", 9, "Expected a quoted string value for attributes. Got value 5"),
    ("dataset.name = 5", 15, "Expected a quoted string value for dataset attributes"),
    ("start_time > 'x'", 13, "Expected numeric value type for numeric attribute: start_time. Found 'x'"),
    ("start_time LIKE 'x'", 11, "Invalid comparator 'LIKE'"),
    ("foo.bar = 'x'", 0, "Invalid entity type 'foo'. Valid values are ["),
    ("metric.a > 1 and attribute.nmae = 'x'", 17, "Invalid attribute key 'nmae' specified. Valid keys are"),
    ("run_nme = 'x'", 0, "did you mean run_name?"),
    ("dataset.x = 'd'", 0, "Invalid dataset key 'x' specified. Valid keys are"),
    ("params.a ~= 'x'", 9, "Invalid comparator '~=' not one of"),
    ("metrics.a", 9, "Invalid comparison clause"),
    ("metrics.a >", 11, "Invalid comparison clause"),
    ("metrics.a BETWEEN 1 AND 2", 10, "Invalid comparison clause. Expected comparison found 'BETWEEN"),
    ("metrics.a > 1 foo", 17, "Invalid comparison clause"),
    ("params.a = 'x", 11, "Invalid clause(s) in filter string: this quote is never closed"),
    ("= 1", 0, "Invalid clause(s) in filter string: '= 1'"),
    ("metrics.a > 1; drop", 13, "Search filter contained multiple expression"),
    ("run_id IN ()", 11, "expected a non-empty list of string values, but got empty list"),
    ("run_id IN (1, 2)", 11, "While parsing a list in the query, expected string value"),
    ("(metrics.a > 1", 0, "Invalid filter string. This ( is never closed"),
    ("tags.a = 'x\0'", 11, "Invalid filter string. A NUL character"),
    ("x" * 70_000, 65_536, "at most 65,536 characters"),
]


@pytest.mark.parametrize(("text", "position", "message"), REFUSED, ids=[row[0][:40] for row in REFUSED])
def test_a_mistake_in_a_filter_has_mlflows_words(text: str, position: int, message: str) -> None:
    with pytest.raises(UserMistake) as caught:
        parse_mlflow_filter(text)
    assert (caught.value.field, caught.value.position) == ("filter", position)
    assert message in caught.value.message


def test_a_long_list_of_run_ids_is_fine() -> None:
    ids = [f"{number:032x}" for number in range(1500)]
    tree = parse_mlflow_filter(f"run_id IN ({', '.join(repr(one) for one in ids)})")
    assert isinstance(tree, Condition)
    assert tree.values == tuple(map(Word, ids))


def test_experiments_and_models_have_their_own_names() -> None:
    created = Condition(Field(Family.ATTRIBUTE, "created"), Op.GREATER, (Moment(5, Precision.MILLISECOND),))
    assert parse_mlflow_filter("creation_time > 5", EXPERIMENTS) == created
    assert parse_mlflow_filter("creation_timestamp > 5", MODELS) == created
    updated = Condition(Field(Family.ATTRIBUTE, "updated"), Op.EQUAL, (Moment(7, Precision.MILLISECOND),))
    assert parse_mlflow_filter("attribute.last_update_time = 7", EXPERIMENTS) == updated
    by_run = Condition(Field(Family.ATTRIBUTE, "source_run"), Op.EQUAL, (Word("abc"),))
    assert parse_mlflow_filter("source_run_id = 'abc'", MODELS) == by_run
    ready = Condition(Field(Family.ATTRIBUTE, "status"), Op.EQUAL, (Word("READY"),))
    assert parse_mlflow_filter("status = 'READY'", MODELS) == ready


@pytest.mark.parametrize(("text", "names"), [("metrics.a > 1", EXPERIMENTS), ("dataset.name = 'x'", MODELS)])
def test_experiments_have_no_metrics_and_models_no_datasets(text: str, names: Names) -> None:
    with pytest.raises(UserMistake, match="Invalid entity type"):
        parse_mlflow_filter(text, names)


@pytest.mark.parametrize(
    ("clauses", "ours"),
    [
        ([], ""),
        (["metrics.acc DESC", "start_time asc", "params.`a b`"], '-metric.acc,started,param."a b"'),
        (['tags."x y" Desc', "  Created  "], '-tag."x y",started'),
        (["run_name", "run_name DESC", "artifact_uri"], "name,id"),
        (["`Run name` desc"], "-name"),
    ],
)
def test_an_order_is_sort_keys(clauses: list[str], ours: str) -> None:
    assert sort_to_text(parse_mlflow_order(clauses, RUNS)) == ours


@pytest.mark.parametrize(
    ("clause", "message"),
    [
        ("", "Invalid order_by clause ''. Could not be parsed."),
        ("metrics.a b c", "Invalid order_by clause 'metrics.a b c'. Could not be parsed."),
        ("metrics.a up", "Invalid ordering key in order_by clause 'metrics.a up'."),
        ("foo", "Invalid attribute key 'foo' specified. Valid keys are"),
        ("what.foo", "Invalid entity type 'what'."),
        ("dataset.name", "Invalid order_by entity type 'dataset'"),
        ("x" * 600, "the limit is 512"),
    ],
)
def test_a_mistake_in_an_order_has_mlflows_words(clause: str, message: str) -> None:
    with pytest.raises(UserMistake) as caught:
        parse_mlflow_order([clause])
    assert caught.value.field == "order_by"
    assert message in caught.value.message


def test_an_order_has_a_bounded_number_of_clauses() -> None:
    with pytest.raises(UserMistake, match="at most 20"):
        parse_mlflow_order(["run_id"] * 21)

"""What people write, what it means, and what they are told when it means nothing."""

import time

import pytest

from runs.mistakes import UserMistake
from runs.query_language.parser import parse
from runs.query_language.times import parse_moment
from runs.query_language.tree import (
    Age,
    Aggregate,
    And,
    Condition,
    Day,
    Family,
    Field,
    Flag,
    Me,
    Node,
    Not,
    Number,
    Op,
    Or,
    Range,
    StatusSet,
    Text,
    Unit,
    Word,
    fields_used,
    leaves,
)
from runs.statuses import GROUPS, Status

STATUS = Field(Family.ATTRIBUTE, "status")
NAME = Field(Family.ATTRIBUTE, "name")
CREATED = Field(Family.ATTRIBUTE, "created")
LOSS = Field(Family.METRIC, "loss")
FAILED = StatusSet("Failed", (Status.FAILED,))
RUNNING = StatusSet("Running", (Status.RUNNING,))
ENDED = StatusSet("ended", tuple(sorted(GROUPS["ended"])))


def tag(key: str) -> Field:
    return Field(Family.TAG, key)


def param(key: str) -> Field:
    return Field(Family.PARAM, key)


def attribute(key: str) -> Field:
    return Field(Family.ATTRIBUTE, key)


CONDITIONS = [
    ("status:failed", STATUS, Op.EQUAL, FAILED),
    ("status = FAILED", STATUS, Op.EQUAL, FAILED),
    ("status:finished", STATUS, Op.EQUAL, StatusSet("Completed", (Status.COMPLETED,))),
    ("status:KILLED", STATUS, Op.EQUAL, StatusSet("Canceled", (Status.CANCELED,))),
    ("status:cancel_requested", STATUS, Op.EQUAL, StatusSet("CancelRequested", (Status.CANCEL_REQUESTED,))),
    ("status:Running", STATUS, Op.EQUAL, RUNNING),
    ("status:ended", STATUS, Op.EQUAL, ENDED),
    ("status != ended", STATUS, Op.NOT_EQUAL, ENDED),
    ("metric.loss < 0.3", LOSS, Op.LESS, Number("0.3")),
    ("metrics.loss>=-1e-3", LOSS, Op.GREATER_EQUAL, Number("-1e-3")),
    ("metric.loss:>0.3", LOSS, Op.GREATER, Number("0.3")),
    ("metric.loss = nan", LOSS, Op.EQUAL, Number("nan")),
    ("metric.loss < Infinity", LOSS, Op.LESS, Number("infinity")),
    ("metric.loss:0.1..0.5", LOSS, Op.EQUAL, Range(Number("0.1"), Number("0.5"))),
    ("metric.loss:..5", LOSS, Op.EQUAL, Range(None, Number("5"))),
    ("MIN(metric.val_loss) < 0.12", Field(Family.METRIC, "val_loss", Aggregate.MIN), Op.LESS, Number("0.12")),
    ("count( metric.loss ) <> 0", Field(Family.METRIC, "loss", Aggregate.COUNT), Op.NOT_EQUAL, Number("0")),
    ("param.optimizer = adam", param("optimizer"), Op.EQUAL, Word("adam")),
    ("params.`learning rate` = '0.01'", param("learning rate"), Op.EQUAL, Word("0.01")),
    ("parameter.lr = 0.01", param("lr"), Op.EQUAL, Number("0.01")),
    ('tag.quality:"fantastic run"', tag("quality"), Op.EQUAL, Word("fantastic run")),
    ("tags.\"mlflow.source.name\" LIKE '%train%'", tag("mlflow.source.name"), Op.LIKE, Word("%train%")),
    ("tag.a not ilike 'x%'", tag("a"), Op.NOT_ILIKE, Word("x%")),
    ("tag.path:../data", tag("path"), Op.EQUAL, Word("../data")),
    ("tag.v:a..b", tag("v"), Op.EQUAL, Word("a..b")),
    ("tag.url:http://x.org/?a=1", tag("url"), Op.EQUAL, Word("http://x.org/?a=1")),
    (r'tag.q:"say \"hi\" C:\dir"', tag("q"), Op.EQUAL, Word(r'say "hi" C:\dir')),
    ("tag.größe:groß", tag("größe"), Op.EQUAL, Word("groß")),
    ("property.author = azureml-user", Field(Family.PROPERTY, "author"), Op.EQUAL, Word("azureml-user")),
    ("dataset.name:mnist", Field(Family.DATASET, "name"), Op.EQUAL, Word("mnist")),
    ("attributes.run_name ~ res", NAME, Op.CONTAINS, Word("res")),
    ("description:rate", attribute("description"), Op.CONTAINS, Word("rate")),
    ("submitter:me", attribute("submitter"), Op.EQUAL, Me()),
    ('submitter:"me"', attribute("submitter"), Op.EQUAL, Word("me")),
    ("name:me", NAME, Op.EQUAL, Word("me")),
    ('name = ""', NAME, Op.EQUAL, Word("")),
    ("name:don't", NAME, Op.EQUAL, Word("don't")),
    ("name: and", NAME, Op.EQUAL, Word("and")),
    ("archived:yes", attribute("archived"), Op.EQUAL, Flag(True)),
    ("favorite != true", attribute("favourite"), Op.EQUAL, Flag(False)),
    ("created > 7d", CREATED, Op.GREATER, Age(7, Unit.DAY)),
    ("created:24h", CREATED, Op.EQUAL, Age(24, Unit.HOUR)),
    ("created:yesterday", CREATED, Op.EQUAL, Day(1)),
    ("created:2026-11-23", CREATED, Op.EQUAL, parse_moment("2026-11-23")),
    ("created > '2026-11-23 10:15'", CREATED, Op.GREATER, parse_moment("2026-11-23T10:15")),
    (
        "created:2026-11-01..2026-11-15",
        CREATED,
        Op.EQUAL,
        Range(parse_moment("2026-11-01"), parse_moment("2026-11-15")),
    ),  # type: ignore[arg-type]
    ("duration > 2h", attribute("duration"), Op.GREATER, Age(2, Unit.HOUR)),
    ("duration < 1h30m", attribute("duration"), Op.LESS, Age(90, Unit.MINUTE)),
    ("duration >= 0.5", attribute("duration"), Op.GREATER_EQUAL, Age(500, Unit.MILLISECOND)),
]


@pytest.mark.parametrize(("text", "field", "op", "value"), CONDITIONS, ids=[row[0] for row in CONDITIONS])
def test_a_condition_means_field_operator_and_value(text: str, field: Field, op: Op, value: object) -> None:
    assert parse(text) == Condition(field, op, (value,))  # type: ignore[arg-type]


def test_running_in_lower_case_is_the_group() -> None:
    node = parse("status:running")
    assert isinstance(node, Condition)
    assert isinstance(node.value, StatusSet)
    assert set(node.value.statuses) == GROUPS["running"]


TREES: list[tuple[str, Node | None]] = [
    ("", None),
    (" \t\n", None),
    ("loss", Text("loss")),
    ('"out of memory"', Text("out of memory")),
    ("a b", And((Text("a"), Text("b")))),
    ("a AND b and c", And((Text("a"), Text("b"), Text("c")))),
    ("a or b c", Or((Text("a"), And((Text("b"), Text("c")))))),
    ("(a or b) c", And((Or((Text("a"), Text("b"))), Text("c")))),
    ("((a))", Text("a")),
    ("NOT a", Not(Text("a"))),
    ("-a -b", And((Not(Text("a")), Not(Text("b"))))),
    ("not (a or b)", Not(Or((Text("a"), Text("b"))))),
    ("- --lr x-y", And((Text("-"), Text("--lr"), Text("x-y")))),
    ("runs in london", And((Text("runs"), Text("in"), Text("london")))),
    ("android notes order", And((Text("android"), Text("notes"), Text("order")))),
    ("Error, again!", And((Text("Error,"), Text("again!")))),
    ("model.pt", Text("model.pt")),
    ("tag.K", Condition(tag("K"), Op.EXISTS)),
    ("-tag.K", Not(Condition(tag("K"), Op.EXISTS))),
    ("has:ended", Condition(attribute("ended"), Op.EXISTS)),
    ("has: param.lr", Condition(param("lr"), Op.EXISTS)),
    ("ended is null", Condition(attribute("ended"), Op.MISSING)),
    ("tag.a IS  NOT  NULL", Condition(tag("a"), Op.EXISTS)),
    ("ended:null", Condition(attribute("ended"), Op.MISSING)),
    ("description:null", Condition(attribute("description"), Op.MISSING)),
    ('tag.a:"null"', Condition(tag("a"), Op.EQUAL, (Word("null"),))),
    ("status:failed,ended", Condition(STATUS, Op.IN, (FAILED, ENDED))),
    ("status IN (failed, 'ended')", Condition(STATUS, Op.IN, (FAILED, ENDED))),
    ("status: failed , failed", Condition(STATUS, Op.EQUAL, (FAILED,))),
    ("name not in (a, b)", Condition(NAME, Op.NOT_IN, (Word("a"), Word("b")))),
    ("name not in (a)", Condition(NAME, Op.NOT_EQUAL, (Word("a"),))),
    ("tag.a:x,null", Or((Condition(tag("a"), Op.EQUAL, (Word("x"),)), Condition(tag("a"), Op.MISSING)))),
    ("tag.a not in (x, null)", Condition(tag("a"), Op.NOT_EQUAL, (Word("x"),))),
]


@pytest.mark.parametrize(("text", "tree"), TREES, ids=[repr(row[0]) for row in TREES])
def test_parts_combine_as_they_read(text: str, tree: Node | None) -> None:
    assert parse(text) == tree


MISTAKES = [
    ("created:banana", 8, "a date such as"),
    ("created:2026-13-01", 8, "a date such as"),
    ("created:1969-01-01", 8, "a date such as"),
    ("created > 9999999999d", 10, "a date such as"),
    ("a status:nope", 9, "nope is no status"),
    ("status:faild", 7, "did you mean Failed?"),
    ("metric.loss = abc", 14, "metric.loss is compared with a number, not with abc"),
    ("metric.loss < 1e999", 14, "a number"),
    ("metric.loss > nan", 14, "write metric.loss = nan"),
    ("metric.loss:2..1", 12, "did you mean 1..2?"),
    ("metric.loss > 1..2", 14, "write metric.loss:1..2"),
    ("metric.loss ~ 3", 12, "cannot be compared with ~"),
    ("status < failed", 7, "it takes"),
    ("archived:perhaps", 9, "yes or no"),
    ("archived is null", 9, "write archived:yes"),
    ("statsu:failed", 0, "did you mean status?"),
    ("metrix.loss < 1", 0, "did you mean metric.loss?"),
    ("http://x.org", 0, "http is not a field"),
    ("metric > 1", 0, "metric needs a name: metric.NAME"),
    ("min(loss) < 1", 0, "did you mean min(metric.loss)?"),
    ("max(param.lr) < 1", 0, "Only a metric has a max"),
    ("dataset.nam:x", 0, "did you mean name?"),
    ('tag."" = 1', 0, "needs a name"),
    ("x (a", 2, "never closed"),
    ("a) b", 1, "closes nothing"),
    ('x "abc', 2, "quote is never closed"),
    ("name:'abc", 5, "quote is never closed"),
    ("status:", 7, "value is missing"),
    ("name =", 6, "value is missing"),
    ("status IN ()", 11, "value is missing"),
    ("a and", 5, "stops too early"),
    (":x", 0, "no field before"),
    ("a , b", 2, "cannot stand here"),
    ("`x`", 0, "Backticks go around a name"),
    ('""', 0, "nothing between these quotes"),
    ("name ~ ''", 7, "needs some text"),
    ("a\0b", 1, "NUL"),
    ("a \ud800", 2, "surrogate"),
    ("x" * 4097, 4096, "at most 4,096 characters"),
    ("(" * 51 + "x" + ")" * 51, 50, "at most 50 levels"),
    ("not " * 51 + "x", 200, "at most 50 levels"),
    ("a " * 201, 400, "at most 200 conditions"),
]


@pytest.mark.parametrize(("text", "position", "message"), MISTAKES, ids=[row[0][:30] for row in MISTAKES])
def test_a_mistake_names_its_column_and_says_what_to_do(text: str, position: int, message: str) -> None:
    with pytest.raises(UserMistake) as caught:
        parse(text)
    assert (caught.value.field, caught.value.position) == ("query", position)
    assert message in caught.value.message


def test_the_limits_themselves_are_allowed() -> None:
    assert parse("x" * 4096) == Text("x" * 4096)
    assert parse("(" * 50 + "x" + ")" * 50) == Text("x")
    assert len(list(leaves(parse("a " * 200)))) == 200


def test_every_part_knows_where_it_stands() -> None:
    text = 'status:failed -(tag.a = 1 OR "two words") min(metric.x) < 3'
    tree = parse(text)
    assert isinstance(tree, And)
    parts = [text[part.span[0] : part.span[1]] for part in tree.parts]
    assert parts == ["status:failed", '-(tag.a = 1 OR "two words")', "min(metric.x) < 3"]
    assert [text[slice(*leaf.span)] for leaf in leaves(tree)] == ["status:failed", "tag.a = 1", '"two words"', parts[2]]


def test_the_fields_of_a_tree_are_listed_once() -> None:
    assert fields_used(parse("tag.a = 1 (status:failed or tag.a = 2) x")) == (tag("a"), STATUS)
    assert fields_used(None) == ()


def test_a_tree_holds_plain_strings_only() -> None:
    tree = parse("word tag.key:value metric.x > 5")
    texts = [leaf.text if isinstance(leaf, Text) else leaf.values[0].text for leaf in leaves(tree)]  # type: ignore[union-attr]
    assert {type(text) for text in texts} == {str}
    assert {type(field.key) for field in fields_used(tree)} == {str}


def test_an_ordinary_query_reads_fast() -> None:
    text = 'status:failed experiment:churn metric.loss < 0.3 tag.quality:"fantastic run" "out of memory"'
    parse(text)
    took = []
    for _ in range(50):
        begin = time.perf_counter()
        parse(text)
        took.append(time.perf_counter() - begin)
    assert min(took) < 0.002  # about 0.0002 on an idle core

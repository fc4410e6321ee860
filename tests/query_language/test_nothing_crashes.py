"""Whatever is typed, the answer is a tree or a UserMistake, and comes soon."""

import random
import time
from collections.abc import Callable

import pytest

from runs.mistakes import UserMistake
from runs.query_language.mlflow_names import EXPERIMENTS, MODELS, parse_mlflow_filter, parse_mlflow_order
from runs.query_language.order import parse_columns, parse_group, parse_sort
from runs.query_language.parser import parse
from runs.query_language.printing import to_text
from runs.query_language.words import to_words

ORDINARY = """status metric.loss tag.a param.`x` min( max(metric.a) has: : = != < >= ~ ( ) , - .. and or not in is like
null me 7d 1h30m 2026-11-23 2026 nan 1e9 failed running created duration archived yes % desc asc metrics.a>1 tags.b='x'
name='y' creation_time status:failed metric.loss<0.3 "a" created:today attributes.run_id""".split()
ODD = ["\"", "'", "`", "\\", ";", "\0", "\ud800", "\u202e", "İ", "ı", "ſ", "mİn(metric.x)", "tagſ.x", "7ſ", "lİke 'x'",
       "１２", "🙂", "\n", "*", "[", "$", "is not null", "not in (a)"]  # fmt: skip
REPEATED = [
    '"',
    "'",
    "(",
    "min(",
    'tag."',
    "not ",
    "-",
    "a or ",
    "is ",
    "\\",
    "in (",
    '"\\',
    "x,",
    "..",
    "tag.a:1,",
    "9",
]
READERS: dict[str, Callable[[str], object]] = {
    "query": parse,
    "sort": parse_sort,
    "columns": parse_columns,
    "group": parse_group,
    "MLflow filter": parse_mlflow_filter,
    "MLflow experiments": lambda text: parse_mlflow_filter(text, EXPERIMENTS),
    "MLflow models": lambda text: parse_mlflow_filter(text, MODELS),
    "MLflow order": lambda text: parse_mlflow_order([text]),
}


def random_texts(n: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return [random_text(chance) for _ in range(n)]


def random_text(chance: random.Random) -> str:
    if chance.random() < 0.2:
        return "".join(chr(chance.choice([chance.randrange(32, 127), chance.randrange(0x110000)])) for _ in range(20))
    pieces = ORDINARY + ODD if chance.random() < 0.4 else ORDINARY
    return chance.choice(["", " ", " "]).join(chance.choices(pieces, k=chance.randrange(1, 10)))


@pytest.mark.parametrize("reader", READERS)
def test_ten_thousand_random_texts_give_an_answer_or_a_mistake(reader: str) -> None:
    understood = 0
    for text in random_texts(10_000 if reader == "query" else 3_000, seed=7):
        try:
            found = READERS[reader](text)
        except UserMistake as mistake:
            assert mistake.message
            assert mistake.position is None or 0 <= mistake.position <= len(text)
            continue
        understood += 1
        if reader == "query" and found is not None:
            assert parse(to_text(found)) == found  # type: ignore[arg-type]
            assert to_words(found)  # type: ignore[arg-type]
    assert understood >= 10


@pytest.mark.parametrize(
    "piece",
    ['"', "'", "(", "min(", 'tag."', "not ", "-", "a or ", "is ", "\\", "in (", '"\\', "x,", "..", "t:1,", "9"],
)
@pytest.mark.parametrize("reader", READERS)
def test_a_long_repetition_is_answered_at_once(reader: str, piece: str) -> None:
    text = (piece * 4096)[:4096]
    begin = time.perf_counter()
    try:
        READERS[reader](text)
    except UserMistake as mistake:
        assert len(mistake.message) < 1000
    assert time.perf_counter() - begin < 1

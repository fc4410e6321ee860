"""Random trees, sorts and pages: the SQL finds exactly the runs that plain Python finds, on both databases."""

import math
import random

import pytest

from runs.models import Experiment
from runs.query_language.order import SortKey
from runs.query_language.tree import (
    Age,
    Aggregate,
    And,
    Condition,
    Family,
    Field,
    Flag,
    Me,
    Moment,
    Not,
    Number,
    Op,
    Or,
    Precision,
    Range,
    StatusSet,
    Text,
    Unit,
    Word,
)
from runs.reading import planner, sorted_runs
from runs.reading.cursors import read_cursor
from runs.reading.find_runs import count_runs, find_runs
from runs.reading.run_search import RunSearch
from runs.statuses import GROUPS, Status
from tests.cast import Cast
from tests.reading.plain_answers import aggregate, as_number, matches
from tests.reading.random_runs import DAY, NAMES, NUMBERS, START_MS, TEXTS, Known, make_workspace

ORDERED = [Op.LESS, Op.LESS_EQUAL, Op.GREATER, Op.GREATER_EQUAL]
PATTERNS = [Op.CONTAINS, Op.LIKE, Op.NOT_LIKE, Op.ILIKE, Op.NOT_ILIKE]
PRESENCE = [Op.EXISTS, Op.MISSING]
SAME = [Op.EQUAL, Op.NOT_EQUAL]
NOW = START_MS + 25 * DAY


def pattern(chance: random.Random, text: str) -> Word:
    cut = text[: chance.randrange(1, 6)] if text else "a"
    return Word(chance.choice([f"%{cut}%", f"{cut}%", f"_{cut[1:]}%", cut, f"%{cut[-1:]}", cut.upper()]))


def word_condition(chance: random.Random, field: Field, words: list[str], more: list[Op] = []) -> Condition:  # noqa: B006
    op = chance.choice(SAME + PATTERNS + PRESENCE + [Op.IN, Op.NOT_IN] + more)
    if op in PRESENCE:
        return Condition(field, op)
    if op in PATTERNS:
        text = chance.choice(words)
        return Condition(field, op, (Word(text[:3] or "a") if op is Op.CONTAINS else pattern(chance, text),))
    n = chance.randrange(1, 4) if op in (Op.IN, Op.NOT_IN) else 1
    return Condition(field, op, tuple(Word(chance.choice(words)) for _ in range(n)))


def mixed_condition(chance: random.Random) -> Condition:
    field = chance.choice(
        [Field(Family.TAG, "quality"), Field(Family.TAG, "team"), Field(Family.PARAM, "lr"),
         Field(Family.PARAM, "optimizer"), Field(Family.PROPERTY, "author"), Field(Family.TAG, "nobody")]
    )  # fmt: skip
    if chance.random() < 0.5:
        op = chance.choice(SAME + ORDERED + [Op.IN, Op.NOT_IN])
        values = [Number(chance.choice(NUMBERS)) for _ in range(chance.randrange(1, 3) if "IN" in op else 1)]
        if op is Op.EQUAL and chance.random() < 0.3:
            return Condition(field, op, (Range(Number("0.1"), chance.choice([None, Number("10")])),))
        return Condition(field, op, tuple(values))
    return word_condition(chance, field, TEXTS + NUMBERS, ORDERED)


def metric_condition(chance: random.Random) -> Condition:
    field = Field(Family.METRIC, chance.choice(["loss", "acc", "nobody"]), chance.choice(list(Aggregate)))
    op = chance.choice(SAME + ORDERED + [Op.IN, Op.NOT_IN] + PRESENCE)
    if op in PRESENCE:
        return Condition(field, op)
    if op in SAME and chance.random() < 0.3:
        return Condition(field, op, (Range(Number("0"), Number("1")),))
    texts = ["0.5", "0.1", "0", "2", "inf", "-inf"] + (["nan"] if op in (*SAME, Op.IN, Op.NOT_IN) else [])
    n = chance.randrange(1, 3) if op in (Op.IN, Op.NOT_IN) else 1
    return Condition(field, op, tuple(Number(chance.choice(texts)) for _ in range(n)))


def attribute_condition(chance: random.Random, runs: list[Known]) -> Condition:
    key = chance.choice(["id", "name", "status", "experiment", "description", "submitter", "compute", "created",
                         "started", "ended", "duration", "type", "parent", "root", "archived",
                         "favourite"])  # fmt: skip
    field = Field(Family.ATTRIBUTE, key)
    if key in ("archived", "favourite"):
        return Condition(field, chance.choice(SAME), (Flag(chance.random() < 0.5),))
    if key == "status":
        op = chance.choice([*SAME, Op.IN, Op.NOT_IN])
        groups = [StatusSet(word, tuple(sorted(group))) for word, group in GROUPS.items()]
        single = [StatusSet(status.word, (status,)) for status in (Status.FAILED, Status.RUNNING, Status.COMPLETED)]
        n = chance.randrange(1, 3) if op in (Op.IN, Op.NOT_IN) else 1
        return Condition(field, op, tuple(chance.choice(groups + single) for _ in range(n)))
    if key in ("created", "started", "ended"):
        op = chance.choice(SAME + ORDERED + PRESENCE)
        at = START_MS + chance.randrange(22) * DAY
        age = Age(chance.randrange(1, 25), Unit.DAY)
        given = chance.choice([Moment(at, Precision.MILLISECOND), Moment(at - at % DAY, Precision.DAY), age])
        if op in SAME and chance.random() < 0.3:
            given = Range(Moment(at, Precision.MILLISECOND), None)
        return Condition(field, op) if op in PRESENCE else Condition(field, op, (given,))
    if key == "duration":
        op = chance.choice(SAME + ORDERED + PRESENCE)
        given = Age(chance.randrange(1, 5), chance.choice([Unit.HOUR, Unit.MINUTE]))
        return Condition(field, op) if op in PRESENCE else Condition(field, op, (given,))
    if key == "submitter" and chance.random() < 0.4:
        return Condition(field, chance.choice(SAME), (Me(),))
    words = {
        "id": [run.uid for run in runs[:8]],
        "parent": [run.uid for run in runs[:12]],
        "root": [run.uid for run in runs[:12]],
        "experiment": ["one", "Two", "three_3", "none"],
        "submitter": ["olga", "Olga", "edgar"],
        "compute": ["gpu-1", "GPU-1"],
        "type": ["sweep", "Sweep"],
        "description": ["Out of memory at step 3", "100%", "ärger", "rate"],
        "name": NAMES,
    }[key]
    condition = word_condition(chance, field, words)
    if key == "description" and condition.op in (Op.IN, Op.NOT_IN):
        return Condition(field, Op.CONTAINS, (Word("RATE"),))
    return condition


def tree(chance: random.Random, runs: list[Known], depth: int = 3):
    roll = chance.random()
    if depth == 0 or roll < 0.45:
        kind = chance.random()
        if kind < 0.15:
            texts = ["memory", "ÄRGER", "spaß", "fox", "bo", "COMPLETED", "olga", "quality", '"q"', "100%", "a_b"]
            return Text(chance.choice([*texts, runs[3].uid[:9]]))
        if kind < 0.45:
            return mixed_condition(chance)
        return metric_condition(chance) if kind < 0.65 else attribute_condition(chance, runs)
    if roll < 0.6:
        return Not(tree(chance, runs, depth - 1))
    parts = tuple(tree(chance, runs, depth - 1) for _ in range(chance.randrange(2, 4)))
    kind = And if roll < 0.85 else Or
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))
    return kind(flat)


def walk_pages(cast: Cast, search: RunSearch, **where) -> list[str]:
    """All pages forwards, checked against the way back."""
    import dataclasses

    pages, after = [], None
    for _ in range(60):
        cursor = read_cursor(after, search.sort_text, "after") if after else None
        page = find_runs(cast.lab, dataclasses.replace(search, after=cursor), person=cast.editor, **where)
        assert len(page.rows) <= search.page_size
        pages.append(page)
        after = page.next
        if after is None:
            break
    if len(pages) > 1 and pages[-1].previous and all(page.complete for page in pages):
        cursor = read_cursor(pages[-1].previous, search.sort_text, "before")
        back = find_runs(cast.lab, dataclasses.replace(search, before=cursor), person=cast.editor, **where)
        assert [row.uid for row in back.rows] == [row.uid for row in pages[-2].rows]
    return [row.uid for page in pages for row in page.rows]


def sort_place(run: Known, key: SortKey):
    """A key by which Python sorts as the list should: missing last, numbers before texts."""
    field = key.field
    values: list[float | str | None]
    if field.family is Family.METRIC:
        number = aggregate(run, field.key, field.aggregate)
        values = [None if number is None or math.isnan(number) else number]
    elif field.family is Family.ATTRIBUTE:
        values = [getattr(run, field.key) or None if field.key != "status" else int(run.status)]
    else:
        text = {Family.TAG: run.tags, Family.PARAM: run.params}[field.family].get(field.key)
        number = as_number(text) if text is not None else None
        values = [number, text[:250] if text is not None and number is None else None]
    return values


class Reversed:
    def __init__(self, value) -> None:
        self.value = value

    def __lt__(self, other) -> bool:
        return other.value < self.value

    def __eq__(self, other) -> bool:
        return other.value == self.value


def expected_order(runs: list[Known], sort: tuple[SortKey, ...]) -> list[str]:
    def place(run: Known):
        parts = []
        for key in sort:
            for value in sort_place(run, key):
                shown = 0 if value is None else Reversed(value) if key.descending else value
                parts.append((value is None, shown))
        down = sort[0].descending if sort else True
        return [*parts, (False, -run.id if down else run.id)]

    return [run.uid for run in sorted(runs, key=place)]


@pytest.fixture(params=[1, 2])
def world(request, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("runs.reading.find_runs.now_ms", lambda: NOW)
    return cast, make_workspace(cast, request.param), random.Random(request.param)


def in_reach(search_tree, run: Known) -> bool:
    from runs.reading.find_runs import lifecycles_in

    return run.lifecycle in lifecycles_in(search_tree)


@pytest.mark.parametrize("small_slices", [False, True])
def test_random_trees_find_what_plain_python_finds(world, small_slices: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    cast, runs, chance = world
    if small_slices:
        monkeypatch.setattr(planner, "slice_size", lambda: 7)
    experiments = {e.name: e for e in Experiment.objects.filter(workspace=cast.lab)}
    for _ in range(150):
        asked = tree(chance, runs)
        name = chance.choice([None, "one", "Two"])
        nest = chance.random() < 0.3
        search = RunSearch(tree=asked, page_size=chance.choice([5, 50]), nest=nest)
        expected = [
            run
            for run in runs
            if in_reach(asked, run)
            and name in (None, run.experiment)
            and (not nest or run.parent is None)
            and matches(asked, run, NOW, cast.editor.username)
        ]
        where = {"experiment": experiments[name] if name else None}
        assert walk_pages(cast, search, **where) == expected_order(expected, ()), asked
        if not small_slices:
            assert count_runs(cast.lab, search, person=cast.editor, **where).n == len(expected), asked


SORTS = [
    Field(Family.METRIC, "loss"),
    Field(Family.METRIC, "acc", Aggregate.MIN),
    Field(Family.METRIC, "loss", Aggregate.MAX),
    Field(Family.METRIC, "loss", Aggregate.COUNT),
    Field(Family.METRIC, "acc", Aggregate.FIRST),
    Field(Family.METRIC, "nobody"),
    Field(Family.PARAM, "lr"),
    Field(Family.TAG, "quality"),
    Field(Family.ATTRIBUTE, "name"),
    Field(Family.ATTRIBUTE, "status"),
    Field(Family.ATTRIBUTE, "experiment"),
    Field(Family.ATTRIBUTE, "started"),
    Field(Family.ATTRIBUTE, "created"),
    Field(Family.ATTRIBUTE, "compute"),
]


@pytest.mark.parametrize("few", [0, 2_000])
def test_random_sorts_stand_as_plain_python_sorts(world, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``few`` at 0 the indexes are read in order; otherwise so small a list is collected and sorted."""
    cast, runs, chance = world
    monkeypatch.setattr(sorted_runs, "FEW", few)
    monkeypatch.setattr(sorted_runs, "LANES_AT_FIRST", 1 if few == 0 else 6)
    experiments = {e.name: e for e in Experiment.objects.filter(workspace=cast.lab)}
    for i in range(90):
        asked = tree(chance, runs, 1) if chance.random() < 0.5 else None
        keys = [SORTS[i % len(SORTS)], *chance.sample(SORTS, chance.choice([0, 0, 1]))]
        sort = tuple(SortKey(field, chance.random() < 0.5) for field in dict.fromkeys(keys))
        name = chance.choice([None, "one"])
        search = RunSearch(tree=asked, sort=sort, page_size=chance.choice([4, 50]), nest=False)
        expected = [
            run
            for run in runs
            if in_reach(asked, run)
            and name in (None, run.experiment)
            and matches(asked, run, NOW, cast.editor.username)
        ]
        where = {"experiment": experiments[name] if name else None}
        assert walk_pages(cast, search, **where) == expected_order(expected, sort), (sort, asked)

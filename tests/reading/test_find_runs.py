"""The run list's answers: what they carry, how many statements they take, and what they say when cut short."""

import dataclasses

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from runs.mistakes import UserMistake
from runs.models import Lifecycle, Run
from runs.query_language.mlflow_names import parse_mlflow_filter
from runs.query_language.order import parse_columns, parse_sort
from runs.query_language.parser import parse
from runs.query_language.predicates import ID_AHEAD_MS, ID_EPOCH_MS
from runs.query_language.tree import Condition, Family, Field, Op, Word
from runs.reading import planner
from runs.reading.cursors import read_cursor
from runs.reading.find_runs import children_of, count_runs, find_runs, search_runs_by_tree
from runs.reading.run_rows import Children
from runs.reading.run_search import RunSearch
from runs.recording import run_ids
from runs.recording.attributes import set_tags
from runs.recording.lifecycle import archive_run, trash_run
from runs.statuses import Status
from tests.build import SOMEBODY, make_experiment, make_run
from tests.cast import Cast


def search(**given: str) -> RunSearch:
    found = RunSearch.from_query(given)
    assert found.mistakes == ()
    return found


def names(cast: Cast, **given: str) -> list[str]:
    return [row.name for row in find_runs(cast.lab, search(**given), person=cast.editor).rows]


def test_runs_stand_newest_first(cast: Cast) -> None:
    for name in ("first", "second", "third"):
        make_run(cast.lab, name=name)
    assert names(cast) == ["third", "second", "first"]


def test_another_workspace_s_runs_are_never_found(cast: Cast) -> None:
    make_run(cast.elsewhere, name="secret", tags={"quality": "good"}, submitter="sten", status=Status.FAILED)
    make_run(cast.lab, name="ours", tags={"quality": "bad"})
    for query in ("secret", "tag.quality:good", "status:failed", "submitter:sten", "NOT tag.quality:x", "sec"):
        assert "secret" not in names(cast, q=query)
    for sort in ("tag.quality", "-started", "name", "duration"):
        assert names(cast, sort=sort, nest="0") == ["ours"]


def test_a_row_carries_what_the_list_shows(cast: Cast) -> None:
    parent = make_run(cast.lab, name="sweep", compute="gpu-1", description="# Big *sweep*\n" + "x" * 400)
    child = make_run(
        cast.lab, name="child", parent=parent, tags={"quality": None}, params={"lr": "0.10", "long": "y" * 900}
    )
    columns = "param.lr,param.long,tag.quality,parent,status,experiment,compute,duration,param.none"
    row, over = find_runs(cast.lab, search(cols=columns, nest="0"), person=cast.editor).rows
    assert (row.uid, row.parent_uid, row.parent_name) == (child.uid, parent.uid, "sweep")
    assert row.cells[:6] == ("0.10", "y" * 900, None, parent.uid, Status.RUNNING, "churn")
    assert row.tags == {"quality": None}
    assert row.cells[8] is None
    assert row.duration is not None
    assert over.excerpt.startswith("# Big *sweep*")
    assert over.excerpt.endswith("…")
    assert over.compute == "gpu-1"


def test_nested_lists_show_roots_with_what_became_of_their_children(cast: Cast) -> None:
    parent = make_run(cast.lab, name="sweep")
    for status in (Status.COMPLETED, Status.COMPLETED, Status.FAILED, Status.RUNNING, Status.CANCELED):
        make_run(cast.lab, name="child", parent=parent, status=status)
    trash_run(make_run(cast.lab, name="gone", parent=parent), SOMEBODY)
    (row,) = find_runs(cast.lab, search(), person=cast.editor).rows
    assert row.children == Children(total=5, ok=2, failed=1, running=1)
    below = children_of(cast.lab, parent.uid, search())
    assert [child.name for child in below.rows] == ["child"] * 5


def test_archived_and_trashed_runs_stay_out_until_asked_for(cast: Cast) -> None:
    make_run(cast.lab, name="daily")
    archive_run(make_run(cast.lab, name="old"), SOMEBODY)
    trash_run(make_run(cast.lab, name="gone"), SOMEBODY)
    assert names(cast) == ["daily"]
    assert names(cast, q="archived:yes") == ["old"]
    assert names(cast, q="archived:yes OR name:daily") == ["old", "daily"]
    trash = find_runs(cast.lab, search(), lifecycles=[Lifecycle.TRASHED])
    assert [row.name for row in trash.rows] == ["gone"]
    assert trash.count == 1
    assert count_runs(cast.lab, search(), lifecycles=[Lifecycle.TRASHED]).n == 1


def test_a_name_that_no_run_uses_matches_nothing_and_is_said(cast: Cast) -> None:
    make_run(cast.lab, metrics={}, params={"learning_rate": "1"})
    page = find_runs(cast.lab, search(q="param.learning_rat = 1"), person=cast.editor)
    assert page.rows == []
    assert "learning_rate" in page.warnings[0].message
    assert page.warnings[0].position == 0
    assert find_runs(cast.lab, search(q="NOT param.learning_rat = 1"), person=cast.editor).rows


def test_a_query_with_a_mistake_finds_nothing_and_does_not_raise(cast: Cast) -> None:
    make_run(cast.lab)
    broken = RunSearch.from_query({"q": "status:failed AND ("})
    assert find_runs(cast.lab, broken).rows == []
    assert count_runs(cast.lab, broken).n == 0


LIST_QUERIES = [
    {},
    {"nest": "0"},
    {"q": "status:failed"},
    {"q": "tag.quality:good"},
    {"q": "tag.quality:good param.lr < 1 status:running", "cols": "param.lr,metric.loss"},
    {"q": "training NOT tag.quality:bad"},
    {"q": "submitter:me created > 7d duration > 1h"},
    {"sort": "-metric.loss", "nest": "0"},
    {"sort": "param.lr", "q": "status:running"},
    {"sort": "name,-param.lr"},
]


@pytest.mark.parametrize("given", LIST_QUERIES)
def test_a_page_takes_a_few_statements_whatever_its_size(cast: Cast, given: dict[str, str]) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            find_runs(cast.lab, search(rows="200", **given), person=cast.editor)
        bookkeeping = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SELECT set_config")
        return len([q for q in captured.captured_queries if not q["sql"].startswith(bookkeeping)])

    for i in range(3):
        make_run(cast.lab, name=f"run {i}", tags={"quality": "good"}, params={"lr": "0.1"})
    few = statements()
    for i in range(12):
        make_run(make_experiment(cast.lab, f"e{i}"), name=f"run {i}", tags={"quality": "good"}, params={"lr": "0.1"})
    assert statements() <= few + 1  # one more only to know that nothing was left out
    assert few <= 6


def test_a_search_that_is_cut_short_says_so_and_goes_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "slice_size", lambda: 5)
    wanted = make_run(cast.lab, name="needle", description="hay")
    for i in range(12):
        make_run(cast.lab, name=f"straw {i}", description="hay")
    page = find_runs(cast.lab, search(q="description ~ hay name = needle"))
    assert (page.rows, page.complete, page.searched) == ([], False, 5)
    for _ in range(4):
        if page.complete:
            break
        asked = search(q="description ~ hay name = needle", after=page.next or "")
        page = find_runs(cast.lab, asked)
    assert page.complete
    assert [row.uid for row in page.rows] == [wanted.uid]


@pytest.mark.parametrize("lanes", [1, 50])
def test_mlflow_s_search_goes_through_experiments_and_lifecycles_page_by_page(
    cast: Cast, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "MOST_LANES", lanes)
    one, two = make_experiment(cast.lab, "one"), make_experiment(cast.lab, "two")
    made = [make_run(one if i % 2 else two, name=f"run {i}", params={"lr": str(i)}) for i in range(7)]
    trash_run(made[3], SOMEBODY)
    make_run(make_experiment(cast.lab, "three"), name="not asked for")
    for lifecycles, left in (([0, 1], [6, 5, 4, 2, 1, 0]), ([0, 1, 2], [6, 5, 4, 3, 2, 1, 0]), ([2], [3])):
        ids: list[int] = []
        cursor = None
        for _ in range(10):
            found = search_runs_by_tree(cast.lab, [one.pk, two.pk], None, (), cursor, 2, lifecycles)
            ids += found.ids
            if found.next is None:
                break
            cursor = read_cursor(found.next, "", "page_token")
        assert ids == [made[i].pk for i in left]
    tree = parse_mlflow_filter("params.lr = '4'")
    assert search_runs_by_tree(cast.lab, [one.pk, two.pk], tree, (), None, 9, [0]).ids == [made[4].pk]
    order = parse_sort("param.lr")
    by_rate = search_runs_by_tree(cast.lab, [one.pk, two.pk], None, order, None, 9, [0]).ids
    assert by_rate == [made[i].pk for i in (0, 1, 2, 4, 5, 6)]
    assert search_runs_by_tree(cast.lab, [], None, (), None, 9, [0]).ids == []


def test_a_person_s_words_never_become_sql(cast: Cast) -> None:
    make_run(cast.lab, name="plain", tags={"a'b\"c": "1", "x) OR 1=1 --": "2"})
    hostile = [
        "'; DROP TABLE runs_run; --",
        '"x',
        "%s %(a)s {0}",
        "\\",
        "a\\'b",
        "NEAR(a b)",
        "* OR *",
        "runs_fts MATCH",
    ]
    for text in hostile:
        quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        for query in (quoted, f"name ~ {quoted}", f"tag.{quoted} = {quoted}", f"description LIKE {quoted}"):
            try:
                tree = parse(query)
            except UserMistake:
                continue
            assert find_runs(cast.lab, RunSearch(text=query, tree=tree)).rows == []
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("a[b]c", ["a[b]c"]),
        ("a*c", ["a*c"]),
        ("a?c", ["a?c"]),
        ("a_c", ["a*c", "a?c", "a\\c", "abc", "aäc"]),
        ("a%c", ["a*c", "a?c", "a[b]c", "a\\c", "abc", "aäc"]),
        ("a\\c", ["a\\c"]),
        ("A%C", []),
    ],
)
def test_only_percent_and_underscore_are_special_in_a_pattern(cast: Cast, pattern: str, found: list[str]) -> None:
    for name in ("abc", "a[b]c", "a*c", "a?c", "a\\c", "aäc"):
        make_run(cast.lab, name=name, tags={"odd": name})
    for field in (Field(Family.ATTRIBUTE, "name"), Field(Family.TAG, "odd")):
        for op, expected in ((Op.LIKE, found), (Op.ILIKE, found or ["a*c", "a?c", "a[b]c", "a\\c", "abc", "aäc"])):
            asked = RunSearch(tree=Condition(field, op, (Word(pattern),)))
            rows = find_runs(cast.lab, asked).rows
            assert sorted(row.name for row in rows) == sorted(expected), (field, op)


def test_ids_follow_creation_as_the_planner_thinks() -> None:
    assert ID_EPOCH_MS == run_ids.EPOCH_MS
    ids = [run_ids.new_run_id(1_760_000_000_000) for _ in range(3)]
    assert all(1_760_000_000_000 <= i // 256 + ID_EPOCH_MS <= 1_760_000_000_000 + ID_AHEAD_MS for i in ids)


def test_new_tags_are_found_at_once(cast: Cast) -> None:
    run = make_run(cast.lab)
    set_tags(run, {"quality": "fantastic run"}, SOMEBODY)
    assert names(cast, q='tag.quality:"fantastic run"') == [run.name]
    assert names(cast, q="FANTASTIC") == [run.name]


def test_columns_without_a_name_cost_no_cells(cast: Cast) -> None:
    make_run(cast.lab)
    page = find_runs(cast.lab, search(), columns=parse_columns("name"))
    assert page.columns == parse_columns("name")
    assert dataclasses.asdict(page.rows[0])["cells"] == (page.rows[0].name,)

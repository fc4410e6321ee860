"""The list's parameters as one frozen value: read, kept with their mistakes, and written back."""

import pytest

from runs.mistakes import UserMistake
from runs.reading.cursors import Cursor, read_cursor
from runs.reading.run_search import RunSearch


def test_parameters_come_back_as_they_were_read() -> None:
    given = {
        "q": "status:failed metric.loss < 0.3",
        "sort": "-metric.loss,name",
        "cols": "status,param.lr",
        "group": "param.optimizer",
        "nest": "1",
        "rows": "100",
        "after": Cursor("-metric.loss,name", (0.5, "bold fox"), 7).to_text(),
    }
    search = RunSearch.from_query(given)
    assert search.mistakes == ()
    assert search.to_query() == given
    assert RunSearch.from_query(search.to_query()) == search


def test_defaults_leave_the_url_empty() -> None:
    assert RunSearch.from_query({}).to_query() == {}


def test_mistakes_are_kept_with_their_parameter_and_column() -> None:
    search = RunSearch.from_query({"q": "status:failed (", "rows": "7", "sort": "description", "after": "junk"})
    assert {mistake.field for mistake in search.mistakes} == {"q", "rows", "sort", "after"}
    assert search.mistakes_in("q")[0].position is not None
    assert search.text == "status:failed ("
    assert search.page_size == 50


def test_the_list_is_nested_until_somebody_asks_something() -> None:
    assert RunSearch.from_query({}).nested
    assert not RunSearch.from_query({"q": "status:failed"}).nested
    assert RunSearch.from_query({"q": "status:failed", "nest": "1"}).nested
    assert not RunSearch.from_query({"nest": "0"}).nested


@pytest.mark.parametrize("value", [0.1, 1e300, float("inf"), float("-inf"), None, "text, 'ä'", 7])
def test_a_cursor_survives_its_journey_through_a_url(value: object) -> None:
    text = Cursor("-metric.loss", (value,), 123).to_text()
    assert text.replace("-", "").replace("_", "").isalnum()
    assert read_cursor(text, "-metric.loss", "after") == Cursor("-metric.loss", (value,), 123)


def test_a_changed_cursor_is_refused() -> None:
    text = Cursor("", (), 123).to_text()
    for i in range(len(text)):
        changed = text[:i] + ("A" if text[i] != "A" else "B") + text[i + 1 :]
        with pytest.raises(UserMistake):
            read_cursor(changed, "", "after")
    for damaged in ("", "x", text[:-4], text + "AAAA", "ä", "a" * 10_000, "\x00"):
        with pytest.raises(UserMistake):
            read_cursor(damaged, "", "after")


def test_a_cursor_of_another_sort_is_refused() -> None:
    text = Cursor("name", ("x",), 123).to_text()
    with pytest.raises(UserMistake, match="another sort"):
        read_cursor(text, "-name", "after")

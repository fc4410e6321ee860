"""The parts of a query can be taken off and turned around one by one."""

from runs.query_language.chips import chips, narrowed, negated, without
from runs.query_language.parser import parse

TEXT = "status:failed -tag.archived (tag.a or tag.b)"


def test_each_part_that_must_hold_is_a_chip() -> None:
    found = chips(parse(TEXT))
    assert [chip.index for chip in found] == [0, 1, 2]
    assert [chip.text for chip in found] == ["status:Failed", "NOT tag.archived", "tag.a OR tag.b"]
    assert [chip.words for chip in found] == ["status is Failed", "has no tag archived", "has tag a or has tag b"]
    assert [TEXT[chip.span[0] : chip.span[1]] for chip in found] == [
        "status:failed",
        "-tag.archived",
        "(tag.a or tag.b)",
    ]


def test_an_empty_query_has_no_chips_and_one_condition_has_one() -> None:
    assert chips(None) == ()
    assert [chip.text for chip in chips(parse("a or b"))] == ["a OR b"]


def test_a_chip_can_be_taken_off() -> None:
    tree = parse(TEXT)
    assert without(tree, 0) == "NOT tag.archived (tag.a OR tag.b)"
    assert without(tree, 2) == "status:Failed NOT tag.archived"
    assert without(parse("status:failed"), 0) == ""
    assert without(tree, 9) == "status:Failed NOT tag.archived (tag.a OR tag.b)"


def test_a_chip_can_be_turned_around_and_back() -> None:
    tree = parse(TEXT)
    assert negated(tree, 1) == "status:Failed tag.archived (tag.a OR tag.b)"
    assert negated(tree, 2) == "status:Failed NOT tag.archived NOT (tag.a OR tag.b)"
    assert negated(parse(negated(tree, 2)), 2) == "status:Failed NOT tag.archived (tag.a OR tag.b)"


def test_a_condition_can_be_added_once() -> None:
    part = parse("tag.x:1")
    assert part is not None
    assert narrowed(None, part) == "tag.x:1"
    assert narrowed(parse("a or b"), part) == "(a OR b) tag.x:1"
    assert narrowed(parse("tag.x:1 b"), part) == "tag.x:1 b"

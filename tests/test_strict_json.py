"""Only one reading of a body, a limit on everything, and a mistake that says where."""

import json
import math

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.mistakes import UserMistake
from runs.strict_json import DEEPEST, loads

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=30,
)  # fmt: skip


@settings(max_examples=200)
@given(JSON)
def test_what_json_writes_reads_back_the_same(value: object) -> None:
    assert loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "line 1, column 1"),
        (b"{", "line 1, column 2"),
        (b'{"a": 1,\n "b": oops}', "line 2, column 7"),
        (b'{"a": 1} {"b": 2}', "Extra data"),
        (b"\xff\xfe", "not UTF-8"),
        (b"\xef\xbb\xbf{}", "BOM"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": -Infinity}', "-Infinity is no JSON number"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number"),
        (b'{"a": 1, "a": 1}', "'a' stands twice"),
        (b'[{"x": {"deep": 1, "b": "c:d", "deep": 2}}]', "'deep' stands twice"),
        (b'{"a\\u0062": 1, "ab": 2}', "'ab' stands twice"),
        (b"[" * 100 + b"]" * 100, "deeper than 64"),
        (b"[" * 100_000, "deeper than 64"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "deeper than 64"),
        (b"'a'", "Expecting value"),
        (b'{"a": "tab\there"}', "control character"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_body_is_refused_with_its_reason(body: bytes, says: str) -> None:
    with pytest.raises(UserMistake) as caught:
        loads(body)
    assert says in caught.value.message
    assert caught.value.status == 400
    assert len(caught.value.message) < 300


def test_a_mistake_knows_its_column() -> None:
    with pytest.raises(UserMistake) as caught:
        loads(b'{"a": oops}')
    assert caught.value.position == 6


def test_nan_and_infinity_are_read_where_they_are_allowed() -> None:
    value = loads(b'{"a": [NaN, Infinity, -Infinity]}', allow_nan=True)
    assert math.isnan(value["a"][0])
    assert value["a"][1:] == [math.inf, -math.inf]


def test_nesting_up_to_the_limit_is_fine() -> None:
    assert loads(b"[" * DEEPEST + b"]" * DEEPEST)


def test_colons_inside_strings_are_no_duplicates() -> None:
    assert loads(b'{"at": "2026-11-23T10:00:00", "a:b": "::"}') == {"at": "2026-11-23T10:00:00", "a:b": "::"}


def test_a_lone_surrogate_is_left_to_the_check_of_its_field() -> None:
    assert loads(b'{"a": "\\ud800"}') == {"a": "\ud800"}


@settings(max_examples=300)
@given(st.binary(max_size=60) | st.text('{}[]":,0123456789.eE+-\\u null true false NaN', max_size=60).map(str.encode))
def test_no_bytes_end_in_anything_but_a_value_or_a_mistake(body: bytes) -> None:
    try:
        value = loads(body)
    except UserMistake:
        return
    assert orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS) or value is not None

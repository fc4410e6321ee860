"""A path of a user is a plain relative one, or it is refused with its reason."""

import posixpath
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.artifacts.paths import folders_above, safe_folder, safe_path, split
from runs.mistakes import UserMistake

GOOD = [
    "model.pkl",
    "images/loss+step+1+timestamp+17.png",
    "checkpoints/epoch=1-val_loss%3D0.3.ckpt",
    "a/b/c/d.txt",
    "Überblick/模型.txt",
    ".hidden",
    "name with spaces.txt",
    "..almost",
    "almost..",
    "console.log",
    "nulls.csv",
    "100%.txt",
    "x" * 250,
]
BAD = [
    ("", "needs a path"),
    ("/etc/passwd", "relative"),
    ("C:/windows/x", "relative"),
    ("c:x", "relative"),
    ("..", "'..' is no name"),
    ("a/../b", "'..' is no name"),
    ("a/..", "'..' is no name"),
    ("./a", "'.' is no name"),
    ("a/.. /b", "'.. ' is no name"),
    ("a/...", "'...' is no name"),
    ("a//b", "empty name"),
    ("a/", "empty name"),
    ("a\\b", "backslash"),
    ("..\\..\\x", "backslash"),
    ("a/%2e%2e/b", "encoded"),
    ("a%2Fb", "encoded"),
    ("a%5cb", "encoded"),
    ("a%252fb", "encoded"),
    ("%252525252e", "encoded"),
    ("a%00b", "encoded"),
    ("a\x00b", "NUL"),
    ("a\nb", "control"),
    ("a\x7fb", "control"),
    ("gpj.\u202eexe", "control"),
    ("a\ud800", "surrogate"),
    ("CON", "device"),
    ("a/nul.txt", "device"),
    ("com1.tar.gz", "device"),
    ("lpt¹", "device"),
    ("x" * 251, "the limit is 250"),
    ("/".join(["x" * 99] * 11), "the limit is 1000"),
    (7, "must be a string"),
    (None, "must be a string"),
]


@pytest.mark.parametrize("path", GOOD)
def test_an_ordinary_path_stays_as_it_is(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize(("path", "says"), BAD)
def test_a_dangerous_path_is_refused_with_its_reason(path: object, says: str) -> None:
    with pytest.raises(UserMistake) as caught:
        safe_path(path)
    assert says in caught.value.message
    assert caught.value.field == "path"


@settings(max_examples=500)
@given(st.text(st.sampled_from("ab./\\%25eEfFcC0:~ \x00\n"), max_size=30) | st.text(max_size=40))
def test_what_is_accepted_stays_inside_however_often_it_is_decoded(text: str) -> None:
    try:
        path = safe_path(text)
    except UserMistake:
        return
    for _ in range(6):
        assert posixpath.normpath("/root/" + path).startswith("/root/")
        assert ".." not in path.split("/")
        assert "\\" not in path
        assert "\x00" not in path
        decoded = unquote(path)
        if decoded == path:
            break
        assert decoded.count("/") == path.count("/")
        path = decoded


def test_a_folder_may_be_the_top_and_end_in_a_slash() -> None:
    assert [safe_folder(text) for text in ("", "/", "a/b/", "a")] == ["", "", "a/b", "a"]
    for bad in ("a//", "..", "/a"):
        with pytest.raises(UserMistake):
            safe_folder(bad)


def test_a_path_knows_its_folders() -> None:
    assert folders_above("a/b/c.txt") == ["a", "a/b"]
    assert folders_above("c.txt") == []
    assert split("a/b/c.txt") == ("a/b", "c.txt")

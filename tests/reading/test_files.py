"""Folders open level by level, pages of them follow each other, and files are found by their path."""

import io
import zipfile
from io import BytesIO

import pytest

from runs.artifacts.zips import zip_pieces
from runs.mistakes import NotFound, UserMistake
from runs.models import Artifact
from runs.reading import files
from runs.reading.files import count_files, find_entry, find_file, kind_of_file, list_folder, walk, zip_members
from runs.recording.artifacts import put_artifact
from studio.database import now_ms
from tests.build import make_run

PATHS = ("a.txt", "logs/out.txt", "logs/deep/err.txt", "Logs/other.txt", "logs_old/x.txt", "z.txt")


@pytest.fixture
def run(cast):
    run = make_run(cast.lab)
    for path in PATHS:
        put_artifact(run, path, BytesIO(path.encode()), cast.author())
    return run


def names(page) -> list[str]:
    return [entry.name + "/" * entry.is_folder for entry in page.entries]


def test_a_folder_shows_its_own_entries_only(run) -> None:
    assert sorted(names(list_folder(run))) == ["Logs/", "a.txt", "logs/", "logs_old/", "z.txt"]
    assert names(list_folder(run, "logs")) == ["deep/", "out.txt"]


def test_a_folder_that_is_not_there_is_empty(run) -> None:
    assert list_folder(run, "nowhere").entries == ()


def test_pages_of_a_folder_follow_each_other_without_gap_or_repeat(run) -> None:
    seen, after = [], None
    while True:
        page = list_folder(run, "", after, limit=2)
        seen += names(page)
        if page.next is None:
            break
        after = page.next
    assert seen == names(list_folder(run))
    assert len(seen) == 5


def test_a_page_of_a_large_folder_is_one_query(run, django_assert_num_queries) -> None:
    Artifact.objects.bulk_create(
        Artifact(run=run, folder="many", name=f"{number:05}", blob="x", written=now_ms()) for number in range(5000)
    )
    with django_assert_num_queries(1):
        page = list_folder(run, "many", "02499", limit=100)
    assert (page.entries[0].name, page.next) == ("02500", "02599")


def test_a_file_is_found_by_its_path(run) -> None:
    assert find_file(run, "logs/deep/err.txt").path == "logs/deep/err.txt"
    assert find_entry(run, "logs/deep").is_folder


@pytest.mark.parametrize("path", ["logs", "nothing", "logs/nothing", "LOGS/out.txt", "a.txt/b"])
def test_what_is_no_file_is_not_found(run, path: str) -> None:
    with pytest.raises(NotFound):
        find_file(run, path)


@pytest.mark.parametrize("path", ["../a.txt", "/a.txt", "", "logs/../a.txt"])
def test_a_path_that_leads_out_is_refused(run, path: str) -> None:
    with pytest.raises(UserMistake):
        find_file(run, path)


def test_another_run_has_other_files(cast, run) -> None:
    with pytest.raises(NotFound):
        find_file(make_run(cast.lab), "a.txt")


def test_walking_finds_every_file_once(run, monkeypatch) -> None:
    assert sorted(row.path for row in walk(run)) == sorted(PATHS)
    assert sorted(row.path for row in walk(run, "logs")) == ["logs/deep/err.txt", "logs/out.txt"]


def test_walking_goes_on_over_many_pages(cast, run) -> None:
    Artifact.objects.bulk_create(
        Artifact(run=run, folder=f"f{number % 7}", name=f"{number:05}", blob="x", written=now_ms())
        for number in range(2500)
    )
    found = [row.path for row in walk(run)]
    assert len(found) == len(set(found)) == 2500 + len(PATHS)


def test_a_folder_leaves_as_a_zip(run) -> None:
    packed = zipfile.ZipFile(io.BytesIO(b"".join(zip_pieces(zip_members(run, "logs")))))
    assert sorted(packed.namelist()) == ["deep/err.txt", "out.txt"]
    assert packed.read("out.txt") == b"logs/out.txt"
    assert packed.testzip() is None
    assert len(zipfile.ZipFile(io.BytesIO(b"".join(zip_pieces(zip_members(run))))).namelist()) == len(PATHS)


def test_an_empty_zip_is_a_zip(cast) -> None:
    assert zipfile.ZipFile(io.BytesIO(b"".join(zip_pieces(zip_members(make_run(cast.lab)))))).namelist() == []


def test_files_are_counted_with_their_bytes(run) -> None:
    assert count_files(run) == (len(PATHS), sum(len(path) for path in PATHS))


def test_a_range_of_a_file_is_read(run) -> None:
    assert b"".join(files.read_range(find_file(run, "a.txt"), 2, 3)) == b"txt"
    assert kind_of_file(find_file(run, "a.txt")) == "text"

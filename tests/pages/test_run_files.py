"""Are a run's files shown and sent so that people can read them and nothing in them can act?"""

import io
import zipfile
from urllib.parse import quote

import pytest
from django.test import Client

from runs.models import Run
from runs.recording.artifacts import put_artifact
from tests.build import SOMEBODY, make_run
from tests.cast import Cast

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
FILES = {
    "logs/std_log.txt": b"first line\n\x1b[31mred\x1b[0m <script>alert(1)</script>\nValueError: boom\n",
    "outputs/plot.png": PNG,
    "outputs/evil.svg": SVG,
    "outputs/page.html": b"<script>alert(1)</script>",
    "outputs/deep/er/model.bin": b"\0\1\2" * 50,
    "notes.txt": b"hello",
}


@pytest.fixture
def run(cast: Cast) -> Run:
    run = make_run(cast.lab, name="files")
    for path, body in FILES.items():
        put_artifact(run, path, io.BytesIO(body), SOMEBODY)
    return run


def address(run: Run, place: str = "outputs") -> str:
    return f"/w/lab/runs/{run.uid}/{place}"


def test_the_log_is_opened_first_with_numbered_lines(run: Run, viewer: Client) -> None:
    answer = viewer.get(address(run))
    page = answer.content.decode()
    assert answer.context["file"].path == "logs/std_log.txt"
    assert 'id="L3"' in page
    assert '<span class="ansi-red">red</span>' in page
    assert "<script>alert" not in page
    assert [line.is_error for line in answer.context["lines"]] == [False, False, True]


def test_the_tree_opens_down_to_the_file_and_the_rest_is_lazy(run: Run, viewer: Client) -> None:
    answer = viewer.get(address(run, "outputs/outputs/deep/er/model.bin"))
    top = {entry.name: entry for entry in answer.context["entries"]}
    assert top["outputs"].is_open
    assert not top["logs"].is_open
    assert top["logs"].load_url
    deep = next(entry for entry in top["outputs"].entries if entry.name == "deep")
    assert deep.entries[0].entries[0].current
    assert "not text" in answer.content.decode()


def test_a_folder_is_a_page_and_a_branch(run: Run, viewer: Client) -> None:
    assert "Folder as zip" in viewer.get(address(run, "outputs/outputs")).content.decode()
    branch = viewer.get(address(run, "folder"), {"path": "outputs"}).content.decode()
    assert "<html" not in branch
    assert "plot.png" in branch


def test_a_picture_is_shown_from_the_sandbox(run: Run, viewer: Client) -> None:
    page = viewer.get(address(run, "outputs/outputs/plot.png")).content.decode()
    source = address(run, "download/outputs/plot.png") + "?show"
    assert f'<img src="{source}"' in page
    answer = viewer.get(source)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["outputs/evil.svg", "outputs/page.html", "notes.txt"])
def test_what_is_no_proven_picture_is_only_an_attachment(run: Run, viewer: Client, name: str) -> None:
    answer = viewer.get(address(run, f"download/{name}"), {"show": ""})
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert b"".join(answer.streaming_content) == FILES[name]


def test_html_and_svg_are_shown_as_text(run: Run, viewer: Client) -> None:
    for name in ("outputs/evil.svg", "outputs/page.html"):
        page = viewer.get(address(run, f"outputs/{name}")).content.decode()
        assert "<svg xmlns" not in page
        assert "<script>alert" not in page


def test_all_files_come_as_one_zip(run: Run, viewer: Client) -> None:
    answer = viewer.get(address(run, "download.zip"))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
    one = viewer.get(address(run, "download.zip"), {"path": "logs"})
    with zipfile.ZipFile(io.BytesIO(b"".join(one.streaming_content))) as archive:
        assert archive.namelist() == ["std_log.txt"]


@pytest.mark.parametrize("place", ["outputs/none.txt", "download/none.txt", "download/logs"])
def test_a_missing_file_is_not_found(run: Run, viewer: Client, place: str) -> None:
    assert viewer.get(address(run, place)).status_code == 404


@pytest.mark.parametrize("path", ["../etc/passwd", "a/../../b", "a\\b", "%2e%2e/x", "a\nb", "C:/x", "a\x00b"])
@pytest.mark.parametrize("place", ["outputs", "download"])
def test_a_path_that_leads_astray_is_refused(run: Run, viewer: Client, place: str, path: str) -> None:
    assert viewer.get(address(run, f"{place}/{quote(path, safe='')}")).status_code in {400, 404}
    assert viewer.get(address(run, "folder"), {"path": path}).status_code == 400
    assert viewer.get(address(run, "download.zip"), {"path": path}).status_code == 400


def test_a_stranger_gets_no_file(run: Run, stranger: Client) -> None:
    for place in ("outputs", "outputs/notes.txt", "download/notes.txt", "download.zip", "folder?path="):
        assert stranger.get(address(run, place)).status_code == 404
        assert stranger.get(address(run, place).replace("/lab/", "/elsewhere/")).status_code == 404


def test_a_long_log_opens_at_its_end_and_pages_both_ways(cast: Cast, viewer: Client) -> None:
    run = make_run(cast.lab)
    text = "".join(f"line {number}\n" for number in range(1, 2001))
    put_artifact(run, "logs/long.log", io.BytesIO(text.encode()), SOMEBODY)
    url = address(run, "outputs/logs/long.log")
    end = viewer.get(url)
    assert [end.context["lines"][place].number for place in (0, -1)] == ["1501", "2000"]
    earlier = viewer.get(url, {"before": end.context["window"].start})
    assert [earlier.context["lines"][place].number for place in (0, -1)] == ["1001", "1500"]
    later = viewer.get(url, {"at": earlier.context["window"].end})
    assert later.context["lines"][0].number == "1501"
    start = viewer.get(url, {"from": "start"})
    assert start.context["lines"][0].number == "1"
    there = viewer.get(url, {"line": "700"})
    assert next(line.number for line in there.context["lines"] if line.is_target) == "700"


def test_odd_places_in_a_file_are_no_error(run: Run, viewer: Client) -> None:
    url = address(run, "outputs/notes.txt")
    for query in ({"line": "0"}, {"line": "x"}, {"line": "9" * 18}, {"at": "99999"}, {"before": "0"}, {"from": "?"}):
        assert viewer.get(url, query).status_code == 200


def test_a_run_without_files_says_so(cast: Cast, viewer: Client) -> None:
    assert "No files" in viewer.get(address(make_run(cast.lab))).content.decode()

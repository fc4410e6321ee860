"""Sweeping frees what has no owner and says so."""

from io import BytesIO, StringIO

from django.core.files.storage import default_storage
from django.core.management import call_command

from runs.artifacts.storage import store
from runs.recording.artifacts import put_artifact
from tests.build import make_run


def test_files_without_an_owner_go_and_others_stay(cast, monkeypatch) -> None:
    kept = put_artifact(make_run(cast.lab), "a.txt", BytesIO(b"abc"), cast.author())
    orphan = store(BytesIO(b"abc"), 10)
    monkeypatch.setattr("runs.recording.artifacts.now_ms", lambda: kept.written + 2 * 3_600_000)
    said = StringIO()
    call_command("sweep_files", stdout=said)
    assert default_storage.exists(kept.blob)
    assert not default_storage.exists(orphan.blob)
    assert "files without an owner" in said.getvalue()

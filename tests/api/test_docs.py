"""The OpenAPI document is the one that is committed, and its pages need nothing from elsewhere."""

import re
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.test import Client

COMMITTED = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


def test_the_committed_document_is_current(tmp_path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made))
    assert made.read_text() == COMMITTED.read_text(), (
        "run: .venv/bin/python manage.py spectacular --file docs/openapi.yaml"
    )


def test_the_document_speaks_of_this_api_only() -> None:
    paths = re.findall(r"^  (/\S*):$", COMMITTED.read_text(), re.MULTILINE)
    assert len(paths) > 15
    assert all(path.startswith("/api/v1/") for path in paths)


def test_the_document_is_served_to_who_signed_in(editor) -> None:
    answer = editor.get("/api/v1/openapi.yaml", Accept="application/vnd.oai.openapi")
    assert answer.status_code == 200
    assert b"openapi: 3" in answer.content


def test_the_page_and_its_script_come_from_here_alone(cast) -> None:
    browser = Client()
    browser.force_login(cast.viewer)
    for path in ("/api/v1/docs/", "/api/v1/docs/?script="):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", answer.content.decode())
    policy = browser.get("/api/v1/docs/")["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert not re.search(r"<script>[^<]", browser.get("/api/v1/docs/").content.decode())


def test_only_the_docs_page_allows_inline_styles(editor) -> None:
    assert "unsafe-inline" not in editor.get("runs")["Content-Security-Policy"]

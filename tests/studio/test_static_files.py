"""Are exactly the static files collected that pages ask for?"""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.test import override_settings


@pytest.fixture(scope="module")
def collected() -> set[str]:
    """Names that `collectstatic` would take."""
    return {name for finder in get_finders() for name, _ in finder.list(None)}


def test_our_own_files_and_swagger_are_taken(collected: set[str]) -> None:
    assert {"js/app.js", "css/tokens.css"} <= collected
    assert "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js" in collected


def test_what_no_page_asks_for_is_left_out(collected: set[str]) -> None:
    left_out = ("rest_framework/", "django_htmx/", "drf_spectacular_sidecar/redoc/")
    assert not [name for name in collected if name.startswith(left_out)]


def test_names_in_templates_exist(collected: set[str]) -> None:
    root = Path(__file__).resolve().parent.parent.parent / "templates"
    pages = "".join(page.read_text() for page in root.rglob("*.html"))
    named = set(re.findall(r"{% static ['\"]([^'\"]+)['\"]", pages))
    assert named
    assert named <= collected


def test_collecting_writes_names_with_hashes(tmp_path: Path) -> None:
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storages):
        call_command("collectstatic", verbosity=0, interactive=False)
    assert list((tmp_path / "js").glob("app.????????????.js"))

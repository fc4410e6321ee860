"""Do the pieces that pages share work without JavaScript, and escape what people wrote?"""

import re
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

ROOT = Path(__file__).resolve().parents[2]
COMPONENTS = sorted((ROOT / "templates/components").glob("*.html"))
EVIL = '"><script>alert(1)</script>'


def piece(component: str, /, **values: Any) -> str:
    return render_to_string(f"components/{component}.html", values)


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_a_component_says_what_it_takes(path: Path) -> None:
    assert "{% comment %}" in path.read_text() or path.stem == "mark"


def test_an_editable_value_holds_a_form_that_posts_what_the_person_saw() -> None:
    html = piece("inplace", id="n", name="name", label="name", value="b", expected="a", action="/x", can_edit=True)
    assert '<form class="inplace-form" method="post" action="/x"' in html
    assert 'name="expected" value="a"' in html
    assert 'name="name" value="b"' in html


def test_a_viewer_gets_no_form() -> None:
    html = piece("inplace", id="n", name="name", label="name", value="b", action="/x", can_edit=False)
    assert "<form" not in html and "b" in html


def test_a_wrong_value_stays_open_with_its_error() -> None:
    html = piece("inplace", id="n", name="name", label="name", value="", action="/x", can_edit=True, error="Empty")
    assert "data-editing" in html
    assert 'aria-invalid="true" aria-describedby="n-error"' in html


def test_the_query_box_marks_the_column_of_a_mistake() -> None:
    html = piece("query_box", action="/runs", q="ab <c", error="What is <c?", position=3)
    assert "<span>ab </span><span>^</span>" in html
    assert "At column 4." in html
    assert 'method="get" action="/runs"' in html


def test_a_page_that_does_not_exist_is_no_link() -> None:
    html = piece("pagination", words="1 to 2 of 2 runs", next_url="?cursor=x")
    assert len(re.findall(r'<a class="button', html)) == 1
    assert 'aria-disabled="true"' in html


def test_a_bare_tag_differs_from_an_empty_one() -> None:
    assert "tag-value" not in piece("tag", key="best", value=None)
    assert "(empty)" in piece("tag", key="note", value="")


def test_an_error_is_announced() -> None:
    assert 'role="alert"' in piece("notice_error", title="No", message="Because")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("tag", {"key": EVIL, "value": EVIL, "url": EVIL}),
        ("chip", {"words": EVIL, "title": EVIL, "remove_url": EVIL}),
        ("notice", {"kind": "error", "title": EVIL, "message": EVIL, "code": EVIL}),
        ("inplace", {"id": "n", "name": "n", "label": EVIL, "value": EVIL, "action": "/", "can_edit": True}),
        ("query_box", {"action": "/", "q": EVIL, "error": EVIL, "position": 2}),
        ("key_values", {"rows": [{"key": EVIL, "value": EVIL, "copy_text": EVIL}]}),
        ("file_tree", {"entries": [{"name": EVIL, "url": "/", "size": 1}]}),
        ("log_lines", {"lines": [{"number": 1, "html": EVIL}]}),
        ("facet", {"title": EVIL, "entries": [{"label": EVIL, "url": "/", "count": 1}]}),
        ("chart_card", {"title": EVIL, "url": EVIL}),
        ("toast", {"text": EVIL, "tone": "error"}),
        ("field", {"name": "a", "label": EVIL, "value": EVIL, "error": EVIL}),
        ("menu", {"label": EVIL, "items": [{"label": EVIL, "url": EVIL}]}),
    ],
)
def test_a_component_escapes_what_people_wrote(name: str, values: dict[str, Any]) -> None:
    html = piece(name, **values)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html

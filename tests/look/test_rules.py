"""Do styles, scripts and templates keep the house's rules?"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STYLES = sorted((ROOT / "static/css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\((?!in )"
    r"|:\s*[^;{]*\b(?:black|white|red|green|blue|gray|grey|orange|yellow|silver|navy|teal|purple)\b",
    re.IGNORECASE,
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [path for path in STYLES if path.name != "tokens.css"], ids=name_of)
def test_only_the_tokens_hold_a_colour(path: Path) -> None:
    assert COLOUR.findall(COMMENT.sub("", path.read_text())) == []


@pytest.mark.parametrize(
    "text", ["a { color: #fff }", "a { color: rgb(1 2 3) }", "a { background: white }", "a { fill: oklch(1 0 0) }"]
)
def test_a_colour_literal_is_recognised(text: str) -> None:
    assert COLOUR.search(text)


@pytest.mark.parametrize("path", STYLES, ids=name_of)
def test_every_rule_stands_in_a_layer(path: Path) -> None:
    text = re.sub(r"@import[^;]*;", "", COMMENT.sub("", path.read_text()))
    depth, outside = 0, ""
    for letter in text:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        outside += letter if depth == 0 and letter != "}" else ""
    heads = [head.strip() for head in re.split(r"[;\n]", outside) if head.strip()]
    assert depth == 0
    assert all(head.startswith("@layer") for head in heads), heads


def test_tokens_that_styles_use_exist() -> None:
    text = "\n".join(COMMENT.sub("", path.read_text()) for path in STYLES)
    used = set(re.findall(r"var\((--[\w-]+)\)", text))
    assert used - set(re.findall(r"(--[\w-]+)\s*:", text)) == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 150


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_never_writes_html(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


def test_every_behaviour_is_loaded() -> None:
    imported = {
        name for path in SCRIPTS for name in re.findall(r"(?:from|import) \"\./([\w]+\.js)\"", path.read_text())
    }
    by_pages = {name for path in TEMPLATES for name in re.findall(r"js/([\w]+\.js)", path.read_text())}
    assert {path.name for path in SCRIPTS} - imported - by_pages == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_has_nothing_inline(path: Path) -> None:
    text = re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|\bjs:|javascript:", text)
    assert all("src=" in script for script in re.findall(r"<script\b[^>]*>", text))


def test_icons_that_templates_name_are_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/icons/sprite.svg").read_text()))
    sources = [path.read_text() for path in TEMPLATES]
    named = {
        name
        for text in sources
        for name in re.findall(r"""{% icon(?:_url)? ['"]([\w-]+)['"]|icon_name=['"]([\w-]+)['"]""", text)
        for name in name
        if name
    }
    assert named
    assert named - sprite == set()


def test_vendored_files_are_as_listed() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/vendor.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_vendored_file_is_listed() -> None:
    listed = (ROOT / "static/vendor/VENDORED.json").read_text()
    folders = [path for path in (ROOT / "static/vendor").iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        assert f'"static/vendor/{folder.name}"' in listed
        assert all(f'"{file.name}"' in listed for file in folder.iterdir())

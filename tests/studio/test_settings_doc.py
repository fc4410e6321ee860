"""Does docs/settings.md list every environment variable that the server reads, and no other?"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = ROOT / "docs" / "settings.md"
# Tests and the command line read variables too; these two decide what an installation is.
SOURCES = [ROOT / "studio" / "settings.py", ROOT / "studio" / "server.py"]


def variables_read() -> dict[str, str | None]:
    """Name and literal default (None: computed) of each ``env("NAME", default)`` call."""
    found: dict[str, str | None] = {}
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "env":
                name, *rest = node.args
                assert isinstance(name, ast.Constant), f"{source.name}: env() takes a literal name"
                default = _literal(rest[0]) if rest else ""
                assert found.get(name.value, default) == default, f"{name.value} has two defaults"
                found[name.value] = default
    return found


def _literal(node: ast.expr) -> str | None:
    """The text of a literal, or of ``str(16 * 1024)``."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    inner = node.args[0] if isinstance(node, ast.Call) else node
    if any(isinstance(part, ast.Name) for part in ast.walk(inner)):
        return None
    return str(eval(compile(ast.Expression(inner), "default", "eval"), {"__builtins__": {}}))


def documented() -> Iterator[tuple[str, str]]:
    """Name and default cell of each row."""
    for line in DOCUMENT.read_text().splitlines():
        if row := re.match(r"\| `([A-Z_]+)` \| ([^|]*) \|", line):
            yield row[1], row[2].strip()


def test_every_variable_is_documented_once_and_nothing_else_is() -> None:
    names = [name for name, _ in documented()]
    assert sorted(names) == sorted(variables_read())


@pytest.mark.parametrize(("name", "default"), [(n, d) for n, d in variables_read().items() if d])
def test_a_documented_default_is_the_real_one(name: str, default: str) -> None:
    assert dict(documented())[name] == f"`{default}`"


def test_the_server_reads_its_environment_only_through_env() -> None:
    # wsgi.py only says which settings module; the tests' settings are no installation.
    exceptions = {ROOT / "studio" / "wsgi.py", ROOT / "studio" / "settings_for_tests.py"}
    for source in {*ROOT.glob("studio/**/*.py"), *ROOT.glob("runs/**/*.py")} - exceptions:
        reads = re.findall(r"os\.environ|os\.getenv", source.read_text())
        assert len(reads) == (source.name == "settings.py"), (
            f"{source}: read variables with env(), so this test sees them"
        )

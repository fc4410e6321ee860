"""Which third-party front-end files do we ship, and are they exactly what was published?

    python tools/vendor.py            fetch every package with ``npm pack`` and lay its files in place
    python tools/vendor.py --check    only compare the files in the tree with VENDORED.json (no network)

npm verifies each tarball against the registry; the sha384 of every file we keep stands in
``static/vendor/VENDORED.json``. Fetching stops when a file of a version already listed there would change.
"""

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "static" / "vendor" / "VENDORED.json"
SPRITE = "static/icons/sprite.svg"


@dataclass(frozen=True)
class Package:
    """An npm package, where its files go, and which of them (path in the tarball -> name here)."""

    name: str
    version: str
    licence: str
    folder: str
    files: dict[str, str]


PACKAGES = (
    Package(
        "htmx.org", "4.0.1", "0BSD", "static/vendor/htmx.org@4.0.1",
        {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"},
    ),
    Package(
        "uplot", "1.6.32", "MIT", "static/vendor/uplot@1.6.32",
        {"dist/uPlot.iife.min.js": "uPlot.iife.min.js", "dist/uPlot.min.css": "uPlot.min.css", "LICENSE": "LICENSE"},
    ),
    Package(
        "axe-core", "4.14.1", "MPL-2.0", "tests/browser/vendor/axe-core@4.14.1",
        {"axe.min.js": "axe.min.js", "LICENSE": "LICENSE"},
    ),
)  # fmt: skip

LUCIDE = Package("lucide-static", "1.62.0", "ISC", "static/icons", {"LICENSE": "LICENSE"})
ICONS = (
    "archive arrow-down arrow-left arrow-right arrow-up ban bell calendar chart-line check chevron-down chevron-right "
    "chevrons-down circle-dashed circle-help clock columns-3 copy download ellipsis external-link eye file file-image "
    "file-text flask-conical folder git-branch git-compare-arrows info keyboard list-filter list-tree lock log-out "
    "monitor moon pencil play plus refresh-cw rotate-ccw search settings share-2 shield-x square star sun table-2 tag "
    "trash-2 triangle-alert undo-2 upload user users x"
).split()
# Ours: three quarters of a ring with a dot, so that "running" differs in shape from every other state.
OWN_ICONS = {"running": '<path d="M12 3a9 9 0 1 1-9 9" /><circle cx="12" cy="12" r="2.5" fill="currentColor" />'}


def sha384(content: bytes) -> str:
    """The hash as browsers write it: ``sha384-<base64>``."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def unpack(package: Package, folder: Path) -> Path:
    """Fetch and unpack one package below ``folder``; gives its root."""
    place = folder / package.name
    place.mkdir()
    command = ["npm", "pack", "--silent", "--pack-destination", str(place), f"{package.name}@{package.version}"]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)  # noqa: S603 - our own list
    with tarfile.open(next(place.glob("*.tgz"))) as archive:
        archive.extractall(place, filter="data")
    return place / "package"


def sprite(icons: Path) -> bytes:
    """One SVG with a symbol an icon, from lucide's single files."""
    drawings = dict(OWN_ICONS)
    for name in ICONS:
        text = (icons / f"{name}.svg").read_text()
        body = text[text.index(">", text.index("<svg")) + 1 : text.index("</svg>")]
        drawings[name] = re.sub(r"\s*\n\s*", "", body)
    symbols = "\n".join(
        f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>' for name, body in sorted(drawings.items())
    )
    note = f"<!-- lucide-static {LUCIDE.version}, ISC, see LICENSE; written by tools/vendor.py -->"
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{note}\n{symbols}\n</svg>\n'.encode()


def fetch() -> dict[str, bytes]:
    """Every file we keep: path in the repository -> content."""
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for package in (*PACKAGES, LUCIDE):
            root = unpack(package, Path(folder))
            for source, name in package.files.items():
                # The map files are not shipped, so browsers should not look for them.
                content = re.sub(rb"\n//# sourceMappingURL=\S+\s*$", b"\n", (root / source).read_bytes())
                found[f"{package.folder}/{name}"] = content
            if package is LUCIDE:
                found[SPRITE] = sprite(root / "icons")
    return found


def listing(found: dict[str, bytes]) -> list[dict[str, object]]:
    """What VENDORED.json says about ``found``."""
    return [
        {
            "name": package.name,
            "version": package.version,
            "licence": package.licence,
            "folder": package.folder,
            "files": {
                path.removeprefix(package.folder + "/"): sha384(content)
                for path, content in sorted(found.items())
                if path.startswith(package.folder + "/")
            },
        }
        for package in (*PACKAGES, LUCIDE)
    ]


def wrong_files() -> list[str]:
    """Paths of vendored files that are missing or are not what VENDORED.json lists."""
    wrong = []
    for package in json.loads(LIST.read_text()):
        for name, expected in package["files"].items():
            path = ROOT / package["folder"] / name
            if not path.exists() or sha384(path.read_bytes()) != expected:
                wrong.append(f"{package['folder']}/{name}")
    return wrong


def changed_files(new: list[dict[str, object]]) -> list[str]:
    """Files whose content differs although name and version are those already listed (the icon sprite is ours)."""
    if not LIST.exists():
        return []
    known = {(entry["name"], entry["version"]): entry["files"] for entry in json.loads(LIST.read_text())}
    changed = []
    for entry in new:
        before = known.get((entry["name"], entry["version"]), {})
        files = entry["files"]
        assert isinstance(files, dict)
        changed += [name for name, value in files.items() if name != "sprite.svg" and before.get(name, value) != value]
    return changed


def main() -> int:
    """Fetch or check; 1 when something is not as listed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare the tree with VENDORED.json, fetch nothing")
    if not parser.parse_args().check:
        found = fetch()
        entries = listing(found)
        if changed := changed_files(entries):
            print("not what was published before:", *changed, sep="\n  ", file=sys.stderr)
            return 1
        for path, content in found.items():
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_bytes(content)
        LIST.write_text(json.dumps(entries, indent=2) + "\n")
    if wrong := wrong_files():
        print("differ from VENDORED.json:", *wrong, sep="\n  ", file=sys.stderr)
        return 1
    print("vendored files are as listed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What do the main pages look like? ``make screenshots`` takes them of a studio that ``make up`` runs.

Both themes, three widths, into test-results/screenshots/. Other pages: ``--path /w/demo/runs?q=…``.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "test-results" / "screenshots"
PATHS = ["/", "/w/demo", "/w/demo/experiments", "/w/demo/runs", "/w/demo/runs?q=status:Failed", "/styleguide/"]
WIDTHS = (640, 1280, 2560)
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def main() -> None:
    """Sign in once, then look at every page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--path", action="append", help="a page to take instead of the usual ones; may be repeated")
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = os.environ.get("STUDIO_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        session = sign_in(browser, chosen.url)
        for theme in ("light", "dark"):
            for width in WIDTHS:
                take(browser, session, chosen.url, chosen.path or PATHS, theme, width)
        browser.close()


def sign_in(browser: Browser, url: str) -> str:
    """A file with the session of the person "demo"."""
    command = [sys.executable, "manage.py", "sign_in_link", "demo", "--url", url]
    link = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.locator("main form button").first.click()
    page.wait_for_load_state("networkidle")
    session = str(FOLDER / "session.json")
    context.storage_state(path=session)
    context.close()
    return session


def take(browser: Browser, session: str, url: str, paths: list[str], theme: str, width: int) -> None:
    """One picture a page, named by page, theme and width."""
    context = browser.new_context(
        storage_state=session,
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    for path in paths:
        answer = page.goto(url + path)
        page.wait_for_load_state("networkidle")
        name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"
        page.screenshot(path=FOLDER / f"{name}-{theme}-{width}.png", full_page=True)
        print(f"{answer.status if answer else '?'} {name}-{theme}-{width}.png")
    context.close()


if __name__ == "__main__":
    main()

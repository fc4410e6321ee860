"""Do the API's pages work in a real browser, with nothing from elsewhere and without breaking their policy?"""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.cast import Cast

pytestmark = pytest.mark.browser


def test_the_api_is_described_and_can_be_tried(visit: Visit, transactional_db: None, cast: Cast) -> None:
    elsewhere: list[str] = []
    visit.page.on("request", lambda one: elsewhere.append(one.url) if visit.server not in one.url else None)
    page = visit.sign_in(cast.viewer).open("/api/v1/docs/")
    expect(page.get_by_text("Search runs", exact=True)).to_be_visible()
    page.get_by_text("The workspaces you may see").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("200")
    assert [url for url in elsewhere if not url.startswith("data:")] == []

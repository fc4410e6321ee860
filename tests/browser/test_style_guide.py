"""Do the components work in a real browser: without a violation of axe or of the policy, by mouse and by keyboard?"""

import re

import pytest
from playwright.sync_api import Page, expect

from runs.models import Person
from tests.browser.conftest import Visit
from tests.cast import Cast

pytestmark = pytest.mark.browser


@pytest.fixture
def staff(transactional_db: None, cast: Cast) -> Person:
    cast.owner.is_staff = True
    cast.owner.save()
    return cast.owner


@pytest.fixture
def guide(visit: Visit, staff: Person) -> Page:
    visit.expects("404")  # one of its charts shows what a missing one looks like
    return visit.sign_in(staff).open("/styleguide/")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [640, 1280, 2560])
def test_the_style_guide_has_no_violation_and_no_overflow(visit: Visit, staff: Person, theme: str, width: int) -> None:
    visit.expects("404")
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = visit.sign_in(staff).open("/styleguide/")
    page.locator(".chart-card").last.scroll_into_view_if_needed()
    expect(page.locator(".chart-card").last.locator("canvas")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.violations() == []


def test_a_slash_goes_to_the_query_box_and_a_question_mark_shows_the_keys(guide: Page) -> None:
    guide.keyboard.press("/")
    expect(guide.locator("[data-query-box]").first).to_be_focused()
    guide.keyboard.type("?")
    expect(guide.locator("#keys")).not_to_be_visible()
    guide.evaluate("document.activeElement.blur()")
    guide.keyboard.press("?")
    expect(guide.locator("#keys")).to_be_visible()
    guide.keyboard.press("Escape")
    expect(guide.locator("#keys")).not_to_be_visible()


def test_a_theme_is_shown_at_once_and_kept(guide: Page, staff: Person) -> None:
    guide.get_by_label("Theme", exact=True).click()
    with guide.expect_response("**/preferences/"):
        guide.get_by_role("button", name="Dark").click()
    expect(guide.locator("html")).to_have_attribute("data-theme", "dark")
    guide.reload()
    expect(guide.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_menu_moves_by_arrows_and_closes_by_escape(guide: Page) -> None:
    menu = guide.locator("#menus details.menu").first
    menu.locator("summary").click()
    guide.keyboard.press("ArrowDown")
    expect(menu.locator(".menu-item").first).to_be_focused()
    guide.keyboard.press("End")
    expect(menu.locator(".menu-item").last).to_be_focused()
    guide.keyboard.press("Escape")
    expect(menu.locator(".menu-panel")).not_to_be_visible()
    expect(menu.locator("summary")).to_be_focused()


def test_a_menu_closes_by_a_click_elsewhere(guide: Page) -> None:
    menu = guide.locator("#menus details.menu").first
    menu.locator("summary").click()
    expect(menu.locator(".menu-panel")).to_be_visible()
    guide.locator("h1").first.click()
    expect(menu.locator(".menu-panel")).not_to_be_visible()


def test_editing_in_place_starts_by_the_pencil_and_ends_by_escape(guide: Page) -> None:
    box = guide.locator("#guide-name")
    box.get_by_label("Edit display name").click()
    field = box.locator("input[name=name]")
    expect(field).to_be_focused()
    field.fill("something else")
    guide.keyboard.press("Escape")
    expect(field).not_to_be_visible()
    expect(field).to_have_value("tender-otter-12")
    expect(box.get_by_label("Edit display name")).to_be_focused()


def test_a_dialog_opens_by_its_button_and_closes_by_its_backdrop(guide: Page) -> None:
    guide.get_by_role("button", name="Open dialog").click()
    expect(guide.locator("#guide-delete")).to_be_visible()
    guide.mouse.click(5, 5)
    expect(guide.locator("#guide-delete")).not_to_be_visible()


def test_a_toast_of_the_server_is_shown_as_text(guide: Page) -> None:
    guide.evaluate(
        "document.body.dispatchEvent(new CustomEvent('toast', "
        "{bubbles: true, detail: {text: '<b>3</b> archived', tone: 'success', undo: '/x'}}))"
    )
    toast = guide.locator("#toasts .toast")
    expect(toast).to_contain_text("<b>3</b> archived")
    toast.get_by_label("Dismiss").click()
    expect(toast).to_have_count(0)


def test_a_chart_tells_the_nearest_value_hides_a_line_and_lists_its_values(guide: Page) -> None:
    chart = guide.locator(".chart-card").nth(1)
    chart.scroll_into_view_if_needed()
    chart.locator(".u-over").hover(position={"x": 60, "y": 60})
    expect(chart.locator(".chart-tip")).to_contain_text("tender-otter-")
    expect(chart.locator(".chart-tip")).to_contain_text(re.compile(r"step \d+: 0\.\d+|step \d+: 1\.\d+"))
    first = chart.locator(".chart-legend button").first
    first.click()
    expect(first).to_have_attribute("aria-pressed", "false")
    chart.locator("summary").click()
    expect(chart.locator("tbody tr").first).to_contain_text("tender-otter-1")
    assert chart.locator("tbody").get_by_text("NaN").count() == 2


def test_a_chart_asks_again_for_the_part_that_is_zoomed_into(guide: Page) -> None:
    chart = guide.locator(".chart-card").nth(1)
    chart.scroll_into_view_if_needed()
    over = chart.locator(".u-over")
    over.hover(position={"x": 40, "y": 60})
    guide.mouse.down()
    with guide.expect_request(re.compile(r"chart=odd&width=\d+&start=\d+&end=\d+")):
        over.hover(position={"x": 140, "y": 70})
        guide.mouse.up()
    with guide.expect_request(re.compile(r"chart=odd&width=\d+$")):
        chart.get_by_role("button", name="Reset zoom").click()


def test_a_chart_without_values_and_one_that_failed_say_so(guide: Page) -> None:
    guide.locator(".chart-card").nth(3).scroll_into_view_if_needed()
    expect(guide.get_by_text("No values here.")).to_be_visible()
    expect(guide.get_by_text("This chart could not be loaded")).to_be_visible()

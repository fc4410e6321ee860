"""Does the main job work in a real browser: find a run, read it, change it, look at its charts, logs and files?"""

import io
import re

import pytest
from playwright.sync_api import Page, expect

from runs.models import Person, Run
from runs.recording.artifacts import put_artifact
from runs.recording.metrics import Point, log_metrics
from runs.recording.texts import describe_run
from runs.statuses import Status
from tests.browser.conftest import Visit
from tests.build import SOMEBODY, make_experiment, make_run
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.browser
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
def people(transactional_db: None, cast: Cast) -> Cast:
    return cast


@pytest.fixture
def run(people: Cast) -> Run:
    """A failed run with everything a run can carry, one child, and 30 other runs around it."""
    churn = make_experiment(people.lab, "churn")
    for number in range(30):
        make_run(churn, name=f"trial-{number:02}", status=Status.COMPLETED, metrics={"acc": number / 100})
    run = make_run(
        churn,
        name="the-one",
        status=Status.FAILED,
        tags={"quality": "good"},
        params={"lr": "0.1"},
        properties={"author": "ada"},
        description="# What was tried\n\n![plot](plots/a.png)",
    )
    log_metrics(run, [Point("loss", 1 / (step + 1), step, run.created + step) for step in range(200)])
    put_artifact(run, "logs/std_log.txt", io.BytesIO(b"begin\n\x1b[31mValueError: boom\x1b[0m\n"), SOMEBODY)
    put_artifact(run, "plots/a.png", io.BytesIO(PNG), SOMEBODY)
    make_run(churn, name="the-child", parent=run)
    return run


def runs_shown(page: Page) -> list[str]:
    return page.locator(".run-name").all_inner_texts()


def search(page: Page, query: str) -> None:
    page.keyboard.press("/")
    page.locator("[data-query-box]").fill(query)
    page.keyboard.press("Enter")


def test_from_signing_in_to_the_run_by_keyboard(visit: Visit, people: Cast, run: Run) -> None:
    page = visit.open("/w/lab/runs")
    page.get_by_label("User name").fill("vera")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    search(page, "status:failed metric.loss < 0.5")
    expect(page.locator(".run-name")).to_have_text(["the-one"])
    expect(page.locator(".query-echo")).to_contain_text("loss below 0.5")
    expect(page).to_have_url(re.compile(r"q=status"))
    page.get_by_role("link", name="the-one").click()
    expect(page.locator("h1.page-title")).to_contain_text("the-one")
    page.go_back()
    expect(page.locator("[data-query-box]")).to_have_value("status:failed metric.loss < 0.5")
    expect(page.locator(".run-name")).to_have_text(["the-one"])


def test_the_list_swaps_in_place_and_keeps_the_place_of_the_keyboard(visit: Visit, people: Cast, run: Run) -> None:
    page = visit.sign_in(people.viewer).open("/w/lab/runs")
    page.evaluate("window.sameDocument = true")
    search(page, "status:failed")
    expect(page.locator(".run-name")).to_have_text(["the-one"])
    expect(page.locator("[data-query-box]")).to_be_focused()
    page.get_by_role("link", name="Remove the condition status is Failed").click()
    expect(page.locator(".run-name")).to_have_count(31)
    expect(page.locator("[data-query-box]")).to_have_value("")
    assert page.evaluate("window.sameDocument"), "the document was never left"
    page.go_back()
    expect(page.locator(".run-name")).to_have_text(["the-one"])
    expect(page.locator("[data-query-box]")).to_have_value("status:failed")


def test_a_mistake_is_shown_at_its_column(visit: Visit, people: Cast, run: Run) -> None:
    page = visit.sign_in(people.viewer).open("/w/lab/runs")
    search(page, "metric.loss < (")
    expect(page.get_by_role("alert")).to_contain_text("At column 15")
    assert visit.violations() == []


def test_sorting_and_paging(visit: Visit, people: Cast, run: Run) -> None:
    page = visit.sign_in(people.viewer).open("/w/lab/runs?rows=25&cols=status,metric.acc")
    page.get_by_role("link", name="acc", exact=True).click()
    expect(page.locator(".run-name").first).to_have_text("trial-29")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".run-name").first).to_have_text("trial-04")
    expect(page.locator(".run-name").last).to_have_text("the-one")
    page.get_by_role("link", name="Previous").click()
    expect(page.locator(".run-name").first).to_have_text("trial-29")
    page.get_by_role("link", name="acc", exact=True).click()
    expect(page.locator(".run-name").first).to_have_text("trial-00")


def test_children_unfold_under_their_parent_and_fold_again(visit: Visit, people: Cast, run: Run) -> None:
    page = visit.sign_in(people.viewer).open("/w/lab/runs")
    twisty = page.get_by_role("button", name="Child runs of the-one")
    twisty.click()
    expect(page.locator("tr.depth-1 .run-name")).to_have_text(["the-child"])
    expect(twisty).to_have_attribute("aria-expanded", "true")
    twisty.click()
    expect(page.locator("tr.depth-1")).to_have_count(0)
    twisty.press("Enter")
    expect(page.locator("tr.depth-1 .run-name")).to_have_text(["the-child"])


def test_columns_are_chosen_in_a_dialog(visit: Visit, people: Cast, run: Run) -> None:
    page = visit.sign_in(people.viewer).open("/w/lab/runs?q=the-one")
    page.get_by_role("link", name="Columns").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("loss").check()
    dialog.get_by_label("lr").uncheck()
    assert visit.violations() == []
    dialog.get_by_role("button", name="Show these columns").click()
    expect(page.locator("thead")).to_contain_text("loss")
    expect(page.locator("thead")).not_to_contain_text("lr")
    expect(page).to_have_url(re.compile("q=the-one"))


def test_a_run_is_renamed_in_place_and_a_mistake_is_said(visit: Visit, people: Cast, run: Run) -> None:
    visit.expects("422")
    page = visit.sign_in(people.editor).open(f"/w/lab/runs/{run.uid}")
    page.get_by_role("button", name="Edit display name").click()
    page.get_by_role("textbox", name="Display name").fill("")
    page.keyboard.press("Enter")
    expect(page.locator("#run-name-error")).to_contain_text("needs a name")
    page.get_by_role("textbox", name="Display name").fill("renamed")
    page.keyboard.press("Enter")
    expect(page.locator(".inplace-value")).to_have_text("renamed")
    page.reload()
    expect(page.locator("h1.page-title")).to_contain_text("renamed")


def test_a_description_is_written_with_a_preview(visit: Visit, people: Cast, run: Run) -> None:
    page = visit.sign_in(people.editor).open(f"/w/lab/runs/{run.uid}")
    expect(page.get_by_role("img", name="plot")).to_be_visible()
    page.get_by_role("link", name="Edit the description").click()
    box = page.get_by_role("textbox", name="Description")
    box.fill("Now **bold**\n\n- a\n- b")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#description-preview strong")).to_have_text("bold")
    assert visit.violations() == []
    page = visit.open(f"/w/lab/runs/{run.uid}")
    page.get_by_role("link", name="Edit the description").click()
    page.get_by_role("textbox", name="Description").fill("Now **bold**")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#description .markdown strong")).to_have_text("bold")
    expect(page.get_by_role("textbox", name="Description")).to_have_count(0)


def test_two_editors_of_a_description_lose_nothing(visit: Visit, people: Cast, run: Run) -> None:
    visit.expects("409")
    page = visit.sign_in(people.editor).open(f"/w/lab/runs/{run.uid}")
    page.get_by_role("link", name="Edit the description").click()
    page.get_by_role("textbox", name="Description").fill("mine")
    describe_run(run, "theirs", SOMEBODY)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="meanwhile")).to_contain_text("theirs")
    expect(page.get_by_role("textbox", name="Description")).to_have_value("mine")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#description .markdown")).to_have_text("mine")


def test_tags_come_and_go_in_place(visit: Visit, people: Cast, run: Run) -> None:
    page = visit.sign_in(people.editor).open(f"/w/lab/runs/{run.uid}")
    tags = page.locator("#tags")
    tags.get_by_role("textbox", name="Tag").fill("rank")
    tags.get_by_role("textbox", name="Value").fill("1")
    page.keyboard.press("Enter")
    expect(tags.locator("dt", has_text="rank")).to_be_visible()
    tags.get_by_role("link", name="Edit tag quality").click()
    expect(tags.get_by_role("button", name="Save")).to_be_visible()
    tags.get_by_role("textbox", name="Value").fill("better")
    tags.get_by_role("button", name="Save").click()
    expect(tags.locator(".tag-text", has_text="better")).to_be_visible()
    tags.get_by_role("button", name="Delete tag rank").click()
    expect(tags.locator("dt", has_text="rank")).to_have_count(0)


def test_a_chart_is_drawn(visit: Visit, people: Cast, run: Run) -> None:
    page = visit.sign_in(people.viewer).open(f"/w/lab/runs/{run.uid}/metrics")
    expect(page.locator(".chart-card canvas")).to_be_visible()
    page.get_by_text("Values as a table").click()
    expect(page.locator(".chart-table tbody tr").first).to_be_visible()


def test_the_error_leads_to_the_log_and_files_download(visit: Visit, people: Cast, run: Run) -> None:
    page = visit.sign_in(people.viewer).open(f"/w/lab/runs/{run.uid}/outputs")
    expect(page.locator(".log-line.error .ansi-red")).to_have_text("ValueError: boom")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "std_log.txt"
    page.locator("summary", has_text="plots").click()
    page.get_by_role("link", name="a.png").click()
    expect(page.get_by_role("img", name="a.png")).to_be_visible()
    assert page.evaluate("document.querySelector('.picture img').naturalWidth") == 1


def test_filter_boxes_narrow_as_one_types(visit: Visit, people: Cast) -> None:
    run = make_run(
        people.lab,
        params={f"p{number}": "x" for number in range(20)},
        metrics={f"m{number:02}": 1.0 for number in range(20)},
    )
    make_experiment(people.lab, "vision")
    page = visit.sign_in(people.viewer).open(f"/w/lab/runs/{run.uid}")
    page.get_by_label("Filter metrics").get_by_role("searchbox").press_sequentially("m07")
    expect(page.locator("#metrics-rows tbody tr")).to_have_count(1)
    page.get_by_label("Filter parameters").get_by_role("searchbox").press_sequentially("p13")
    expect(page.locator("#params-rows dt")).to_have_text(["p13"])
    expect(page.locator("#metrics-rows tbody tr")).to_have_count(1)
    page = visit.open(f"/w/lab/runs/{run.uid}/metrics")
    page.get_by_role("searchbox", name="Find a metric").press_sequentially("m11")
    expect(page.locator(".chart-card")).to_have_count(1)
    expect(page.locator(".chart-card canvas")).to_be_visible()
    page = visit.open("/w/lab/experiments")
    page.get_by_role("searchbox", name="Find an experiment").press_sequentially("vis")
    expect(page.locator("#experiments tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=vis"))


def test_canceling_asks_first(visit: Visit, people: Cast, run: Run) -> None:
    child = Run.objects.get(name="the-child")
    page = visit.sign_in(people.editor).open(f"/w/lab/runs/{child.uid}")
    page.get_by_role("button", name="Cancel run").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert Run.objects.get(pk=child.pk).status == Status.RUNNING
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.locator(".page-head .status")).to_have_text("Canceled")


PLACES = {
    "home": "/w/lab/",
    "list": "/w/lab/runs",
    "no match": "/w/lab/runs?q=status:canceled+name:x+metric.los<1",
    "experiments": "/w/lab/experiments",
    "columns": "/w/lab/columns",
    "tokens": "/tokens/",
    "overview": "{run}",
    "editor": "{run}/description",
    "tag": "{run}/tags?key=quality",
    "metrics": "{run}/metrics",
    "outputs": "{run}/outputs",
    "picture": "{run}/outputs/plots/a.png",
    "children": "{run}/children",
    "activity": "{run}/activity",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_violation_or_overflows_at_any_width(visit: Visit, people: Cast, run: Run, theme: str) -> None:
    describe_run(run, "changed", people.author())
    visit.sign_in(people.editor)
    visit.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    found: dict[str, list[str]] = {}
    for name, place in PLACES.items():
        page = visit.open(place.format(run=f"/w/lab/runs/{run.uid}"))
        page.wait_for_load_state("networkidle")
        for width in (640, 2560):
            page.set_viewport_size({"width": width, "height": 900})
            overflow = page.evaluate("document.documentElement.scrollWidth") - width
            assert overflow <= 0, f"{name} is {overflow} px wider than {width}"
        page.set_viewport_size({"width": 1280, "height": 900})
        if violations := visit.violations():
            found[name] = violations
    assert found == {}


def test_a_run_of_long_names_and_many_of_them_stays_in_its_frame(visit: Visit, people: Cast) -> None:
    name = "resnet50-cosine-lr-3e-4-warmup-500-batch-256-mixup-seed-17-" * 4
    run = make_run(
        make_experiment(people.lab, f"huge/{name}"),
        name=name,
        status=Status.COMPLETED,
        tags={f"tag.{number}": "x" * 100 * number for number in range(30)},
        params={f"param.{name[:150]}.{number}": "0." + "9" * 400 for number in range(60)},
        metrics={f"metric/{name[:150]}/{number}": 10.0**number for number in range(40)},
        description="word " * 4000 + "y" * 2000,
        submitter=name[:200],
        compute=name[:200],
    )
    visit.sign_in(people.viewer)
    for place in (
        f"/w/lab/runs/{run.uid}",
        f"/w/lab/runs/{run.uid}/metrics",
        "/w/lab/runs",
        "/w/lab/",
        "/w/lab/experiments",
    ):
        page = visit.open(place)
        for width in (640, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, place
        assert visit.violations() == [], place


@pytest.fixture
def without_script(visit: Visit, people: Cast) -> Person:
    """The pages as a browser shows them whose scripts never arrive."""
    visit.page.route("**/*.js", lambda route: route.abort())
    visit.expects("ERR_FAILED")
    return people.editor


def test_everything_works_without_javascript(visit: Visit, without_script: Person, run: Run) -> None:
    page = visit.sign_in(without_script).open("/w/lab/runs?rows=25&cols=status,metric.acc")
    page.get_by_role("searchbox").fill("name:the-one")
    page.get_by_role("button", name="Search").click()
    expect(page.locator(".run-name")).to_have_text(["the-one"])
    page.get_by_role("link", name="the-one", exact=True).click()
    page.get_by_role("link", name="Edit the description").click()
    page.get_by_role("textbox", name="Description").fill("by hand")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#description-preview")).to_contain_text("by hand")
    page.locator("#description").get_by_role("button", name="Save").click()
    expect(page.locator("#description .markdown")).to_have_text("by hand")
    page.get_by_role("textbox", name="Tag").fill("k")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("#tags dt", has_text="k").first).to_be_visible()
    page.get_by_role("link", name="Outputs + logs").click()
    expect(page.locator(".log-line")).to_have_count(2)
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("Archived", exact=True)).to_be_visible()

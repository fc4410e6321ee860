"""Does every page stand in the same frame, and does the style guide show it to the right people?"""

import pytest
from django.template.loader import render_to_string
from django.test import Client, override_settings

from tests.cast import Cast


@pytest.fixture
def staff(cast: Cast, client: Client) -> Client:
    cast.owner.is_staff = True
    cast.owner.save()
    client.force_login(cast.owner)
    return client


def test_staff_see_the_style_guide(staff: Client) -> None:
    assert staff.get("/styleguide/").status_code == 200


def test_others_do_not(cast: Cast, client: Client) -> None:
    client.force_login(cast.editor)
    assert client.get("/styleguide/").status_code == 404
    with override_settings(DEBUG=True):
        assert client.get("/styleguide/").status_code == 200


def test_its_charts_have_data(staff: Client) -> None:
    chart = staff.get("/styleguide/?chart=odd").json()
    assert [series["color_slot"] for series in chart["series"]] == [1, 2]
    for series in chart["series"]:
        assert len(series["x"]) == len(series["low"]) == len(series["high"]) == len(series["last"])


def test_the_theme_is_printed_only_when_chosen(staff: Client, cast: Cast) -> None:
    assert b'<html lang="en">' in staff.get("/styleguide/").content
    cast.owner.theme = "dark"
    cast.owner.save()
    assert b'<html lang="en" data-theme="dark">' in staff.get("/styleguide/").content


def test_the_frame_has_a_skip_link_a_main_and_a_live_region(staff: Client) -> None:
    html = staff.get("/styleguide/").content.decode()
    for part in ('<a class="skip-link" href="#main"', 'id="main"', 'role="status" aria-live="polite"', "X-CSRFToken"):
        assert part in html


def test_a_page_that_is_not_there_says_so_in_the_frame(cast: Cast, client: Client) -> None:
    client.force_login(cast.editor)
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_the_page_of_a_broken_server_needs_nothing_of_it() -> None:
    html = render_to_string("500.html", {})
    assert "Something broke on our side" in html
    assert "<script" not in html

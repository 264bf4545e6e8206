"""The pages of reports in a real Chromium: the tree of paths, a refused form, paper, and what a phone shows of wide things."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import Office, sign_in, speak

PHONE = {"width": 390, "height": 800}
AS_HEX = """all => all.map(one => {
  const drawn = new OffscreenCanvas(1, 1).getContext("2d");
  drawn.fillStyle = getComputedStyle(one).backgroundColor;
  drawn.fillRect(0, 0, 1, 1);
  return "#" + [...drawn.getImageData(0, 0, 1, 1).data.slice(0, 3)].map(part => part.toString(16).padStart(2, "0")).join("");
})"""
LIGHT, DARK = {"teal": "#0f5c5c", "ink": "#1f2933"}, {"teal": "#5fb3ad", "ink": "#e8e6e1", "card": "#1c2226"}


@pytest.fixture
def page(browser: Browser, office: Office) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", base_url=office.system.url)
    page = context.new_page()
    sign_in(page, office)
    speak(page, "en")
    yield page
    context.close()


def opened(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")


def test_each_branch_of_paths_is_set_in_below_the_one_before(page: Page) -> None:
    opened(page, "/reports/paths/?days=400")
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        left = [
            page.locator(f"td.inset-{depth}").first.evaluate("cell => parseFloat(getComputedStyle(cell).paddingLeft)")
            for depth in range(1, 5)
        ]
        assert all(deeper >= outer + 12 for outer, deeper in pairwise(left)), (media, left)


@pytest.mark.parametrize("address", ["/reports/own/new/", "/reports/own/boards/new/"])
def test_a_refused_form_opens_at_its_first_field_at_fault(page: Page, address: str) -> None:
    opened(page, address)
    page.click(".actions .btn.primary")
    page.wait_for_selector("#id_name_error")
    page.wait_for_function("document.activeElement.id === 'id_name'")
    assert page.locator("#id_name_error").evaluate("one => one.getBoundingClientRect().bottom < innerHeight")


def colours(pdf: bytes) -> set[str]:
    """The colours that a PDF fills with."""
    found = set()
    for begin in re.finditer(rb"stream\r?\n", pdf):
        try:
            drawn = zlib.decompressobj().decompress(pdf[begin.end() :])
        except zlib.error:
            continue
        for told in re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) rg", drawn):
            found.add("#{:02x}{:02x}{:02x}".format(*(round(float(part) * 255) for part in told)))
    return found


def test_paper_is_light_whatever_the_theme_is_and_the_screen_is_dark_again_after_it(page: Page) -> None:
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    opened(page, "/reports/ladder/")
    page.wait_for_selector("samovar-chart canvas")
    assert page.locator("samovar-chart .figures > summary").is_visible()
    printed = colours(page.pdf(print_background=True))
    assert set(LIGHT.values()) <= printed
    assert not set(DARK.values()) & printed
    ink = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()")
    assert (ink, page.evaluate("document.documentElement.className")) == (DARK["ink"], "")


def test_on_paper_a_long_table_has_all_its_rows_and_the_grid_its_shades(page: Page) -> None:
    opened(page, "/reports/rfm/")
    page.wait_for_selector(".heat-grid")
    shades = page.locator(".heat-grid td[class*=heat-]").evaluate_all(AS_HEX)
    long = page.locator(".scroll.long")
    assert long.evaluate("one => one.scrollHeight > one.clientHeight")
    assert len(set(shades) - {"#ffffff"}) > 3
    assert set(shades) <= colours(page.pdf())  # as browsers print unless they are told to print backgrounds
    page.emulate_media(media="print")
    assert long.evaluate("one => getComputedStyle(one).overflowY + one.scrollHeight") == long.evaluate(
        "one => 'visible' + one.clientHeight"
    )


def test_a_note_of_the_scorecard_is_whole(page: Page) -> None:
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        opened(page, "/reports/loyalty/")
        cut = page.locator(".figures-table .note").evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth).length"
        )
        kept = page.locator(".figures-table td:has(.note)").evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth).length"
        )
        assert page.locator(".figures-table .note").count() > 7
        assert (cut, kept) == (0, 0)


def test_on_a_phone_the_answer_of_the_builder_comes_first_and_stays_a_tap_away(page: Page) -> None:
    page.set_viewport_size(PHONE)
    opened(page, "/reports/own/new/?ready=orders-by-month")
    top = "one => one.getBoundingClientRect().top"
    assert page.locator("#report-answer").evaluate(top) < PHONE["height"] < page.locator("#id_of").evaluate(top)
    page.locator("#id_segment").scroll_into_view_if_needed()
    button = page.locator(".to-answer a")
    assert button.evaluate("one => one.getBoundingClientRect().bottom <= innerHeight && one.getBoundingClientRect().top > 0")
    button.click()
    assert abs(page.locator("#report-answer").evaluate(top)) < 40
    page.set_viewport_size({"width": 1280, "height": 900})
    assert not button.is_visible()


@pytest.mark.parametrize("address", ["/reports/reach/?by=segment", "/quality/ready/"])
def test_a_table_wider_than_a_phone_scrolls_in_its_own_box_and_shows_that_it_does(page: Page, address: str) -> None:
    page.set_viewport_size(PHONE)
    opened(page, address)
    box = page.locator("main .scroll:not(samovar-chart .scroll)").first
    assert box.evaluate("one => one.scrollWidth > one.clientWidth")
    assert box.evaluate("one => getComputedStyle(one).backgroundAttachment") == "local, local, scroll, scroll"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

"""Segments in a real Chromium: a ready one is taken into use, who came and went opens with the reason, two are compared."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import Office, sign_in, speak


@pytest.fixture
def page(browser: Browser, office: Office) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", base_url=office.system.url)
    page = context.new_page()
    sign_in(page, office)
    speak(page, "en")
    yield page
    context.close()


def test_a_ready_segment_is_found_counted_and_taken_into_use(page: Page) -> None:
    page.goto("/segments/library/")
    expect(page.locator("#needs-bounced")).to_contain_text("No data of this yet")
    page.get_by_role("searchbox", name="Find a ready segment").fill("only one order")
    expect(page.locator(".shelf li")).to_have_count(1)
    assert "q=only%20one%20order" in page.url
    page.get_by_role("link", name="How many people would “Only one order” take?").click()
    expect(page.locator(".shelf [role=status]")).to_have_text(re.compile(r"^\d+ people [\d.]+%$"))
    counted = page.locator(".shelf [role=status] b").inner_text()
    page.get_by_role("button", name="Use “Only one order”").click()
    page.wait_for_url("**/segments/one-order/")
    expect(page.locator("h1")).to_have_text("Only one order")
    expect(page.locator("table.rows tbody tr")).to_have_count(min(int(counted.split(" ")[0]), 50))
    page.goto("/segments/library/?q=only one order")
    expect(page.get_by_role("link", name="In use")).to_be_visible()


def test_who_went_out_opens_with_the_test_that_turned(page: Page) -> None:
    page.goto("/segments/davno-ne-zakazyvali/?tab=moves&way=in")
    expect(page.locator("samovar-chart canvas")).to_have_count(2)  # the size, and the days once they have come
    page.locator("td a", has_text="Why").first.click()
    expect(page.locator("td .why .chip.brass").first).to_have_text("turned")
    expect(page.locator("td .why li", has=page.locator(".chip.brass")).first).to_contain_text("90 → 91")


def test_two_segments_are_compared_and_a_figure_leads_to_the_editor(page: Page) -> None:
    page.goto("/segments/davno-ne-zakazyvali/")
    page.get_by_role("link", name="Overlap").click()
    page.get_by_role("combobox", name="Add a segment").select_option("mozhno-pisat")
    expect(page.locator(".verdict")).to_contain_text("more than one of them")
    assert page.url.endswith("?s=davno-ne-zakazyvali&s=mozhno-pisat")
    people = [int(text.replace(",", "")) for text in page.locator("table.bars td.n a").all_inner_texts()]
    assert people == sorted(people, reverse=True) and all(people)
    page.locator("table.bars td.n a").first.click()
    page.wait_for_url(re.compile(r"/segments/new/\?rule=.*in\+segment"))

"""The core path in a real Chromium: a segment is counted as it is written, its letter is launched and lies in the mailbox."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser import Office, sign_in, speak

SUBJECT = "Пора заварить чай"


def write_segment(page: Page, url: str) -> None:
    page.goto(f"{url}/segments/new/")
    page.fill("#id_name", "Bought twice")
    page.fill("#id_rule", "count(orders) >")
    expect(page.locator("#live .notice.error")).to_be_visible()
    page.fill("#id_rule", "count(orders) >= 2 and consent.email.marketing")
    expect(page.locator("#live .metric b")).to_have_text(re.compile(r"\d+ people"))
    page.click("button.primary")
    page.wait_for_url("**/segments/bought-twice/")


def draft_campaign(page: Page, url: str) -> None:
    page.goto(f"{url}/campaigns/new/")
    page.fill("#id_name", "Tea time")
    page.click("button.primary")
    page.wait_for_url("**/campaigns/tea-time/")
    page.select_option("#id_segment", label="Bought twice")
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".notice.success")
    expect(page.get_by_role("button", name="Launch")).to_be_disabled()


def write_letter(page: Page) -> None:
    page.get_by_role("link", name="Write the letter").click()
    page.wait_for_selector("#id_subject")
    page.fill("#id_subject", SUBJECT)
    page.fill("#id_html", '<p>Здравствуйте, {{ first_name | default: "друг" }}! <a href="https://tea.example/">Чай</a></p>')
    page.get_by_role("button", name="Save").first.click()
    page.wait_for_selector(".notice.success")


def launch(page: Page, url: str) -> None:
    page.goto(f"{url}/campaigns/tea-time/")
    button = page.get_by_role("button", name="Launch")
    expect(button).to_be_enabled()
    page.once("dialog", lambda dialog: dialog.accept())
    button.click()
    page.wait_for_selector("text=Tea time")


def test_a_letter_goes_from_a_rule_to_the_mailbox(browser: Browser, office: Office) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(page, office)
    speak(page, "en")
    write_segment(page, office.system.url)
    draft_campaign(page, office.system.url)
    write_letter(page)
    launch(page, office.system.url)
    for _try in range(30):
        page.goto(f"{office.system.url}/mailbox/")
        if page.get_by_text(SUBJECT).count():
            break
        page.wait_for_timeout(1_000)
    page.get_by_role("link", name=SUBJECT).first.click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Здравствуйте")).to_be_visible()
    link = frame.get_by_role("link", name="Чай").get_attribute("href")
    assert link is not None and "/c/" in link, "the link is tracked"
    context.close()

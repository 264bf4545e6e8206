"""The builder of a segment in a real Chromium: by mouse, by keyboard, beside its text, in both languages and on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from samovar import rules
from samovar.rules.parser import parse_text
from samovar.rules.printer import condition_text
from samovar.rules.tests.strategies import conditions
from samovar.rules.tree import Condition, Or
from samovar.understand.lines import lined
from tests.browser import Office, sign_in, speak

BUILDER = "samovar-builder"
CANONICAL = Path(__file__).parents[1] / "samovar" / "rules" / "tests" / "canonical.txt"
GENERATED, BATCH = 300, 60
TWO = "count(orders) >= 2 and count(visits) >= 1 and (city is known or birthday is known)"


@pytest.fixture
def page(browser: Browser, office: Office) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    sign_in(page, office)
    speak(page, "en")
    yield page
    seen = list(faults)  # a question that is under way when the page closes fails, and is no fault
    context.close()
    assert seen == []


def open_editor(page: Page, office: Office, path: str = "/segments/new/") -> None:
    page.goto(office.system.url + path)
    page.wait_for_selector(f"{BUILDER}.is-ready")


def items(within: Page | Locator) -> Locator:
    """The conditions and groups directly in the outermost group."""
    return within.locator(".builder-place > .builder-group > .builder-item")


def control(within: Locator, name: str) -> Locator:
    """A control of one condition, by the end of its name."""
    return within.locator(f'[data-at$=":{name}"]').first


def pick(item: Locator, name: str, *, typed: str) -> None:
    """Search a subject by what is typed and take the one of this name."""
    control(item, "subject").click()
    item.page.get_by_role("combobox", name="Find").last.fill(typed)
    item.page.get_by_role("option", name=name, exact=True).first.click()


def expect_rule(page: Page, text: str) -> None:
    expect(page.locator("#id_rule")).to_have_value(text)


def write(page: Page, text: str) -> None:
    page.fill("#id_rule", text)


def test_a_nested_rule_is_put_together_by_mouse_and_saved(page: Page, office: Office) -> None:
    open_editor(page, office)
    expect(page.locator(".builder-empty")).to_contain_text("No conditions yet")
    page.get_by_role("button", name="+ condition").click()
    first = items(page).nth(0)
    expect_rule(page, "count(orders) >= 1")
    control(first, "value0").fill("2")
    control(first, "window").select_option("in last")
    control(first, "amount").fill("90")
    expect_rule(page, "count(orders in last 90 days) >= 2")
    expect(page.locator("#said")).to_have_text("Has at least 2 orders in the last 90 days.")
    expect(page.locator("#live .metric b")).to_have_text(re.compile(r"\d+ (person|people)"))
    first.get_by_role("button", name="where…").click()
    control(first.locator(".builder-where"), "value0").fill("1000,5")
    control(first.locator(".builder-where"), "operator").select_option(">")
    expect_rule(page, "count(orders where amount > 1000.5 in last 90 days) >= 2")
    page.get_by_role("button", name="+ group").last.click()
    group = items(page).nth(1)
    group.get_by_role("button", name="+ condition").click()
    pick(group, "City", typed="cit")
    expect(group.locator(".builder-unfinished")).to_be_visible()
    control(group, "operator").select_option("one of")
    for city in ("Москва", "Казань"):
        control(group, "list").fill(city)
        control(group, "list").press("Enter")
    expect(group.locator(".builder-unfinished")).to_be_hidden()
    group.get_by_role("button", name="+ condition").click()
    pick(group.locator(".builder-item").nth(1), "Consent to marketing by e-mail", typed="consent e-mail")
    rule = (
        'count(orders where amount > 1000.5 in last 90 days) >= 2 and (city in ("Москва", "Казань") or consent.email.marketing)'
    )
    expect_rule(page, rule)
    said = "Has at least 2 orders with an amount over 1,000.50 in the last 90 days;"
    expect(page.locator("#said")).to_contain_text(said)
    expect(page.locator("#live .metric")).to_contain_text(re.compile(r"of \d+ customers"))
    page.fill("#id_name", "Put together")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/segments/put-together/")
    expect(page.locator("pre.code")).to_have_text(rule)


def test_the_tree_follows_the_text_and_stays_where_the_text_is_broken(page: Page, office: Office) -> None:
    open_editor(page, office)
    write(page, TWO)
    expect(items(page)).to_have_count(3)
    expect(control(items(page).nth(0), "value0")).to_have_value("2")
    expect(items(page).nth(2).locator(".builder-item")).to_have_count(2)
    expect(items(page).nth(2).locator(".builder-group .builder-join")).to_have_text("or")
    write(page, f"{TWO}\nand count(ordrs) >= 1")
    fault = page.locator(".builder-fault")
    expect(fault).to_contain_text("There is nothing called “ordrs” to count. line 2, column 11")
    expect(fault.locator("mark")).to_have_text("ordrs")
    expect(fault.locator("code")).to_have_text("orders")
    expect(items(page)).to_have_count(3)
    fault.get_by_role("button").click()
    place = page.evaluate("document.querySelector('#id_rule').selectionStart")
    assert place == len(TWO) + 11
    page.wait_for_timeout(1600)  # what is written in one go is undone in one
    write(page, "count(orders) >= 5")
    expect(items(page)).to_have_count(1)
    expect(fault).to_be_empty()
    page.get_by_role("button", name="Undo").click()
    expect_rule(page, TWO)
    expect(items(page)).to_have_count(3)


def test_what_has_no_controls_stays_as_a_line_of_text_in_its_place(page: Page, office: Office) -> None:
    open_editor(page, office)
    write(
        page, "count(visits) >= 1 and sum(orders.amount) / count(orders) > 500 and count(lines where price * quantity > 100) > 0"
    )
    line = items(page).nth(1).locator(".builder-line")
    expect(line).to_have_value("sum(orders.amount) / count(orders) > 500")
    expect(items(page).nth(2).locator(".builder-line")).to_have_value("price * quantity > 100")
    control(items(page).nth(0), "value0").fill("3")
    expect_rule(
        page, "count(visits) >= 3 and sum(orders.amount) / count(orders) > 500 and count(lines where price * quantity > 100) > 0"
    )
    items(page).nth(0).locator("summary").click()
    page.get_by_role("button", name="Write it as text").click()
    expect(items(page).nth(0).locator(".builder-line")).to_have_value("count(visits) >= 3")
    line.fill("sum(orders.amount) / > 500")
    line.press("Enter")
    expect(items(page).nth(1).locator(".fault")).to_contain_text("Expected")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"{office.system.url}/segments/new/")
    items(page).nth(1).locator(".builder-line").fill("count(orders) > 4 or city is known")
    page.keyboard.press("Tab")
    expect(items(page).nth(1).locator(".builder-item")).to_have_count(2)
    expect_rule(
        page, "count(visits) >= 3 and (count(orders) > 4 or city is known) and count(lines where price * quantity > 100) > 0"
    )


def test_a_figure_is_compared_with_another_one(page: Page, office: Office) -> None:
    open_editor(page, office)
    page.get_by_role("button", name="+ condition").click()
    row = items(page).nth(0)
    control(row, "window").select_option("in last")
    control(row, "operator").select_option("beside >")
    expect_rule(page, "count(orders in last 30 days) > count(orders between 61 and 31 days ago)")
    said = "The number of orders in the last 30 days is more than (the number of orders between 61 and 31 days ago)."
    expect(page.locator("#said")).to_have_text(said)
    expect(page.locator("#live .metric b")).to_have_text(re.compile(r"\d+ (person|people)"))
    control(row, "other:figure").select_option("sum")
    expect_rule(page, "count(orders in last 30 days) > sum(orders.amount between 61 and 31 days ago)")
    control(row, "other:subject").click()
    offered = page.get_by_role("option")
    expect(offered.filter(has_text="City")).to_have_count(0)  # a number stands beside no city
    page.get_by_role("combobox", name="Find").last.fill("visits")
    page.get_by_role("option", name="Visits", exact=True).click()
    control(row, "other:to").fill("40")
    expect_rule(page, "count(orders in last 30 days) > count(visits between 61 and 40 days ago)")
    row.get_by_role("button", name="where…").nth(1).click()
    expect(row.locator(".builder-beside + .builder-where")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    control(row, "operator").select_option("<=")
    expect(control(row, "value0")).to_be_visible()
    control(row, "value0").fill("3")
    expect_rule(page, "count(orders in last 30 days) <= 3")


def test_two_figures_of_a_text_have_controls(page: Page, office: Office) -> None:
    open_editor(page, office)
    two = "count(orders where amount > 5 in last 30 days) > count(orders where amount > 9 between 60 and 30 days ago)"
    text = f"{two} and count(lines where price > quantity) >= 1 and sum(orders.amount) != median(orders.amount)"
    write(page, text)
    expect(items(page)).to_have_count(3)
    expect(page.locator(".builder-line")).to_have_count(0)
    first = items(page).nth(0)
    expect(control(first, "other:window")).to_have_value("between ago")
    expect(first.locator(".builder-where")).to_have_count(2)
    expect(control(items(page).nth(1), "other:subject")).to_have_text("quantity")
    expect(control(items(page).nth(2), "operator").locator("option:checked")).to_have_text("not as much as")
    control(first, "amount").fill("31")
    expect_rule(page, text.replace("last 30", "last 31"))
    control(items(page).nth(2), "figure").select_option("hours_since last")  # an exact age stands beside constants alone
    expect(control(items(page).nth(2), "value0")).to_be_visible()
    write(page, "city is known")
    control(items(page).nth(0), "operator").select_option("beside =")
    attribute = control(items(page).nth(0), "other:subject").get_attribute("value") or ""
    assert attribute.startswith("name:"), "an attribute begins beside an attribute"


class Nothing:
    """Data that taught no word."""

    def traits(self) -> Mapping[str, rules.Kind]:
        return {}

    def events(self) -> frozenset[str]:
        return frozenset()

    def event_fields(self, event: str) -> Mapping[str, rules.Kind]:
        return {}

    def records(self) -> Mapping[str, bool]:
        return {}

    def record_fields(self, record: str) -> Mapping[str, rules.Kind]:
        return {}


def known_rules() -> Iterator[str]:
    """Rules of the language's own table that name nothing which a demo could lack, as they are printed."""
    words = rules.builtin_catalogue().with_learned(Nothing()).with_segments({})
    for line in CANONICAL.read_text().splitlines()[1:]:
        try:
            yield rules.to_text(rules.parse(line.partition(" ⇒ ")[2], words))
        except rules.RuleError:
            continue


def test_every_rule_of_the_language_goes_through_the_tree_and_comes_back_the_same(page: Page, office: Office) -> None:
    open_editor(page, office)
    slug = page.evaluate("fetch('/segments/builder/words').then(a => a.json()).then(words => words.segments[0].name)")
    known = [*known_rules(), f'in segment "{slug}"', f'not entered segment "{slug}" in last 7 days']
    assert len(known) > 40
    whole = rules.to_text(rules.parse(" or ".join(f"({text})" for text in known), rules.builtin_catalogue()))
    write(page, whole)
    expect(items(page)).to_have_count(len(known))
    page.evaluate("document.querySelector('#id_rule').value = ''")
    page.evaluate("document.querySelector('samovar-builder').change('', () => {})")  # the tree is written, whatever was read
    expect_rule(page, whole)


def generated_rules(count: int) -> list[Condition]:
    """Rules of every shape that the language has, the same ones each time."""
    found: dict[str, Condition] = {}

    @seed(3)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(conditions())
    def gather(condition: Condition) -> None:
        found[condition_text(condition)] = condition

    gather()
    return list(found.values())


def answer_without_data(route: Route) -> None:
    """What the office answers to the builder, but for names: generated rules name what no demo has."""
    asked = route.request.post_data_json
    if "text" in asked:
        rule = rules.Rule(condition=parse_text(asked["text"]))
    else:
        rule = rules.from_json({"condition": asked["tree"]})
    route.fulfill(json={"text": rules.to_text(rule), "tree": lined(rule), "said": "a rule"})


def test_generated_rules_go_through_the_tree_and_come_back_the_same(page: Page, office: Office) -> None:
    page.route("**/segments/builder/translate", answer_without_data)
    open_editor(page, office)
    known = generated_rules(GENERATED)
    assert len(known) >= GENERATED // 2
    for batch in (known[at : at + BATCH] for at in range(0, len(known), BATCH)):
        write(page, "")
        expect(items(page)).to_have_count(0)
        text = condition_text(Or(items=tuple(batch)))
        write(page, text)
        expect(items(page)).to_have_count(len(batch))
        page.evaluate("document.querySelector('#id_rule').value = ''")
        page.evaluate("document.querySelector('samovar-builder').change('', () => {})")
        expect_rule(page, text)


def drag(page: Page, item: Locator, onto: Locator, *, below: bool = False) -> None:
    handle, target = item.locator(".builder-handle").first.bounding_box(), onto.bounding_box()
    assert handle is not None and target is not None
    page.mouse.move(handle["x"] + 8, handle["y"] + 8)
    page.mouse.down()
    page.mouse.move(handle["x"] + 20, handle["y"] + 30)
    page.mouse.move(target["x"] + 120, target["y"] + (target["height"] - 4 if below else 4), steps=4)
    page.mouse.up()


def test_a_condition_is_dragged_into_a_group_and_out_of_it(page: Page, office: Office) -> None:
    open_editor(page, office)
    write(page, TWO)
    expect(items(page)).to_have_count(3)
    drag(page, items(page).nth(0), items(page).nth(2).locator(".builder-item").nth(1))
    expect_rule(page, "count(visits) >= 1 and (city is known or count(orders) >= 2 or birthday is known)")
    drag(page, items(page).nth(1).locator(".builder-item").nth(2), items(page).nth(0))
    expect_rule(page, "birthday is known and count(visits) >= 1 and (city is known or count(orders) >= 2)")
    page.keyboard.press("Control+z")
    expect_rule(page, "count(visits) >= 1 and (city is known or count(orders) >= 2 or birthday is known)")


def test_a_rule_is_put_together_by_keyboard_alone(page: Page, office: Office) -> None:
    open_editor(page, office, "/segments/new/?rule=count(visits)+%3E%3D+1&name=By+keyboard")
    expect(items(page)).to_have_count(1)
    expect(page.locator("#live .metric b")).to_have_text(re.compile(r"\d+ (person|people)"))
    page.get_by_role("button", name="+ condition").focus()
    page.keyboard.press("Enter")
    expect(control(items(page).nth(1), "subject")).to_be_focused()
    expect_rule(page, "count(visits) >= 1 and count(orders) >= 1")
    page.locator(".builder-handle").nth(1).focus()
    page.keyboard.press("ArrowUp")
    expect_rule(page, "count(orders) >= 1 and count(visits) >= 1")
    expect(page.locator(".builder-handle").nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")  # no group above it: one of its own
    expect(page.locator(".builder-group")).to_have_count(2)
    page.keyboard.press("ArrowDown")  # out of it again, and an empty group does not stay
    expect(page.locator(".builder-group")).to_have_count(1)
    page.locator(".builder-join").first.focus()
    page.keyboard.press("Enter")
    expect_rule(page, "count(orders) >= 1 or count(visits) >= 1")
    page.locator("summary[data-at$=':more']").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect_rule(page, "not count(orders) >= 1 or count(visits) >= 1")
    page.locator("#id_name").press("Enter")
    page.wait_for_url("**/segments/by-keyboard/")


def test_opening_asks_for_no_count_and_a_change_does(page: Page, office: Office) -> None:
    asked: list[str] = []
    page.on("request", lambda request: note(asked, request))
    page.goto(f"{office.system.url}/segments/")
    path = page.locator("table.rows tbody a").first.get_attribute("href") or ""
    open_editor(page, office, f"{path}edit/")
    page.wait_for_timeout(1000)
    assert asked == ["words"]
    expect(page.locator("#live .metric b")).to_have_text(re.compile(r"\d+ (person|people)"))
    control(items(page).nth(0), "value0").fill("9")
    expect(page.locator("#live")).to_contain_text("Who they are")
    assert set(asked) == {"words", "translate", "check"}


def note(asked: list[str], request: Request) -> None:
    if "/segments/builder/" in request.url or request.url.endswith("/segments/check"):
        asked.append(request.url.rpartition("/")[2].partition("?")[0])


def test_it_speaks_russian_and_fits_a_phone(page: Page, office: Office) -> None:
    speak(page, "ru")
    page.set_viewport_size({"width": 390, "height": 800})
    open_editor(page, office)
    bought = "count(orders where amount > 1000 in last 2 days) >= 2"
    write(page, f'{bought} and did views then not orders within 21 hours and (lifecycle = "lost" or not city = "x")')
    row = items(page).nth(0)
    expect(control(row, "subject")).to_have_text("Заказы")
    expect(control(row, "operator").locator("option:checked")).to_have_text("не меньше")
    expect(control(row, "unit").locator("option:checked")).to_have_text("дня")
    expect(items(page).nth(2)).to_contain_text("или")
    expect(control(items(page).nth(2), "value0").locator("option:checked")).to_have_text("потерянный")
    expect(page.locator("#said")).to_contain_text("Сделал не меньше 2 заказов на сумму больше 1 000")
    expect(page.locator("#count-line")).to_be_in_viewport()
    expect(page.locator("#count-line")).to_contain_text(re.compile("человек"))
    builder, text = page.locator(BUILDER).bounding_box(), page.locator("#id_rule").bounding_box()
    assert builder is not None and text is not None and builder["y"] < text["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_form_alone_does_the_work_without_scripts(browser: Browser, office: Office) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, office)
    page.goto(f"{office.system.url}/segments/new/")
    expect(page.locator(BUILDER)).to_be_hidden()
    page.fill("#id_name", "Without scripts")
    page.fill("#id_rule", "count(orders) >= 1")
    page.click("button.primary")
    page.wait_for_url("**/segments/without-scripts/")
    context.close()


def test_a_where_asks_of_the_row_and_of_the_person(page: Page, office: Office) -> None:
    open_editor(page, office)
    write(page, 'count(orders where amount > 5 and person.city = "Казань") >= 1')
    inner = items(page).nth(0).locator(".builder-where .builder-item")
    expect(inner).to_have_count(2)
    expect(control(inner.nth(1), "subject")).to_have_text("City")
    pick(inner.nth(0), "Date of birth", typed="birth")
    control(inner.nth(0), "age").select_option("days_until_anniversary")
    control(inner.nth(0), "value0").fill("7")
    control(inner.nth(0), "operator").select_option("<=")
    rule = 'count(orders where days_until_anniversary(person.birthday) <= 7 and person.city = "Казань") >= 1'
    expect_rule(page, rule)
    pick(inner.nth(1), "channel", typed="chan")
    expect_rule(page, "count(orders where days_until_anniversary(person.birthday) <= 7) >= 1")  # a city is no channel
    control(inner.nth(1), "value0").fill("site")
    expect_rule(page, rule.replace('person.city = "Казань"', 'channel = "site"'))

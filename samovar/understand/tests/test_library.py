"""The ready segments: every rule is good and says what it should, the shelves part their people, and one click takes one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from samovar import rules
from samovar.kit.clock import DAY_US
from samovar.rules.sentence import say
from samovar.staff.models import Member, Role
from samovar.understand import operations
from samovar.understand.library.ready import groups, ready
from samovar.understand.models import Segment
from samovar.understand.rules import DESCRIPTION_MAX, NAME_MAX
from samovar.understand.tests.shop import ALICE, NOW, TODAY, Shop
from samovar.understand.tests.test_screens import signed_in

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).with_name("library.txt")
CATALOGUE = rules.builtin_catalogue("RUB")


def golden() -> dict[str, list[str]]:
    """{slug: [rule, English sentence, Russian sentence]}."""
    blocks = [block.splitlines() for block in GOLDEN.read_text().strip().split("\n\n")]
    return {slug: said for slug, *said in blocks}


@pytest.fixture
def marketer(shop):
    return signed_in(Role.MARKETER)


def test_every_ready_segment_says_what_it_is_known_to_say():
    found = {}
    for one in ready().values():
        rule = rules.parse(one.text("RUB"), CATALOGUE)
        found[one.slug] = [rules.to_text(rule), say(rule, "en", CATALOGUE), say(rule, "ru", CATALOGUE)]
    assert found == golden()


def test_every_ready_segment_has_its_texts_in_both_languages_and_a_shelf():
    shelves = {group.slug for group in groups()}
    for one in ready().values():
        assert one.group in shelves
        for said, limit in ((one.name, NAME_MAX), (one.says, DESCRIPTION_MAX)):
            assert set(said) == {"en", "ru"} and all(0 < len(text) <= limit for text in said.values()), one.slug
        assert all(text.endswith(".") for text in one.says.values()), one.slug
    assert {one.group for one in ready().values()} == shelves


def test_sums_are_of_the_size_of_the_shops_money():
    assert ready()["big-spenders"].text("RUB") == "sum(orders.amount) >= 30000"
    assert ready()["big-spenders"].text("GBP") == "sum(orders.amount) >= 300"


@pytest.mark.parametrize("group", ["rfm", "lifecycle"])
def test_a_shelf_that_parts_people_has_each_in_exactly_one(group):
    shop, days = Shop(), (0, 30, 31, 45, 60, 90, 91, 180, 181, 400)
    for person, (last, orders) in enumerate(((last, orders) for last in days for orders in range(1, 7)), start=1):
        shop.person(person, orders=tuple(last + 7 * n for n in range(orders)))
    shop.person(1000)
    took = [
        person
        for one in ready().values()
        if one.group == group
        for person in shop.query("understand.audience", text=one.text("RUB"), at_us=NOW).column("person_id").to_pylist()
    ]
    assert sorted(took) == list(range(1, 61)) + ([1000] if group == "lifecycle" else [])


@pytest.mark.parametrize(
    ("slug", "out", "inside"),
    [
        ("no-order-30-days", (30, 60), (31, 60)),
        ("overdue-season", (90,), (91,)),
        ("overdue", (10, 20, 30), (11, 21, 31)),
        ("one-order", (5, 9), (5,)),
        ("sleeping", (180,), (181,)),
        ("returned", (3, 210), (3, 211)),
        ("frequent", (1, 2, 181), (1, 2, 180)),
    ],
)
def test_the_day_on_which_somebody_comes_in_is_the_one_that_is_promised(slug, out, inside):
    shop = Shop()
    shop.person(1, orders=out)
    shop.person(2, orders=inside)
    answer = shop.query("understand.audience", text=ready()[slug].text("RUB"), at_us=NOW)
    assert answer.column("person_id").to_pylist() == [2]


def test_ivan_is_who_bought_at_most_twice_for_much_and_only_with_a_discount():
    shop = Shop()
    people = {
        1: (500_000, (100, 50)),
        2: (500_000, (100, 0)),
        3: (499_999, (100, 50)),
        4: (900_000, (10, 10, 10)),
        5: (700_000, (9,)),
    }
    for person, (amount, discounts) in people.items():
        days = tuple(range(5, 5 + len(discounts)))
        shop.person(person, orders=days, amount=amount)
        for day, discount in zip(days, discounts, strict=True):
            at_us, number, props = NOW - day * DAY_US, person * 10 + day, json.dumps({"discount": discount})
            shop._insert(
                "events", person, person, "Order Completed", "track", at_us, TODAY - day, number, "shop", f"m{number}", props,
                at_us, number,
            )  # fmt: skip
    answer = shop.query("understand.audience", text=ready()["sale-hunters"].text("RUB"), at_us=NOW)
    assert answer.column("person_id").to_pylist() == [1, 5]


def test_what_has_no_data_yet_is_told_and_no_error(marketer, shop):
    page = marketer.get("/segments/library/missing").content.decode()
    assert 'id="needs-birthday-soon"' in page and "No data of this yet: date of birth." in page
    assert "No data of this yet: checkouts." in page
    assert "No data of this yet: “Message Failed”." in page  # an event nobody has told of
    assert "No data of this yet: consents to marketing by e-mail." in page
    assert "needs-one-order" not in page and "needs-lost" not in page
    assert "no data yet" in marketer.get("/segments/library/bounced/count").content.decode()


def test_how_many_is_a_part_of_the_page_and_a_page_of_its_own_without_scripts(marketer):
    part = marketer.get("/segments/library/leads/count", HTTP_HX_REQUEST="true").content.decode()
    assert part.startswith("<span") and "<b>1 person</b>" in part
    page = marketer.get("/segments/library/leads/count").content.decode()
    assert (
        "<h1>Leads without an order</h1>" in page
        and "<b>1 person</b>" in page
        and "of 3 customers" in page
        and "/segments/library/leads/use" in page
    )


def test_the_library_is_searched_in_both_languages_and_by_shelf(marketer):
    page = marketer.get("/segments/library/?q=корзин").content.decode()
    assert "Cart left" in page and "Champions" not in page
    page = marketer.get("/segments/library/?group=rfm").content.decode()
    assert "Champions" in page and "Cart left" not in page
    page = marketer.get("/segments/library/?q=zzz").content.decode()
    assert "Nothing fits" in page
    part = marketer.get("/segments/library/", HTTP_HX_TARGET="shelves").content.decode()
    assert part.startswith('<div class="grid" id="shelves"')
    assert marketer.get("/segments/library/nothing/count").status_code == 404


def test_the_library_opens_without_asking_the_warehouse(marketer, monkeypatch):
    monkeypatch.setattr("samovar.engine.warehouse.client._current", None)
    assert "Champions" in marketer.get("/segments/library/").content.decode()


def test_one_click_takes_a_ready_segment_into_use(marketer):
    answer = marketer.post("/segments/library/one-order/use")
    assert answer.headers["Location"] == "/segments/one-order/"
    row = Segment.objects.get()
    assert (row.name, row.rule_text) == ("Only one order", "count(orders) = 1")
    assert "Bought once." in row.description
    page = marketer.get("/segments/library/?q=Only one").content.decode()
    assert "In use" in page and 'href="/segments/one-order/"' in page and "/use" not in page


def test_a_slug_that_is_taken_gives_way_to_the_name(marketer, buyers):
    operations.create(name="Mine", slug="one-order", rule=buyers, actor=ALICE, at_us=NOW)
    assert marketer.post("/segments/library/one-order/use").headers["Location"] == "/segments/only-one-order/"


def test_a_rule_with_an_example_in_it_only_opens_in_the_editor(marketer):
    page = marketer.get("/segments/library/?q=First order from").content.decode()
    assert "/segments/new/?rule=first%28lines.category%29+%3D+%22%D0%A7%D0%B0%D0%B9%22&amp;name=First" in page
    assert "/use" not in page


def test_who_may_only_read_sees_the_library_and_takes_nothing(shop):
    operator = signed_in(Role.OPERATOR)
    assert "Open in the editor" not in operator.get("/segments/library/").content.decode()
    assert operator.post("/segments/library/one-order/use").status_code == 403
    assert not Segment.objects.exists()


def test_programs_read_the_library_and_take_from_it(marketer):
    Member.objects.update(language="ru")
    [one] = marketer.get("/api/v1/segments/library?search=чемпион").json()["segments"]
    assert (one["slug"], one["name"], one["used"]) == ("champions", "Чемпионы", None)
    answer = marketer.post("/api/v1/segments/library/champions", content_type="application/json")
    assert (answer.status_code, answer.json()["slug"]) == (201, "champions")
    [one] = marketer.get("/api/v1/segments/library?search=чемпион").json()["segments"]
    assert one["used"] == "champions"
    assert marketer.post("/api/v1/segments/library/nothing", content_type="application/json").status_code == 404
    assert json.loads(marketer.get("/api/v1/segments/library?search=zzz").content) == {"segments": []}

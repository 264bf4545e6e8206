"""What the builder asks of the office: words in the reader's language, a rule in its other form, what opens with the page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from samovar.collect.models import Profile
from samovar.engine.warehouse import client
from samovar.kit.errors import Refusal
from samovar.rules import builtin_catalogue
from samovar.staff.models import Member, Role
from samovar.understand import jobs, operations
from samovar.understand.learned import WarehouseWords
from samovar.understand.models import Segment
from samovar.understand.tests.shop import ALICE, NOW, Shop
from samovar.understand.vocabulary import vocabulary

pytestmark = pytest.mark.django_db
TRANSLATE = "/segments/builder/translate"


@pytest.fixture
def asked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the queries that the warehouse was asked."""
    names: list[str] = []
    query = shop.query

    def noted(name: str, /, **params: Any) -> Any:
        names.append(name)
        return query(name, **params)

    monkeypatch.setattr(shop, "query", noted)
    return names


@pytest.fixture
def marketer(shop: Shop) -> Client:
    browser = Client()
    browser.force_login(Member.objects.create_user(username="m", password="a long password", role=Role.MARKETER, language="en"))
    return browser


@pytest.fixture
def segment(shop, buyers) -> Segment:
    row = operations.create(name="Buyers & co", rule=buyers, actor=ALICE, at_us=NOW)
    operations.store_counts(counts={row.id: (1, 1234)}, at_us=NOW, day=0)
    return row


def translated(browser: Client, **body: Any) -> dict[str, Any]:
    answer = browser.post(TRANSLATE, json.dumps(body), content_type="application/json")
    assert answer.status_code == 200
    return answer.json()


def island(page: str) -> dict[str, Any]:
    [source] = re.findall(r"<samovar-builder[^>]*><template><script[^>]*>(.*?)</script>", page, re.S)
    return json.loads(source)


def test_an_editor_opens_on_the_stored_count_and_asks_the_warehouse_nothing(marketer, segment, asked):
    page = marketer.get("/segments/buyers-co/edit/").content.decode()
    assert "1,234 people" in page and "Has an order." in page
    [text] = re.findall(r"<textarea[^>]*>", page)
    assert not re.search(r'hx-trigger="[^"]*load', text)  # the rule waits for a change
    assert island(page)["tree"] == {
        "type": "compare", "operator": ">=", "right": {"type": "number", "value": "1"}, "line": "count(orders) >= 1",
        "left": {"type": "aggregate", "function": "count", "of": {"type": "selection", "collection": "orders"}},
    }  # fmt: skip
    assert asked == []
    words = marketer.get("/segments/builder/words").json()
    assert words["is_whole"] and asked == ["understand.names"]


def test_what_comes_after_the_stored_count_is_read_and_no_rule_is_asked(marketer, segment, asked):
    assert 'hx-get="/segments/buyers-co/stored"' in marketer.get("/segments/buyers-co/edit/").content.decode()
    part = marketer.get("/segments/buyers-co/stored").content.decode()
    assert "1,234 people" in part and "of 3 customers" in part and "hx-trigger" not in part
    assert set(asked) == {"understand.customers", "understand.moves"}


def test_the_stored_count_stays_where_the_warehouse_does_not_answer(marketer, segment, monkeypatch):
    def refused(name: str, **_params: Any) -> Any:
        raise Refusal("busy", "The warehouse is busy.")

    monkeypatch.setattr(client.current(), "query", refused)
    part = marketer.get("/segments/buyers-co/stored")
    assert part.status_code == 200 and "1,234 people" in part.content.decode() and "customers" not in part.content.decode()


def test_a_new_segment_may_begin_with_what_a_link_proposes_and_is_counted_at_once(marketer):
    page = marketer.get("/segments/new/", {"rule": 'city = "<b>"', "name": "Tea & <i>"}).content.decode()
    assert 'value="Tea &amp; &lt;i&gt;"' in page and "city = &quot;&lt;b&gt;&quot;</textarea>" in page
    assert re.search(r'hx-trigger="[^"]*, load"', page) and island(page)["tree"] is None


def test_what_was_sent_and_refused_stands_in_the_text_and_not_in_the_tree(marketer, segment):
    answer = marketer.post("/segments/buyers-co/edit/", {"name": "Buyers", "rule": "count(ordrs) >= 1", "version": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "count(ordrs) &gt;= 1</textarea>" in page
    assert island(page)["tree"] is None and "1,234 people" not in page


def test_words_come_in_the_readers_language_with_what_data_taught(marketer, shop, segment):
    shop._insert("events", 1, 1, "Quiz Finished", "track", NOW, 0, 900, "server", "m1", '{"score": 3, "level": "hard"}', NOW, 1)
    shop._insert("attributes", 1, 1, "favourite.tea", NOW, 0, 901, "text", "Улун", "улун", *[None] * 7)
    shop._insert("events", 1, 1, "", "page", NOW, 0, 902, "server", "m2", None, NOW, 2)
    shop._insert("events", 1, 1, "Product Viewed", "track", NOW, 0, 903, "server", "m3", None, NOW, 3)
    words = marketer.get("/segments/builder/words").json()
    named = {tuple(one["parts"]): one for one in words["attributes"]}
    assert named["city",] == {"parts": ["city"], "label": "city", "kind": "text", "searchable": True, "group": "person"}
    assert named["trait", "favourite.tea"]["group"] == "own"
    assert named["consent", "email", "marketing"]["label"] == "consent to marketing by e-mail"
    reach = named["reachable", "email", "state"]
    assert (reach["group"], reach["values"][1]) == ("reachable", {"value": "refused", "label": "refused"})
    assert named["contact", "email", "is_known"]["kind"] == "boolean"
    assert {"value": "at risk", "label": "at risk"} in named["lifecycle",]["values"]
    orders = words["collections"][0]
    assert (orders["name"], orders["label"], orders["fields"][0]["label"]) == ("orders", "orders", "amount")
    assert words["events"] == ["Quiz Finished"] and words["records"] == []
    assert words["segments"] == [{"name": "buyers-co", "label": "Buyers & co"}]
    assert words["units"]["days"] == {"one": "day", "few": "days", "many": "days", "other": "days"}
    Member.objects.update(language="ru")
    words = marketer.get("/segments/builder/words").json()
    assert words["collections"][0]["label"] == "заказы"
    assert words["units"]["days"] == {"one": "день", "few": "дня", "many": "дней", "other": "дня"}
    [stage] = [one for one in words["attributes"] if one["parts"] == ["lifecycle"]]
    assert {"value": "at risk", "label": "близкий к потере"} in stage["values"]


def test_built_in_words_are_there_where_the_warehouse_does_not_answer(marketer, monkeypatch):
    def refused(name: str, **_params: Any) -> Any:
        raise Refusal("busy", "The warehouse is busy.")

    monkeypatch.setattr(client.current(), "query", refused)
    words = marketer.get("/segments/builder/words").json()
    assert not words["is_whole"] and words["events"] == [] and words["collections"]


def test_fields_and_values_of_what_happened_are_suggested(marketer, shop):
    for key, level in enumerate(["hard", "hard", "easy"]):
        props = json.dumps({"score": 3, "level": level, "a/b": "x"})
        shop._insert("events", 1, 1, "Quiz Finished", "track", NOW, 0, 900 + key, "server", f"m{key}", props, NOW, 1)
    fields = marketer.get("/segments/builder/fields", {"event": "Quiz Finished"}).json()["fields"]
    assert [(one["name"], one["kind"]) for one in fields] == [("a/b", "text"), ("level", "text"), ("score", "number")]

    def values(**asked: str) -> list[str]:
        return marketer.get("/segments/builder/values", asked).json()["values"]

    assert values(event="Quiz Finished", field="level") == ["hard", "easy"]  # the most frequent first
    assert values(event="Quiz Finished", field="a/b") == ["x"]
    assert values(event="Quiz Finished", field="score") == []
    assert values(field="city") == ["Казань", "Москва"]
    assert values(collection="orders", field="channel") == ["site"]
    assert values(collection="orders", field="amount_minor; DROP TABLE orders") == []


def test_text_becomes_a_tree_and_a_tree_becomes_the_same_text(marketer):
    found = translated(marketer, text="count(orders)>=2 AND (city='Москва')")
    assert found["text"] == 'count(orders) >= 2 and city = "Москва"'
    assert found["said"] == "has at least 2 orders, and the city is “Москва”"
    assert [one["line"] for one in found["tree"]["items"]] == ["count(orders) >= 2", 'city = "Москва"']
    for one in found["tree"]["items"]:
        del one["line"]
    assert translated(marketer, tree=found["tree"])["text"] == found["text"]


def test_a_fault_comes_with_its_place_and_what_was_meant(marketer):
    fault = translated(marketer, text="count(orders) > 0 and\n citty = 'x'")["fault"]
    assert (fault["line"], fault["column"], fault["suggestions"]) == (2, 2, ["city"])
    assert fault["message"] == "There is no attribute “citty”."
    tree = {"type": "known", "operand": {"type": "attribute", "parts": ["citty"]}, "is_known": True}
    found = translated(marketer, tree=tree)
    assert found["text"] == "citty is known" and found["fault"]["suggestions"] == ["city"]
    Member.objects.update(language="ru")
    assert translated(marketer, text="citty = 'x'")["fault"]["message"] == "Нет признака «citty»."
    assert translated(marketer, text="(city = 'x'")["fault"]["message"] == "Ожидается «)», а стоит конец."


NO_RULES = [
    b"", b"[]", b"{", b'{"tree": null}', b'{"tree": {"type": "and", "items": []}}', b"[" * 100_000, b"\xff",
    b'{"text": "%b"}' % (b"x" * 70_000), b'{"tree": "%b"}' % (b"x" * 1_100_000),
]  # fmt: skip


@pytest.mark.parametrize("body", NO_RULES)
def test_what_is_no_rule_is_told_and_nothing_fails(marketer, body):
    answer = marketer.post(TRANSLATE, body, content_type="application/json")
    assert answer.status_code == 200 and answer.json()["fault"]["message"]


def test_a_line_is_read_by_itself(marketer):
    assert translated(marketer, line="sum(orders.amount) / 2 > 5")["tree"]["line"] == "sum(orders.amount) / 2 > 5"
    assert translated(marketer, line="amount > 5", is_within=True)["tree"]["left"]["type"] == "field"
    assert translated(marketer, line="amount >")["fault"]["column"] == 9


def test_who_may_not_read_segments_gets_no_words(shop):
    stranger = Client()
    for address in ("words", "fields", "values"):
        assert stranger.get(f"/segments/builder/{address}").status_code == 302
    assert stranger.post(TRANSLATE, "{}", content_type="application/json").status_code == 302


def test_why_somebody_fits_a_rule_is_told_before_it_is_saved(marketer):
    Profile.objects.create(id=1, is_customer=True, created_us=NOW)
    part = marketer.post("/segments/builder/why/1", {"rule": "count(orders) >= 2 and city is known"}).content.decode()
    assert "Orders: <b>2</b>" in part and "needs at least 2" in part and "«" not in part
    assert "/segments/builder/why/1" in marketer.post("/segments/check", {"rule": "count(orders) >= 2"}).content.decode()
    assert "Did you mean" in marketer.post("/segments/builder/why/1", {"rule": "count(ordrs) >= 2"}).content.decode()


def test_only_what_the_warehouse_keeps_is_offered_to_segments(shop):
    known = builtin_catalogue("RUB")
    orders = known.collections["orders"]
    more = replace(known, collections={"orders": orders, "views": replace(orders, name="views", table="shop window")})
    assert [one["name"] for one in vocabulary(more, shop, "en", "RUB")["collections"]] == ["orders"]


def test_words_that_the_worker_counted_are_not_looked_for_again(marketer, shop, monkeypatch):
    shop._insert("events", 1, 1, "Quiz Finished", "track", NOW, 0, 900, "server", "m1", None, NOW, 1)
    shop._insert("attributes", 1, 1, "score", NOW, 0, 901, "number", None, None, 1, *[None] * 6)
    before = marketer.get("/segments/builder/words").json()
    jobs.keep_words(cursor=shop.cursor, currency="RUB", at_us=NOW)
    monkeypatch.setattr(WarehouseWords, "traits", None)  # what goes through the data fails now
    monkeypatch.setattr(WarehouseWords, "events", None)
    after = marketer.get("/segments/builder/words").json()
    assert after == before
    assert after["events"] == ["Quiz Finished"] and {"parts": ["trait", "score"]}.items() <= after["attributes"][-1].items()

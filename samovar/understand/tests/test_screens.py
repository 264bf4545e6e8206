"""The pages and the API of segments, as members of different roles meet them."""

from __future__ import annotations

import html
import json
import re

import pytest
from django.test import Client
from django.utils import translation

from samovar import rules
from samovar.collect.models import Profile
from samovar.collect.timeline import entries
from samovar.engine.warehouse import client
from samovar.kit.numbers import SCALE
from samovar.rules.errors import MESSAGES
from samovar.rules.lifecycle import STAGES
from samovar.rules.unseen import WARNINGS
from samovar.staff.models import Member, Role
from samovar.understand import operations
from samovar.understand.models import Segment
from samovar.understand.sayings import said, sentence, stage_name
from samovar.understand.tests.shop import ALICE, NOW, TODAY

pytestmark = pytest.mark.django_db


def signed_in(role: str) -> Client:
    browser = Client()
    browser.force_login(Member.objects.create_user(username=role, password="a long password", role=role, language="en"))
    return browser


@pytest.fixture
def marketer(shop):
    return signed_in(Role.MARKETER)


@pytest.fixture
def segment(shop, buyers):
    row = operations.create(name="Buyers", description="Everybody who bought.", rule=buyers, actor=ALICE, at_us=NOW)
    for day, people in ((TODAY - 8, 1), (TODAY, 1234)):
        operations.store_counts(counts={row.id: (1, people)}, at_us=NOW, day=day)
    return row


def test_the_list_shows_stored_counts_and_searches(marketer, segment, sleepers):
    operations.create(name="Sleepers", rule=sleepers, actor=ALICE, at_us=NOW)
    page = marketer.get("/segments/").content.decode()
    assert "1,234" in page
    assert "not counted yet" in page
    assert "Sleepers" not in marketer.get("/segments/?q=Buy").content.decode()
    assert "Buyers" not in marketer.get("/segments/?state=archived").content.decode()


def test_a_segment_opens_on_what_is_stored_and_asks_for_its_people_after(marketer, segment, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(client, "_current", None)  # whatever asks the warehouse is refused
        page = marketer.get("/segments/buyers/").content.decode()
    for text in ("count(orders) &gt;= 1", "Everybody who bought.", "1,234", "+1,233", "Looking for the people…"):
        assert text in page
    assert 'id="table" aria-live="polite" aria-busy="true" hx-get="/segments/buyers/"' in page
    part = marketer.get("/segments/buyers/", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="table").content.decode()
    assert part.startswith('<div class="listing" id="table">')
    assert "Москва" in part and "Казань" in part
    assert marketer.get("/segments/nobody/").status_code == 404


def test_a_reader_without_scripts_is_led_to_the_people(marketer, segment):
    page = marketer.get("/segments/buyers/?after=WzEsIDFd").content.decode()
    [address] = re.findall(r'<noscript><p><a class="btn" href="([^"]+)">', page)
    found = marketer.get("/segments/buyers/" + html.unescape(address)).content.decode()
    assert "Казань" in found and "Москва" not in found  # after the first
    assert "Looking for" not in found


def test_the_editor_makes_a_segment_with_a_canonical_rule(marketer):
    answer = marketer.post("/segments/new/", {"name": "Чай", "rule": "COUNT(orders)>=2"})
    assert answer.status_code == 422
    answer = marketer.post("/segments/new/", {"name": "Чай", "rule": "count(orders)>=2 AND (city='Москва')"})
    assert answer.headers["Location"] == "/segments/chay/"
    assert Segment.objects.get().rule_text == 'count(orders) >= 2 and city = "Москва"'


def test_the_editor_keeps_what_was_written_when_the_rule_is_wrong(marketer, segment):
    answer = marketer.post("/segments/buyers/edit/", {"name": "Buyers", "rule": "count(ordrs) >= 1", "version": "1"})
    assert answer.status_code == 422
    assert "There is nothing called “ordrs” to count." in answer.content.decode()
    assert "count(ordrs) &gt;= 1" in answer.content.decode()
    assert Segment.objects.get().version == 1


def test_a_page_opened_before_somebody_elses_change_does_not_overwrite_it(marketer, segment):
    operations.publish(segment=segment, name="Alice's", actor=ALICE, at_us=NOW)
    answer = marketer.post("/segments/buyers/edit/", {"name": "Mine", "rule": "count(orders) >= 1", "version": "1"})
    assert answer.status_code == 422
    assert Segment.objects.get().name == "Alice's"


def test_the_live_part_counts_and_shows_people(marketer):
    part = marketer.post("/segments/check", {"rule": "count(orders) >= 1"}).content.decode()
    assert "2 people" in part
    assert "66.7% of 3 customers" in part
    assert "/customers/1/" in part
    assert "Nobody fits" in marketer.post("/segments/check", {"rule": "count(orders) > 99"}).content.decode()
    empty = marketer.post("/segments/check", {"rule": "  "}).content.decode()
    assert "as you write" in empty and 'href="/segments/library/"' in empty


def test_the_rule_stands_as_a_sentence_on_top_in_the_readers_language(marketer, segment):
    rule = "count(orders where amount > 1000 in last 90 days) >= 2"
    page = marketer.get("/segments/buyers/").content.decode()
    assert "Everybody who bought.<br>Has an order." in page
    assert "Has an order." in marketer.get("/segments/buyers/edit/").content.decode()
    new = marketer.get("/segments/new/").content.decode()
    assert re.search(r'<span id="said"[^>]*>Put the rule together', new) and "hx-swap-oob" not in new
    part = marketer.post("/segments/check", {"rule": rule}).content.decode()
    said = "Has at least 2 orders with an amount over 1,000 in the last 90 days."
    assert f'<span hx-swap-oob="innerHTML:#said">{said}' in part
    assert "hx-swap-oob" not in marketer.post("/segments/check", {"rule": "count(ordrs) >= 2"}).content.decode()
    empty = marketer.post("/segments/check", {"rule": " "}).content.decode()
    assert '<span hx-swap-oob="innerHTML:#said">Put the rule together' in empty
    Member.objects.update(language="ru")
    part = marketer.post("/segments/check", {"rule": rule}).content.decode()
    assert "Сделал не меньше 2 заказов на сумму больше 1\u00a0000 за последние 90 дней." in part
    assert "&lt;b&gt;" in marketer.post("/segments/check", {"rule": 'city = "<b>"'}).content.decode()


def test_the_api_says_what_a_rule_means(marketer, segment):
    rule = json.dumps({"rule": "days_since(last orders) > 30"})
    assert marketer.get("/api/v1/segments/buyers").json()["sentence"] == "has an order"
    answer = marketer.post("/api/v1/rules/check", rule, content_type="application/json").json()
    assert answer["sentence"] == "last ordered more than 30 days ago"
    Member.objects.update(language="ru")
    answer = marketer.post("/api/v1/rules/check", rule, content_type="application/json").json()
    assert answer["sentence"] == "последний заказ больше 30 дней назад"


def test_sentences_call_the_stages_as_the_office_does():
    for language in ("ru", "en"):
        with translation.override(language):
            for stage in STAGES:
                rule = rules.parse(f'lifecycle = "{stage}"', rules.builtin_catalogue())
                assert stage_name(stage) in said(rule)


def test_the_live_part_shows_where_a_rule_is_wrong(marketer):
    part = marketer.post("/segments/check", {"rule": 'count(orders) > 0 and\n citty = "<b>"'}).content.decode()
    assert "Line 2, column 2" in part
    assert "<code>city</code>" in part
    assert "<b>" not in part


def test_a_known_name_without_data_is_a_warning_and_the_rule_is_counted_still(marketer):
    rule = 'birthday is known or city = "Казань" or count(calls) > 0 or count(calls) > 9 or consent.sms.marketing'
    part = marketer.post("/segments/check", {"rule": rule}).content.decode()
    assert "1 person" in part
    assert "Nobody has “birthday” yet" in part and "Nothing called “calls” has happened yet." in part
    assert "“city”" not in part
    answer = marketer.post("/api/v1/rules/check", json.dumps({"rule": rule}), content_type="application/json").json()
    assert [(one["code"], one["name"], one["line"], one["column"]) for one in answer["warnings"]] == [
        ("attribute_without_data", "birthday", 1, 1), ("nothing_happened", "calls", 1, 47),
        ("attribute_without_data", "consent.sms.marketing", 1, 81),
    ]  # fmt: skip
    assert answer["warnings"][1]["message"] == "Nothing called “calls” has happened yet."
    good = {"rule": "count(orders) >= 1 and registered_at is known and lifecycle = 'lost' and contact.email.is_known"}
    answer = marketer.post("/api/v1/rules/check", json.dumps(good), content_type="application/json").json()
    assert [one["name"] for one in answer["warnings"]] == ["contact.email.is_known"]


def test_stages_are_linted_by_rest_in_the_readers_language(marketer):
    def lint(stages):
        return marketer.post("/api/v1/segments/lint", json.dumps({"stages": stages}), content_type="application/json")

    stages = [{"name": "new", "rule": "count(orders) <= 1"}, {"name": "old", "rule": "count(orders) >= 1", "says": "bought"}]
    [overlap, *others] = lint(stages).json()["findings"]
    assert overlap == {
        "kind": "overlap", "stages": ["new", "old"], "sentence": "“new” and “old” both take a person with 1 order.",
        "history": [{"what": "registered", "days_ago": 0}, {"what": "orders", "days_ago": 0}],
    }  # fmt: skip
    assert [one["kind"] for one in others] == ["no_exit", "no_exit"]
    answer = lint([*stages, {"name": "city", "rule": 'count(orders) > 0 and citty = "x"'}])
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, "unknown_attribute", "stages")
    assert (error["params"]["stage"], error["params"]["column"], error["params"]["suggestions"]) == ("city", 23, ["city"])
    assert lint([]).json()["error"]["message"] == "Give a list of stages, each with a name and a rule."


def test_archiving_is_a_switch(marketer, segment):
    assert marketer.get("/segments/buyers/archive").status_code == 405
    marketer.post("/segments/buyers/archive")
    assert Segment.objects.get().is_archived
    marketer.post("/segments/buyers/archive")
    assert not Segment.objects.get().is_archived


def test_a_segment_is_not_taken_back_to_rest_on_an_archived_one(marketer, segment):
    upper = operations.create(
        name="Upper", rule=rules.parse('in segment "buyers"', rules.builtin_catalogue("RUB")), actor=ALICE, at_us=NOW
    )
    operations.archive(segment=upper, actor=ALICE, at_us=NOW)
    operations.archive(segment=segment, actor=ALICE, at_us=NOW)
    answer = marketer.post("/segments/upper/archive")
    assert answer.status_code == 409 and "names what is archived: Buyers" in answer.content.decode()
    assert marketer.post("/api/v1/segments/upper/restore").status_code == 409
    assert Segment.objects.get(slug="upper").is_archived


def test_an_operator_reads_and_may_not_write(shop, segment):
    operator = signed_in(Role.OPERATOR)
    assert operator.get("/segments/buyers/").status_code == 200
    assert operator.get("/segments/new/").status_code == 403
    assert operator.post("/segments/buyers/archive").status_code == 403
    assert operator.post("/segments/buyers/edit/", {"name": "x", "rule": "count(orders) > 5"}).status_code == 403
    assert Segment.objects.get().version == 1


def test_the_api_makes_reads_changes_and_counts(marketer):
    def call(method: str, path: str, body: dict | None = None):
        answer = getattr(marketer, method)(f"/api/v1/{path}", json.dumps(body) if body else None, content_type="application/json")
        return answer.status_code, answer.json()

    assert call("post", "segments", {"name": "Buyers", "rule": "count(orders)>=1"})[0] == 201
    status, found = call("get", "segments/buyers")
    assert (status, found["rule"], found["version"]) == (200, "count(orders) >= 1", 1)
    assert call("patch", "segments/buyers", {"version": 1, "rule": "count(orders) >= 2"})[1]["version"] == 2
    status, stale = call("patch", "segments/buyers", {"version": 1, "name": "Mine"})
    assert (status, stale["error"]["code"]) == (409, "published_meanwhile")
    assert [p["person_id"] for p in call("get", "segments/buyers/members")[1]["people"]] == [1]
    [sized] = call("get", f"segments?at_us={NOW}")[1]["segments"]
    assert (sized["slug"], sized["people"], sized["counted_us"]) == ("buyers", 1, NOW)
    assert call("post", "rules/count", {"rule": "count(orders) >= 1"})[1]["count"] == 2
    assert call("post", "rules/check", {"rule": "count(orders)>1"})[1]["text"] == "count(orders) > 1"
    status, wrong = call("post", "rules/count", {"rule": "count(ordrs) >= 1"})
    assert (status, wrong["error"]["params"]["column"], wrong["error"]["params"]["suggestions"]) == (400, 7, ["orders"])
    assert call("post", "segments/buyers/archive")[1]["is_archived"]
    assert call("get", "segments")[1]["segments"] == []
    assert sum(row["people"] for row in call("get", "lifecycle")[1]["stages"]) == 3


def test_every_fault_of_a_rule_is_said_in_russian():
    with translation.override("ru"):
        for code, template in {**MESSAGES, **WARNINGS}.items():
            assert translation.gettext(template) != template, code
        with pytest.raises(rules.RuleError) as caught:
            rules.parse('count(orders) > "два"', rules.builtin_catalogue())
        assert sentence(caught.value) == "Нельзя сравнить: число и текст."


def test_the_card_shows_the_stage_and_every_segment(marketer, segment, rf):
    from samovar.understand.screens.card import customer_stage, segments_tab, stage_place

    Profile.objects.bulk_create(Profile(id=person, created_us=0) for person in (1, 3))
    request = rf.get("/")
    request.at_us, request.user = NOW, Member.objects.get()
    with translation.override("ru"):
        assert 'hx-get="/segments/of/1"' in stage_place(request, 1)
        buyer, other = (customer_stage(request, person).content.decode() for person in (1, 3))
        assert "развивающийся" in buyer and "Buyers" in buyer
        assert "Buyers" not in other
        assert "не входит" in segments_tab(request, 3) and "Сделал заказ." in segments_tab(request, 3)
        assert "не входит" not in segments_tab(request, 1)


def test_the_card_says_why_a_person_is_out_test_by_test(marketer, segment, shop):
    Profile.objects.create(id=3, is_customer=True, created_us=NOW)
    part = marketer.get("/segments/buyers/of/3", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert re.search(r"Orders: <b>0</b> <span[^>]*>needs at least 1<", part)
    page = marketer.get("/segments/buyers/of/3").content.decode()
    assert "<html" in page
    assert "has an order" in page.lower()


def test_the_api_explains_a_segment_and_a_rule(marketer, segment, shop):
    Profile.objects.create(id=2, is_customer=True, created_us=NOW)
    answer = marketer.get("/api/v1/segments/buyers/explain?person_id=2").json()
    assert (answer["in"], [(leaf["value"], leaf["needs"], leaf["ok"]) for leaf in answer["leaves"]]) == (
        True,
        [(1, "at least 1", True)],
    )
    asked = {"rule": 'not city = "Казань" and days_since(last orders) > 60.5', "person_id": 2, "at_us": NOW}
    answer = marketer.post("/api/v1/rules/explain", asked, content_type="application/json").json()
    assert answer["in"] is False
    assert [(leaf["value"], leaf["ok"]) for leaf in answer["leaves"]] == [("Казань", False), (70, True)]
    assert answer["leaves"][0]["needs"].startswith("not: ")


def test_the_timeline_names_the_segments_a_person_came_into_and_left(segment):
    def row(name: str, slug: str, number: int) -> dict[str, object]:
        props = json.dumps({"segment": slug, "segment_id": number * SCALE, "version": SCALE})
        return {"kind": "event", "name": name, "time_us": NOW, "day": TODAY, "event_key": 1, "props": props}

    rows = [row("Segment Entered", "buyers", segment.id), row("Segment Left", "gone", 12345)]
    with translation.override("ru"):
        told = [(entry.title, entry.note) for entry in entries(rows)]
    assert told == [("Вошёл в сегмент", "Buyers"), ("Вышел из сегмента", "gone")]

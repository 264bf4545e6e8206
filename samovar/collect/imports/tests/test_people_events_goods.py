"""People with traits and consents, events with properties, and goods."""

from __future__ import annotations

import json

import pytest

from samovar.collect.imports.tests.conftest import AT_US
from samovar.kit.clock import Zone, parse_moment

MOSCOW = Zone("Europe/Moscow")
PEOPLE = """
kind: people
source: old crm
columns:
  Почта: [email, trait.first_email]
  Телефон: phone
  Карта: card
  Создан: registered_at
  День рождения: trait.birthday
  Бонусы: trait.bonus
  Оптовик: trait.wholesale
types: {trait.birthday: date, trait.bonus: number, trait.wholesale: boolean}
numbers: {decimal: ",", thousands: " "}
times: {formats: ["%d.%m.%Y %H:%M", "%d.%m.%Y"]}
consents:
  - {channel: email, column: Согласие, given: [да], refused: [нет], source: анкета, text_version: "3"}
"""
HEAD = "Почта;Телефон;Карта;Создан;День рождения;Бонусы;Оптовик;Согласие\n"


def test_it_makes_a_person_of_each_row(desk):
    path = desk.write("a.csv", HEAD + "Anna@Example.com;8 (916) 123-45-67;007;05.03.2024 10:15;29.02.1992;1 234,50;да;да\n")
    outcome = desk.bring(path, PEOPLE)
    identify, consent = desk.sealed()
    assert (identify["type"], identify["email"], identify["phone"], identify["card"]) == (
        "identify",
        "anna@example.com",
        "+79161234567",
        "007",
    )
    assert json.loads(identify["traits"]) == {
        "registered_at": "2024-03-05T07:15:00Z",
        "first_email": "Anna@Example.com",
        "email": "Anna@Example.com",
        "phone": "8 (916) 123-45-67",
        "birthday": "1992-02-29",
        "bonus": 1234.5,
        "wholesale": True,
    }
    assert identify["time_us"] == parse_moment("2024-03-05T10:15", MOSCOW)
    assert (consent["event"], consent["type"]) == ("Consent Changed", "track")
    assert json.loads(consent["properties"]) == {
        "channel": "email",
        "address": "anna@example.com",
        "purpose": "marketing",
        "given": True,
        "source": "анкета",
        "text_version": "3",
    }
    assert (outcome.figures.people, outcome.figures.consents, outcome.figures.customers) == (1, 1, 1)


def test_consent_to_sms_is_of_the_phone_and_is_not_consent_to_calls(desk):
    rules = "".join(
        f"  - {{channel: {channel}, column: {channel}, given: ['1'], refused: ['0'], source: form, text_version: '3'}}\n"
        for channel in ("sms", "phone")
    )
    path = desk.write("a.csv", "tel,sms,phone\n8 (916) 123-45-67,1,1\n8 916 123-45-68,0,\n")
    outcome = desk.bring(path, f"kind: people\ncolumns: {{tel: phone}}\nconsents:\n{rules}")
    said = sorted(
        (told["channel"], told["address"], told["given"])
        for event in desk.sealed()
        if event["event"]
        for told in [json.loads(event["properties"])]
    )
    assert said == [("phone", "+79161234567", True), ("sms", "+79161234567", True), ("sms", "+79161234568", False)]
    assert outcome.figures.consents == 3


def test_an_address_that_needed_no_correction_is_no_trait_and_the_message_is_the_same(desk):
    desk.bring(desk.write("a.csv", "m\nA@Example.com\n"), "kind: people\ncolumns: {m: email}\n")
    (corrected,) = desk.sealed()
    desk.bring(desk.write("b.csv", "m\na@example.com\n"), "kind: people\nsource: other\ncolumns: {m: email}\n")
    (plain,) = desk.sealed()
    assert (json.loads(corrected["traits"]), plain["traits"]) == ({"email": "A@Example.com"}, None)
    assert corrected["message_id"] == plain["message_id"]


def test_it_dates_a_person_without_a_time_by_the_moment_of_the_import(desk):
    desk.bring(desk.write("a.csv", "m\na@example.com\n"), "kind: people\ncolumns: {m: email}\n")
    (event,) = desk.sealed()
    assert event["time_us"] == AT_US and event["traits"] is None


def test_it_refuses_people_it_cannot_name_or_read(desk):
    rows = [
        ";;;;;;;",
        "guest;;;;;;;",
        "not an address;;;;;;;",
        ";12;;;;;;",
        "a@example.com;;;2024-03-05;;;;",
        "a@example.com;;;;;1.5;;",
        "a@example.com;;;;;;maybe;",
        "a@example.com;;;;;;;perhaps",
        "a@example.com;;;;;;;нет",
    ]
    desk.bring(desk.write("a.csv", HEAD + "\n".join(rows) + "\n"), PEOPLE)
    assert [reason for _line, reason in desk.refused()] == [
        "no_identifier", "no_identifier", "bad_email", "bad_phone", "bad_time", "bad_number", "bad_boolean", "bad_consent",
    ]  # fmt: skip
    assert [json.loads(e["properties"])["given"] for e in desk.sealed() if e["event"]] == [False]


def test_the_same_people_in_another_file_bring_nothing(desk):
    mapping = "kind: people\ncolumns: {m: email, n: trait.name}\n"
    desk.bring(desk.write("a.csv", "m,n\na@example.com,Anna\nb@example.com,Boris\n"), mapping)
    outcome = desk.bring(desk.write("b.csv", "m,n\nb@example.com,Boris\na@example.com,Anna K.\n"), mapping)
    assert outcome.sealed_rows == 1 and desk.sealed()[0]["email"] == "a@example.com"


EVENTS = """
kind: events
source: site
columns: {who: user_id, at: time, what: event, score: property.score, note: property.note}
types: {property.score: number}
"""


def test_it_makes_an_event_of_each_row_and_keeps_equal_ones_apart(desk):
    rows = "who,at,what,score,note\n" + "1,2025-01-01T10:00:00+00:00,Quiz Finished,7.5,ok\n" * 2 + "2,2025-01-01 10:00,Called,,\n"
    desk.bring(desk.write("a.csv", rows), EVENTS)
    events = desk.sealed()
    assert [(e["event"], e["user_id"], e["properties"] and json.loads(e["properties"])) for e in events] == [
        ("Called", "2", None),
        ("Quiz Finished", "1", {"score": 7.5, "note": "ok"}),
        ("Quiz Finished", "1", {"score": 7.5, "note": "ok"}),
    ]
    assert events[0]["time_us"] + 3 * 3_600_000_000 == events[1]["time_us"] == parse_moment("2025-01-01T10:00Z", MOSCOW)
    assert len({e["message_id"] for e in events}) == 3
    again = desk.bring(desk.write("b.csv", rows + "3,2025-01-02,Called,,\n"), EVENTS)
    assert again.sealed_rows == 1


def test_it_keeps_the_message_ids_of_a_file_that_has_them(desk):
    desk.bring(
        desk.write("a.csv", "i,w,t,e\nm-1,1,2025-01-01,A\nm-1,1,2025-01-01,A\n,1,2025-01-01,B\n"),
        "kind: events\ncolumns: {i: message_id, w: user_id, t: time, e: event}\n",
    )
    ids = [event["message_id"] for event in desk.sealed()]
    assert len(ids) == 2 and "m-1" in ids


def test_it_brings_goods_as_events_of_nobody(desk):
    outcome = desk.bring(
        desk.write("a.csv", "Артикул,Название,Цена\nT1,Чай,19.90\n,Без артикула,1\n"),
        "kind: goods\ncolumns: {Артикул: sku, Название: name, Цена: price}\n",
    )
    (event,) = desk.sealed()
    assert (event["event"], json.loads(event["properties"])) == ("Product Imported", {"sku": "T1", "name": "Чай", "price": 19.9})
    assert outcome.figures.goods == 1 and desk.refused() == [(3, "missing_sku")]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2011-03-27 00:30", "2011-03-27T00:30Z"),
        ("2011-03-27 01:30", "2011-03-27T01:30Z"),  # does not exist in London: moves forward by the gap
        ("2011-03-27 02:30", "2011-03-27T01:30Z"),
        ("2011-10-30 01:30", "2011-10-30T00:30Z"),  # exists twice: the first
        ("2011-10-30 01:30:00.250Z", "2011-10-30T01:30:00.250Z"),
        ("2011-10-30", "2011-10-29T23:00Z"),
    ],
)
def test_naive_times_are_read_in_the_zone_of_the_mapping(desk, text, utc):
    mapping = "kind: events\ncolumns: {w: user_id, t: time, e: event}\ntimes: {zone: Europe/London}\n"
    desk.bring(desk.write("a.csv", f"w,t,e\n1,{text},A\n"), mapping)
    assert desk.sealed()[0]["time_us"] == parse_moment(utc, MOSCOW)

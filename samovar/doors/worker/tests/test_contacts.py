"""Contacts on their way into the warehouse: corrected with what came, judged, and what follows from them."""

from __future__ import annotations

from typing import Any

import pytest

from samovar.collect import operations
from samovar.doors.worker.tests.conftest import BOB, NOW, House, us
from samovar.engine.warehouse import client, registry

pytestmark = pytest.mark.store
registry.load_rooms(["understand"])

MARKS = "name LIKE 'contact.%'"


def identify(house: House, at: str, *, user: str = "anna", source: str = "server", **traits: Any) -> None:
    house.take({"type": "identify", "userId": user, "timestamp": f"{at}T12:00Z", "traits": traits}, source=source)


def told(house: House) -> dict[str, tuple[Any, ...]]:
    """Last values of the person's traits, as every reader takes them."""
    rows = house.rows(
        "SELECT name, arg_max_null(coalesce(text, boolean::VARCHAR), (coalesce(precedence_us, time_us), event_key)) "
        "FROM attributes WHERE person_id IS NOT NULL GROUP BY name"
    )
    return {name: value for name, value in rows if value is not None}


def count(house: House, rule: str, at_us: int = NOW) -> int:
    return int(client.current().query("understand.segment_count", text=rule, at_us=at_us).to_pylist()[0]["count"])


def test_a_contact_is_corrected_and_keeps_what_came(house: House) -> None:
    identify(
        house, "2026-10-01", email="Anna@Example.COM", phone="8 (916) 123-45-67", first_name="АННА", city="г.москва",
        birthday="12.03.1990", country="Россия", favourite_tea="улун",
    )  # fmt: skip
    rows = house.rows("SELECT name, text, folded, came, verdict, source FROM attributes WHERE source = 'server' ORDER BY name")
    assert rows == [
        ("birthday", "1990-03-12", "1990-03-12", "12.03.1990", "valid", "server"),
        ("city", "Москва", "москва", "г.москва", "valid", "server"),
        ("country", "RU", "ru", "Россия", "valid", "server"),
        ("email", "anna@example.com", "anna@example.com", "Anna@Example.COM", "valid", "server"),
        ("favourite_tea", "улун", "улун", None, None, "server"),
        ("first_name", "Анна", "анна", "АННА", "valid", "server"),
        ("phone", "+79161234567", "+79161234567", "8 (916) 123-45-67", "valid", "server"),
    ]
    assert house.rows("SELECT kind, date_day FROM attributes WHERE name = 'birthday'") == [("date", 7375)]


def test_what_cannot_be_corrected_stays_and_is_judged(house: House) -> None:
    identify(house, "2026-10-01", email="anna at example", first_name="тест", birthday="завтра", phone="12")
    rows = house.rows("SELECT name, text, came, verdict FROM attributes WHERE source = 'server' ORDER BY name")
    assert rows == [(name, text, None, "invalid") for name, text in sorted(
        {"email": "anna at example", "first_name": "тест", "birthday": "завтра", "phone": "12"}.items())]  # fmt: skip
    assert count(house, "not contact.email.is_valid and contact.email.is_valid is known") == 1


def test_an_address_says_of_its_owner_what_it_is_and_says_it_once(house: House) -> None:
    for day in ("2026-10-01", "2026-10-02"):
        identify(house, day, email="info@mailinator.com", phone="+78005553535")
    rows = house.rows(f"SELECT name, coalesce(text, boolean::VARCHAR), source FROM attributes WHERE {MARKS} ORDER BY name")
    assert rows == [
        ("contact.email.is_disposable", "true", "house"), ("contact.email.is_role", "true", "house"),
        ("contact.email.is_valid", "true", "house"), ("contact.phone.is_valid", "true", "house"),
        ("contact.phone.region", "RU", "house"), ("contact.phone.type", "toll_free", "house"),
    ]  # fmt: skip
    assert count(house, "contact.email.is_disposable and contact.email.is_role and contact.phone.type = 'toll_free'") == 1
    assert count(house, "contact.phone.type = 'mobile'") == 0


def test_an_address_whose_letters_pass_for_latin_ones_is_kept_and_doubtful(house: House) -> None:
    identify(house, "2026-10-01", email="а@mail.ru")
    assert house.rows("SELECT text, verdict FROM attributes WHERE name = 'email'") == [("а@mail.ru", "doubtful")]


def test_the_last_address_tells(house: House) -> None:
    identify(house, "2026-10-01", email="anna@mailinator.com")
    assert count(house, "contact.email.is_disposable") == 1
    identify(house, "2026-10-02", email="anna@example.com")
    assert count(house, "contact.email.is_disposable") == 0 and count(house, "contact.email.is_valid") == 1
    identify(house, "2026-10-03", email="none at all")
    assert count(house, "contact.email.is_valid") == 1, "the address that letters go to is still a valid one"


def test_a_number_that_no_plan_knows_is_known_and_not_valid(house: House) -> None:
    identify(house, "2026-10-01", phone="+7 111 111 11 11")
    assert count(house, "contact.phone.is_known and not contact.phone.is_valid and contact.phone.type = 'unknown'") == 1


@pytest.mark.parametrize("days", [("2026-10-01", "2026-10-02"), ("2026-10-02", "2026-10-01")])
@pytest.mark.parametrize("is_told_first", [True, False])
def test_what_somebody_told_is_never_overwritten_by_what_is_derived(
    house: House, days: tuple[str, str], is_told_first: bool
) -> None:
    steps = [lambda: identify(house, days[0], gender="male"), lambda: identify(house, days[1], first_name="Анна")]
    for step in steps if is_told_first else reversed(steps):
        step()
    assert told(house)["gender"] == "male"


def test_a_full_name_tells_its_parts_and_the_gender(house: House) -> None:
    identify(house, "2026-10-01", name="ИВАНОВА МАРИЯ ПЕТРОВНА")
    found = told(house)
    assert (found["first_name"], found["middle_name"], found["last_name"]) == ("Мария", "Петровна", "Иванова")
    assert (found["gender"], found["name"]) == ("female", "Иванова Мария Петровна")
    assert count(house, "gender = 'female' and first_name starts with 'мар'") == 1
    identify(house, "2026-10-02", first_name="Маша")
    assert told(house)["first_name"] == "Маша"


def test_a_newer_name_takes_away_what_only_the_older_one_told(house: House) -> None:
    identify(house, "2026-10-01", name="Иванов Иван Петрович")
    identify(house, "2026-10-03", name="ПЕТРОВ пётр")
    assert (told(house)["first_name"], told(house)["last_name"], told(house)["gender"]) == ("Пётр", "Петров", "male")
    assert "middle_name" not in told(house)
    assert count(house, 'middle_name = "Петрович"') == 0
    assert count(house, 'middle_name = "Петрович" and name = "Иванов Иван Петрович"', us("2026-10-02")) == 1
    identify(house, "2026-10-04", name="John Smith")
    assert not {"first_name", "last_name", "gender"} & set(told(house))
    assert count(house, 'gender = "male"', us("2026-10-03T13:00Z")) == 1


def test_what_follows_from_a_name_is_known_from_when_the_name_is(house: House) -> None:
    identify(house, "2026-10-02", name="Иванов Иван Петрович")
    assert count(house, 'gender = "male"', us("2026-10-02T11:59Z")) == 0
    assert count(house, 'gender = "male"', us("2026-10-02T12:00Z")) == 1
    rows = house.rows("SELECT DISTINCT time_us, day FROM attributes WHERE source IN ('server', 'house')")
    assert rows == [(us("2026-10-02T12:00Z"), house.rows("SELECT day FROM attributes WHERE name = 'name'")[0][0])]


def test_an_older_name_that_comes_late_takes_nothing_away(house: House) -> None:
    identify(house, "2026-10-03", name="Иванов Иван Петрович")
    identify(house, "2026-10-01", name="Петров Пётр")
    assert (told(house)["first_name"], told(house)["middle_name"]) == ("Иван", "Петрович")


def test_parts_that_somebody_told_stay_when_a_newer_name_lacks_them(house: House) -> None:
    identify(house, "2026-10-01", first_name="Анна", middle_name="Петровна")
    identify(house, "2026-10-02", name="John Smith")
    assert {**told(house), "name": None} == {"first_name": "Анна", "middle_name": "Петровна", "gender": "female", "name": None}


def test_a_gender_goes_with_the_given_name_that_told_it(house: House) -> None:
    identify(house, "2026-10-01", first_name="Анна")
    identify(house, "2026-10-02", last_name="Смит")
    assert told(house)["gender"] == "female"
    identify(house, "2026-10-03", first_name="John")
    assert "gender" not in told(house)


def test_a_trait_that_only_went_is_no_word_of_rules(house: House) -> None:
    identify(house, "2026-10-01", name="John Smith")
    words = client.current().query("understand.names")
    assert "middle_name" not in str(words.to_pylist())


def test_what_a_browser_tells_fills_a_part_that_no_name_told(house: House) -> None:
    identify(house, "2026-10-01", name="John Smith")
    identify(house, "2026-10-02", source="site", name="Иванов Иван Петрович", first_name="Johnny")
    assert told(house) == {"name": "John Smith", "first_name": "Johnny"}


def test_a_surname_with_initials_tells_the_surname_alone(house: House) -> None:
    identify(house, "2026-10-01", name="Смирнова О.П.")
    assert told(house) == {"name": "Смирнова О.П.", "last_name": "Смирнова"}


def test_a_name_whose_order_is_not_certain_tells_no_parts(house: House) -> None:
    identify(house, "2026-10-01", name="John Smith")
    identify(house, "2026-10-02", user="other", name="Мария Анна")
    assert not {"first_name", "last_name", "gender"} & set(told(house))


def test_a_gender_is_one_word_whatever_it_was_called(house: House) -> None:
    identify(house, "2026-10-01", gender="Ж")
    assert house.rows("SELECT text, came FROM attributes WHERE name = 'gender'") == [("female", "Ж")]


def test_what_a_browser_tells_fills_only_what_is_empty(house: House) -> None:
    identify(house, "2026-10-01", first_name="Пётр")
    identify(house, "2026-10-02", source="site", name="Иванова Анна Петровна")
    assert house.rows("SELECT text FROM attributes WHERE name IN ('gender', 'first_name') ORDER BY text") == [
        ("male",),
        ("Пётр",),
    ]


def test_a_merge_and_its_undoing_move_what_addresses_say(house: House) -> None:
    identify(house, "2026-10-01", user="anna", email="anna@mailinator.com")
    identify(house, "2026-10-02", user="bella", email="bella@example.com")
    ids = dict(house.rows("SELECT value, profile_id FROM identifiers WHERE kind = 'user_id'"))
    operations.merge(profile=ids["bella"], other=ids["anna"], actor=BOB, at_us=NOW)
    house.tick()
    assert count(house, "contact.email.is_disposable") == 0 and count(house, "contact.email.is_valid") == 1
    operations.unmerge(profile=ids["bella"], actor=BOB, at_us=NOW)
    house.tick()
    assert count(house, "contact.email.is_disposable") == 1 and count(house, "contact.email.is_valid") == 2


def test_a_rebuild_gives_the_same_contacts(house: House) -> None:
    identify(
        house, "2026-10-01", email="Anna@Example.COM", phone="89161234567", name="ИВАНОВА АННА ПЕТРОВНА", birthday="1.2.1990"
    )
    identify(house, "2026-10-02", email="none at all", city="СПб")
    before = house.everything()
    house.reopen(rebuild=True)
    house.tick()
    assert house.everything() == before

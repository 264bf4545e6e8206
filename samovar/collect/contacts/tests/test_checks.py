"""What each check makes of what came: a table in plain text, and what the table cannot say."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samovar.collect.contacts import checks, sentences
from samovar.collect.contacts.addresses import check_address, check_postal_code
from samovar.collect.contacts.birthdays import check_birthday
from samovar.collect.contacts.emails import check_email
from samovar.collect.contacts.phones import check_phone, written
from samovar.collect.contacts.verdicts import Verdict
from samovar.collect.phone_plans import KINDS, plan_of

ON = dt.date(2026, 11, 26)
CASES = [
    tuple(part.strip(" ") if place != 1 else part[1:-1] for place, part in enumerate(line.split("|")))
    for line in Path(__file__).with_name("cases.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("field", "came", "value", "verdict", "findings"), CASES)
def test_a_contact_is_judged(field: str, came: str, value: str, verdict: str, findings: str) -> None:
    found = checks.check_one(field, came, region="RU", on=ON)
    assert (found.value, found.came, found.verdict) == (value, came, verdict)
    assert [one.code for one in found.findings] == findings.split()


@pytest.mark.parametrize(("field", "value"), sorted({(case[0], case[2]) for case in CASES if case[3] == "valid"}))
def test_what_is_corrected_stays_as_it_is(field: str, value: str) -> None:
    again = checks.check_one(field, value, region="RU", on=ON)
    assert again.value == value and again.corrected_from is None


@pytest.mark.parametrize(
    ("field", "came", "value"),
    [
        ("name", "Мария \u202eавонавИ", "Мария Авонави"), ("first_name", "\ufeffАнна", "Анна"),
        ("city", "Ка\u200bзань", "Казань"),
        ("street", "ул. Ленина,\u2066 5", "ул. Ленина, 5"), ("postal_code", "101000\u200e", "101000"),
        ("country", "Рос\u00adсия", "RU"),
        ("last_name", "Петров\x07", "Петров"), ("birthday", "\u200e12.03.1990", "1990-03-12"),
    ],
)  # fmt: skip
def test_signs_that_nobody_sees_are_taken_out_and_what_came_is_kept(field: str, came: str, value: str) -> None:
    found = checks.check_one(field, came, region="RU", on=ON)
    assert (found.value, found.came, found.verdict) == (value, came, Verdict.DOUBTFUL)
    assert found.findings[-1].code == "invisible_signs"


def test_joiners_that_a_script_is_written_with_stay() -> None:
    for name in ("علی\u200cرضا", "क्\u200dष"):
        assert checks.check_one("first_name", name, region="RU", on=ON).corrected_from is None


def test_every_finding_has_a_sentence_and_every_sentence_a_finding() -> None:
    sources = "".join(
        path.read_text("utf-8") for path in Path(checks.__file__).parent.glob("*.py") if path.name != "sentences.py"
    )
    assert {code for code in sentences.SENTENCES if f'"{code}"' not in sources} <= {"email_no_mail"}
    assert {code for *_, codes in CASES for code in codes.split()} <= set(sentences.SENTENCES)


def test_a_slip_suggests_the_domain_that_was_meant() -> None:
    for came, meant in {"a@gmial.com": "a@gmail.com", "a@maill.ru": "a@mail.ru", "a@ramber.ru": "a@rambler.ru"}.items():
        assert check_email(came).suggestion == meant


@pytest.mark.parametrize(
    "came", ["a@gmail.com", "a@email.com", "a@inbox.lv", "a@outlook.fr", "a@mail.ru", "a@bk.ru", "a@male.ru"]
)
def test_a_domain_that_exists_is_no_slip(came: str) -> None:
    assert check_email(came).suggestion == ""


@pytest.mark.parametrize(
    "came", ["Anna <anna@mail.ru>", "mailto:anna@mail.ru", "anna@mail.ru\u200b", "«Anna@Mail.ru».", "почта: anna@mail.ru"]
)
def test_an_address_with_something_around_it_is_suggested_alone(came: str) -> None:
    found = check_email(came)
    assert (found.verdict, found.suggestion) == (Verdict.INVALID, "anna@mail.ru")


@pytest.mark.parametrize(
    ("came", "apart"),
    [
        ("НовиковаСВЕТЛАНА", "Новикова Светлана"), ("ИвановИванИванович", "Иванов Иван Иванович"),
        ("НОВИКОВАСветлана Петровна", "Новикова Светлана Петровна"), ("NovikovaSvetlana", "Novikova Svetlana"),
    ],
)  # fmt: skip
def test_words_run_together_are_suggested_apart(came: str, apart: str) -> None:
    found = checks.check_one("name", came, region="RU", on=ON)
    assert [(one.code, one.about) for one in found.findings] == [("name_joined", apart)]


def test_a_phone_tells_country_and_line() -> None:
    told = {
        "+79161234567": ("RU", "mobile"), "+74951234567": ("RU", "fixed"), "+78005553535": ("RU", "toll_free"),
        "+77011234567": ("KZ", "mobile"), "+375291234567": ("BY", "mobile"), "+16502530000": ("US", "fixed_or_mobile"),
        "+80012345678": ("", "toll_free"),
    }  # fmt: skip
    assert {value: (check_phone(value, "RU").region, check_phone(value, "RU").line) for value in told} == told


def test_a_number_is_written_as_its_country_does() -> None:
    assert (written("+79161234567"), written("+442079460000")) == ("+7 916 123-45-67", "+44 20 7946 0000")


@given(st.from_regex(r"\+?[1-9][0-9]{5,14}", fullmatch=True))
def test_three_grades_of_phones_are_those_of_the_library(came: str) -> None:
    found = check_phone(came, "RU")
    try:
        number = phonenumbers.parse(came, "RU")
    except phonenumbers.NumberParseException:
        assert found.verdict is Verdict.INVALID
        return
    assert (found.verdict is Verdict.VALID) == phonenumbers.is_valid_number(number)
    assert (found.verdict is not Verdict.INVALID) == phonenumbers.is_possible_number(number)


@given(st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)), st.from_regex(r"[0-9]{4,14}", fullmatch=True))
def test_the_plan_says_what_the_library_says(code: int, national: str) -> None:
    number = phonenumbers.parse(f"+{code}{national}")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    region = phonenumbers.region_code_for_number(number)
    assert plan_of(e164)[1] == KINDS.get(phonenumbers.number_type(number), "unknown")
    assert region is None or plan_of(e164)[0] == region.replace("001", "")


@given(st.dates(dt.date(1900, 1, 2), ON))
def test_a_date_is_read_in_every_way_it_is_written(day: dt.date) -> None:
    for shape in ("%Y-%m-%d", "%d.%m.%Y", "%Y%m%d", "%Y/%m/%d", "%B %d, %Y"):
        assert check_birthday(day.strftime(shape), ON).value == day.isoformat()


@given(st.text(max_size=60), st.sampled_from(checks.FIELDS))
def test_any_text_is_judged(came: str, field: str) -> None:
    found = checks.check_one(field, came, region="RU", on=ON)
    assert found.came == came and all(sentences.sentence(one) for one in found.findings)


@pytest.mark.parametrize(
    ("country", "came", "value"),
    [
        ("GB", "sw1a1aa", "SW1A 1AA"), ("US", "123456789", "12345-6789"), ("US", "12345", "12345"), ("NL", "1234ab", "1234 AB"),
        ("PL", "00950", "00-950"), ("LV", "1010", "LV-1010"), ("CA", "k1a0b1", "K1A 0B1"), ("DE", "D-10115", ""),
        ("KZ", "050000", "050000"),
        ("XX", "whatever 1", "WHATEVER 1"),
    ],
)  # fmt: skip
def test_a_postal_code_is_written_as_its_country_does(country: str, came: str, value: str) -> None:
    found = check_postal_code(came, country)
    assert found.value == value or (value == "" and found.verdict is Verdict.INVALID)


def test_an_address_takes_the_country_that_was_told_with_it() -> None:
    assert check_address({"country": "Германия", "postal_code": "10115"}, "RU")["postal_code"].verdict is Verdict.VALID
    assert check_address({"country": "Нарния", "postal_code": "10115"}, "RU")["postal_code"].verdict is Verdict.VALID


def test_a_text_too_long_for_a_contact_is_none_and_nothing_is_sought_in_it() -> None:
    assert check_phone("тел." + " " * 300 + "8 916 123-45-67", "RU").verdict == "invalid"
    assert check_phone("8" * 300, "RU").findings[0].code == "phone_too_long"
    assert check_email("anna <anna@mail.ru>" + "." * 1_000).suggestion == ""

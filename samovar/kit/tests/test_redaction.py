import json

import pytest

from samovar.kit.redaction import Redactor

SOUGHT = {
    ("email", "ivan@shop.ru"): "MAIL",
    ("email", "иван@почта.рф"): "IDN",
    ("phone", "+79123456789"): "PHONE",
    ("user_id", "42"): "SHORT",
    ("anonymous_id", "dev-9f8e7d6c"): "DEVICE",
}


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("write to Ivan@Shop.RU, please", "write to MAIL, please"),
        ("https://x.ru/?to=ivan%40shop.ru&a=1", "https://x.ru/?to=MAIL&a=1"),
        ("Иван@Почта.рф", "IDN"),
        ("tel. 8 (912) 345-67-89", "tel. PHONE"),
        ("+7 912 345 67 89;", "PHONE;"),
        ("9123456789", "PHONE"),
        ("seen on dev-9f8e7d6c!", "seen on DEVICE!"),
    ],
)
def test_whatever_names_the_person_gives_way_to_a_token(text, cleaned):
    redactor = Redactor(SOUGHT)
    assert redactor.hits(text)
    assert redactor.cleaned(text) == cleaned
    assert redactor.may_hit(text.encode())
    assert redactor.may_hit(json.dumps(text).encode())  # letters by their numbers


@pytest.mark.parametrize(
    "text", ["divan@shop.ru", "ivan@shop.ru.com", "+7 912 345 67 890", "dev-9f8e7d6c-1", "42", "x.ivan@shop.ru", "19123456789"]
)
def test_what_only_contains_it_or_is_too_short_to_tell_stays(text):
    redactor = Redactor(SOUGHT)
    assert not redactor.hits(text)
    assert redactor.cleaned(text) == text


def test_json_is_cleaned_in_names_and_numbers_too_and_nothing_else_of_it_changes():
    value = {"phone": 79123456789, "n": 42, "ok": True, "ivan@shop.ru": [None, {"to": "IVAN@shop.ru"}], "price": 1.5}
    assert Redactor(SOUGHT).cleaned_value(value) == {
        "phone": "PHONE", "n": 42, "ok": True, "MAIL": [None, {"to": "MAIL"}], "price": 1.5,
    }  # fmt: skip


def test_a_redactor_of_nothing_finds_nothing_and_knows_only_its_own():
    nothing = Redactor({})
    assert not nothing.hits("ivan@shop.ru")
    assert not nothing.may_hit(b"ivan@shop.ru")
    assert nothing.cleaned("ivan@shop.ru") == "ivan@shop.ru"
    assert (nothing.token("user_id", "42"), Redactor(SOUGHT).token("user_id", "42")) == (None, "SHORT")

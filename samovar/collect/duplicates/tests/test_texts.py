"""Keys of names and addresses: one for all ways of writing them."""

from __future__ import annotations

import pytest

from samovar.collect.duplicates import texts


@pytest.mark.parametrize(
    "spellings",
    [
        ("Щукин", "Shchukin", "Schukin", "щукин "),
        ("Юлия", "Yulia", "Julia", "Iuliia", "юля"),
        ("Наталья", "Natalya", "Наташа", "Natalia"),
        ("Пётр", "Петр", "Petr", "Петя"),
        ("Alexander", "Александр", "Aleksandr"),
        ("Rob", "Robert", "BOB"),
        ("Ксения", "Xenia", "Ksenia"),
        ("Zoë", "Zoe"),
    ],
)
def test_a_first_name_has_one_key(spellings: tuple[str, ...]) -> None:
    assert len({texts.first_name_key(one) for one in spellings}) == 1


@pytest.mark.parametrize(("one", "other"), [("Иван", "Игорь"), ("Александр", "Александра"), ("Анна", "Инна")])
def test_two_names_have_two_keys(one: str, other: str) -> None:
    assert texts.first_name_key(one) != texts.first_name_key(other)


@pytest.mark.parametrize(
    ("man", "woman"), [("Иванов", "Иванова"), ("Синицын", "Синицына"), ("Достоевский", "Достоевская"), ("Ким", "Ким")]
)
def test_a_surname_has_one_key_for_a_family(man: str, woman: str) -> None:
    assert texts.last_name_key(man) == texts.last_name_key(woman)


def test_words_of_an_address_say_nothing() -> None:
    assert texts.street_key("ул. Баумана, д. 5, кв. 3") == texts.street_key("Баумана 5-3") == "baumana 5 3"
    assert texts.city_key("г. Казань") == texts.city_key("Kazan")
    assert texts.code_key("AB1 2CD") == texts.code_key("ab12cd")


@pytest.mark.parametrize("nothing", ["", " ", "—", "...", "ъ"])
def test_what_holds_no_letter_has_no_key(nothing: str) -> None:
    assert texts.name_key(nothing) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Москва", "Moscow"), ("г. Москва", "MSK"), ("Санкт-Петербург", "St. Petersburg"), ("СПб", "Saint Petersburg"),
        ("Нижний Новгород", "Nizhny Novgorod"), ("Екатеринбург", "Yekaterinburg"), ("Ростов-на-Дону", "Rostov-on-Don"),
        ("Набережные Челны", "Naberezhnye Chelny"), ("Челябинск", "Chelyabinsk"), ("Йошкар-Ола", "Yoshkar-Ola"),
    ],
)  # fmt: skip
def test_a_city_has_one_key_in_russian_and_in_english(one: str, other: str) -> None:
    assert texts.city_key(one) == texts.city_key(other)


def test_two_cities_of_one_name_stay_two() -> None:
    assert (
        len({texts.city_key(name) for name in ("Нижний Новгород", "Великий Новгород", "Новгород", "Москва", "Московский")}) == 5
    )

"""Order, gender and forms of names on the labelled list `names.txt`: its precision and recall are pinned, case by case."""

from __future__ import annotations

from pathlib import Path

import pytest

from samovar.collect.contacts.name_forms import declined, first_declined, forms_of
from samovar.collect.contacts.names import check_name
from samovar.collect.contacts.verdicts import Verdict

GENDERS = {"f": "female", "m": "male", "-": ""}
NAMES = [
    tuple(part.strip() for part in line.split("|"))
    for line in Path(__file__).with_name("names.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
MISSED_DATIVES = {"Рерих Николай"}  # a surname that looks like those in -их, which are not declined


def test_the_list_is_long_enough() -> None:
    assert len({came for came, *_ in NAMES}) == len(NAMES) >= 300


@pytest.mark.parametrize(("came", "first", "middle", "last"), [row[:4] for row in NAMES])
def test_the_words_of_a_name_find_their_roles(came: str, first: str, middle: str, last: str) -> None:
    found = check_name(came)
    assert (found.first, found.middle, found.last) == (first, middle, last)
    assert found.verdict is Verdict.VALID


@pytest.mark.parametrize(("came", "gender"), [(row[0], row[4]) for row in NAMES])
def test_the_gender_is_told_where_it_is_certain(came: str, gender: str) -> None:
    assert check_name(came).gender == GENDERS[gender]


@pytest.mark.parametrize(("came", "first", "middle"), [row[:3] for row in NAMES])
def test_a_person_is_addressed_by_name_and_patronymic(came: str, first: str, middle: str) -> None:
    found = forms_of(check_name(came))
    assert found.vocative == first
    assert found.vocative_formal == (f"{first} {middle}".strip() if check_name(came).is_russian else first)


@pytest.mark.parametrize(("came", "dative"), [(row[0], row[5]) for row in NAMES])
def test_a_name_is_declined_or_left_alone(came: str, dative: str) -> None:
    found = forms_of(check_name(came)).cases.get("dative", "-")
    assert (found == dative) == (came not in MISSED_DATIVES)


@pytest.mark.parametrize(
    ("came", "genitive", "accusative", "instrumental", "prepositional"),
    [
        ("Никита Попов", "Никиты Попова", "Никиту Попова", "Никитой Поповым", "Никите Попове"),
        ("Илья Кравец", "Ильи Кравца", "Илью Кравца", "Ильёй Кравцом", "Илье Кравце"),
        ("Алия Юсупова", "Алии Юсуповой", "Алию Юсупову", "Алией Юсуповой", "Алие Юсуповой"),
        ("Любовь Сова", "Любови Совы", "Любовь Сову", "Любовью Совой", "Любови Сове"),
        ("Саша Черных", "", "", "", ""),
        ("John Smith", "", "", "", ""),
    ],
)
def test_all_cases_follow(came: str, genitive: str, accusative: str, instrumental: str, prepositional: str) -> None:
    cases = forms_of(check_name(came)).cases
    names = ("genitive", "accusative", "instrumental", "prepositional")
    assert tuple(cases.get(name, "") for name in names) == (genitive, accusative, instrumental, prepositional)


def test_the_given_name_alone_is_declined_and_a_foreign_one_stands_as_it_is() -> None:
    assert first_declined(check_name("Петрова Анна"), "genitive") == "Анны"
    assert first_declined(check_name("Anna Smith"), "genitive") == "Anna"
    assert declined(check_name("Алиев Рашид Мамед оглы"), "genitive") == "Рашида Мамед оглы Алиева"


def test_latin_letters_are_those_of_a_passport() -> None:
    assert forms_of(check_name("Щукина Юлия Юрьевна")).latin == "Shchukina Iuliia Iurevna"


@pytest.mark.parametrize(
    ("came", "first", "middle", "last"),
    [
        ("Иванов И.И.", "", "", "Иванов"),
        ("И. И. Иванов", "", "", "Иванов"),
        ("И.П. Ким", "", "", "Ким"),
        ("Мария П.", "Мария", "", ""),
        ("Петров Иван С.", "Иван", "", "Петров"),
        ("И.И.", "", "", ""),
        ("J. Smith", "", "", "Smith"),
        ("Tolkien J.R.R.", "", "", "Tolkien"),
        ("John S.", "John", "", "S."),
        ("John F. Kennedy", "John", "F.", "Kennedy"),
    ],
)
def test_initials_are_no_given_name(came: str, first: str, middle: str, last: str) -> None:
    found = check_name(came)
    assert (found.first, found.middle, found.last) == (first, middle, last)
    assert found.verdict is Verdict.DOUBTFUL and forms_of(found).vocative == first


@pytest.mark.parametrize("came", ["Смирнова О.П.", "Иванов И.И."])
def test_a_surname_alone_tells_no_gender(came: str) -> None:
    assert check_name(came).gender == ""


@pytest.mark.parametrize(
    ("came", "first", "middle", "last"),
    [
        ("Ivanova Mariya Petrovna", "Mariya", "Petrovna", "Ivanova"),
        ("Mariya Petrovna Ivanova", "Mariya", "Petrovna", "Ivanova"),
        ("IVANOV IVAN", "Ivan", "", "Ivanov"),
        ("Ivan Ivanov", "Ivan", "", "Ivanov"),
        ("Dostoyevsky, Fyodor", "Fyodor", "", "Dostoyevsky"),
        ("Pushkin Aleksandr Sergeevich", "Aleksandr", "Sergeevich", "Pushkin"),
        ("Abramovich Roman Arkadyevich", "Roman", "Arkadyevich", "Abramovich"),
        ("Olga Sergeevna", "Olga", "Sergeevna", ""),
        ("Shevchenko Oksana", "Oksana", "", "Shevchenko"),
        ("Martin Robert", "Martin", "", "Robert"),
        ("Christina Maria", "Christina", "", "Maria"),
        ("Lev Popov", "Lev", "", "Popov"),
    ],
)
def test_a_russian_name_in_latin_letters_is_read_as_one(came: str, first: str, middle: str, last: str) -> None:
    found = check_name(came)
    assert (found.first, found.middle, found.last) == (first, middle, last)
    assert (found.gender, found.verdict) == ("", Verdict.VALID)


@pytest.mark.parametrize("came", ["ООО Ромашка", "ооо «Ромашка»", "ИП Иванов", "Ромашка, ООО", "Acme Ltd."])
def test_a_company_is_no_person(came: str) -> None:
    found = check_name(came)
    assert [one.code for one in found.findings] == ["name_company"]
    assert forms_of(found).vocative == ""


@pytest.mark.parametrize("came", ["Мария Анна", "Иван Пётр", "Зигзаг Мотокряк", "Анна Мария Елена"])
def test_an_order_that_is_not_certain_is_doubtful(came: str) -> None:
    found = check_name(came)
    assert found.verdict is Verdict.DOUBTFUL and "name_order" in [one.code for one in found.findings]


def test_rubbish_has_no_forms() -> None:
    assert forms_of(check_name("тест")).vocative == ""

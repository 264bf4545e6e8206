"""Who is found to be one person and who is not: names in any letters, families, twins, shared phones, the same again by seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from samovar.collect.duplicates import blocking, model, people, rules

ANNA = {"first_name": "Анна", "last_name": "Иванова", "birthday": "1990-05-12", "phones": ["+79031234567"]}
HOME = {"city": "Казань", "street": "ул. Баумана, д. 5, кв. 3", "postal_code": "420111"}


def known(*told: dict[str, Any]) -> pa.Table:
    empty = dict.fromkeys(people.KNOWN.names)
    return pa.Table.from_pylist([{**empty, "person_id": n, **one} for n, one in enumerate(told, 1)], schema=people.KNOWN)


def found(tmp_path: Path, *told: dict[str, Any], **asked: Any) -> model.Found:
    return model.find(known(*told), model.Asked(least=asked.pop("least", rules.REVIEW), **asked), spill=tmp_path)


def pairs(tmp_path: Path, *told: dict[str, Any], **asked: Any) -> set[tuple[int, int]]:
    rows = found(tmp_path, *told, **asked).pairs.to_pylist()
    return {(row["one"], row["other"]) for row in rows}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ANNA, {**ANNA, "first_name": "Anna", "last_name": "Ivanova"}),
        (ANNA, {**ANNA, "first_name": "Аня", "phones": None, **HOME}),
        ({**ANNA, "last_name": "Щукина"}, {**ANNA, "last_name": "Shchukina", "phones": None}),
        (ANNA, {**ANNA, "first_name": "Иванова", "last_name": "Анна"}),
        (ANNA, {**ANNA, "birthday": "1990-12-05"}),
        ({**ANNA, "emails": ["anna.i@mail.ru"]}, {"emails": ["anna.i@mail.ru"]}),
        ({**ANNA, **HOME, "phones": None}, {**ANNA, **HOME, "phones": None, "street": "Баумана 5-3", "birthday": None}),
    ],
)
def test_the_same_person_is_found(tmp_path: Path, one: dict[str, Any], other: dict[str, Any]) -> None:
    assert pairs(tmp_path, one, other) == {(1, 2)}


@pytest.mark.parametrize(
    "other",
    [
        {**ANNA, **HOME, "first_name": "Мария"},  # a sister, or a twin: the birthday is the same
        {**ANNA, **HOME, "first_name": "Марина", "birthday": None},
        {**ANNA, **HOME, "birthday": "1962-11-03"},  # a mother of the same name
        {**ANNA, **HOME, "first_name": "Иван", "last_name": "Иванов", "birthday": None},
        {**ANNA, **HOME, "middle_name": "Петровна"},
    ],
)
def test_a_family_is_never_one_person(tmp_path: Path, other: dict[str, Any]) -> None:
    one = {**ANNA, **HOME, "middle_name": "Сергеевна", "emails": ["home@mail.ru"]}
    assert pairs(tmp_path, one, {**other, "emails": ["home@mail.ru"]}, least=0.001) == set()


def test_of_one_first_name_it_takes_the_years_of_a_father_to_be_two(tmp_path: Path) -> None:
    """Brothers bear different names: two birthdays a year apart are one badly written, two a generation apart are two people."""
    one = {**ANNA, **HOME, "birthday": "1979-08-21"}
    assert pairs(tmp_path, one, {**one, "birthday": "1978-09-18"}) == {(1, 2)}
    assert pairs(tmp_path, one, {**one, "birthday": "1952-09-18"}, least=0.001) == set()
    assert pairs(tmp_path, one, {**one, "birthday": "1978-09-18", "first_name": None}, least=0.001) == set()


def test_a_man_s_and_a_woman_s_form_of_a_name_are_two_people(tmp_path: Path) -> None:
    one = {"first_name": "Александр", "last_name": "Ким", "phones": ["+79031234567"]}
    assert pairs(tmp_path, one, {**one, "first_name": "Александра"}, least=0.001) == set()
    assert pairs(tmp_path, one, {**one, "first_name": "Саша"}) == {(1, 2)}


@pytest.mark.parametrize(
    ("his", "hers"),
    [
        ("Олег", "Ольга"), ("Oleg", "Olga"), ("Александр", "Александра"), ("Евгений", "Евгения"), ("Валентин", "Валентина"),
        ("Саша Олегович", "Сашуня Олеговна"), ("Юлиан", "Юлиана"),
    ],
)  # fmt: skip
def test_a_man_and_a_woman_are_two_however_alike_their_names(tmp_path: Path, his: str, hers: str) -> None:
    he, she = (dict(zip(("first_name", "middle_name"), name.split(), strict=False)) for name in (his, hers))
    he |= {"last_name": "Ким", "birthday": "1980-01-03", "phones": ["+79031234567"], "emails": ["oleg@mail.ru"]}
    she |= {"last_name": "Ким", "birthday": "1981-01-03", "phones": ["+79031234568"], "emails": ["olga@mail.ru"]}
    assert pairs(tmp_path, he, she, least=0.001) == set()


@pytest.mark.parametrize("other", ["Александр", "Sasha", "Александр Олегович", "Александра Олегович"])
def test_a_name_of_either_gender_or_one_at_odds_with_the_patronymic_tells_none(tmp_path: Path, other: str) -> None:
    one = {"first_name": "Саша", "last_name": "Ким", "birthday": "1980-01-03", "phones": ["+79031234567"]}
    told = dict(zip(("first_name", "middle_name"), other.split(), strict=False))
    assert pairs(tmp_path, one, {**one, **told}) == {(1, 2)}


def test_a_phone_that_evidently_different_people_share_says_nothing_of_a_third(tmp_path: Path) -> None:
    """Alone the phone would make a pair of the nameless one and Anna; Boris has it too, so it is a household's."""
    nameless = {"phones": ["+79031234567"]}
    assert pairs(tmp_path, ANNA, nameless) == {(1, 2)}
    boris = {"first_name": "Борис", "last_name": "Иванов", "birthday": "1988-01-02", "phones": ["+79031234567"]}
    assert pairs(tmp_path, ANNA, nameless, boris) == set()


def test_a_shop_s_phone_of_hundreds_makes_no_pair_and_no_block(tmp_path: Path) -> None:
    crowd = [{"birthday": f"{1950 + n // 12}-{n % 12 + 1:02}-01", "phones": ["+74950000000"]} for n in range(300)]
    seen = found(tmp_path, *crowd, {"phones": ["+74950000000"]}, {"phones": ["+74950000000"]}, least=0.001)
    assert (seen.pairs.num_rows, seen.candidates) == (0, 0)


def test_the_shop_s_own_contact_says_nothing_even_of_two(tmp_path: Path) -> None:
    two = [{"phones": ["+74950000000"]}, {"phones": ["+74950000000"]}]
    assert pairs(tmp_path, *two) == {(1, 2)}
    assert pairs(tmp_path, *two, own_contacts=["+74950000000"]) == set()


def test_only_those_are_sure_whom_nothing_shared_makes_one(tmp_path: Path) -> None:
    def is_sure(*told: dict[str, Any]) -> list[bool]:
        seen = found(tmp_path, *told)
        return [rules.is_sure(1.0, rules.levels_of(row, seen.fields), rules.MERGE) for row in seen.pairs.to_pylist()]

    assert is_sure(ANNA, ANNA) == [True]
    assert is_sure(ANNA, {**ANNA, "phones": None, "emails": ["a@mail.ru"]}) == [False]  # a namesake born on the same day
    assert is_sure(ANNA, {**ANNA, "birthday": "1990-05-13"}) == [False]
    assert is_sure({**ANNA, "birthday": None}, {**ANNA, "birthday": None}) == [False]  # a mother and her daughter
    assert is_sure({"phones": ANNA["phones"]}, {"phones": ANNA["phones"]}) == [False]


def test_a_block_that_would_explode_is_cut_and_narrower_ones_find_its_pairs(tmp_path: Path) -> None:
    crowd = [
        {"first_name": "Иван", "last_name": "Иванов", "birthday": f"19{n // 28:02}-01-{n % 28 + 1:02}"} for n in range(40, 700)
    ]
    seen = found(tmp_path, *crowd, crowd[7], least=0.0001, block_people_max=60)
    assert seen.candidates < 40_000
    assert (8, 661) in {(row["one"], row["other"]) for row in seen.pairs.to_pylist()}


def test_the_same_people_and_seed_give_the_same_pairs(tmp_path: Path) -> None:
    names = ["Анна", "Ольга", "Вера", "Нина", "Зоя", "Майя", "Инна"]
    crowd = [
        {
            "first_name": names[n % 7], "last_name": f"Фам{n % 211}ова", "birthday": f"19{50 + n % 50}-0{1 + n % 9}-1{n % 10}",
            "city": f"Город{n % 13}",
        }
        for n in range(600)
    ]  # fmt: skip
    crowd += crowd[:90]
    one, two = found(tmp_path, *crowd), found(tmp_path, *crowd)
    assert one.is_learned
    assert one.pairs.num_rows >= 90
    assert one.pairs.equals(two.pairs)


def test_nobody_and_somebody_without_anything_to_compare_are_no_pairs(tmp_path: Path) -> None:
    assert found(tmp_path).pairs.num_rows == 0
    assert found(tmp_path, {}, {}).pairs.num_rows == 0
    assert found(tmp_path, ANNA).pairs.num_rows == 0


def test_reasons_name_the_level_and_the_weight_of_each_field_that_both_have(tmp_path: Path) -> None:
    seen = found(tmp_path, ANNA, {**ANNA, "birthday": "1990-05-13", "city": "Казань"})
    [row] = seen.pairs.to_pylist()
    reasons = rules.reasons_of(row, seen.fields)
    assert {name: one["level"] for name, one in reasons.items()} == {
        "first_name": "same", "last_name": "same", "birthday": "close", "phone": "same",
    }  # fmt: skip
    assert all(one["weight"] > 0 for one in reasons.values())


def test_a_weight_of_nothing_has_no_sign() -> None:
    [reason] = rules.reasons_of({"level_first_name": 4, "weight_first_name": -0.0}, ["first_name"]).values()
    assert str(reason["weight"]) == "0.0"


@pytest.mark.parametrize("field", ["first_name", "last_name", "birthday"])
def test_one_thing_alone_makes_candidates_only_where_it_is_rare(tmp_path: Path, field: str) -> None:
    most = blocking.RARE_PEOPLE_MAX
    one = {field: {"birthday": "1990-05-12"}.get(field, "Матильда")}
    assert found(tmp_path, *[one] * most).candidates == most * (most - 1) // 2
    assert found(tmp_path, *[one] * (most + 1)).candidates == 0

"""What an outcome is worth: what is near never more than the same, a common value little, in a small base as in a large one."""

from __future__ import annotations

import random
from math import log2
from pathlib import Path
from typing import Any

import pytest

from samovar.collect.duplicates import comparisons, model, rules
from samovar.collect.duplicates.tests.test_who_is_one import found, pairs

FIRST_NAMES = [
    "Александр",
    "Сергей",
    "Дмитрий",
    "Андрей",
    "Алексей",
    "Иван",
    "Анна",
    "Елена",
    "Ольга",
    "Наталья",
    "Мария",
    "Ирина",
    "Глеб",
    "Вера",
]
LAST_NAMES = [
    "Иванов",
    "Смирнов",
    "Кузнецов",
    "Попов",
    "Васильев",
    "Петров",
    "Соколов",
    "Михайлов",
    "Новиков",
    "Морозов",
    "Волков",
    "Алексеев",
    "Лебедев",
    "Семёнов",
    "Егоров",
    "Павлов",
    "Козлов",
    "Степанов",
    "Николаев",
    "Орлов",
    "Андреев",
    "Макаров",
    "Никитин",
    "Захаров",
    "Зайцев",
    "Соловьёв",
    "Борисов",
    "Яковлев",
    "Григорьев",
    "Тарасов",
    "Уваров",
]
CITIES = ["Москва"] * 5 + ["Омск", "Казань", "Тверь"]


def shop() -> tuple[list[dict[str, Any]], list[int]]:
    """Ninety people of a small shop, most of one city, 28 of them there twice with another phone or e-mail; and who each is."""
    chance = random.Random(1)
    people = [
        {
            "first_name": chance.choice(FIRST_NAMES), "last_name": chance.choice(LAST_NAMES), "city": chance.choice(CITIES),
            "phones": [f"+7903{chance.randint(0, 9_999_999):07}"], "emails": [f"u{chance.randint(0, 99_999)}@mail.ru"],
            "birthday": f"{chance.randint(1955, 2004)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}" if n % 2 else None,
        }
        for n in range(62)
    ]  # fmt: skip
    again = [
        {**one, "phones" if n % 2 else "emails": [f"x{n}@ya.ru", f"+7916000{n:04}"][n % 2 : n % 2 + 1]}
        for n, one in enumerate(people[:28])
    ]
    return [*people, *again], [*range(62), *range(28)]


def bits(level: dict[str, Any]) -> float:
    return log2(level["m_probability"] / level["u_probability"])


@pytest.mark.parametrize("size", [2, 90, 5_000, 1_000_000])
@pytest.mark.parametrize("field", [one.name for one in comparisons.FIELDS])
@pytest.mark.parametrize("taught", [None, 0.9])
def test_nothing_near_weighs_more_than_the_same(field: str, size: int, taught: float | None) -> None:
    one = comparisons.BY_NAME[field]
    settings: dict[str, Any] = {"comparisons": [comparisons.as_splink(one, size=size)]}
    if taught:  # whatever a base teaches of what is near
        settings = model._bounded(settings, [{(field, level.name): taught for level in one.levels if level.name != "same"}], size)
    levels = {level["label_for_charts"]: level for level in settings["comparisons"][0]["comparison_levels"][1:]}
    near = [level.name for level in one.levels if not level.is_fixed and level.name not in ("same", "exchanged")]
    assert all(bits(levels[name]) <= bits(levels["same"]) + 1e-9 for name in near)


def test_neighbouring_phones_make_nobody_sure(tmp_path: Path) -> None:
    """Namesakes of one day in two cities whose offices have neighbouring lines."""
    one = {"first_name": "Александр", "last_name": "Иванов", "birthday": "1985-10-10"}
    moscow = {**one, "city": "Москва", "emails": ["ivanov@mail.ru"], "phones": ["+74951234510"]}
    omsk = {**one, "city": "Омск", "emails": ["a.petrovich@ya.ru"], "phones": ["+74951234511"]}
    seen = found(tmp_path, *shop()[0], moscow, omsk)
    [row] = [row for row in seen.pairs.to_pylist() if (row["one"], row["other"]) == (91, 92)]
    levels = rules.levels_of(row, seen.fields)
    assert levels["phone"] == "close"
    assert not rules.is_sure(1.0, levels, rules.MERGE)
    same = found(tmp_path, *shop()[0], moscow, {**omsk, "phones": moscow["phones"]}).pairs.to_pylist()
    [agreeing] = [row for row in same if (row["one"], row["other"]) == (91, 92)]
    assert row["weight_phone"] < agreeing["weight_phone"]


def test_what_half_a_small_shop_has_makes_no_pairs(tmp_path: Path) -> None:
    people, who = shop()
    seen = found(tmp_path, *people)
    told = [(row, rules.levels_of(row, seen.fields)) for row in seen.pairs.to_pylist()]
    right = [row for row, _levels in told if who[row["one"] - 1] == who[row["other"] - 1]]
    assert len(right) == 28
    assert len(told) <= 30
    assert [levels for _row, levels in told if levels["last_name"] == "different"] == []


def test_a_phone_of_three_surnames_is_an_office_s(tmp_path: Path) -> None:
    phone = {"first_name": "Глеб", "city": "Москва", "phones": ["+74951234510"]}
    two = [{**phone, "last_name": name} for name in ("Тарасов", "Уваров")]
    assert pairs(tmp_path, *two) == {(1, 2)}
    assert pairs(tmp_path, *two, {**phone, "last_name": "Белов"}) == set()

"""Simulated customers with known truth for `bench/duplicates.py`: families, twins, shared contacts, slips of the hand."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa

from samovar.collect.duplicates.people import KNOWN

MEN = [
    "Александр",
    "Дмитрий",
    "Сергей",
    "Андрей",
    "Алексей",
    "Максим",
    "Евгений",
    "Иван",
    "Михаил",
    "Владимир",
    "Николай",
    "Павел",
    "Артём",
    "Роман",
    "Илья",
    "Константин",
    "Игорь",
    "Олег",
    "Виктор",
    "Юрий",
    "Антон",
    "Кирилл",
    "Денис",
    "Никита",
    "Станислав",
    "Вадим",
    "Руслан",
    "Тимур",
    "Григорий",
    "Борис",
    "Георгий",
    "Фёдор",
    "Степан",
    "Лев",
    "Матвей",
    "Егор",
]
WOMEN = [
    "Елена",
    "Ольга",
    "Наталья",
    "Екатерина",
    "Анна",
    "Татьяна",
    "Мария",
    "Ирина",
    "Юлия",
    "Светлана",
    "Анастасия",
    "Марина",
    "Виктория",
    "Людмила",
    "Галина",
    "Надежда",
    "Дарья",
    "Алёна",
    "Ксения",
    "Полина",
    "Вера",
    "Лариса",
    "Валентина",
    "Евгения",
    "Александра",
    "Кристина",
    "Любовь",
    "Алина",
    "Диана",
    "Софья",
    "Оксана",
    "Яна",
    "Маргарита",
    "Жанна",
]
SHORT = {
    "Александр": "Саша", "Дмитрий": "Дима", "Сергей": "Серёжа", "Екатерина": "Катя", "Мария": "Маша", "Анастасия": "Настя",
    "Татьяна": "Таня", "Елена": "Лена", "Иван": "Ваня", "Михаил": "Миша", "Юлия": "Юля", "Наталья": "Наташа",
}  # fmt: skip
_HEADS = [
    "Иван",
    "Петр",
    "Сидор",
    "Кузн",
    "Смирн",
    "Попов",
    "Васил",
    "Соколов",
    "Михайл",
    "Нов",
    "Федор",
    "Мороз",
    "Волк",
    "Алексе",
    "Лебед",
    "Семен",
    "Егор",
    "Павл",
    "Козл",
    "Степан",
]
_MIDS = ["", "ан", "ар", "ен", "ик", "ил", "ин", "он", "ор", "ул", "ук", "ач", "аш", "ев", "ет", "ол", "ом"]
_TAILS = ["ов", "ев", "ин"]
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "e",
            "zh",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "",
            "y",
            "",
            "e",
            "yu",
            "ya",
        ],
        strict=True,
    )
)
_MAIL_HOSTS = ("mail.ru", "yandex.ru", "gmail.com", "bk.ru", "inbox.ru")
CITIES = [
    "Москва",
    "Санкт-Петербург",
    "Новосибирск",
    "Екатеринбург",
    "Казань",
    "Челябинск",
    "Омск",
    "Самара",
    "Уфа",
    "Краснодар",
    "Воронеж",
    "Пермь",
    "Волгоград",
    "Саратов",
    "Тюмень",
    "Тольятти",
    "Ижевск",
    "Барнаул",
    "Ульяновск",
    "Иркутск",
    "Хабаровск",
    "Ярославль",
    "Владивосток",
    "Махачкала",
    "Томск",
    "Оренбург",
    "Кемерово",
    "Рязань",
    "Астрахань",
    "Пенза",
    "Липецк",
    "Тула",
    "Киров",
    "Чебоксары",
    "Калининград",
    "Брянск",
    "Курск",
    "Иваново",
    "Магнитогорск",
    "Тверь",
    "Ставрополь",
    "Сочи",
    "Белгород",
]
SHOP_PHONE = "+74950000000"
DUPLICATE_SHARE, SHOP_PHONE_SHARE = 0.08, 0.0005


def latin(text: str) -> str:
    """A Russian text in Latin letters, as passports have it."""
    letters = [_LATIN.get(letter.lower(), letter) for letter in text]
    return "".join(letters).title()


def simulated(size: int, chance: random.Random) -> tuple[pa.Table, list[int]]:
    """(people as `KNOWN`, whose record each is): `size` records of somewhat fewer people."""
    rows: list[dict[str, Any]] = []
    entities: list[int] = []
    entity = 0
    while len(rows) < size:
        for person in _household(chance):
            entity += 1
            rows.append(person)
            entities.append(entity)
            if chance.random() < DUPLICATE_SHARE:
                rows.append(_again(person, chance))
                entities.append(entity)
    order = list(range(size))
    chance.shuffle(order)
    rows = [{**rows[place], "person_id": number} for number, place in enumerate(order, 1)]
    return pa.Table.from_pylist(rows, schema=KNOWN), [entities[place] for place in order]


def _household(chance: random.Random) -> list[dict[str, Any]]:
    """One person, or a family that shares surname, address and often a phone or an e-mail."""
    surname = chance.choice(_HEADS) + chance.choice(_MIDS) + chance.choice(_MIDS) + chance.choice(_TAILS)
    size = 1 if chance.random() < 0.8 else chance.randint(2, 4)
    city = CITIES[int(chance.paretovariate(0.7)) % len(CITIES)]
    code = f"{100000 + chance.randrange(800) * 100 + (hash_of(city) % 90)}"
    street = f"ул. {chance.choice(_HEADS)}{chance.choice(_MIDS)}ская, д. {chance.randint(1, 180)}, кв. {chance.randint(1, 300)}"
    home = {"city": city, "street": street, "postal_code": code}
    members = [_person(surname, home, chance) for _ in range(size)]
    if size > 1:
        _share(members, chance)
    return members


def hash_of(text: str) -> int:
    """A small stable number of a text."""
    return sum(ord(letter) * (place + 7) for place, letter in enumerate(text))


def _share(members: list[dict[str, Any]], chance: random.Random) -> None:
    """Make a family of people: a common phone or e-mail, now and then twins, or a father and a son of one name."""
    if chance.random() < 0.5:
        for one in members[1:]:
            one["phones"] = members[0]["phones"]
    if chance.random() < 0.3:
        for one in members[1:]:
            one["emails"] = members[0]["emails"]
    kind = chance.random()
    if kind < 0.03:  # twins
        members[1]["birthday"] = members[0]["birthday"]
    elif kind < 0.06:  # a father and his son
        members[1].update({name: members[0][name] for name in ("first_name", "last_name")})
        if members[0]["birthday"] and (born := members[1]["birthday"]):
            members[1]["birthday"] = f"{int(members[0]['birthday'][:4]) + 27}{born[4:]}"


def _person(surname: str, home: dict[str, str], chance: random.Random) -> dict[str, Any]:
    is_man = chance.random() < 0.45
    first = chance.choice(MEN if is_man else WOMEN)
    name = latin(first).lower()
    born = f"{chance.randint(1945, 2008)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    mail = f"{name}.{latin(surname).lower()}{chance.randint(1, 9999)}@{chance.choice(_MAIL_HOSTS)}"
    phone = SHOP_PHONE if chance.random() < SHOP_PHONE_SHARE else f"+79{chance.randrange(10**9):09}"
    has_address = chance.random() < 0.5
    return {
        "first_name": first if chance.random() < 0.95 else None,
        "last_name": surname + ("" if is_man else "а") if chance.random() < 0.85 else None,
        "middle_name": None,
        "birthday": born if chance.random() < 0.6 else None,
        "emails": [mail] if chance.random() < 0.7 else None,
        "phones": [phone] if chance.random() < 0.85 else None,
        "city": home["city"] if has_address or chance.random() < 0.3 else None,
        "street": home["street"] if has_address else None,
        "postal_code": home["postal_code"] if has_address else None,
        "documents": None,
    }  # fmt: skip


def _again(person: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The same person once more: another contact, another way of writing, what was left out and what was mistyped."""
    twin = dict(person)
    if chance.random() < 0.25:
        for name in ("first_name", "last_name"):
            twin[name] = latin(twin[name]) if twin[name] else None
    elif chance.random() < 0.15:
        twin["first_name"] = SHORT.get(person["first_name"] or "", person["first_name"])
    if chance.random() < 0.15 and twin["last_name"]:
        twin["last_name"] = _slip(twin["last_name"], chance)
    if chance.random() < 0.45:
        twin["phones"] = [f"+79{chance.randrange(10**9):09}"] if chance.random() < 0.6 else None
    if chance.random() < 0.45 and person["emails"]:
        twin["emails"] = [f"u{chance.randrange(10**8)}@{chance.choice(_MAIL_HOSTS)}"] if chance.random() < 0.6 else None
    if chance.random() < 0.15:
        twin["birthday"] = None
    elif chance.random() < 0.05 and person["birthday"]:
        twin["birthday"] = f"{person['birthday'][:8]}{chance.randint(10, 28)}"
    if chance.random() < 0.3:
        twin |= {"street": None, "postal_code": None}
    return twin


def _slip(text: str, chance: random.Random) -> str:
    """One letter dropped, doubled or exchanged with the next."""
    at = chance.randrange(1, len(text))
    return chance.choice(
        (text[:at] + text[at + 1 :], text[:at] + text[at - 1 :], text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :])
    )

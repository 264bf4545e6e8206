"""What the simulated tea shop sells and who shops there: goods, names and cities, as short tables and as NumPy columns.

Nothing here is drawn by chance; `people` and `acts` draw from it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CURRENCY = "RUB"
TIMEZONE = "Europe/Moscow"
BRAND = "Лавка «Самовар»"

# category: (path of its page, sort, (name, price in roubles)...); every price is a multiple of 10, so 10 % off is exact.
_GOODS: dict[str, tuple[str, tuple[tuple[str, int], ...]]] = {
    "Чёрный чай": ("black", (
        ("Ассам золотые почки", 690), ("Цейлон Ува", 540), ("Дарджилинг первого сбора", 1250), ("Кимун", 780),
        ("Эрл Грей", 520), ("Русский караван", 610), ("Краснодарский байховый", 390), ("Чай с чабрецом", 430),
        ("Английский завтрак", 460), ("Лапсанг сушонг", 890), ("Чёрный с бергамотом и васильком", 480), ("Грузинский купаж", 350),
    )),
    "Зелёный чай": ("green", (
        ("Сенча", 640), ("Ганпаудер", 420), ("Лунцзин", 1480), ("Билочунь", 1320), ("Жасминовые жемчужины", 1150),
        ("Гёкуро", 1980), ("Гэммайтя", 560), ("Матча для десертов", 990), ("Матча церемониальная", 2450), ("Мао Фэн", 870),
    )),
    "Улун": ("oolong", (
        ("Те Гуань Инь", 1120), ("Да Хун Пао", 1690), ("Молочный улун", 760), ("Дун Дин", 1340), ("Габа", 1580),
        ("Алишань", 1890), ("Фэн Хуан Дань Цун", 1760),
    )),
    "Пуэр": ("puer", (
        ("Шу пуэр точа", 480), ("Шу пуэр блин 357 г", 1950), ("Шэн пуэр блин 200 г", 2300), ("Пуэр в мандарине", 320),
        ("Дворцовый пуэр", 1380), ("Смола пуэра", 890),
    )),
    "Травы и ягоды": ("herbs", (
        ("Иван-чай ферментированный", 380), ("Ройбуш", 410), ("Каркаде", 290), ("Мята перечная", 210), ("Липовый цвет", 260),
        ("Облепиха с имбирём", 450), ("Таёжный сбор", 490), ("Ромашка", 220), ("Мате зелёный", 620),
    )),
    "Сладости": ("sweets", (
        ("Мёд липовый 500 г", 720), ("Варенье из шишек", 560), ("Пряник тульский", 240), ("Пастила белёвская", 430),
        ("Сахар кусковой тростниковый", 310), ("Горький шоколад 75 %", 380), ("Халва тахинная", 350), ("Вишня в шоколаде", 590),
    )),
    "Посуда": ("ware", (
        ("Гайвань фарфоровая", 1450), ("Чайник исинский", 3900), ("Пиала", 520), ("Чайник заварочный стеклянный", 1690),
        ("Самовар на 3 литра", 6900), ("Подстаканник", 2350), ("Ситечко", 290), ("Чахай", 980), ("Термос 500 мл", 2190),
        ("Венчик для матчи", 1290),
    )),
    "Подарки": ("gifts", (
        ("Набор «Чаепитие в Мытищах»", 2900), ("Набор улунов", 3400), ("Набор для матчи", 4200), ("Подарочная карта", 2000),
        ("Набор «Семь трав»", 1750), ("Новогодний набор", 3600),
    )),
}  # fmt: skip

# How often a category is somebody's favourite; dear categories are rarer, so that a basket stays near 1,800 roubles.
_FAVOURITE = {
    "Чёрный чай": 26,
    "Зелёный чай": 20,
    "Улун": 13,
    "Пуэр": 9,
    "Травы и ягоды": 17,
    "Сладости": 9,
    "Посуда": 3,
    "Подарки": 3,
}


@dataclass(frozen=True)
class Goods:
    """The range as columns; `weight` sums to 1 within a category, `share` over the categories."""

    sku: tuple[str, ...]
    name: tuple[str, ...]
    category: tuple[str, ...]
    path: tuple[str, ...]
    price_minor: NDArray[np.int64]
    category_of: NDArray[np.int64]
    weight: NDArray[np.float64]
    categories: tuple[str, ...]
    share: NDArray[np.float64]


def _goods() -> Goods:
    rows = [
        (f"{path}-{n:02d}", name, category, f"/catalog/{path}/{n:02d}", price * 100, number, 1 / (n + 1) ** 0.5)
        for number, (category, (path, goods)) in enumerate(_GOODS.items())
        for n, (name, price) in enumerate(goods, start=1)
    ]
    sku, name, category, path, price, category_of, raw = zip(*rows, strict=True)
    of = np.array(category_of)
    weight = np.array(raw) / np.bincount(of, weights=np.array(raw))[of]
    share = np.array([_FAVOURITE[c] for c in _GOODS], dtype=float)
    return Goods(sku, name, category, path, np.array(price), of, weight, tuple(_GOODS), share / share.sum())


GOODS = _goods()

# Pages that are not a product's own.
PAGES = (
    "/", "/catalog", "/sale", "/delivery", "/about", "/blog/how-to-brew",
    *(f"/catalog/{path}" for path, _ in _GOODS.values()),
)  # fmt: skip
PAGE_WEIGHT = np.array([22, 18, 9, 5, 3, 6, *([4.6] * len(_GOODS))])
PAGE_WEIGHT = PAGE_WEIGHT / PAGE_WEIGHT.sum()

WOMEN = (
    "Анна", "Мария", "Елена", "Ольга", "Наталья", "Екатерина", "Татьяна", "Ирина", "Светлана", "Юлия", "Анастасия",
    "Дарья", "Ксения", "Полина", "Вера", "Надежда", "Любовь", "Алёна", "София", "Алиса", "Гульнара", "Айгуль", "Emma",
)  # fmt: skip
MEN = (
    "Александр", "Дмитрий", "Сергей", "Андрей", "Алексей", "Иван", "Михаил", "Николай", "Владимир", "Павел", "Артём",
    "Егор", "Пётр", "Фёдор", "Тимур", "Рустам", "Кирилл", "Максим", "Олег", "Юрий", "Семён", "Илья", "John",
)  # fmt: skip
# Surnames by their stem: a woman's adds "а" (or turns "ий" into "ая").
SURNAMES = (
    "Иванов", "Петров", "Смирнов", "Кузнецов", "Попов", "Васильев", "Соколов", "Новиков", "Фёдоров", "Морозов", "Волков",
    "Алексеев", "Лебедев", "Семёнов", "Егоров", "Павлов", "Козлов", "Степанов", "Орлов", "Макаров", "Захаров", "Зайцев",
    "Борисов", "Королёв", "Герасимов", "Пономарёв", "Григорьев", "Лазарев", "Галиев", "Островский", "Чайковский", "Вишневский",
)  # fmt: skip
CITIES = {
    "Москва": 30, "Санкт-Петербург": 16, "Казань": 8, "Екатеринбург": 7, "Новосибирск": 7, "Нижний Новгород": 5, "Самара": 4,
    "Краснодар": 5, "Ростов-на-Дону": 4, "Тула": 3, "Уфа": 3, "Пермь": 3, "Воронеж": 2, "Мытищи": 2, "Орёл": 1,
}  # fmt: skip


def surname(stem: str, woman: bool) -> str:
    """A surname in the form its bearer uses."""
    if not woman:
        return stem
    return stem[:-2] + "ая" if stem.endswith("ий") else stem + "а"

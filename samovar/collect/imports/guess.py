"""What a column is likely to become, by its name in English or Russian. A guess is shown to a person, never used unseen. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from samovar.collect.imports.mapping import FIELDS, Mapping

NAMES: dict[str, tuple[str, ...]] = {
    "email": ("email", "e mail", "mail", "почта", "эл почта", "электронная почта"),
    "phone": ("phone", "mobile", "tel", "телефон", "мобильный"),
    "card": ("card", "loyalty card", "карта", "номер карты"),
    "user_id": ("user id", "userid", "login", "логин"),
    "external_id": ("customer id", "customerid", "client id", "customer", "id клиента", "клиент", "код клиента"),
    "anonymous_id": ("anonymous id", "cookie", "device id"),
    "order_id": (
        "order id",
        "order",
        "order no",
        "invoice",
        "invoiceno",
        "invoice no",
        "receipt",
        "заказ",
        "номер заказа",
        "чек",
    ),
    "time": ("time", "date", "datetime", "created", "invoicedate", "invoice date", "order date", "дата", "время", "дата заказа"),
    "registered_at": ("registered", "registered at", "signup", "дата регистрации", "зарегистрирован", "создан"),
    "status": ("status", "state", "статус", "состояние"),
    "sku": ("sku", "stockcode", "stock code", "article", "product id", "артикул", "код товара"),
    "name": ("product", "product name", "description", "item", "товар", "наименование", "название"),
    "category": ("category", "категория", "раздел"),
    "brand": ("brand", "бренд", "марка"),
    "price": ("price", "unit price", "unitprice", "цена"),
    "quantity": ("quantity", "qty", "pieces", "количество", "кол во", "штук"),
    "amount": ("amount", "line total", "сумма строки", "стоимость"),
    "total": ("total", "order total", "sum", "итого", "сумма", "сумма заказа"),
    "currency": ("currency", "валюта"),
    "channel": ("channel", "канал"),
    "event": ("event", "event name", "событие"),
    "message_id": ("message id", "event id"),
}
TRAITS: dict[str, tuple[str, ...]] = {
    "trait.name": ("name", "full name", "фио", "имя фамилия", "клиент фио"),
    "trait.first_name": ("first name", "firstname", "имя"),
    "trait.last_name": ("last name", "lastname", "фамилия"),
    "trait.city": ("city", "город"),
    "trait.country": ("country", "страна"),
    "trait.birthday": ("birthday", "birth date", "день рождения", "дата рождения"),
}
_OTHER = re.compile(r"[^\w]+|_")


def guess(header: Sequence[str], source: str) -> Mapping:
    """A first mapping of a file by the names of its columns; it may lack what its kind requires."""
    plain = {name: " ".join(_OTHER.sub(" ", name.lower()).split()) for name in header}
    kind = _kind(set(plain.values()))
    columns: dict[str, str | tuple[str, ...]] = {}
    for name, words in plain.items():
        target = _target(words, kind)
        if target and target not in columns.values():
            columns[name] = target
    return Mapping(kind=kind, source=source, columns=columns)  # type: ignore[arg-type]


def _kind(words: set[str]) -> str:
    def has(target: str) -> bool:
        return any(word in words for word in NAMES[target])

    if has("order_id"):
        return "orders"
    if has("event"):
        return "events"
    return "goods" if has("sku") and not has("email") and not has("phone") else "people"


def _target(words: str, kind: str) -> str:
    """The first target of the kind that goes by these words; for people names of persons come before names of goods."""
    tables = [NAMES] if kind in ("events", "goods") else [TRAITS, NAMES] if kind == "people" else [NAMES, TRAITS]
    for table in tables:
        for target, names in table.items():
            if words in names and (target in FIELDS[kind] or target.startswith("trait.")):
                return target
    return ""

"""A basket as rules read it: what somebody is about to buy, normalised once as facts are, before any rule is asked.

Lines have no time. They stand in the order they came in, and once more in the order of each field: a rule then finds different
and middle values in one walk, and builds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from samovar.kit.clock import HOUR_US, Zone
from samovar.kit.errors import Refusal
from samovar.kit.numbers import SCALE, BadNumber, minor_per_major, scaled
from samovar.kit.text import fold, normal
from samovar.rules.lexer import NUMBER_MAX

LINES_MAX = 500
TEXT_MAX = 1_000
_FIELDS = frozenset(["total", "currency", "channel", "coupon", "items"])
_ITEM_FIELDS = frozenset(["sku", "category", "brand", "price", "quantity", "amount"])


class BadBasket(Refusal):
    """What was given is no basket; `field` is the path of what is wrong."""

    status = 422


class Item(NamedTuple):
    """A line: money in minor units of the workspace's currency, quantity in 1/10000, texts with their folded twins."""

    sku: str | None
    category: str | None
    brand: str | None
    price: int | None
    quantity: int | None
    amount: int | None
    sku_folded: str | None
    category_folded: str | None
    brand_folded: str | None


@dataclass(frozen=True)
class Basket:
    """`total` in minor units of the workspace's currency, unknown where its own has no rate; `hour` from 0 to 23 and `weekday`
    from 1, Monday, to 7 are of the local moment at which it is asked about."""

    total: int | None
    currency: str | None
    channel: str | None
    coupon: str | None
    items: tuple[Item, ...]
    hour: int
    weekday: int

    @cached_property
    def ordered(self) -> tuple[tuple[Item, ...], ...]:
        """The lines that know a field in the order of its values, for each field of `Item` that is no twin."""
        found = []
        for place in range(len(_ITEM_FIELDS)):
            known: list[Item] = [item for item in self.items if item[place] is not None]
            found.append(tuple(sorted(known, key=itemgetter(place))))
        return tuple(found)

    @cached_property
    def currency_folded(self) -> str | None:
        """The twin that searches compare."""
        return _folded(self.currency)

    @cached_property
    def channel_folded(self) -> str | None:
        """The twin that searches compare."""
        return _folded(self.channel)

    @cached_property
    def coupon_folded(self) -> str | None:
        """The twin that searches compare."""
        return _folded(self.coupon)


def read_basket(values: object, *, currency: str, at_us: int, zone: Zone, rate: Decimal | None = None) -> Basket:
    """The basket of plain JSON values: `total`, `currency`, `channel`, `coupon`, `items` of `sku`, `category`, `brand`, `price`,
    `quantity` and `amount`, money in major units.

    A line without an amount has price times quantity, a basket without a total the sum of its lines; a quantity is 1 unless it
    is said. `rate` is what one unit of the basket's own currency is worth in `currency`, the workspace's. Raises `BadBasket`.
    """
    given = _object(values, "basket", _FIELDS)
    own = _text(given, "currency", "basket") or currency
    reader = _Money(currency, Decimal(1) if own == currency else rate)
    lines = [] if given.get("items") is None else given["items"]
    if not isinstance(lines, Sequence) or isinstance(lines, str) or len(lines) > LINES_MAX:
        raise _bad("items", f"a list of up to {LINES_MAX} lines")
    items = tuple(reader.item(line, f"items[{number}]") for number, line in enumerate(lines))
    total = reader.minor(given, "total", "basket")
    if total is None and given.get("total") is None:
        amounts = [item.amount for item in items]
        total = None if None in amounts else sum(amount for amount in amounts if amount is not None)
    texts = {name: _text(given, name, "basket") for name in ("channel", "coupon")}
    day = zone.day(at_us)
    hour = (at_us + zone.offset_us(at_us)) % (24 * HOUR_US) // HOUR_US
    return Basket(total, own, texts["channel"], texts["coupon"], items, hour, (day + 3) % 7 + 1)


class _Money:
    """Reads amounts of one currency as minor units of another."""

    def __init__(self, currency: str, rate: Decimal | None) -> None:
        self._minor, self._rate = minor_per_major(currency), rate

    def minor(self, given: Mapping[str, Any], name: str, path: str) -> int | None:
        number = _number(given, name, path)
        return None if number is None or self._rate is None else _scaled(number * self._rate, self._minor, f"{path}.{name}")

    def item(self, values: object, path: str) -> Item:
        given = _object(values, path, _ITEM_FIELDS)
        sku, category, brand = (_text(given, name, path) for name in ("sku", "category", "brand"))
        price, amount = self.minor(given, "price", path), self.minor(given, "amount", path)
        number = _number(given, "quantity", path)
        quantity = SCALE if number is None else _scaled(number, SCALE, f"{path}.quantity")
        if amount is None and given.get("amount") is None and price is not None:
            amount = int((Decimal(price) * quantity / SCALE).to_integral_value(ROUND_HALF_EVEN))
        return Item(sku, category, brand, price, quantity, amount, _folded(sku), _folded(category), _folded(brand))


def _object(values: object, path: str, fields: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(values, Mapping):
        raise _bad(path, "an object")
    if unknown := sorted(str(name) for name in values if name not in fields):
        raise _bad(f"{path}.{unknown[0][:60]}", f"one of {', '.join(sorted(fields))}")
    return values


def _text(given: Mapping[str, Any], name: str, path: str) -> str | None:
    value = given.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise _bad(f"{path}.{name}", f"a text of up to {TEXT_MAX} characters")
    return normal(value)


def _number(given: Mapping[str, Any], name: str, path: str) -> Decimal | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _bad(f"{path}.{name}", "a number")
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) >= NUMBER_MAX:
        raise _bad(f"{path}.{name}", "a number that fits")
    return number


def _scaled(number: Decimal, scale: int, field: str) -> int:
    try:
        return scaled(number, scale)
    except BadNumber as error:
        raise _bad(field, "a number that fits") from error


def _folded(text: str | None) -> str | None:
    return None if text is None else fold(text)


def _bad(field: str, wanted: str) -> BadBasket:
    return BadBasket("bad_basket", f"The basket's “{field}” must be {wanted}.", field=field, wanted=wanted)

"""Orders as events tell them: the facts of one Completed, Updated, Cancelled or Refunded (rules.md, Meaning 7). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import msgspec

from samovar.kit.numbers import SCALE, BadNumber, minor_per_major, scaled
from samovar.kit.text import fold, normal

VERBS = {
    "Order Completed": "completed",
    "Order Updated": "updated",
    "Order Cancelled": "cancelled",
    "Order Refunded": "refunded",
}
LINES_MAX = 1000

# (currency, local day) -> how many major units of the workspace's currency one unit is worth, or None.
Rates = Callable[[str, int], Decimal | None]


class OrderFacts(msgspec.Struct, gc=False):
    """What one event says of an order. `amount_minor` is None when it says nothing or its currency has no rate."""

    order_id: str
    verb: str
    amount_minor: int | None
    currency: str
    channel: str | None
    lines: list[dict[str, Any]] | None
    key: str | None  # the sender's own id of a refund


class BadOrder(ValueError):
    """An order event without an id, or with an amount that is no number."""


def order_facts(verb: str, properties: Mapping[str, Any], workspace_currency: str, day: int, rates: Rates) -> OrderFacts:
    """Facts of an order event. Raises `BadOrder`, `BadNumber`."""
    order_id = _text(properties, "order_id", "orderId", "checkout_id")
    if order_id is None:
        raise BadOrder("an order event needs properties.order_id")
    currency = (_text(properties, "currency") or workspace_currency).upper()
    rate = Decimal(1) if currency == workspace_currency else rates(currency, day)
    products = properties.get("products")
    lines = _lines(products, currency, workspace_currency, rate) if isinstance(products, list) and products else None
    amount = next((properties[k] for k in ("total", "revenue", "value") if properties.get(k) is not None), None)
    if amount is not None:
        amount_minor = _minor(amount, currency, workspace_currency, rate)
    elif lines is not None:
        known = [line["amount_minor"] for line in lines if line["amount_minor"] is not None]
        amount_minor = sum(known) if known else None
    else:
        amount_minor = None
    if amount_minor is not None and verb == "refunded":
        amount_minor = abs(amount_minor)
    refund = _text(properties, "refund_id", "return_id") if verb == "refunded" else None
    return OrderFacts(order_id, verb, amount_minor, currency, _text(properties, "channel"), lines, refund)


def _lines(products: list[Any], currency: str, workspace_currency: str, rate: Decimal | None) -> list[dict[str, Any]]:
    if len(products) > LINES_MAX:
        raise BadOrder(f"an order has at most {LINES_MAX} products")
    lines = []
    for number, product in enumerate(products, 1):
        if not isinstance(product, Mapping):
            raise BadOrder(f"products[{number - 1}] is not an object")
        quantity = scaled(product["quantity"]) if product.get("quantity") is not None else SCALE
        price = product.get("price")
        price_minor = None if price is None else _minor(price, currency, workspace_currency, rate)
        lines.append(
            {
                "line": number,
                "sku": _text(product, "sku", "product_id", "variant"),
                "name": _text(product, "name"),
                "category": _text(product, "category"),
                "brand": _text(product, "brand"),
                "price_minor": price_minor,
                "quantity": quantity,
                "amount_minor": None if price_minor is None else _times(price_minor, quantity),
            }
        )
    return lines


def _times(price_minor: int, quantity: int) -> int:
    """Price x quantity in minor units, half-even; quantity in 1/10000."""
    if quantity % SCALE == 0:
        return price_minor * (quantity // SCALE)
    return int((Decimal(price_minor) * quantity / SCALE).to_integral_value(ROUND_HALF_EVEN))


def _minor(value: Any, currency: str, workspace_currency: str, rate: Decimal | None) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadNumber(f"{str(value)[:40]} is not an amount")
    if currency == workspace_currency:
        return scaled(value, minor_per_major(currency))
    if rate is None:
        return None
    return scaled(Decimal(str(value)) * rate, minor_per_major(workspace_currency))


def converted(amount_minor: int | None, currency: str, workspace_currency: str, rate: Decimal | None) -> int | None:
    """Minor units of one currency as those of the workspace's, half-even; None without a rate."""
    if amount_minor is None or rate is None:
        return None
    return scaled(Decimal(amount_minor) * rate / minor_per_major(currency), minor_per_major(workspace_currency))


def _text(source: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = source.get(name)
        if isinstance(value, str) and value.strip():
            return normal(value.strip())
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None


def folded(text: str | None) -> str | None:
    """The folded twin of a text that may be absent."""
    return None if text is None else fold(text)

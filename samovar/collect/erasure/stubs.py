"""What is left of an event when the person it speaks of is erased, or when it only mentions one. Pure.

Of an erased person's own event stay its kind, its moments and what statistics are made of: orders with their lines, goods,
numbers. Whether somebody known or only a device was there stays too, under the word `ERASED`, so that the past keeps its
figures. Another person's event loses nothing but the mention.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from samovar.collect.batches import named
from samovar.collect.goods import NAMED_BY_EVENT
from samovar.collect.identifiers import ANONYMOUS, KNOWN, plain
from samovar.collect.orders import VERBS
from samovar.collect.records.told import RECORD_VERBS
from samovar.collect.traits import HOUSE_NAMES
from samovar.kit.clock import BadMoment, Zone, parse_moment
from samovar.kit.redaction import Redactor

ERASED = "erased"
NUMBER_MAX = 10**9  # a greater one may be a telephone number
_PLAIN = ("type", "messageId", "timestamp", "originalTimestamp", "sentAt", "event")
_PAGES = ("page", "screen")
_ANY_ZONE = Zone("UTC")
_ORDER_TEXTS = frozenset(
    {"order_id", "orderId", "checkout_id", "refund_id", "return_id", "currency", "channel", "total", "revenue", "value"}
)
_GOODS_TEXTS = frozenset({"sku", "product_id", "variant", "name", "category", "brand", "price", "quantity"})
_CONSENT_TEXTS = frozenset({"channel", "purpose", "source", "text_version"})
# Where an event of the tracking specification names somebody, and as which kinds of identifiers.
_NAMING = {
    "userId": ("user_id",),
    "anonymousId": (ANONYMOUS,),
    "previousId": ("user_id", "external_id", ANONYMOUS),
}


def own(event: Mapping[str, Any], redactor: Redactor, region: str) -> dict[str, Any]:
    """An erased person's event, as the log keeps it from now on; `region` is that of numbers without a country code."""
    left = {name: event[name] for name in _PLAIN if event.get(name) is not None}
    if event.get("type") in _PAGES:
        left.update({name: event[name] for name in ("name", "category") if isinstance(event.get(name), str)})
    properties = event.get("properties")
    if isinstance(properties, dict) and (kept := own_properties(str(event.get("event") or ""), properties)):
        left["properties"] = kept
    told = {**_bag(_bag(event, "context"), "traits"), **(_bag(event, "traits") if event.get("type") == "identify" else {})}
    traits = own_traits(told)
    user = event.get("userId")
    if isinstance(user, str | int) and plain(str(user)) is not None:
        left["userId"] = ERASED
    elif next(named(told, region), None) is not None:
        traits["external_id"] = ERASED
    if traits:
        left["context"] = {"traits": traits}
    cleaned: dict[str, Any] = redactor.cleaned_value(left)
    return cleaned


def own_properties(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of an erased person's event called `name` that say nothing of anybody."""
    texts: frozenset[str] = frozenset()
    if name in RECORD_VERBS:
        return {}  # what somebody owned is no statistic, and a number plate names its owner
    if name in VERBS:
        texts = _ORDER_TEXTS
    elif name in NAMED_BY_EVENT:
        texts = _GOODS_TEXTS
    elif name == "Consent Changed":
        texts = _CONSENT_TEXTS
    kept = dict(_harmless(properties, texts))
    products = properties.get("products")
    if name in VERBS and isinstance(products, list):
        kept["products"] = [dict(_harmless(one, _GOODS_TEXTS)) for one in products if isinstance(one, dict)]
    return kept


def own_traits(traits: Mapping[str, Any]) -> dict[str, Any]:
    """Of an erased person's traits only since when she was registered."""
    said = [value for name, value in traits.items() if HOUSE_NAMES.get(name, name) == "registered_at"]
    return {"registered_at": said[-1]} if said and isinstance(said[-1], str) and _is_moment(said[-1]) else {}


def mention(event: Mapping[str, Any], redactor: Redactor) -> dict[str, Any]:
    """Another person's event without the erased one."""
    renamed = dict(event)
    for name, kinds in _NAMING.items():
        value = event.get(name)
        text = plain(str(value)) if isinstance(value, str | int) else None
        token = next((token for kind in kinds if text and (token := redactor.token(kind, text))), None)
        if token is not None:
            renamed[name] = token
    if isinstance(event.get("traits"), dict):
        renamed["traits"] = _traits_of_another(event["traits"], redactor)
    if _bag(_bag(event, "context"), "traits"):
        renamed["context"] = {**event["context"], "traits": _traits_of_another(event["context"]["traits"], redactor)}
    cleaned: dict[str, Any] = redactor.cleaned_value(renamed)
    return cleaned


def _traits_of_another(traits: Mapping[str, Any], redactor: Redactor) -> dict[str, Any]:
    return {
        name: (redactor.token(name, text) if (text := plain(str(value))) else None) or value
        if name in KNOWN and isinstance(value, str | int)
        else value
        for name, value in traits.items()
    }


def _harmless(properties: Mapping[str, Any], texts: frozenset[str]) -> Iterator[tuple[str, Any]]:
    for name, value in properties.items():
        is_number = isinstance(value, int | float) and abs(value) < NUMBER_MAX and name not in KNOWN
        if value is None or is_number or (name in texts and isinstance(value, str | int | float)):
            yield name, value


def _is_moment(text: str) -> bool:
    try:
        parse_moment(text, _ANY_ZONE)
    except BadMoment:
        return False
    return True


def _bag(source: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = source.get(name)
    return found if isinstance(found, dict) else {}

"""The shop's truth as it reaches the log: one row an event in the layout of sealed batches, messy as real data is.

A customer's own words are spoilt on purpose (capitals in an e-mail, a phone with an 8, a second account), and one event in
about two hundred is delivered twice under its message id. Columns are made from columns; texts that repeat (properties of
a thing, of a page) are rendered once and taken by place.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from samovar.doors.demo import tea
from samovar.doors.demo.acts import Code, Events, Slice, Via
from samovar.doors.demo.people import Bools, Ints, email, user_id
from samovar.kit.clock import day_date, from_us, iso
from samovar.kit.numbers import SCALE

SOURCE = "shop"
PRODUCTS_MAX = 64  # in a cart; far more than a basket can hold
REPEAT_EVERY = 199  # one event in this many is delivered twice

LINE = pa.struct(
    [
        ("line", pa.int32()), ("sku", pa.string()), ("name", pa.string()), ("category", pa.string()),
        ("price_minor", pa.int64()), ("quantity", pa.int64()), ("amount_minor", pa.int64()),
    ]
)  # fmt: skip
SEALED = pa.schema(
    [
        ("type", pa.string()), ("event", pa.string()), ("message_id", pa.string()), ("time_us", pa.int64()),
        ("user_id", pa.string()), ("external_id", pa.string()), ("email", pa.string()), ("phone", pa.string()),
        ("card", pa.string()), ("anonymous_id", pa.string()), ("traits", pa.string()), ("properties", pa.string()),
        ("line", pa.int32()), ("order_id", pa.string()), ("amount_minor", pa.int64()), ("currency", pa.string()),
        ("lines", pa.list_(LINE)),
    ]
)  # fmt: skip

KIND = {
    Code.SIGN_UP: ("identify", None), Code.SIGN_IN_AGAIN: ("identify", None), Code.TWIN_JOINS: ("alias", None),
    Code.CONSENT: ("track", "Consent Changed"), Code.WITHDRAWAL: ("track", "Consent Changed"),
    Code.PAGE: ("page", None), Code.VIEW: ("track", "Product Viewed"), Code.ADD: ("track", "Product Added"),
    Code.CHECKOUT: ("track", "Checkout Started"), Code.ORDER: ("track", "Order Completed"),
    Code.CANCEL: ("track", "Order Cancelled"), Code.REFUND: ("track", "Order Refunded"),
}  # fmt: skip
_TYPES = pa.array([KIND[code][0] for code in Code])
_NAMES = pa.array([KIND[code][1] for code in Code], pa.string())
_IDENTIFIES = np.isin(np.arange(len(Code)), [Code.SIGN_UP, Code.SIGN_IN_AGAIN])
CONSENT_FACTS = {"channel": "email", "purpose": "marketing", "source": "sign-up form", "text_version": "2024-11"}


def thing_properties(place: int) -> dict[str, Any]:
    """What an event about a thing says of it."""
    goods = tea.GOODS
    return {
        "sku": goods.sku[place], "name": goods.name[place], "category": goods.category[place],
        "price": int(goods.price_minor[place]) // 100,
    }  # fmt: skip


def page_properties(place: int) -> dict[str, Any]:
    """What a page event says."""
    return {"path": tea.PAGES[place]}


def checkout_properties(products: int) -> dict[str, Any]:
    """What the start of a checkout says."""
    return {"things": products}


def consent_properties(address: str, given: bool) -> dict[str, Any]:
    """What a change of consent says."""
    return {**CONSENT_FACTS, "address": address, "given": given}


def traits(piece: Slice, place: int) -> dict[str, Any]:
    """What the person at a place of the slice says of himself when signing up."""
    people = piece.people
    woman = bool(people.is_woman[place])
    return {
        "first_name": (tea.WOMEN if woman else tea.MEN)[people.first_name[place]],
        "last_name": tea.surname(tea.SURNAMES[people.surname[place]], woman),
        "city": list(tea.CITIES)[people.city[place]],
        "gender": "female" if woman else "male",
        "birthday": day_date(int(people.birth_day[place])).isoformat(),
        "registered_at": iso(int(people.joined_us[place])),
    }


def text(value: Any) -> str:
    """JSON as events carry it."""
    return json.dumps(value, ensure_ascii=False)


def numbered(before: str, number: Ints, after: str = "") -> pa.Array:
    """`before` + number + `after`, for a column."""
    return pc.binary_join_element_wise(before, pc.cast(pa.array(number), pa.string()), after, "")


def phones(number: Ints, before: str = "+79") -> pa.Array:
    """Mobile numbers in E.164, or as somebody types them."""
    digits = pc.utf8_lpad(pc.cast(pa.array(number - 1), pa.string()), 9, "0")
    return pc.binary_join_element_wise(before, digits, "")


def message_ids(number: Ints, seq: Ints) -> pa.Array:
    """The message id of each event: its customer's number and its place in the customer's life."""
    return pc.binary_join_element_wise("e", pc.cast(pa.array(number), pa.string()), ".", pc.cast(pa.array(seq), pa.string()), "")


def order_ids(number: Ints, order: Ints) -> pa.Array:
    """The shop's number of an order: its customer's number and which of his orders it is."""
    return pc.binary_join_element_wise(pc.cast(pa.array(number), pa.string()), "-", pc.cast(pa.array(order + 1), pa.string()), "")


def blank(values: pa.Array, keep: Bools) -> pa.Array:
    """Null wherever the mask says no."""
    return pc.if_else(pa.array(keep), values, pa.scalar(None, values.type))


def sealed(piece: Slice, keep: Bools, *, repeats: bool = True) -> pa.Table:
    """The slice's events under a mask, in the sealed layout, in the order of the slice; `repeats` delivers some twice.

    Aliases are left out: the sealed layout has no place for a previous id, see `aliases`.
    """
    events = piece.events.where(keep & (piece.events.code != Code.TWIN_JOINS))
    if repeats:
        number = piece.people.index[events.person] + 1
        times = 1 + ((number * 31 + events.seq * 17) % REPEAT_EVERY == 0)
        events = events.where(np.repeat(np.arange(len(times)), times))
    number = piece.people.index[events.person] + 1
    columns: dict[str, pa.Array] = {
        "type": _TYPES.take(pa.array(events.code)),
        "event": _NAMES.take(pa.array(events.code)),
        "message_id": message_ids(number, events.seq),
        "time_us": pa.array(events.time_us),
        "properties": properties(piece, events),
        **_identifiers(piece, events, number),
        **_orders(piece, events, number),
    }
    rows = len(number)
    return pa.table([columns.get(f.name, pa.nulls(rows, f.type)).cast(f.type) for f in SEALED], schema=SEALED)


def aliases(piece: Slice, keep: Bools) -> list[dict[str, Any]]:
    """The slice's aliases under a mask, as events of the tracking specification."""
    events = piece.events.where(keep & (piece.events.code == Code.TWIN_JOINS))
    number = piece.people.index[events.person] + 1
    return [
        {
            "type": "alias", "messageId": message_id, "userId": user_id(n - 1), "previousId": f"{user_id(n - 1)}-2",
            "timestamp": from_us(time_us).isoformat(),
        }
        for n, message_id, time_us in zip(
            number.tolist(), message_ids(number, events.seq).to_pylist(), events.time_us.tolist(), strict=True
        )
    ]  # fmt: skip


def _identifiers(piece: Slice, events: Events, number: Ints) -> dict[str, pa.Array]:
    """Who is named, in the spelling of the moment; traits go with the first sign-up."""
    people, person = piece.people, events.person
    names_all = _IDENTIFIES[events.code]
    loud = events.code == Code.SIGN_IN_AGAIN
    is_twin = events.via == Via.TWIN
    account = pc.if_else(pa.array(is_twin), numbered("u", number, "-2"), numbered("u", number))
    email = pc.if_else(pa.array(loud), numbered("Buyer", number, "@Example.COM"), numbered("buyer", number, "@example.com"))
    phone = pc.if_else(pa.array(loud), phones(number, "8 9"), phones(number))
    device = pc.if_else(pa.array(events.via == Via.OTHER_DEVICE), numbered("o", number), numbered("d", number))
    signs_up = events.code == Code.SIGN_UP
    said = np.flatnonzero(signs_up)
    words = np.full(len(person), None, dtype=object)
    words[said] = [text(traits(piece, place)) for place in person[said].tolist()]
    return {
        "user_id": blank(account, ~np.isin(events.via, (Via.DEVICE, Via.OTHER_DEVICE))),
        "anonymous_id": blank(device, np.isin(events.via, (Via.DEVICE, Via.SIGNED_IN, Via.OTHER_DEVICE))),
        "email": blank(email, names_all & people.has_email[person]),
        "phone": blank(phone, names_all & people.has_phone[person]),
        "card": blank(numbered("7700", number + 1_000_000), signs_up & people.has_card[person]),
        "traits": pa.array(words, pa.string()),
    }


_THINGS_TEXT = pa.array([text(thing_properties(place)) for place in range(len(tea.GOODS.sku))])
_PAGES_TEXT = pa.array([text(page_properties(place)) for place in range(len(tea.PAGES))])
_CHECKOUTS_TEXT = pa.array([text(checkout_properties(k)) for k in range(PRODUCTS_MAX)])


def properties(piece: Slice, events: Events) -> pa.Array:
    """The properties of each event as JSON text; null where it has none or tells an order."""
    return taken(
        events, _PAGES_TEXT, _THINGS_TEXT, _CHECKOUTS_TEXT,
        lambda place, given: text(consent_properties(email(int(piece.people.index[place])), given)),
    )  # fmt: skip


def taken(events: Events, pages: pa.Array, goods: pa.Array, checkouts: pa.Array, consent: Any) -> pa.Array:
    """Texts by code and `ref` from ready tables; `consent(place, given)` makes those of consents."""
    code = events.code
    agreed = np.flatnonzero((code == Code.CONSENT) | (code == Code.WITHDRAWAL))
    own = pa.array(
        [
            consent(place, kind == Code.CONSENT)
            for place, kind in zip(events.person[agreed].tolist(), code[agreed].tolist(), strict=True)
        ],
        pa.string(),
    )
    table = pa.concat_arrays([pages, goods, checkouts, own])
    at = np.full(len(code), -1, dtype=np.int64)
    start = 0
    for codes, size in (((Code.PAGE,), len(pages)), ((Code.VIEW, Code.ADD), len(goods)), ((Code.CHECKOUT,), len(checkouts))):
        here = np.isin(code, codes)
        at[here] = start + events.ref[here]
        start += size
    at[agreed] = start + np.arange(len(agreed))
    return table.take(pa.array(at, mask=at < 0))


def _orders(piece: Slice, events: Events, number: Ints) -> dict[str, pa.Array]:
    """The typed columns of orders: every line of a completed one, the line that came back of a refunded one."""
    baskets, code = piece.baskets, events.code
    is_order, is_refund = code == Code.ORDER, code == Code.REFUND
    tells = is_order | is_refund | (code == Code.CANCEL)
    order = np.where(tells, events.ref, 0)
    back = baskets.refund_line[order] if len(baskets.person) else order
    counts = np.where(is_order, baskets.lines[order], is_refund.astype(np.int64)) if len(baskets.person) else order
    first = np.where(is_refund, back, baskets.first_line[order])
    place = spans(first, counts)
    number_in_list = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    sku, name, category = tea_columns(baskets.sku[place])
    values = pa.StructArray.from_arrays(
        [
            pa.array(number_in_list, pa.int32()), sku, name, category, pa.array(baskets.price_minor[place]),
            pa.array(baskets.quantity[place] * SCALE), pa.array(baskets.amount_minor[place]),
        ],
        fields=list(LINE),
    )  # fmt: skip
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())
    lines = pa.ListArray.from_arrays(offsets, values, mask=pa.array(~(is_order | is_refund)))
    amount = (
        np.where(is_order, baskets.total_minor[order], baskets.amount_minor[back])
        if len(place)
        else np.zeros(len(code), np.int64)
    )
    known_order = baskets.number[order] if len(baskets.person) else order
    return {
        "order_id": blank(order_ids(number, known_order), tells),
        "amount_minor": blank(pa.array(amount), is_order | is_refund),
        "currency": blank(pa.array(np.full(len(code), tea.CURRENCY, dtype=object)), tells),
        "lines": lines,
    }


def tea_columns(sku: Ints) -> list[pa.Array]:
    """sku, name and category of places in the range."""
    at = pa.array(sku)
    return [pa.array(words).take(at) for words in (tea.GOODS.sku, tea.GOODS.name, tea.GOODS.category)]


def spans(first: Ints, counts: Ints) -> Ints:
    """first[0], first[0] + 1, ... `counts[0]` of them, then those of the next."""
    begins = np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(first, counts) + np.arange(int(counts.sum())) - begins

"""One slice of the shop as rows of every warehouse table: the second opinion on what the worker makes of its events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from samovar.collect.contacts.marks import marks_of
from samovar.collect.properties import as_json, normalised
from samovar.doors.demo import render, tea
from samovar.doors.demo.acts import Code, Events, Slice, Via
from samovar.doors.demo.people import SLICE, Bools, Ints, email
from samovar.engine.warehouse.schema import NEVER_US, SIGHTINGS
from samovar.kit.clock import Zone
from samovar.kit.numbers import SCALE
from samovar.kit.text import fold

Tables = dict[str, pa.Table]

VISIT_GAP_US = 30 * 60 * 1_000_000
_KINDS = pa.array([render.KIND[code][0] for code in Code])
_NAMES = pa.array([render.KIND[code][1] or "" for code in Code])
_VERBS = {Code.ORDER: "completed", Code.CANCEL: "cancelled", Code.REFUND: "refunded"}
_TRAITS = ("first_name", "last_name", "city", "gender", "birthday")


@dataclass(frozen=True)
class Numbers:
    """Profile ids by person of the shop, or of one slice of it; 0 where there is no such profile."""

    device: Ints  # the visitor a person was before signing up
    account: Ints
    twin: Ints  # the second account
    other: Ints  # the device that never signed in

    def of(self, person: Ints, via: Ints) -> Ints:
        """The profile an event belongs to."""
        own = np.where(via == Via.TWIN, self.twin[person], self.account[person])
        return np.where(via == Via.DEVICE, self.device[person], np.where(via == Via.OTHER_DEVICE, self.other[person], own))

    def part(self, part: int) -> Numbers:
        """Those of one slice."""
        own = slice(part * SLICE, (part + 1) * SLICE)
        return Numbers(self.device[own], self.account[own], self.twin[own], self.other[own])


def event_keys(source: str, texts: pa.Array) -> Ints:
    """`kit.hashing.hash64(source, text)` for a column of texts."""
    joined = pc.cast(pc.binary_join_element_wise(source + "\x1f", texts, ""), pa.binary()).to_pylist()
    return np.frombuffer(b"".join([blake2b(value, digest_size=8).digest() for value in joined]), dtype="<i8")


class SliceTables:
    """One slice on its way into the tables."""

    def __init__(self, piece: Slice, events: Events, numbers: Numbers, zone: Zone, at_us: int) -> None:
        self.piece, self.events, self.numbers, self.zone, self.at_us = piece, events, numbers, zone, at_us
        people = piece.people
        self.index = people.index[events.person]
        self.message_id = render.message_ids(self.index + 1, events.seq)
        self.key = event_keys(render.SOURCE, self.message_id)
        self.day = zone.days(events.time_us)
        self.profile = numbers.of(events.person, events.via)
        account = numbers.account[events.person]
        self.person = np.where((events.via == Via.OTHER_DEVICE) | (account == 0), self.profile, account)

    def all(self) -> Tables:
        """Every table's rows of this slice; `goods` as they were named, to be reduced at the end."""
        profiles = self._profiles()
        return {
            "profiles": profiles, "people": _people(profiles), "identifiers": self._identifiers(),
            "attributes": self._attributes(), "events": self._events(), "visits": self._visits(),
            "consents": self._consents(), "goods": self._goods(), **self._orders(),
        }  # fmt: skip

    def _own(self, at: Ints) -> dict[str, Any]:
        """The columns that every fact has, for the events at these places."""
        return {
            "profile_id": self.profile[at], "person_id": self.person[at], "time_us": self.events.time_us[at],
            "day": self.day[at], "event_key": self.key[at],
        }  # fmt: skip

    # Who
    def _first(self, mask: Bools) -> Ints:
        """Places of the first event under a mask of everybody who has one; events are in time order within a person."""
        at = np.flatnonzero(mask)
        return at[np.unique(self.events.person[at], return_index=True)[1]]

    def _groups(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Places of the first events of visitors on their own device, of second accounts, of other devices, of accounts."""
        via = self.events.via
        apart = [via == Via.DEVICE, via == Via.TWIN, via == Via.OTHER_DEVICE]
        device, twin, other, account = (self._first(mask) for mask in (*apart, ~np.logical_or.reduce(apart)))
        return device, twin, other, account

    def _profiles(self) -> pa.Table:
        """A visitor is only seen; an account is registered at once, a second one by its order."""
        device, twin, other, account = self._groups()
        order = np.flatnonzero((self.events.code == Code.ORDER) & (self.events.via == Via.TWIN))
        parts = []
        for at, known, registered in (
            (device, None, None),
            (other, None, None),
            (account, account, account),
            (twin, twin, order),
        ):
            nothing = pa.nulls(len(at), pa.int64())
            times = [nothing if of is None else pa.array(self.events.time_us[of]) for of in (at, known, registered)]
            own = {"profile_id": self.profile[at], "person_id": self.person[at]}
            parts.append(pa.table({**own, **dict(zip(SIGHTINGS, times, strict=True))}))
        return pa.concat_tables(parts)

    def _identifiers(self) -> pa.Table:
        people, parts = self.piece.people, []
        device, twin, other, account = self._groups()
        person = self.events.person[account]
        groups: list[tuple[str, Ints, Callable[[Ints], pa.Array]]] = [
            ("anonymous_id", device, lambda n: render.numbered("d", n)),
            ("anonymous_id", other, lambda n: render.numbered("o", n)),
            ("user_id", account, lambda n: render.numbered("u", n)),
            ("email", account[people.has_email[person]], lambda n: render.numbered("buyer", n, "@example.com")),
            ("phone", account[people.has_phone[person]], render.phones),
            ("card", account[people.has_card[person]], lambda n: render.numbered("7700", n + 1_000_000)),
            ("user_id", twin, lambda n: render.numbered("u", n, "-2")),
        ]
        for kind, at, value in groups:
            columns = {name: self._own(at)[name] for name in ("profile_id", "person_id")}
            parts.append(
                pa.table(
                    {
                        **columns,
                        "kind": pa.array([kind] * len(at), pa.string()),
                        "value": value(self.index[at] + 1),
                        "since_us": self.events.time_us[at],
                    }
                )
            )
        return pa.concat_tables(parts)

    def _attributes(self) -> pa.Table:
        at = np.flatnonzero(self.events.code == Code.SIGN_UP)
        said = [render.traits(self.piece, place) for place in self.events.person[at].tolist()]
        birthday = pa.array(self.piece.people.birth_day[self.events.person[at]], pa.int32())
        parts = []
        for name in _TRAITS:
            is_date, words = name == "birthday", [traits[name] for traits in said]
            parts.append(
                pa.table(
                    {
                        **self._own(at), "name": pa.array([name] * len(at), pa.string()),
                        "kind": pa.array(["date" if is_date else "text"] * len(at), pa.string()),
                        "text": pa.array(words, pa.string()), "folded": pa.array([fold(word) for word in words], pa.string()),
                        "date_day": birthday if is_date else pa.nulls(len(at), pa.int32()),
                        "source": pa.repeat(render.SOURCE, len(at)), "verdict": pa.repeat("valid", len(at)),
                    }
                )
            )  # fmt: skip
        return pa.concat_tables([*parts, marks_of(self._identifiers(), self.zone)], promote_options="default")

    # What
    def _events(self) -> pa.Table:
        every = np.arange(len(self.events.person))
        code = pa.array(self.events.code)
        told = pa.table(
            {
                **self._own(every), "name": _NAMES.take(code), "kind": _KINDS.take(code),
                "source": pa.array([render.SOURCE]).take(pa.array(np.zeros(len(every), np.int64))),
                "message_id": self.message_id, "props": self._props(), "received_us": np.full(len(every), self.at_us),
                "log_offset": np.zeros(len(every), np.int64),
            }
        )  # fmt: skip
        return pa.concat_tables([told, self._house(*self._consents_told()), self._house(*self._merges_told())])

    def _props(self) -> pa.Array:
        def stated(place: int, given: bool) -> str | None:
            return _normal(render.consent_properties(email(int(self.piece.people.index[place])), given))

        return render.taken(self.events, _PAGES, _THINGS, _CHECKOUTS, stated)

    def _consents_told(self) -> tuple[Ints, Ints, list[str], list[str | None]]:
        """The house's own events about consents: place of the cause, moment, key, properties."""
        at = np.flatnonzero((self.events.code == Code.CONSENT) | (self.events.code == Code.WITHDRAWAL))
        keys = [f"consent:event:{key}" for key in self.key[at].tolist()]
        given = (self.events.code[at] == Code.CONSENT).tolist()
        props = []
        for place, yes in zip(self.events.person[at].tolist(), given, strict=True):
            said = render.consent_properties(email(int(self.piece.people.index[place])), yes)
            props.append(
                _normal({name: said[name] for name in ("channel", "address", "purpose", "given", "source", "text_version")})
            )
        return at, self.events.time_us[at], keys, props

    def _merges_told(self) -> tuple[Ints, Ints, list[str], list[str | None]]:
        """The house's own events about visitors who signed up and second accounts that were joined to the first."""
        signed = np.flatnonzero((self.events.code == Code.SIGN_UP) & (self.numbers.device[self.events.person] > 0))
        joined = np.flatnonzero(self.events.code == Code.TWIN_JOINS)
        at = np.concatenate([signed, joined])
        merged = np.concatenate(
            [self.numbers.device[self.events.person[signed]], self.numbers.twin[self.events.person[joined]]]
        ).tolist()
        reasons = ["device"] * len(signed) + ["alias"] * len(joined)
        told = list(zip(merged, self.profile[at].tolist(), self.key[at].tolist(), reasons, strict=True))
        keys = [f"merge:{profile}:{into}:{key}" for profile, into, key, _ in told]
        props = [_normal({"profile": profile, "into": into, "reason": reason}) for profile, into, _, reason in told]
        return at, np.full(len(at), self.at_us), keys, props

    def _house(self, at: Ints, time_us: Ints, keys: list[str], props: list[str | None]) -> pa.Table:
        key, house = pa.array(keys, pa.string()), pa.array(["house"] * len(at), pa.string())
        name = "Profile Merged" if keys and keys[0].startswith("merge") else "Consent Changed"
        return pa.table(
            {
                **self._own(at), "time_us": time_us, "day": self.zone.days(time_us), "event_key": event_keys("outbox", key),
                "name": pa.array([name] * len(at), pa.string()), "kind": house, "source": house, "message_id": key,
                "props": pa.array(props, pa.string()), "received_us": time_us, "log_offset": np.zeros(len(at), np.int64),
            }
        )  # fmt: skip

    def _visits(self) -> pa.Table:
        """Page events of one profile and local day, at most 30 minutes apart."""
        at = np.flatnonzero(self.events.code == Code.PAGE)
        at = at[np.lexsort((self.key[at], self.events.time_us[at], self.profile[at]))]
        profile, day, time_us = self.profile[at], self.day[at], self.events.time_us[at]
        new = np.ones(len(at), dtype=bool)
        new[1:] = (np.diff(profile) != 0) | (np.diff(day) != 0) | (np.diff(time_us) > VISIT_GAP_US)
        starts = np.flatnonzero(new)
        views = np.diff(np.concatenate([starts, [len(at)]]))
        return pa.table({**self._own(at[starts]), "last_us": time_us[starts + views - 1], "views": pa.array(views, pa.int32())})

    def _consents(self) -> pa.Table:
        at, time_us, keys, _ = self._consents_told()
        facts = render.CONSENT_FACTS
        rows = len(at)
        return pa.table(
            {
                **{name: _same(facts[name], rows) for name in ("channel", "purpose", "source", "text_version")},
                "address": render.numbered("buyer", self.index[at] + 1, "@example.com"),
                "given": self.events.code[at] == Code.CONSENT, "time_us": time_us,
                "event_key": event_keys("outbox", pa.array(keys, pa.string())),
            }
        )  # fmt: skip

    # Orders
    def _orders(self) -> Tables:
        """order_events, orders, lines and returns: an order holds from its moment until it is cancelled."""
        code, baskets = self.events.code, self.piece.baskets
        placed = np.flatnonzero(code == Code.ORDER)
        order = self.events.ref[placed]
        cancelled = np.flatnonzero(code == Code.CANCEL)
        ends_us = np.full(len(baskets.person), NEVER_US)
        ends_us[self.events.ref[cancelled]] = self.events.time_us[cancelled]
        held = {
            **self._order_columns(placed), "valid_from_us": self.events.time_us[placed], "valid_to_us": ends_us[order],
        }  # fmt: skip
        counts = baskets.lines[order]
        place, of = render.spans(baskets.first_line[order], counts), np.repeat(np.arange(len(order)), counts)
        lines = {
            name: pa.array(column).take(pa.array(of)) for name, column in held.items() if name not in ("amount_minor", "currency")
        }
        returned = np.flatnonzero(code == Code.REFUND)
        back = baskets.refund_line[self.events.ref[returned]]
        return {
            "order_events": self._order_events(),
            "orders": pa.table(held),
            "lines": pa.table(
                {**lines, **self._line_columns(place, np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts) + 1)}
            ),
            "returns": pa.table(
                {
                    "order_id": self._order_ids(returned), **self._own(returned), "amount_minor": baskets.amount_minor[back],
                    "lines": pa.array(np.ones(len(returned)), pa.int32()),
                }
            ),
        }  # fmt: skip

    def _order_ids(self, at: Ints) -> pa.Array:
        return render.order_ids(self.index[at] + 1, self.piece.baskets.number[self.events.ref[at]])

    def _order_columns(self, at: Ints) -> dict[str, Any]:
        amount = self.piece.baskets.total_minor[self.events.ref[at]]
        return {
            "order_id": self._order_ids(at),
            **self._own(at),
            "amount_minor": amount,
            "currency": _same(tea.CURRENCY, len(at)),
        }

    def _line_columns(self, place: Ints, number: Ints) -> dict[str, Any]:
        baskets = self.piece.baskets
        sku, name, category = render.tea_columns(baskets.sku[place])
        return {
            "line": pa.array(number, pa.int32()), "sku": sku, "name": name, "category": category,
            "folded": _FOLDED.take(pa.array(baskets.sku[place])), "price_minor": baskets.price_minor[place],
            "quantity": baskets.quantity[place] * SCALE, "amount_minor": baskets.amount_minor[place],
        }  # fmt: skip

    def _order_events(self) -> pa.Table:
        parts, baskets = [], self.piece.baskets
        for code, verb in _VERBS.items():
            at = np.flatnonzero(self.events.code == code)
            order = self.events.ref[at]
            counts = {Code.ORDER: baskets.lines[order], Code.REFUND: np.ones(len(at), np.int64)}.get(code)
            amounts: Any = pa.nulls(len(at), pa.int64())
            lines: Any = pa.nulls(len(at), pa.list_(_LINE))
            if counts is not None:
                first = baskets.first_line[order] if code == Code.ORDER else baskets.refund_line[order]
                place = render.spans(first, counts)
                columns = self._line_columns(place, np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts) + 1)
                columns = {f.name: columns.get(f.name, pa.nulls(len(place), f.type)) for f in _LINE}
                values = pa.StructArray.from_arrays([pa.array(columns[f.name], f.type) for f in _LINE], fields=list(_LINE))
                lines = pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32()), values)
                amounts = baskets.total_minor[order] if code == Code.ORDER else baskets.amount_minor[first]
            columns = {**self._order_columns(at), "amount_minor": pa.array(amounts), "verb": _same(verb, len(at)), "lines": lines}
            parts.append(pa.table(columns))
        return pa.concat_tables(parts)

    def _goods(self) -> pa.Table:
        """Every naming of a thing by a view, a cart add or an order's line: (place in the range, time, key)."""
        code, baskets = self.events.code, self.piece.baskets
        seen = np.flatnonzero((code == Code.VIEW) | (code == Code.ADD))
        placed = np.flatnonzero(code == Code.ORDER)
        order = self.events.ref[placed]
        of = np.repeat(placed, baskets.lines[order])
        at = np.concatenate([seen, of])
        place = np.concatenate(
            [self.events.ref[seen], baskets.sku[render.spans(baskets.first_line[order], baskets.lines[order])]]
        )
        latest = np.lexsort((self.key[at], self.events.time_us[at], place))
        last = np.flatnonzero(np.diff(place[latest], append=-1))
        chosen = latest[last]
        return pa.table({"place": place[chosen], "time_us": self.events.time_us[at][chosen], "event_key": self.key[at][chosen]})


def _people(profiles: pa.Table) -> pa.Table:
    """One row a person, whose profiles all lie in one slice: the least of their moments."""
    found = profiles.group_by("person_id").aggregate([(name, "min") for name in SIGHTINGS])
    return found.rename_columns({f"{name}_min": name for name in SIGHTINGS})


def _same(text: str, rows: int) -> pa.Array:
    return pa.array([text]).take(pa.array(np.zeros(rows, np.int64)))


def _normal(properties: dict[str, Any]) -> str | None:
    return as_json(normalised(properties))


_LINE = pa.struct(
    [
        ("line", pa.int32()), ("sku", pa.string()), ("name", pa.string()), ("category", pa.string()), ("brand", pa.string()),
        ("price_minor", pa.int64()), ("quantity", pa.int64()), ("amount_minor", pa.int64()),
    ]
)  # fmt: skip
_PAGES = pa.array([_normal(render.page_properties(place)) for place in range(len(tea.PAGES))])
_THINGS = pa.array([_normal(render.thing_properties(place)) for place in range(len(tea.GOODS.sku))])
_CHECKOUTS = pa.array([_normal(render.checkout_properties(products)) for products in range(render.PRODUCTS_MAX)])
_FOLDED = pa.array([fold(name) for name in tea.GOODS.name])

"""The words a rule may use: attributes of a person, collections of what happened, their fields and where they are stored.

Built-in words are declared here; names of traits and events are learned from data through `Learned`.
A name keeps the kind it was declared or learned with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol

from samovar.kit.numbers import SCALE, minor_per_major
from samovar.rules.errors import RuleError, nearest
from samovar.rules.tree import Aggregate, Compare, Condition, FieldName, Place, Selection, Text, Window


class Kind(StrEnum):
    """What a value is. `ANY` stands for a name not seen yet in a catalogue that knows no data."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"
    ANY = "any"


@dataclass(frozen=True)
class Field:
    """A field of a collection. `column` is absent for a property of an event or a record; a stored number is the value times
    `scale`."""

    name: str
    kind: Kind
    column: str | None = None
    folded_column: str | None = None
    scale: int = SCALE

    @property
    def has_folded_twin(self) -> bool:
        """Whether `contains` can search it: a property always carries its twin, a column only where one is named."""
        return self.column is None or self.folded_column is not None


@dataclass(frozen=True)
class Collection:
    """Rows of a warehouse table: `events` of one name, `records` of one type, or a table of its own; or the lines of a basket.

    `is_versioned` rows count only within [valid_from_us, valid_to_us); `by_people_only` leaves out what machines did. A record
    counts whatever its own time says, and has one only if its type `is_timed`.
    """

    name: str
    table: str
    fields: Mapping[str, Field]
    event: str | None = None
    record: str | None = None
    is_timed: bool = True
    is_versioned: bool = False
    by_people_only: bool = False
    tie_columns: tuple[str, ...] = ("event_key",)


class Source(StrEnum):
    """Where an attribute's value comes from."""

    TRAIT = "trait"
    REGISTERED = "registered"
    CONSENT = "consent"
    CONTACT = "contact"
    REACHABLE = "reachable"
    LIFECYCLE = "lifecycle"
    BASKET = "basket"


@dataclass(frozen=True)
class Attribute:
    """An attribute of the person or of a basket: its kind, its source, the names that source needs. A stored number is the value
    times `scale`."""

    name: str
    kind: Kind
    source: Source = Source.TRAIT
    keys: tuple[str, ...] = ()
    scale: int = SCALE


class Learned(Protocol):
    """What the data taught. A kind is that of the first values."""

    def traits(self) -> Mapping[str, Kind]:
        """Names of traits with their kinds."""

    def events(self) -> frozenset[str]:
        """Names of events that happened."""

    def event_fields(self, event: str) -> Mapping[str, Kind]:
        """Fields of one event."""

    def records(self) -> Mapping[str, bool]:
        """Types of records, declared or told of, and whether each has a time."""

    def record_fields(self, record: str) -> Mapping[str, Kind]:
        """Fields of one type of records."""


# The address a channel writes to: which kind of identifier it is.
CHANNEL_IDENTIFIERS: Mapping[str, str] = MappingProxyType({"email": "email", "sms": "phone", "phone": "phone"})
REACH_CHANNELS = ("email", "sms")  # by which campaigns may write
# How a person stands with a channel, the first that holds: one of the addresses may be written to; one of those that are not
# stopped has refused; one was never asked; all are stopped; there is none.
REACH_STATES = ("reachable", "refused", "unasked", "stopped", "no_address")
AGGREGATES = (
    "count", "days", "sum", "avg", "median", "min", "max", "distinct", "first", "last", "gap", "streak", "last_streak",
)  # fmt: skip
AGES = ("days_since", "hours_since", "days_until", "days_until_anniversary")
BASKET = "basket"  # the table of its lines, which is no warehouse's
_OF_BASKET = ("basket.", "now.")


@dataclass(frozen=True)
class Catalogue:
    """The words of one workspace. With `learned` absent every unknown trait and event is accepted with kind `ANY`, and with
    `segments` absent every segment. Only where a basket `is_at_hand` a rule may read it. `called` is what sentences call
    segments, by the names that rules have for them."""

    minor_per_major: int
    attributes: Mapping[str, Attribute]
    collections: Mapping[str, Collection]
    basket_attributes: Mapping[str, Attribute]
    purposes: tuple[str, ...] = ("marketing", "service")
    learned: Learned | None = field(default=None, compare=False)
    segments: Mapping[str, Condition] | None = field(default=None, compare=False)
    called: Mapping[str, str] = field(default_factory=dict, compare=False)
    is_at_hand: bool = False

    def with_basket(self) -> Catalogue:
        """The catalogue of rules that are asked of one person and one basket."""
        return replace(self, is_at_hand=True)

    def with_learned(self, learned: Learned) -> Catalogue:
        """The catalogue with the words that data taught."""
        return replace(self, learned=learned)

    def with_segments(self, segments: Mapping[str, Condition]) -> Catalogue:
        """The catalogue with the segments that rules may refer to, by their names."""
        return replace(self, segments=segments)

    def with_segments_called(self, called: Mapping[str, str]) -> Catalogue:
        """The catalogue with what people call segments; one that is not there is called as rules name it."""
        return replace(self, called=called)

    def segment(self, name: str, place: Place | None = None) -> Condition | None:
        """The condition of a segment, None in a catalogue that knows none. Raises `RuleError` with the nearest names."""
        if self.segments is None:
            return None
        if name not in self.segments:
            raise RuleError("unknown_segment", place, suggestions=nearest(name, self.segments), name=name)
        return self.segments[name]

    def entries(self, segment: str, window: Window | None) -> Aggregate:
        """How many times a person entered a segment, as a figure over the transitions that were recorded."""
        is_this = Compare(left=FieldName(parts=("segment",)), operator="=", right=Text(value=segment))
        return Aggregate(function="count", of=Selection(collection="entries", where=is_this, window=window))

    def attribute(self, parts: tuple[str, ...], place: Place | None = None) -> Attribute:
        """The attribute of a dotted name; `person.` and `trait.` in front are understood. Raises `RuleError`."""
        is_of_person = parts[0] == "person" and len(parts) > 1
        parts = parts[1:] if is_of_person else parts
        name = ".".join(parts)
        if not is_of_person and (name in self.basket_attributes or name.startswith(_OF_BASKET)):
            return self._of_basket(name, place)
        if parts[0] == "trait" and len(parts) > 1:
            return self._trait(".".join(parts[1:]), place)
        if name in self.attributes:
            return self.attributes[name]
        if parts[0] == "consent" and len(parts) == 3:
            return self._consent(parts, place)
        return self._trait(name, place)

    def _of_basket(self, name: str, place: Place | None) -> Attribute:
        if name not in self.basket_attributes:
            raise RuleError("unknown_attribute", place, suggestions=nearest(name, self.basket_attributes), name=name)
        if not self.is_at_hand:
            is_trait = self.learned is not None and name in self.learned.traits()
            raise RuleError("basket_only", place, suggestions=[f"trait.{name}"] if is_trait else (), name=name)
        return self.basket_attributes[name]

    def _trait(self, name: str, place: Place | None) -> Attribute:
        declared = self.attributes.get(name)
        if declared is not None and declared.source is Source.TRAIT:
            return declared
        if self.learned is None:
            return Attribute(name, Kind.ANY)
        traits = self.learned.traits()
        if name not in traits:
            raise RuleError("unknown_attribute", place, suggestions=nearest(name, [*self.attributes, *traits]), name=name)
        return Attribute(name, traits[name])

    def _consent(self, parts: tuple[str, ...], place: Place | None) -> Attribute:
        name, (_, channel, purpose) = ".".join(parts), parts
        if channel not in CHANNEL_IDENTIFIERS or purpose not in self.purposes:
            known = [f"consent.{c}.{p}" for c in CHANNEL_IDENTIFIERS for p in self.purposes]
            raise RuleError("unknown_attribute", place, suggestions=nearest(name, known), name=name)
        return Attribute(name, Kind.BOOLEAN, Source.CONSENT, (channel, purpose))

    def collection(self, selection: Selection) -> Collection:
        """The collection a selection draws from. Raises `RuleError` with the nearest names."""
        if selection.event is not None:
            return self._event(selection.event, selection.place)
        if selection.record is not None:
            return self._record(selection.record, selection.place)
        found = self.collections.get(selection.collection)
        if found is not None and found.table == BASKET and not self.is_at_hand:
            raise RuleError("basket_only", selection.place, name=found.name)
        if found is None:
            known = [name for name, one in self.collections.items() if one.table != BASKET or self.is_at_hand]
            suggestions = nearest(selection.collection, known)
            raise RuleError("unknown_collection", selection.place, suggestions=suggestions, name=selection.collection)
        return found

    def _event(self, name: str, place: Place | None) -> Collection:
        built_in = next((c for c in self.collections.values() if c.event == name and not c.by_people_only), None)
        declared = built_in.fields if built_in else {}
        known = {c.event for c in self.collections.values() if c.event is not None}
        if self.learned is not None and name not in known and name not in (learned := self.learned.events()):
            raise RuleError("unknown_event", place, suggestions=nearest(name, known | learned), name=name)
        return Collection(f'event("{name}")', "events", declared, event=name)

    def _record(self, name: str, place: Place | None) -> Collection:
        types = {name: True} if self.learned is None else self.learned.records()
        if name not in types:
            raise RuleError("unknown_record", place, suggestions=nearest(name, types), name=name)
        return Collection(f'record("{name}")', "records", {}, record=name, is_timed=types[name], is_versioned=True)

    def field(self, collection: Collection, parts: tuple[str, ...], place: Place | None = None) -> Field:
        """A field of a collection. Raises `RuleError` with the nearest names."""
        name = ".".join(parts)
        found = collection.fields.get(name)
        if found is not None:
            return found
        learned = self._learned_fields(collection)
        if learned is None:
            return Field(name, Kind.ANY)
        if name in learned:
            return Field(name, learned[name])
        suggestions = nearest(name, [*collection.fields, *learned])
        raise RuleError("unknown_field", place, suggestions=suggestions, collection=collection.name, name=name)

    def _learned_fields(self, collection: Collection) -> Mapping[str, Kind] | None:
        """What the data taught of a collection's fields; None where it teaches them and there is no data.

        Asked last: a rule of declared words alone asks the data nothing.
        """
        if collection.event is not None:
            return self.learned.event_fields(collection.event) if self.learned else None
        if collection.record is not None:
            return self.learned.record_fields(collection.record) if self.learned else None
        return {}


def _fields(*declared: Field) -> Mapping[str, Field]:
    return MappingProxyType({f.name: f for f in declared})


def _built_in_collections(minor: int) -> tuple[Collection, ...]:
    text, number, money = Kind.TEXT, Kind.NUMBER, Kind.MONEY

    def columns(*texts: str) -> list[Field]:
        return [Field(name, text, name) for name in texts]

    amount = Field("amount", money, "amount_minor", scale=minor)
    price = Field("price", money, "price_minor", scale=minor)
    goods = [Field(n, text) for n in ("product_id", "sku", "name", "category", "brand", "url")]
    shown = _fields(*goods, Field("price", number), Field("quantity", number))
    letter = [Field("campaign_id", number), Field("channel", text), Field("variant", text), Field("message_id", number)]
    order = Field("order_id", text, "order_id")
    return (
        Collection("orders", "orders", _fields(amount, order, *columns("channel", "currency")), is_versioned=True),
        Collection(
            "lines", "lines",
            _fields(
                amount, price, order, Field("name", text, "name", "folded"), *columns("sku", "category", "brand"),
                Field("quantity", number, "quantity"),
            ),
            is_versioned=True, tie_columns=("event_key", "line"),
        ),
        Collection("returns", "returns", _fields(amount, order, Field("lines", number, "lines", scale=1))),
        Collection("visits", "visits", _fields(Field("views", number, "views", scale=1))),
        Collection("views", "events", shown, event="Product Viewed"),
        Collection("cart_adds", "events", shown, event="Product Added"),
        Collection("checkouts", "events", _fields(Field("value", number), Field("order_id", text)), event="Checkout Started"),
        Collection("messages", "events", _fields(*letter), event="Message Sent"),
        Collection("opens", "events", _fields(*letter), event="Message Opened", by_people_only=True),
        Collection("clicks", "events", _fields(*letter, Field("url", text)), event="Message Clicked", by_people_only=True),
        Collection("calls", "events", _fields(Field("duration", number)), event="Call Completed"),
        Collection("entries", "events", _fields(Field("segment", text)), event="Segment Entered"),
        Collection("lists", "events", _fields(Field("list", text)), event="Added To List"),
        Collection(
            "items", BASKET,
            _fields(*(Field(name, text) for name in ("sku", "category", "brand")), price, Field("quantity", number), amount),
            is_timed=False,
        ),
    )  # fmt: skip


def _built_in_of_basket(minor: int) -> tuple[Attribute, ...]:
    return (
        Attribute("basket.total", Kind.MONEY, Source.BASKET, scale=minor),
        *(Attribute(name, Kind.TEXT, Source.BASKET) for name in ("basket.currency", "basket.channel", "coupon")),
        *(Attribute(name, Kind.NUMBER, Source.BASKET, scale=1) for name in ("now.hour", "now.weekday")),
    )


def _built_in_attributes() -> tuple[Attribute, ...]:
    texts = ("first_name", "middle_name", "last_name", "name", "gender", "city", "region", "country", "language")
    return (
        *(Attribute(name, Kind.TEXT) for name in texts),
        Attribute("birthday", Kind.DATE),
        Attribute("registered_at", Kind.MOMENT, Source.REGISTERED),
        Attribute("lifecycle", Kind.TEXT, Source.LIFECYCLE),
        *(
            Attribute(f"contact.{kind}.is_known", Kind.BOOLEAN, Source.CONTACT, (kind,))
            for kind in ("email", "phone", "card", "user_id")
        ),
        *(Attribute(f"reachable.{name}", Kind.BOOLEAN, Source.REACHABLE, (name,)) for name in REACH_CHANNELS),
        *(Attribute(f"reachable.{name}.state", Kind.TEXT, Source.REACHABLE, (name,)) for name in REACH_CHANNELS),
        Attribute("reachable.channels", Kind.NUMBER, Source.REACHABLE, REACH_CHANNELS, scale=1),
        # Traits that the house writes when an address finds its owner.
        *(
            Attribute(f"contact.{name}", Kind.BOOLEAN)
            for name in ("email.is_valid", "email.is_disposable", "email.is_role", "phone.is_valid")
        ),
        *(Attribute(f"contact.phone.{name}", Kind.TEXT) for name in ("type", "region")),
    )


@lru_cache
def builtin_catalogue(currency: str = "RUB") -> Catalogue:
    """The words every workspace has; money is counted in minor units of `currency`."""
    minor = minor_per_major(currency)
    return Catalogue(
        minor_per_major=minor,
        attributes=MappingProxyType({a.name: a for a in _built_in_attributes()}),
        collections=MappingProxyType({c.name: c for c in _built_in_collections(minor)}),
        basket_attributes=MappingProxyType({a.name: a for a in _built_in_of_basket(minor)}),
    )

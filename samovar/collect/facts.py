"""Facts of a batch as columns: what goes into the warehouse, before any SQL. Pure apart from PyArrow.

Each function takes the events that were accepted with their profiles and returns an Arrow table of the warehouse table it
feeds, without `person_id`, which the warehouse adds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from samovar.collect.attributes import attributes_of
from samovar.collect.batches import NOBODY, Batch, Incoming
from samovar.collect.goods import Telling
from samovar.collect.records.columns import record_events
from samovar.engine.warehouse.schema import NEVER_US
from samovar.kit.clock import BadMoment, Zone, parse_moment
from samovar.kit.hashing import hash64

LINE = pa.struct(
    [
        ("line", pa.int32()), ("sku", pa.string()), ("name", pa.string()), ("category", pa.string()), ("brand", pa.string()),
        ("price_minor", pa.int64()), ("quantity", pa.int64()), ("amount_minor", pa.int64()),
    ]
)  # fmt: skip
EVENTS = pa.schema(
    [
        ("profile_id", pa.int64()), ("name", pa.string()), ("kind", pa.string()), ("time_us", pa.int64()), ("day", pa.int32()),
        ("event_key", pa.int64()), ("source", pa.string()), ("message_id", pa.string()), ("props", pa.string()),
        ("received_us", pa.int64()), ("log_offset", pa.int64()),
    ]
)  # fmt: skip
ORDER_EVENTS = pa.schema(
    [
        ("order_id", pa.string()), ("profile_id", pa.int64()), ("verb", pa.string()), ("time_us", pa.int64()),
        ("day", pa.int32()), ("event_key", pa.int64()), ("amount_minor", pa.int64()), ("currency", pa.string()),
        ("channel", pa.string()), ("lines", pa.list_(LINE)),
    ]
)  # fmt: skip
IDENTIFIERS = pa.schema([("profile_id", pa.int64()), ("kind", pa.string()), ("value", pa.string()), ("since_us", pa.int64())])
NOBODY_ID = 0  # facts that belong to nobody; written as null


@dataclass(frozen=True)
class Sightings:
    """When profiles were there, as columns of int64: `first_us` of anything, `known_us`, `registered_us` or `NEVER_US`."""

    profile_id: np.ndarray[Any, Any]
    first_us: np.ndarray[Any, Any]
    known_us: np.ndarray[Any, Any]
    registered_us: np.ndarray[Any, Any]


@dataclass
class Facts:
    """The tables of one batch."""

    events: pa.Table
    attributes: pa.Table
    order_events: pa.Table
    record_events: pa.Table
    sightings: Sightings
    goods: list[Telling]


def facts_of(batch: Batch, profiles: np.ndarray[Any, Any], zone: Zone) -> Facts:
    """All facts of the accepted events of a batch; `profiles` as in `identity.Decided`."""
    places = np.flatnonzero((profiles > 0) | (profiles == NOBODY))
    events = [batch.events[place] for place in places.tolist()]
    ids = profiles[places]
    times = np.array([event.time_us for event in events], dtype=np.int64)
    days = zone.days(times) if events else np.zeros(0, dtype=np.int32)
    return Facts(
        events=_events(events, ids, times, days),
        attributes=attributes_of(events, ids, times, days),
        order_events=_order_events(batch, events, places.tolist(), ids, times, days),
        record_events=record_events(events, ids, times, days),
        sightings=_sightings(events, ids, times, zone),
        goods=[event.good for event in events if event.good is not None],
    )


def _person(ids: np.ndarray[Any, Any]) -> pa.Array:
    """Profile ids with null for nobody."""
    return pa.array(ids, mask=ids <= NOBODY_ID)


def _events(
    events: Sequence[Incoming], ids: np.ndarray[Any, Any], times: np.ndarray[Any, Any], days: np.ndarray[Any, Any]
) -> pa.Table:
    return pa.table(
        [
            _person(ids),
            pa.array([e.name for e in events], pa.string()),
            pa.array([e.kind for e in events], pa.string()),
            pa.array(times),
            pa.array(days),
            pa.array([e.key for e in events], pa.int64()),
            pa.array([e.source for e in events], pa.string()),
            pa.array([e.message_id for e in events], pa.string()),
            pa.array([e.props for e in events], pa.string()),
            pa.array([e.received_us for e in events], pa.int64()),
            pa.array([e.offset for e in events], pa.int64()),
        ],
        schema=EVENTS,
    )


def _order_events(
    batch: Batch, events: Sequence[Incoming], places: Sequence[int], ids: np.ndarray[Any, Any], times: np.ndarray[Any, Any],
    days: np.ndarray[Any, Any],
) -> pa.Table:  # fmt: skip
    at = [i for i, event in enumerate(events) if event.order is not None]
    orders = [order for i in at if (order := events[i].order) is not None]
    chosen = np.array(at, dtype=np.int64)
    return pa.table(
        [
            pa.array([o.order_id for o in orders], pa.string()),
            _person(ids[chosen]) if at else pa.array([], pa.int64()),
            pa.array([o.verb for o in orders], pa.string()),
            pa.array(times[chosen]) if at else pa.array([], pa.int64()),
            pa.array(days[chosen]) if at else pa.array([], pa.int32()),
            pa.array([_order_key(events[i]) for i in at], pa.int64()),
            pa.array([o.amount_minor for o in orders], pa.int64()),
            pa.array([o.currency for o in orders], pa.string()),
            pa.array([o.channel for o in orders], pa.string()),
            _lines(batch, [places[i] for i in at], orders),
        ],
        schema=ORDER_EVENTS,
    )


def _order_key(event: Incoming) -> int:
    """A refund with an id of its own is one return for ever, whatever message brings it."""
    order = event.order
    return hash64("refund", order.order_id, order.key) if order is not None and order.key else event.key


def _lines(batch: Batch, places: Sequence[int], orders: Sequence[Any]) -> pa.Array:
    """Lines of each order event: told in the event, or taken column by column from the sealed batch it lies in."""
    if not batch.sealed_lines:
        return pa.array([o.lines for o in orders], pa.list_(LINE))
    parts: list[pa.Array] = []
    told = [(p, o) for p, o in zip(places, orders, strict=True)]
    bounds = [first for first, _ in batch.sealed_lines]
    ends = [first + len(array) for first, array in batch.sealed_lines]
    position = 0
    while position < len(told):
        place, order = told[position]
        span = next((k for k, (a, b) in enumerate(zip(bounds, ends, strict=True)) if a <= place < b), None)
        stop = position
        if span is None or order.lines is not None:
            while stop < len(told) and (told[stop][1].lines is not None or not _inside(told[stop][0], bounds, ends)):
                stop += 1
            parts.append(pa.array([o.lines for _, o in told[position:stop]], pa.list_(LINE)))
        else:
            while stop < len(told) and bounds[span] <= told[stop][0] < ends[span] and told[stop][1].lines is None:
                stop += 1
            at = [p - bounds[span] for p, _ in told[position:stop]]
            parts.append(_with_brand(_lists_at(batch.sealed_lines[span][1], at)))
        position = stop
    if len(parts) == 1:
        return parts[0]
    return pa.concat_arrays(parts) if parts else pa.array([], pa.list_(LINE))


def _lists_at(lists: pa.ListArray, at: Sequence[int]) -> pa.ListArray:
    """The lists at rising places. Side by side they are cut out and not copied: a batch's lines are tens of megabytes."""
    if at[-1] - at[0] == len(at) - 1:
        return lists.slice(at[0], len(at))
    return lists.take(pa.array(at, pa.int64()))


def _inside(place: int, bounds: Sequence[int], ends: Sequence[int]) -> bool:
    return any(a <= place < b for a, b in zip(bounds, ends, strict=True))


def _with_brand(lists: pa.ListArray) -> pa.ListArray:
    """Sealed lines in the shape of `LINE`, whatever optional fields the file has."""
    if lists.type == pa.list_(LINE):
        return lists
    values = lists.flatten()
    fields = [
        values.field(f.name).cast(f.type) if values.type.get_field_index(f.name) >= 0 else pa.nulls(len(values), f.type)
        for f in LINE
    ]
    struct = pa.StructArray.from_arrays(fields, fields=list(LINE))
    lengths = np.asarray(lists.value_lengths().fill_null(0))
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, struct, mask=lists.is_null() if lists.null_count else None)


def _sightings(events: Sequence[Incoming], ids: np.ndarray[Any, Any], times: np.ndarray[Any, Any], zone: Zone) -> Sightings:
    """For each event: when its profile was there, known (a known identifier came with it) and registered."""
    registered = np.full(len(events), NEVER_US, dtype=np.int64)
    for place, event in enumerate(events):
        # Of a page or a track that brings no traits, only an order and a consent can register anybody.
        if event.traits or event.order is not None or event.kind == "identify" or event.name == "Consent Changed":
            registered[place] = _registered_us(event, zone)
    is_known = np.array([bool(event.known) for event in events], dtype=bool)
    return Sightings(ids, times, np.where(is_known, times, NEVER_US), registered)


def _registered_us(event: Incoming, zone: Zone) -> int:
    """An account, a consent, a first order or an import that says so makes a person registered (rules.md, stages)."""
    said = (event.traits or {}).get("registered_at")
    if isinstance(said, str):
        try:
            return parse_moment(said, zone)
        except BadMoment:
            said = None
    if event.order is not None and event.order.verb == "completed":
        return event.time_us
    if event.kind == "identify" and not event.is_import and any(kind == "user_id" for kind, _ in event.known):
        return event.time_us
    if event.name == "Consent Changed" and (event.properties or {}).get("given") is True:
        return event.time_us
    return NEVER_US

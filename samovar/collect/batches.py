"""From rows of the log to a batch of events, each read once: who is named, when it happened, what it says.

A batch is the unit of a tick. Events come in the order of the log; a position is `offset << 32 | index` of the next event.
What cannot be read becomes an event with `refusal`, which identity leaves alone and the quarantine keeps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from samovar.collect.contacts.stored import Follows, Notes, corrected, derived
from samovar.collect.goods import NAMED_BY_EVENT, Telling, telling
from samovar.collect.identifiers import ANONYMOUS, KNOWN, normalise, plain
from samovar.collect.moments import event_times_us
from samovar.collect.orders import VERBS, BadOrder, OrderFacts, Rates, converted, order_facts
from samovar.collect.properties import Scalar, TooNested, as_json, json_texts, normalised
from samovar.collect.records.told import RECORD_VERBS, BadRecord, RecordFacts, record_facts
from samovar.collect.traits import house_traits
from samovar.engine.log_reader import LogRow
from samovar.kit.clock import Zone, day_date
from samovar.kit.hashing import hash64, hashes64
from samovar.kit.numbers import BadNumber

INDEX_BITS = 32
FEEDBACK = "feedback"
_ORDER_SKIP = frozenset({"products"})  # the lines of an order are facts of their own
_TRUSTED = frozenset({*VERBS, *RECORD_VERBS})  # what is believed of a server alone
DUPLICATE, QUARANTINED, NOBODY, ERASED = 0, -1, -2, -3  # what a decision says of an event that is no profile's

MessageId = tuple[str, str]  # of an event: its source and the id its sender gave it


class _Context(msgspec.Struct, gc=False):
    traits: dict[str, Any] | None = None
    channel: Any = None


class _Raw(msgspec.Struct, gc=False):
    """The fields of the tracking specification that the house reads."""

    type: str
    messageId: str | int = ""
    userId: str | int | None = None
    anonymousId: str | int | None = None
    previousId: str | int | None = None
    groupId: str | int | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    timestamp: str | None = None
    originalTimestamp: str | None = None
    sentAt: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: _Context | None = None


class Incoming(msgspec.Struct, gc=False):
    """One event, read.

    `known` lists (kind, value) in the order of `identifiers.KNOWN`; `traits` are normalised under the house's names and
    corrected, `notes` say of each contact among them what came and its verdict, `follows` what is derived from them. `props` is
    the JSON of its normalised properties, `good` what it tells of goods. `properties` are kept as they came only for
    events that other stages read; `raw` is the whole event where it was refused.
    """

    kind: str
    name: str
    message_id: str
    key: int
    source: str
    time_us: int
    received_us: int
    offset: int
    known: list[tuple[str, str]]
    anonymous: str | None
    previous: str | None
    is_trusted: bool
    is_import: bool
    order: OrderFacts | None = None
    record: RecordFacts | None = None
    traits: dict[str, Scalar] | None = None
    notes: Notes | None = None
    follows: Follows | None = None
    props: str | None = None
    good: Telling | None = None
    properties: dict[str, Any] | None = None
    refusal: tuple[str, str] | None = None
    raw: Any = None
    line: int = 0

    @property
    def id(self) -> MessageId:
        """What makes it one event however often it comes; `key` is the hash of it."""
        return self.source, self.message_id


@dataclass
class Batch:
    """Events between two positions of the log; `sealed_lines` are the order lines of sealed events, by event index."""

    first_position: int
    next_position: int
    events: list[Incoming] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    sealed_lines: list[tuple[int, pa.Array]] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """What reading depends on beside the log: zone, currency, rates, which sources are browsers, where sealed files lie."""

    zone: Zone
    currency: str
    region: str
    rates: Rates
    is_browser: Callable[[str], bool]
    sealed_dir: Path


_decode_events = msgspec.json.Decoder(list[_Raw]).decode


def position(offset: int, index: int = 0) -> int:
    """Where the event `index` of log row `offset` stands."""
    return offset << INDEX_BITS | index


def read_batch(rows: Sequence[LogRow], at_position: int, limit: int, reading: Reading, until: int | None = None) -> Batch:
    """The next batch after a position from log rows that begin with the row it lies in.

    At most about `limit` events; with `until`, exactly what lies before that position, however many.
    """
    batch = Batch(at_position, at_position)
    for row in rows:
        if (batch.next_position >= until) if until is not None else (len(batch.events) >= limit):
            break
        start = batch.next_position & ((1 << INDEX_BITS) - 1) if batch.next_position >> INDEX_BITS == row.offset else 0
        if row.kind == "sealed":
            _read_sealed(row, start, limit - len(batch.events), batch, reading, until)
            if batch.next_position & ((1 << INDEX_BITS) - 1):
                break
            continue
        if row.kind == "events":
            _read_events(row, batch, reading)
        elif row.kind == "refused":
            for refused in json.loads(row.body):
                batch.refused.append({"source": row.source, "offset": row.offset, "received_us": row.received_us, **refused})
        batch.next_position = position(row.offset + 1)
    return batch


def _read_events(row: LogRow, batch: Batch, reading: Reading) -> None:
    trusted = not reading.is_browser(row.source)
    raws = _decode_events(row.body)
    times = event_times_us(
        [raw.timestamp or raw.originalTimestamp for raw in raws], [raw.sentAt for raw in raws], row.sent_us, row.received_us,
        reading.zone,
    )  # fmt: skip
    keys = hashes64(row.source, [str(raw.messageId) for raw in raws])
    events = [_incoming(raw, key, time_us, row, trusted, reading) for raw, key, time_us in zip(raws, keys, times, strict=True)]
    bags = [_described(event, raw.properties, reading) for event, raw in zip(events, raws, strict=True)]
    for event, raw, text in zip(events, raws, json_texts(bags), strict=True):
        event.props = text
        if event.refusal is not None:
            event.raw = msgspec.to_builtins(raw)
    batch.events.extend(events)


def _incoming(raw: _Raw, key: int, time_us: int | None, row: LogRow, trusted: bool, reading: Reading) -> Incoming:
    kind, context = raw.type, raw.context
    traits = raw.traits if kind in ("identify", "group") else None
    more = context.traits if context is not None else None
    person = traits if kind == "identify" else None
    known: list[tuple[str, str]] = []
    if (value := _plain(raw.userId)) is not None:
        known.append(("user_id", value))
    if person:
        known.extend(named(person, reading.region, known))
    if more:
        known.extend(named(more, reading.region, known))
    event = Incoming(
        kind,
        (raw.event or "") if kind == "track" else _name(raw),
        str(raw.messageId),
        key,
        row.source,
        time_us or 0,
        row.received_us,
        row.offset,
        known,
        _plain(raw.anonymousId),
        _plain(raw.previousId),
        trusted,
        False,
    )
    if time_us is None:
        event.refusal = ("bad_time", str(raw.timestamp or raw.originalTimestamp)[:100])
        return event
    if more or person:
        _add_traits(event, {**(more or {}), **(person or {})}, reading)
    if trusted and kind == "track" and raw.event in _TRUSTED:
        _add_facts(event, raw.properties, reading)
    return event


def _described(event: Incoming, properties: dict[str, Any] | None, reading: Reading) -> dict[str, Scalar] | None:
    """Properties normalised, right after they were read, while the processor has them at hand; None where they are refused."""
    if properties is None or event.refusal is not None:
        return None
    try:
        bag = normalised(properties, skip=_ORDER_SKIP)
    except (BadNumber, TooNested) as error:
        event.refusal = ("bad_value", str(error))
        return None
    if event.name in NAMED_BY_EVENT:
        event.good = telling(bag, reading.currency, event.time_us, event.key)
    elif event.name == "Consent Changed" or event.source == FEEDBACK:
        event.properties = properties
    return bag


def _add_traits(event: Incoming, traits: dict[str, Any], reading: Reading) -> None:
    try:
        told = house_traits(normalised(traits))
        event.notes = corrected(told, reading.region, lambda: day_date(reading.zone.day(event.time_us)))
        event.follows = derived(told, event.notes)
        event.traits = told
    except (BadNumber, TooNested) as error:
        event.refusal = ("bad_value", str(error))


def _plain(value: str | int | None) -> str | None:
    """An identifier that needs no normal form of its own kind."""
    return None if value is None else plain(value if type(value) is str else str(value))


def _name(raw: _Raw) -> str:
    if raw.type in ("page", "screen"):
        return raw.name or raw.category or ""
    return str(raw.groupId or "") if raw.type == "group" else ""


def named(bag: Mapping[str, Any], region: str, have: Sequence[tuple[str, str]] = ()) -> Iterator[tuple[str, str]]:
    """The known identifiers among traits, in their normal form, of kinds that are not there yet."""
    kinds = {kind for kind, _ in have}
    for kind in KNOWN[1:]:
        value = bag.get(kind)
        if value is not None and kind not in kinds and (normal := normalise(kind, value, region)) is not None:
            yield kind, normal


def _add_facts(event: Incoming, properties: dict[str, Any] | None, reading: Reading) -> None:
    """What an event of a server says of an order or of a record."""
    if event.name in VERBS:
        _add_order(event, properties, reading)
        return
    try:
        event.record = record_facts(RECORD_VERBS[event.name], properties, reading.zone)
    except (BadRecord, BadNumber, TooNested) as error:
        event.refusal = ("bad_record", str(error))


def _add_order(event: Incoming, properties: dict[str, Any] | None, reading: Reading) -> None:
    try:
        event.order = order_facts(
            VERBS[event.name], properties or {}, reading.currency, reading.zone.day(event.time_us), reading.rates
        )
    except (BadOrder, BadNumber, TooNested) as error:
        event.refusal = ("bad_order", str(error))


def _read_sealed(row: LogRow, start: int, limit: int, batch: Batch, reading: Reading, until: int | None) -> None:
    """Append rows `start`.. of a sealed file; leaves the position inside the file when the limit is reached."""
    told = json.loads(row.body)
    total = int(told["rows"])
    stop = min(total, start + max(limit, 1))
    if until is not None:
        stop = until & ((1 << INDEX_BITS) - 1) if until >> INDEX_BITS == row.offset else total
    if stop > start:
        table = _slice(reading.sealed_dir / told["file"], start, stop)
        first = len(batch.events)
        columns = {name: table.column(name).to_pylist() for name in table.column_names if name != "lines"}
        batch.events.extend([_sealed_event(columns, i, row, reading) for i in range(table.num_rows)])
        if "lines" in table.column_names:
            lines = table.column("lines").combine_chunks()
            _convert_foreign(batch.events[first:], lines, reading)
            batch.sealed_lines.append((first, lines))
    batch.next_position = position(row.offset + 1) if stop >= total else position(row.offset, stop)


def _convert_foreign(events: Sequence[Incoming], lines: pa.Array, reading: Reading) -> None:
    """Sealed amounts in another currency, by the rate of the event's local day; unknown without one."""
    for place, event in enumerate(events):
        order = event.order
        if order is None or order.currency == reading.currency or order.lines is not None:
            continue
        rate = reading.rates(order.currency, reading.zone.day(event.time_us))
        order.amount_minor = converted(order.amount_minor, order.currency, reading.currency, rate)
        order.lines = [
            {
                **line,
                **{
                    name: converted(line[name], order.currency, reading.currency, rate)
                    for name in ("price_minor", "amount_minor")
                },
            }
            for line in lines[place].as_py() or ()
        ]


def _slice(path: Path, start: int, stop: int) -> pa.Table:
    """Rows `start` to `stop` of a Parquet file, reading only the row groups they lie in."""
    with pq.ParquetFile(path) as file:
        groups: list[int] = []
        first = seen = 0
        for number in range(file.num_row_groups):
            rows = file.metadata.row_group(number).num_rows
            if seen < stop and seen + rows > start:
                if not groups:
                    first = seen
                groups.append(number)
            seen += rows
        return file.read_row_groups(groups).slice(start - first, stop - start)


def _sealed_event(columns: dict[str, list[Any]], i: int, row: LogRow, reading: Reading) -> Incoming:
    known = []
    for kind in KNOWN:
        value = columns[kind][i]
        if value is not None and (normal := normalise(kind, value, reading.region)) is not None:
            known.append((kind, normal))
    anonymous, traits, properties = columns["anonymous_id"][i], columns["traits"][i], columns["properties"][i]
    name, order_id = columns["event"][i] or "", columns["order_id"][i]
    event = Incoming(
        kind=columns["type"][i],
        name=name,
        message_id=columns["message_id"][i],
        key=hash64(row.source, columns["message_id"][i]),
        source=row.source,
        time_us=columns["time_us"][i],
        received_us=row.received_us,
        offset=row.offset,
        known=known,
        anonymous=normalise(ANONYMOUS, anonymous) if anonymous is not None else None,
        previous=None,
        is_trusted=True,
        is_import=True,
        line=columns["line"][i] or 0,
    )
    told = msgspec.json.decode(properties) if properties else None
    if traits:
        _add_traits(event, msgspec.json.decode(traits), reading)
    if order_id is not None:
        event.order = OrderFacts(
            order_id, VERBS[name], columns["amount_minor"][i], columns["currency"][i] or reading.currency, None, None, None
        )
    elif name in _TRUSTED:
        _add_facts(event, told, reading)
    if (bag := _described(event, told, reading)) is not None:
        event.props = as_json(bag)
    if event.refusal is not None:
        event.raw = {k: v[i] for k, v in columns.items()}
    return event

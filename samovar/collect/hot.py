"""The tracking API's words: events of the Segment specification as structs, and the checks an event must pass to be stored.

Pure functions from bytes to bytes, free of Django; they run at the edge for every request. A good event is kept as it was
written, with `type` and `messageId` put in where they were missing; a bad one is `Refused` with a code and a sentence. The
order: decode whole and check one by one; whatever looks unusual takes the slow path alone.

Budget: `check_batch` under 3 µs an event of 350 bytes, `check_single` under 10 µs (bench/ingest.py).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from samovar.kit.clock import FIRST_US, LAST_US, MINUTE_US, BadMoment, Zone, from_us, parse_moment
from samovar.kit.ids import message_id
from samovar.kit.numbers import INT64_MAX, SCALE

EVENT_BYTES_MAX = 32 * 1024
DEPTH_MAX = 10  # objects and lists inside one another, below a field of the event
FIELDS_MAX = 2_000  # names in one event, at any depth
TEXT_MAX = 300  # characters of an identifier or a name
AHEAD_US_MAX = 5 * MINUTE_US
OPENINGS_PLAIN = 64  # an event with no more brackets than this cannot be deep enough to trouble a decoder
KINDS = frozenset(["track", "identify", "page", "screen", "group", "alias"])

_NUMBER_MAX = INT64_MAX // SCALE
_Int = Annotated[int, msgspec.Meta(ge=-_NUMBER_MAX, le=_NUMBER_MAX)]
_Float = Annotated[float, msgspec.Meta(ge=-float(_NUMBER_MAX), le=float(_NUMBER_MAX))]


def _value_type(depth: int) -> Any:
    """The type of a JSON value of at most `depth` levels whose numbers fit, so that the decoder checks both while it reads."""
    value: Any = _Int | _Float | str | bool | None
    for _ in range(depth):
        value = _Int | _Float | str | bool | None | list[value] | dict[str, value]
    return value


if TYPE_CHECKING:
    _Object = dict[str, Any]
else:
    _Object = dict[str, _value_type(DEPTH_MAX - 1)]
_Text = Annotated[str, msgspec.Meta(max_length=TEXT_MAX)]
_Id = _Text | _Int


class Event(msgspec.Struct):
    """One event as a sender writes it. Fields that are not named here are kept in the log and read by nobody."""

    type: _Text | None = None
    messageId: _Text | None = None
    userId: _Id | None = None
    anonymousId: _Id | None = None
    previousId: _Id | None = None
    groupId: _Id | None = None
    event: _Text | None = None
    name: _Text | None = None
    category: _Text | None = None
    timestamp: str | None = None
    sentAt: str | None = None
    properties: _Object | None = None
    traits: _Object | None = None
    context: _Object | None = None
    # Other spellings in use, brought to the specification's before the event is stored.
    action: str | None = None
    user_id: _Id | None = None
    anonymous_id: _Id | None = None
    writeKey: str | None = None


class _Envelope(msgspec.Struct):
    batch: msgspec.Raw
    sentAt: str | None = None
    writeKey: str | None = None
    context: _Object | None = None


class _KeyOnly(msgspec.Struct):
    writeKey: str | None = None


class Refused(Exception):
    """Why an event, or a whole request, is not taken: a stable code and a sentence in English."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class BadEvent:
    """A bad event of a good batch: its place, why, and how it was written."""

    index: int
    code: str
    message: str
    event: bytes


@dataclass(slots=True)
class Checked:
    """What passed: a JSON array of `count` events, ready for the log, and the bad ones beside it."""

    body: bytes
    count: int
    sent_us: int | None
    bad: list[BadEvent] = field(default_factory=list)

    def refused_body(self) -> bytes:
        """The bad events as the body of a log row of kind `refused`."""
        return msgspec.json.encode([{"event": _quoted(b.event), "reason": b.code, "detail": b.message} for b in self.bad])


@dataclass(frozen=True, slots=True)
class Reception:
    """The circumstances of a request: when it came, the workspace's zone, and the most bytes of one event."""

    received_us: int
    zone: Zone
    event_bytes_max: int = EVENT_BYTES_MAX


_decode_event: Callable[[bytes], Event] = msgspec.json.Decoder(Event).decode
_decode_events: Callable[[bytes | msgspec.Raw], list[Event]] = msgspec.json.Decoder(list[Event]).decode
_decode_raws: Callable[[bytes | msgspec.Raw], list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_envelope: Callable[[bytes], _Envelope] = msgspec.json.Decoder(_Envelope).decode
_decode_any: Callable[[bytes], Any] = msgspec.json.Decoder().decode
_encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
_FIRST = from_us(FIRST_US)
# A whole text, closed or not, so that what is inside one is passed over; else a constant that is no JSON.
_OUTSIDE_TEXTS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|NaN|Infinity', re.DOTALL)
_MARK = b"9e99009900"
_MARKS = {b"NaN": _MARK + b"1", b"Infinity": _MARK + b"2"}


def decode_events(body: bytes) -> list[Event]:
    """The events of a log row of kind `events`. Raises ValueError or RecursionError on a body nothing here wrote."""
    return _decode_events(body)


def write_key_of(body: bytes) -> str | None:
    """The key a browser sends inside the body; None when there is none or the body cannot be read."""
    try:
        return msgspec.json.decode(body, type=_KeyOnly).writeKey
    except (ValueError, RecursionError):
        return None


def check_single(body: bytes, kind: str, reception: Reception) -> Checked:
    """One event sent to its own address: `kind` is the address's, such as track. Raises `Refused`."""
    raw = body.strip()
    try:
        event = _read(raw, reception.event_bytes_max)
        sent_us = _sent_us(event.sentAt, reception.zone)
        kept = _kept(raw, event, kind=kind, latest=_latest(reception.received_us), zone=reception.zone)
    except (ValueError, RecursionError) as error:
        raise _undecoded(error) from error
    return Checked(b"[" + kept + b"]", 1, sent_us)


def check_batch(body: bytes, reception: Reception) -> Checked:
    """A batch: the good events as they came, the bad ones apart. Raises `Refused` when the envelope itself is bad."""
    try:
        envelope = _decode_envelope(body)
        batch = bytes(envelope.batch)
        raws = _decode_raws(envelope.batch)
        sent_us = _sent_us(envelope.sentAt, reception.zone)
    except (ValueError, RecursionError) as error:
        return _check_around_constants(body, reception, _undecoded(error))
    latest = _latest(reception.received_us if sent_us is None else sent_us)
    if envelope.context is None and _are_plain(batch, raws, reception.event_bytes_max):
        try:
            if all(_is_ready(event, latest) for event in _decode_events(batch)):
                return Checked(batch, len(raws), sent_us)
        except (ValueError, RecursionError):
            pass  # some event is bad: the careful way says which
    return _one_by_one(raws, envelope.context, sent_us, latest, reception)


def _check_around_constants(body: bytes, reception: Reception, why: Refused) -> Checked:
    """A batch that is JSON but for a bare NaN or Infinity, as Python writes them: only the events that hold one are bad.

    Each constant is put as a number that stands nowhere else, which shows where events begin and end; the events that hold
    one are kept as they were written. Raises `why` for a body that cannot be read even so. Linear in the body.
    """
    if b"NaN" not in body and b"Infinity" not in body:
        raise why
    try:
        envelope = _decode_envelope(_OUTSIDE_TEXTS.sub(_marked, body))
        raws = _decode_raws(envelope.batch)
        sent_us = _sent_us(envelope.sentAt, reception.zone)
    except (ValueError, RecursionError):
        raise why from None
    latest = _latest(reception.received_us if sent_us is None else sent_us)
    good = [index for index, raw in enumerate(raws) if _MARK not in bytes(raw)]
    checked = _one_by_one([raws[index] for index in good], envelope.context, sent_us, latest, reception)
    bad = [replace(one, index=good[one.index]) for one in checked.bad]
    for index in set(range(len(raws))).difference(good):
        written = bytes(raws[index]).replace(_MARKS[b"NaN"], b"NaN").replace(_MARKS[b"Infinity"], b"Infinity")
        bad.append(BadEvent(index, "bad_number", "A number of the event is NaN or infinite.", written))
    return replace(checked, bad=sorted(bad, key=lambda one: one.index))


def _marked(found: re.Match[bytes]) -> bytes:
    return _MARKS.get(found[0], found[0])


def _one_by_one(
    raws: list[msgspec.Raw], context: dict[str, Any] | None, sent_us: int | None, latest: dt.datetime, reception: Reception
) -> Checked:
    good: list[bytes] = []
    bad: list[BadEvent] = []
    for index, slice_ in enumerate(raws):
        raw = bytes(slice_)
        try:
            event = _read(raw, reception.event_bytes_max)
            if context:
                raw = _encode({**_decode_any(raw), "context": {**context, **(event.context or {})}})
            good.append(_kept(raw, event, kind=None, latest=latest, zone=reception.zone))
        except (Refused, ValueError, RecursionError) as error:
            why = error if isinstance(error, Refused) else _undecoded(error)
            bad.append(BadEvent(index, why.code, why.message, raw))
    return Checked(b"[" + b",".join(good) + b"]", len(good), sent_us, bad)


def _are_plain(batch: bytes, raws: list[msgspec.Raw], event_bytes_max: int) -> bool:
    """Whether no event can break a limit that the typed decoder does not check: size, depth and names of unread fields, NUL."""
    if b"\\u0000" in batch or not _is_utf8(batch):
        return False
    if len(batch) <= min(event_bytes_max, FIELDS_MAX * 4) and batch.count(b"{") + batch.count(b"[") <= OPENINGS_PLAIN:
        return True
    size_max = min(event_bytes_max, FIELDS_MAX * 4)
    return all(len(raw) <= size_max and raw.count(b"{") + raw.count(b"[") <= OPENINGS_PLAIN for raw in map(bytes, raws))


def _is_utf8(raw: bytes) -> bool:
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_ready(event: Event, latest: dt.datetime) -> bool:
    """Whether an event of a batch is good and may be kept byte for byte; False only means that a closer look is due."""
    kind = event.type
    if kind == "track":
        if not event.event:
            return False
    elif kind not in ("identify", "page", "screen"):
        return False
    if not event.messageId or not (event.userId or event.anonymousId) or event.writeKey is not None:
        return False
    if event.sentAt is not None:
        return False
    if event.timestamp is None:
        return True
    try:
        return _FIRST <= dt.datetime.fromisoformat(event.timestamp) <= latest
    except (TypeError, ValueError, OverflowError):
        return False


def _read(raw: bytes, event_bytes_max: int) -> Event:
    """One event under every limit. Raises `Refused`, and what the decoder raises."""
    if len(raw) > event_bytes_max:
        raise Refused("too_large", f"The event has {len(raw)} bytes; at most {event_bytes_max} are taken.")
    if not _is_utf8(raw):
        raise Refused("bad_text", "The event is not UTF-8.")
    if len(raw) > FIELDS_MAX * 4 or b"\\u0000" in raw or raw.count(b"{") + raw.count(b"[") > OPENINGS_PLAIN:
        _look_through(_decode_any(raw))
    return _decode_event(raw)


def _look_through(value: Any) -> None:
    """Walk a value level by level. Raises `Refused` for depth, number of names, or a NUL in any text."""
    level, names, depth = [value], 0, 0
    while level:
        if (depth := depth + 1) > DEPTH_MAX + 3:
            raise Refused("too_deep", f"The event has more than {DEPTH_MAX} levels of objects and lists.")
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                names += len(item)
                below.extend(item)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, str) and "\0" in item:
                raise Refused("nul_byte", "A text of the event holds a NUL character.")
        if names > FIELDS_MAX:
            raise Refused("too_many_fields", f"The event has more than {FIELDS_MAX} fields.")
        level = below


def _kept(raw: bytes, event: Event, *, kind: str | None, latest: dt.datetime, zone: Zone) -> bytes:
    """The event as the log keeps it. `kind` is what the address says; None asks the event itself. Raises `Refused`."""
    if event.action or event.user_id or event.anonymous_id or event.writeKey is not None:
        raw = _respelled(raw)
        event = _decode_event(raw)
    known = kind or event.type
    _check(event, known, latest, zone)
    # Put in at the end: of two equal names every decoder in the house takes the last.
    added = b"" if event.type == known else b',"type":"%s"' % (known or "").encode()
    if not event.messageId:
        added += b',"messageId":"%s"' % message_id().encode()
    return raw[:-1] + added + b"}" if added else raw


def _respelled(raw: bytes) -> bytes:
    """Other spellings brought to the specification's; the write key is a secret and is not kept."""
    fields = _decode_any(raw)
    fields.pop("writeKey", None)
    for other, ours in (("action", "type"), ("user_id", "userId"), ("anonymous_id", "anonymousId")):
        if other in fields and fields.get(ours) in (None, ""):
            fields[ours] = fields.pop(other)
    return _encode(fields)


def _check(event: Event, kind: str | None, latest: dt.datetime, zone: Zone) -> None:
    """The specification's demands. Raises `Refused`."""
    if kind not in KINDS:
        raise Refused("unknown_type", "The event's type is none of track, identify, page, screen, group, alias.")
    if not (event.userId or event.anonymousId):
        raise Refused("nobody", "The event has neither userId nor anonymousId.")
    if kind == "track" and not event.event:
        raise Refused("no_event_name", "A track call needs the name of its event.")
    if kind == "group" and not event.groupId:
        raise Refused("no_group", "A group call needs groupId.")
    if kind == "alias" and not event.previousId:
        raise Refused("no_previous_id", "An alias call needs previousId.")
    if event.sentAt:
        latest = _latest(_moment_us(event.sentAt, zone))
    if event.timestamp is not None and from_us(_moment_us(event.timestamp, zone)) > latest:
        raise Refused("time_ahead", "The event's time lies more than 5 minutes ahead of its receipt.")


def _moment_us(text: str, zone: Zone) -> int:
    try:
        return parse_moment(text, zone)
    except BadMoment as error:
        raise Refused("bad_time", str(error)) from error


def _sent_us(text: str | None, zone: Zone) -> int | None:
    return _moment_us(text, zone) if text else None


def _latest(reference_us: int) -> dt.datetime:
    """The latest time an event may bear; `reference_us` is when it was sent by its sender's clock, or received by ours."""
    return from_us(min(reference_us + AHEAD_US_MAX, LAST_US - 1))


def _undecoded(error: ValueError | RecursionError) -> Refused:
    """A decoder's error in our words; its messages name a place and a kind, never a value."""
    text = str(error)
    if isinstance(error, RecursionError):
        return Refused("too_deep", f"The event has more than {DEPTH_MAX} levels of objects and lists.")
    if isinstance(error, UnicodeDecodeError):
        return Refused("bad_text", "The event is not UTF-8.")
    if not isinstance(error, msgspec.ValidationError):
        return Refused("bad_json", f"{text}.")
    if "Number out of range" in text or "`int` <" in text or "`int` >" in text or "`float` <" in text or "`float` >" in text:
        return Refused("bad_number", f"A number does not fit: {text}.")
    if "bool | int | float | str | null`, got" in text:
        return Refused("too_deep", f"The event has more than {DEPTH_MAX} levels of objects and lists.")
    return Refused("bad_field", f"{text}.")


def _quoted(raw: bytes) -> Any:
    """A refused event inside JSON: itself, or as text where it cannot be read."""
    try:
        _decode_any(raw)
    except (ValueError, RecursionError):
        return raw.decode(errors="replace")
    return msgspec.Raw(raw)

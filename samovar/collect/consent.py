"""Consent and suppression: facts about an address, never about a profile, so that merges do not touch them.

No record means no for marketing. The latest time wins, at the same time the refusal. An import never lifts a withdrawal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.utils.translation import gettext as _

from samovar.collect.identifiers import normalise
from samovar.engine import outbox, store
from samovar.engine.outbox import Announcement
from samovar.kit.errors import Refusal
from samovar.kit.hashing import hash64
from samovar.staff import audit
from samovar.staff.actors import Actor

ADDRESS_KINDS = {"email": "email", "sms": "phone"}  # channel -> the kind of identifier that is its address
IN_LIST_MAX = 900
T = TypeVar("T")


class BadAddress(Refusal):
    """The address cannot be one of its channel."""


@dataclass(frozen=True)
class ConsentRecord:
    """The record that holds for (channel, address, purpose)."""

    id: int
    given: bool
    time_us: int


@dataclass(frozen=True)
class Statement:
    """Somebody's yes or no. `key` makes saying it twice saying it once; `profile_id` is whom it is shown with."""

    key: str
    channel: str
    address: str
    purpose: str
    given: bool
    time_us: int
    source: str
    text_version: str = ""
    profile_id: int | None = None
    is_import: bool = False


def latest(channel: str, addresses: Iterable[str], purpose: str, at_us: int | None = None) -> dict[str, ConsentRecord]:
    """The record that holds for each address that has one, as of `at_us` (None: the newest)."""
    found: dict[str, ConsentRecord] = {}
    for chunk in _chunks(addresses):
        rows = store.fetch(
            "SELECT id, address, given, time_us FROM collect_consent WHERE channel = %s AND purpose = %s "
            f"AND address IN ({_marks(chunk)}) AND time_us <= %s ORDER BY time_us, given DESC, id",
            [channel, purpose, *chunk, at_us if at_us is not None else 2**62],
        )
        # In this order the last row of an address is the latest one, and among equals the refusal.
        found.update((address, ConsentRecord(id_, bool(given), time_us)) for id_, address, given, time_us in rows)
    return found


def refused_by(channel: str, purpose: str, persons: Mapping[int, int]) -> dict[int, int]:
    """When each person last refused, at whichever of her addresses that says no now; `persons` names hers for each profile."""
    kind = ADDRESS_KINDS.get(channel, channel)
    owners: dict[str, int] = {}
    for chunk in _chunks(persons):
        rows = store.fetch(
            f"SELECT value, profile_id FROM collect_identifier WHERE kind = %s AND profile_id IN ({_marks(chunk)})",
            [kind, *chunk],
        )
        owners.update((value, persons[profile_id]) for value, profile_id in rows)
    refused: dict[int, int] = {}
    for address, record in latest(channel, owners, purpose).items():
        if not record.given:
            refused[owners[address]] = max(record.time_us, refused.get(owners[address], record.time_us))
    return refused


def purposes(channel: str, address: str) -> list[str]:
    """The purposes an address has ever stated anything about, by name."""
    rows = store.fetch(
        "SELECT DISTINCT purpose FROM collect_consent WHERE channel = %s AND address = %s ORDER BY purpose", [channel, address]
    )
    return [purpose for (purpose,) in rows]


def suppressed(channel: str, addresses: Iterable[str]) -> dict[str, str]:
    """Address -> why nothing may be sent to it."""
    found: dict[str, str] = {}
    for chunk in _chunks(addresses):
        found.update(
            store.fetch(
                f"SELECT address, reason FROM collect_suppression WHERE channel = %s AND address IN ({_marks(chunk)})",
                [channel, *chunk],
            )
        )
    return found


def state(statements: Sequence[Statement]) -> int:
    """Record statements and announce those that are new; call inside a transaction. Returns how many were new.

    An import's yes to an address whose latest record is a withdrawal is not recorded.
    """
    kept = _without_lifted(statements)
    new = [
        s
        for s in kept
        if store.execute(
            "INSERT INTO collect_consent (key, channel, address, purpose, given, time_us, source, text_version) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (key) DO NOTHING",
            [s.key, s.channel, s.address, s.purpose, s.given, s.time_us, s.source, s.text_version],
        )
    ]
    outbox.emit(_announcement(s) for s in new)
    return len(new)


def _without_lifted(statements: Sequence[Statement]) -> list[Statement]:
    imported = [s for s in statements if s.is_import and s.given]
    if not imported:
        return list(statements)
    withdrawn: set[tuple[str, str, str]] = set()
    for channel, purpose in {(s.channel, s.purpose) for s in imported}:
        addresses = {s.address for s in imported if (s.channel, s.purpose) == (channel, purpose)}
        records = latest(channel, addresses, purpose)
        withdrawn.update((channel, address, purpose) for address, record in records.items() if not record.given)
    return [s for s in statements if not (s.is_import and s.given and (s.channel, s.address, s.purpose) in withdrawn)]


def _announcement(s: Statement) -> Announcement:
    return Announcement(
        key=f"consent:{s.key}"[:200],
        name="Consent Changed",
        time_us=s.time_us,
        profile_id=s.profile_id,
        payload={
            "channel": s.channel, "address": s.address, "purpose": s.purpose, "given": s.given,
            "source": s.source, "text_version": s.text_version,
        },
    )  # fmt: skip


def change_consent(
    *, channel: str, address: str, purpose: str, given: bool, source: str, text_version: str, actor: Actor, at_us: int,
    profile_id: int | None = None, region: str = "RU",
) -> None:  # fmt: skip
    """A person or a program states a consent. Raises `BadAddress`."""
    value = normalise(ADDRESS_KINDS.get(channel, channel), address, region)
    if value is None:
        raise BadAddress(
            "bad_address", _("“%(address)s” is not an address for %(channel)s.") % {"address": address[:80], "channel": channel},
            field="address",
        )  # fmt: skip
    with store.transaction():
        old = latest(channel, [value], purpose).get(value)
        said = hash64("consent", channel, value, purpose, str(given), source, text_version, str(at_us))
        key = f"{actor.kind}:{said}"  # of all that is said: a yes and a no of one moment are two
        state([Statement(key, channel, value, purpose, given, at_us, source, text_version, profile_id)])
        audit.record(
            actor=actor, action="consent.change", subject=f"{channel}:{value}"[:120], at_us=at_us,
            old=None if old is None else {"given": old.given}, new={"given": given, "purpose": purpose, "source": source},
        )  # fmt: skip


def suppress(*, channel: str, address: str, reason: str, at_us: int, actor: Actor) -> bool:
    """Stop sending to an address for good; True if it was not stopped yet."""
    with store.transaction():
        new = store.execute(
            "INSERT INTO collect_suppression (channel, address, reason, since_us) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (channel, address) DO NOTHING",
            [channel, address, reason, at_us],
        )
        if new:
            audit.record(
                actor=actor, action="address.suppress", subject=f"{channel}:{address}"[:120], at_us=at_us,
                new={"reason": reason},
            )  # fmt: skip
            outbox.emit(
                [
                    Announcement(
                        f"suppress:{channel}:{address}:{at_us}"[:200], "Address Suppressed", at_us,
                        {"channel": channel, "address": address, "reason": reason},
                    )
                ]
            )  # fmt: skip
    return bool(new)


def event_statement(
    *, key: int, properties: Mapping[str, object], time_us: int, profile_id: int, is_import: bool, region: str
) -> Statement | None:
    """The statement a “Consent Changed” event makes, or None when it lacks a part of it."""
    channel, purpose = properties.get("channel"), properties.get("purpose") or "marketing"
    given, source = properties.get("given"), properties.get("source")
    if not isinstance(channel, str) or not isinstance(purpose, str) or not isinstance(given, bool) or not isinstance(source, str):
        return None
    address = normalise(ADDRESS_KINDS.get(channel, channel), properties.get("address"), region)
    if address is None:
        return None
    text_version = str(properties.get("text_version") or "")[:60]
    return Statement(
        f"event:{key}", channel, address, purpose[:40], given, time_us, source[:100], text_version, profile_id, is_import
    )


def _chunks(several: Iterable[T]) -> Iterable[list[T]]:
    values = list(dict.fromkeys(several))
    return (values[i : i + IN_LIST_MAX] for i in range(0, len(values), IN_LIST_MAX))


def _marks(values: Sequence[object]) -> str:
    return ",".join(["%s"] * len(values))

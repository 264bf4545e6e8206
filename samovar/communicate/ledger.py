"""The message ledger: every change of a row's state, by set, in SQL that SQLite and PostgreSQL read alike.

A row goes planned → claimed (a lease) → intent (just before the wire) → an outcome. Each function runs inside the caller's
`store.transaction()`; what becomes final is announced in the same transaction. The gate that decides a claim is in `gate`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from samovar.communicate import gate
from samovar.communicate.gate import SERVICE_PURPOSE
from samovar.decide import queries as campaigns
from samovar.engine import settings, store
from samovar.engine.outbox import Announcement, emit
from samovar.kit.clock import MINUTE_US, SECOND_US

LEASE_US = 30 * SECOND_US
OPEN_INTENTS_MAX = 64
ATTEMPTS_MAX = 8
BACKOFF_US = tuple(m * MINUTE_US for m in (1, 5, 15, 60, 240, 480, 720))
UNSENT_WAIT_US = 30 * SECOND_US
REASON_CHARS_MAX = 200

_EVENT_NAMES = {
    "sent": "Message Sent",
    "failed": "Message Failed",
    "refused": "Message Refused",
    "held_out": "Message Held Out",
    "in_doubt": "Message In Doubt",
}
_TOLD = "id, campaign_id, profile_id, variant, is_control, claimed_us"


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One message to plan. An empty address is planned as refused, so that “who did not get it” has an answer."""

    profile_id: int
    address: str
    variant: str
    is_control: bool
    letter_id: int
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A row this sender holds until its lease ends."""

    id: int
    epoch: int
    campaign_id: int
    profile_id: int
    address: str
    variant: str
    is_control: bool
    purpose: str
    letter_id: int
    context: dict[str, Any]
    message_id: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an intent.

    `retry` goes back to planned with a back-off, or fails when it was the last attempt; `unsent` goes back without counting as an
    attempt: the server was away, the letter is not at fault.
    """

    row: ClaimedRow
    kind: Literal["sent", "failed", "in_doubt", "retry", "unsent"]
    reason: str = ""


def plan(*, campaign_id: int, purpose: str, rows: Sequence[PlannedRow], due_us: int, at_us: int, occurrence: int = 1) -> int:
    """Insert rows that are not there yet; the number of new ones. The second person of one address is planned as refused."""

    def values(row: PlannedRow, state: str, reason: str) -> tuple[Any, ...]:
        return (
            campaign_id, row.profile_id, occurrence, row.address, row.variant, row.is_control, purpose, row.letter_id,
            msgspec.json.encode(row.context).decode(), secrets.token_hex(12), state, reason, due_us, at_us,
        )  # fmt: skip

    first = [values(r, "planned" if r.address else "refused", "" if r.address else "no_address") for r in rows]
    new = store.execute_many(_INSERT, first)
    if new < len(rows):
        new += store.execute_many(_INSERT, [values(r, "refused", "duplicate_address") for r in rows])
    return new


_INSERT = (
    "INSERT INTO communicate_message (campaign_id, profile_id, occurrence, address, variant, is_control, purpose, letter_id, "
    "context, message_id, state, reason, due_us, planned_us, attempts, holder, lease_epoch) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, '', 0) ON CONFLICT DO NOTHING"
)


def has_due(*, at_us: int) -> bool:
    """Whether a claim at this moment would find a row; asked first, because a claim keeps other writers waiting."""
    running = _sending() or [0]
    return bool(
        store.fetch(
            f"SELECT 1 FROM communicate_message WHERE campaign_id IN ({_marks(running)}) AND state = 'planned' "
            "AND due_us <= %s LIMIT 1",
            [*running, at_us],
        )
    )


def oldest_due_us(*, at_us: int) -> int | None:
    """Since when the letter that waits longest is due, None when none is; a look into the index for each campaign."""
    least = "SELECT min(due_us) AS due_us FROM communicate_message WHERE campaign_id = %s AND state = 'planned' AND due_us <= %s"
    dues = [store.fetch(least, [campaign_id, at_us])[0][0] for campaign_id in _sending()]
    return min((due_us for due_us in dues if due_us is not None), default=None)


def _sending() -> list[int]:
    """The campaigns whose letters may go at this moment: those that run, none while sending is paused."""
    return [] if settings.is_on("sending_paused") else sorted(campaigns.running_ids())


def has_expired(*, at_us: int) -> bool:
    """Whether some holder fell silent."""
    return bool(store.fetch("SELECT 1 FROM communicate_message WHERE lease_until_us <= %s LIMIT 1", [at_us]))


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim brought: the rows to send, and how many rows went to the gate at all."""

    rows: list[ClaimedRow]
    taken: int


def claim(*, holder: str, limit: int, at_us: int) -> Claim:
    """Take up to `limit` due rows of running campaigns, none while sending is paused, and pass them through the gate.

    Treated rows that pass are returned, held for `LEASE_US`; control rows that pass become held out at the same moment;
    the others are refused with a reason, or wait until their quiet hours end.
    """
    running = _sending()
    taken: list[ClaimedRow] = []
    for turn, campaign_id in enumerate(running):
        share = -(-(limit - len(taken)) // (len(running) - turn))
        taken += _take(campaign_id, holder, share, at_us)
    if not taken:
        return Claim([], 0)
    candidates = [gate.Candidate(r.id, r.campaign_id, r.profile_id, r.address, r.purpose, r.context) for r in taken]
    verdicts = gate.judge(candidates, at_us=at_us)
    _rely({row_id: v.consent_id for row_id, v in verdicts.items() if v.consent_id is not None})
    waiting = [(v.wait_until_us, row_id) for row_id, v in verdicts.items() if v.wait_until_us is not None]
    store.execute_many(
        "UPDATE communicate_message SET state = 'planned', holder = '', lease_until_us = NULL, due_us = %s, "
        "claimed_us = CASE WHEN attempts = 0 THEN NULL ELSE claimed_us END WHERE id = %s",
        waiting,
    )
    refused = {row_id: v.reason for row_id, v in verdicts.items() if v.reason}
    _finish("refused", refused, at_us)
    passed = [r for r in taken if verdicts[r.id].is_pass]
    _finish("held_out", {r.id: "" for r in passed if r.is_control}, at_us)
    return Claim([r for r in passed if not r.is_control], len(taken))


def _take(campaign_id: int, holder: str, limit: int, at_us: int) -> list[ClaimedRow]:
    """One conditional UPDATE: two senders on one store never take one row."""
    locking = "FOR UPDATE SKIP LOCKED" if store.is_postgres() else ""
    rows = store.fetch(
        "UPDATE communicate_message SET state = 'claimed', holder = %s, lease_epoch = lease_epoch + 1, lease_until_us = %s, "
        "claimed_us = coalesce(claimed_us, %s) WHERE id IN (SELECT id FROM communicate_message WHERE campaign_id = %s "
        f"AND state = 'planned' AND due_us <= %s ORDER BY due_us, id LIMIT %s {locking}) RETURNING id, lease_epoch, "
        "campaign_id, profile_id, address, variant, is_control, purpose, letter_id, context, message_id, attempts",
        [holder, at_us + LEASE_US, at_us, campaign_id, at_us, limit],
    )
    decode = msgspec.json.decode
    taken = [
        ClaimedRow(i, e, c, p, a, v, bool(control), use, letter, decode(context), mid, tries)
        for i, e, c, p, a, v, control, use, letter, context, mid, tries in rows
    ]
    return sorted(taken, key=lambda r: r.id)


def _rely(consents: Mapping[int, int]) -> None:
    """Keep with each row the consent it relied on, all in one statement."""
    if consents:
        store.execute(
            f"UPDATE communicate_message SET consent_id = v.column2 FROM (VALUES {', '.join(['(%s, %s)'] * len(consents))}) AS v "
            "WHERE communicate_message.id = v.column1",
            [value for pair in consents.items() for value in pair],
        )


def intend(*, holder: str, rows: Sequence[ClaimedRow], at_us: int) -> set[int]:
    """Write the intent to send; only rows granted here may go to the wire. Returns their ids.

    A row whose campaign no longer runs goes back to planned, and so does every row once sending is paused; one whose lease
    was lost is left to whoever holds it now.
    """
    if not rows:
        return set()
    where, params = _held(holder, rows)
    running = _sending() or [0]
    granted = store.fetch(
        f"UPDATE communicate_message SET state = 'intent', intent_us = %s, lease_until_us = %s WHERE {where} "
        f"AND state = 'claimed' AND lease_until_us > %s AND campaign_id IN ({_marks(running)}) RETURNING id",
        [at_us, at_us + LEASE_US, *params, at_us, *running],
    )
    ids = {row_id for (row_id,) in granted}
    release(holder=holder, rows=[r for r in rows if r.id not in ids])
    return ids


def release(*, holder: str, rows: Sequence[ClaimedRow]) -> int:
    """Give back claimed rows that were not begun; how many were still held."""
    if not rows:
        return 0
    where, params = _held(holder, rows)
    return store.execute(
        "UPDATE communicate_message SET state = 'planned', holder = '', lease_until_us = NULL "
        f"WHERE {where} AND state = 'claimed'",
        params,
    )


def settle(*, holder: str, outcomes: Sequence[Outcome], at_us: int) -> list[Outcome]:
    """Write outcomes of intents and announce the final ones. Returns those that changed no row: the lease was lost."""
    if not outcomes:
        return []
    written = _settle_sent(holder, [o.row for o in outcomes if o.kind == "sent"], at_us)
    for outcome in outcomes:
        if outcome.kind != "sent":
            written |= _settle_one(holder, outcome, at_us)
    return [o for o in outcomes if o.row.id not in written]


def _settle_sent(holder: str, rows: Sequence[ClaimedRow], at_us: int) -> set[int]:
    if not rows:
        return set()
    where, params = _held(holder, rows)
    told = store.fetch(
        "UPDATE communicate_message SET state = 'sent', reason = '', sent_us = %s, attempts = attempts + 1, holder = '', "
        f"lease_until_us = NULL WHERE {where} AND state = 'intent' RETURNING {_TOLD}",
        [at_us, *params],
    )
    _announce("sent", told, {}, at_us)
    return {row[0] for row in told}


def _settle_one(holder: str, outcome: Outcome, at_us: int) -> set[int]:
    where, params = _held(holder, [outcome.row])
    tries = outcome.row.attempts
    is_last = outcome.kind == "retry" and tries + 1 >= ATTEMPTS_MAX
    state = "failed" if is_last else "planned" if outcome.kind in ("retry", "unsent") else outcome.kind
    wait_us = UNSENT_WAIT_US if outcome.kind == "unsent" else BACKOFF_US[min(tries, len(BACKOFF_US) - 1)]
    reason = outcome.reason[:REASON_CHARS_MAX]
    told = store.fetch(
        "UPDATE communicate_message SET state = %s, reason = %s, due_us = %s, attempts = attempts + %s, holder = '', "
        f"lease_until_us = NULL WHERE {where} AND state = 'intent' RETURNING {_TOLD}",
        [state, reason, at_us + wait_us, int(outcome.kind != "unsent"), *params],
    )
    if state != "planned":
        _announce(state, told, {outcome.row.id: reason}, at_us)
    return {row[0] for row in told}


def reject(*, holder: str, row: ClaimedRow, reason: str, at_us: int) -> None:
    """Fail a claimed row whose letter cannot be made: its template or its address is at fault."""
    where, params = _held(holder, [row])
    told = store.fetch(
        "UPDATE communicate_message SET state = 'failed', reason = %s, holder = '', lease_until_us = NULL "
        f"WHERE {where} AND state = 'claimed' RETURNING {_TOLD}",
        [reason[:REASON_CHARS_MAX], *params],
    )
    _announce("failed", told, {row.id: reason[:REASON_CHARS_MAX]}, at_us)


def renew(*, holder: str, at_us: int) -> int:
    """Prolong every lease this sender still holds."""
    return store.execute(
        "UPDATE communicate_message SET lease_until_us = %s WHERE holder = %s AND lease_until_us > %s",
        [at_us + LEASE_US, holder, at_us],
    )


def expire(*, at_us: int, limit: int = 500) -> int:
    """Take back rows whose holder fell silent; how many.

    Claimed rows are planned again. An intent may have reached the wire: a service letter is planned again under its Message-ID,
    any other is in doubt and is never sent again by itself.
    """
    again = store.execute(
        "UPDATE communicate_message SET state = 'planned', holder = '', lease_until_us = NULL WHERE id IN ("
        "SELECT id FROM communicate_message WHERE lease_until_us <= %s AND (state = 'claimed' OR purpose = %s) LIMIT %s)",
        [at_us, SERVICE_PURPOSE, limit],
    )
    doubted = store.fetch(
        "UPDATE communicate_message SET state = 'in_doubt', reason = 'sender_fell', holder = '', lease_until_us = NULL "
        "WHERE id IN (SELECT id FROM communicate_message WHERE lease_until_us <= %s AND state = 'intent' AND purpose <> %s "
        f"LIMIT %s) AND state = 'intent' AND lease_until_us <= %s RETURNING {_TOLD}",
        [at_us, SERVICE_PURPOSE, limit, at_us],
    )
    _announce("in_doubt", doubted, {row[0]: "sender_fell" for row in doubted}, at_us)
    return again + len(doubted)


def close(*, campaign_id: int, reason: str, limit: int, at_us: int) -> int:
    """Refuse up to `limit` planned rows of a campaign that ended; how many."""
    return _refuse_planned("campaign_id = %s", [campaign_id], reason, limit, at_us)


def close_people(*, profiles: Sequence[int], reason: str, limit: int, at_us: int) -> int:
    """Refuse up to `limit` planned rows of these profiles; how many."""
    return _refuse_planned(f"profile_id IN ({_marks(profiles)})", profiles, reason, limit, at_us)


def _refuse_planned(where: str, params: Sequence[Any], reason: str, limit: int, at_us: int) -> int:
    told = store.fetch(
        "UPDATE communicate_message SET state = 'refused', reason = %s WHERE state = 'planned' AND id IN ("
        f"SELECT id FROM communicate_message WHERE {where} AND state = 'planned' LIMIT %s) RETURNING {_TOLD}",
        [reason[:REASON_CHARS_MAX], *params, limit],
    )
    _announce("refused", told, {row[0]: reason for row in told}, at_us)
    return len(told)


def resend(*, row_id: int, at_us: int) -> bool:
    """Plan a row in doubt again because a person says so; False when it is not in doubt."""
    return bool(
        store.execute(
            "UPDATE communicate_message SET state = 'planned', reason = '', due_us = %s WHERE id = %s AND state = 'in_doubt'",
            [at_us, row_id],
        )
    )


def _finish(state: str, reasons: Mapping[int, str], at_us: int) -> None:
    """Give claimed rows a final state inside the claim's own transaction."""
    if not reasons:
        return
    by_reason: dict[str, list[int]] = {}
    for row_id, reason in reasons.items():
        by_reason.setdefault(reason, []).append(row_id)
    for reason, ids in by_reason.items():
        told = store.fetch(
            "UPDATE communicate_message SET state = %s, reason = %s, holder = '', lease_until_us = NULL "
            f"WHERE id IN ({_marks(ids)}) AND state = 'claimed' RETURNING {_TOLD}",
            [state, reason, *ids],
        )
        _announce(state, told, reasons, at_us)


def _announce(state: str, told: Iterable[tuple[Any, ...]], reasons: Mapping[int, str], at_us: int) -> None:
    emit(
        Announcement(
            key=f"message:{row_id}:{state}",
            name=_EVENT_NAMES[state],
            time_us=at_us,
            profile_id=profile_id,
            payload={
                "message_id": row_id, "campaign_id": campaign_id, "channel": "email", "variant": variant,
                "is_control": bool(is_control), "claimed_us": claimed_us, "reason": reasons.get(row_id, ""),
            },
        )
        for row_id, campaign_id, profile_id, variant, is_control, claimed_us in told
    )  # fmt: skip


def _held(holder: str, rows: Sequence[ClaimedRow]) -> tuple[str, list[Any]]:
    """The condition that a row is still this holder's, at the epoch it was claimed with."""
    pairs = ", ".join(["(%s, %s)"] * len(rows))
    where = f"holder = %s AND id IN ({_marks(rows)}) AND (id, lease_epoch) IN (VALUES {pairs})"
    return where, [holder, *(r.id for r in rows), *(part for r in rows for part in (r.id, r.epoch))]


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))

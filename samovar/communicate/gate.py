"""The gate every message passes at its claim, treated and control alike: consent, suppression, contact cap and quiet hours.

`judge` reads what it needs once for a batch and decides each row; that the campaign runs is the claim's own condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings as django_settings

from samovar.collect import consent
from samovar.collect.queries import persons_among
from samovar.communicate.options import SendingOptions, sending_options
from samovar.engine import store
from samovar.kit.clock import DAY_US, MINUTE_US, BadMoment, Zone

CHANNEL = "email"
SERVICE_PURPOSE = "service"  # letters a person needs: no consent asked, but a dead address is respected
HARD_BOUNCE = "hard_bounce"
_REACHED = "'claimed', 'intent', 'sent', 'in_doubt', 'held_out'"
MERGED = "merged"  # the person became one with somebody whom the campaign reached


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row at the gate."""

    id: int
    campaign_id: int
    profile_id: int
    address: str
    purpose: str
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Passed (with the consent relied on), refused for a reason, or to wait until a moment."""

    consent_id: int | None = None
    reason: str = ""
    wait_until_us: int | None = None

    @property
    def is_pass(self) -> bool:
        return not self.reason and self.wait_until_us is None


def judge(candidates: Sequence[Candidate], *, at_us: int) -> dict[int, Verdict]:
    """A verdict for each row id."""
    options = sending_options()
    consents = {
        purpose: consent.latest(CHANNEL, [c.address for c in candidates if c.purpose == purpose], purpose)
        for purpose in {c.purpose for c in candidates} - {SERVICE_PURPOSE}
    }
    suppressed = consent.suppressed(CHANNEL, [c.address for c in candidates])
    persons = persons_among([c.profile_id for c in candidates])
    profiles = {c.profile_id: c.profile_id for c in candidates} | persons
    refused = {purpose: consent.refused_by(CHANNEL, purpose, profiles) for purpose in consents}
    counts = _sent_counts(candidates, persons, at_us - options.cap_days * DAY_US) if options.cap_messages else {}
    reached = _reached(candidates, persons)
    verdicts: dict[int, Verdict] = {}
    for c in candidates:
        person = persons.get(c.profile_id, c.profile_id)
        if (c.campaign_id, person) in reached:
            verdicts[c.id] = Verdict(reason=MERGED)
            continue
        record = consents.get(c.purpose, {}).get(c.address)
        refused_us = refused.get(c.purpose, {}).get(person)
        verdict = _judge_one(c, person, record, refused_us, suppressed, counts, options, at_us)
        if verdict.is_pass and c.purpose != SERVICE_PURPOSE:
            counts[person] = counts.get(person, 0) + 1
        if verdict.is_pass and c.profile_id in persons:
            reached.add((c.campaign_id, person))
        verdicts[c.id] = verdict
    return verdicts


def _reached(candidates: Sequence[Candidate], persons: Mapping[int, int]) -> set[tuple[int, int]]:
    """(campaign, person) of those who were merged after a campaign planned them apart, and whom it reached already by another of
    their profiles: it says a thing once to one person, and who was held out by one is not written to by the other."""
    if not persons:
        return set()
    own, groups = [c.id for c in candidates], sorted(persons)
    campaigns = sorted({c.campaign_id for c in candidates})
    rows = store.fetch(
        f"SELECT campaign_id, profile_id FROM communicate_message WHERE campaign_id IN ({_marks(campaigns)}) "
        f"AND profile_id IN ({_marks(groups)}) AND state IN ({_REACHED}) AND id NOT IN ({_marks(own)})",
        [*campaigns, *groups, *own],
    )
    return {(campaign_id, persons[profile_id]) for campaign_id, profile_id in rows}


def _judge_one(
    c: Candidate,
    person: int,
    record: consent.ConsentRecord | None,
    refused_us: int | None,
    suppressed: Mapping[str, str],
    counts: Mapping[int, int],
    options: SendingOptions,
    at_us: int,
) -> Verdict:
    stop = suppressed.get(c.address, "")
    if c.purpose == SERVICE_PURPOSE:
        return Verdict(reason=f"suppressed:{stop}" if stop == HARD_BOUNCE else "")
    if stop:
        return Verdict(reason=f"suppressed:{stop}")
    if record is None:
        return Verdict(reason="no_consent")
    if not record.given or (refused_us is not None and refused_us >= record.time_us):  # a no at one address is the person's
        return Verdict(reason="consent_withdrawn")
    if options.cap_messages and counts.get(person, 0) >= options.cap_messages:
        return Verdict(reason="contact_cap")
    if (until := quiet_until(at_us, zone_of(c.context), options.quiet_from, options.quiet_until)) is not None:
        return Verdict(wait_until_us=until)
    return Verdict(consent_id=record.id)


def _sent_counts(candidates: Sequence[Candidate], persons: Mapping[int, int], since_us: int) -> dict[int, int]:
    """Marketing messages that went to each person since a moment, by any of her profiles; rows at the gate are not counted."""
    people = sorted({c.profile_id for c in candidates} | set(persons))
    own = [c.id for c in candidates]
    rows = store.fetch(
        f"SELECT profile_id, count(*) FROM communicate_message WHERE profile_id IN ({_marks(people)}) AND claimed_us > %s "
        f"AND state IN ('claimed', 'intent', 'sent', 'in_doubt') AND NOT is_control AND purpose <> %s "
        f"AND id NOT IN ({_marks(own)}) GROUP BY profile_id",
        [*people, since_us, SERVICE_PURPOSE, *own],
    )
    counts: dict[int, int] = {}
    for profile_id, count in rows:
        person = persons.get(profile_id, profile_id)
        counts[person] = counts.get(person, 0) + int(count)
    return counts


def zone_of(context: Mapping[str, Any]) -> Zone:
    """The zone a person's quiet hours are in: his own trait `timezone` when it names one, else the workspace's."""
    name = context.get("timezone")
    found = _zone(name) if isinstance(name, str) and name else None
    return found if found is not None else _workspace_zone()


@lru_cache(maxsize=600)
def _zone(name: str) -> Zone | None:
    try:
        return Zone(name)
    except BadMoment:
        return None


def _workspace_zone() -> Zone:
    zone: Zone = django_settings.WORKSPACE.zone
    return zone


def quiet_until(at_us: int, zone: Zone, start: str, end: str) -> int | None:
    """When the quiet hours that hold at `at_us` end, or None when none hold. `start` and `end` are “22:00” or empty."""
    if not start or not end or start == end:
        return None
    first, last = _minutes(start), _minutes(end)
    day = zone.day(at_us)
    minute = (at_us + zone.offset_us(at_us)) // MINUTE_US % (24 * 60)
    is_quiet = first <= minute < last if first < last else minute >= first or minute < last
    if not is_quiet:
        return None
    end_day = day if minute < last else day + 1
    until = zone.midnight_us(end_day) + last * MINUTE_US
    # A day with a clock change has its end an hour off what midnight plus minutes says.
    drift = (until + zone.offset_us(until)) // MINUTE_US % (24 * 60) - last
    return until - drift * MINUTE_US if abs(drift) <= 120 else until


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _marks(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))

"""The ledger's states: who may move a row, what the gate says, and what a crash leaves behind."""

from __future__ import annotations

import pytest

from samovar.collect import consent
from samovar.collect.models import Profile
from samovar.communicate import feedback, gate, ledger
from samovar.communicate.ledger import LEASE_US, Outcome, PlannedRow
from samovar.communicate.models import Letter, Message
from samovar.communicate.tests.conftest import T0, agree
from samovar.decide.models import Campaign
from samovar.engine import store
from samovar.engine.models import Outbox, Setting
from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US, SECOND_US, Zone, parse_moment
from samovar.staff.actors import Actor

pytestmark = [pytest.mark.django_db, pytest.mark.store]
STATE = ("state", "reason")


def claim(holder: str = "one", limit: int = 100, at_us: int = T0) -> list[ledger.ClaimedRow]:
    with store.transaction():
        return ledger.claim(holder=holder, limit=limit, at_us=at_us).rows


def intend(rows: list[ledger.ClaimedRow], holder: str = "one", at_us: int = T0) -> set[int]:
    with store.transaction():
        return ledger.intend(holder=holder, rows=rows, at_us=at_us)


def settle(rows: list[ledger.ClaimedRow], kind: str, holder: str = "one", at_us: int = T0, reason: str = "") -> list[Outcome]:
    with store.transaction():
        return ledger.settle(holder=holder, outcomes=[Outcome(r, kind, reason) for r in rows], at_us=at_us)  # type: ignore[arg-type]


def states() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("id").values_list(*STATE))


def told(name: str) -> int:
    return Outbox.objects.filter(name=name).count()


def test_planning_again_changes_nothing(campaign, planned) -> None:
    rows = planned(5)
    letter = Letter.objects.get()
    again = [PlannedRow(r.profile_id, r.address, "A", False, letter.id, {"first_name": "other"}) for r in rows]
    assert ledger.plan(campaign_id=campaign.id, purpose="marketing", rows=again, due_us=T0, at_us=T0 + 9) == 0
    assert [(r.planned_us, r.context) for r in Message.objects.order_by("id")] == [(r.planned_us, r.context) for r in rows]


def test_one_address_gets_one_letter_and_nobody_without_one_is_forgotten(campaign) -> None:
    letter = Letter.objects.create(campaign=campaign, variant="B", version=1, subject="s", html="h", created_us=T0)
    people = [PlannedRow(1, "a@x.example", "B", False, letter.id, {}), PlannedRow(2, "a@x.example", "B", True, letter.id, {})]
    people += [PlannedRow(n, "", "B", False, letter.id, {}) for n in (3, 4)]
    plan = {"campaign_id": campaign.id, "purpose": "marketing", "rows": people, "due_us": T0, "at_us": T0}
    assert ledger.plan(**plan) == 4  # type: ignore[arg-type]
    assert ledger.plan(**plan) == 0  # type: ignore[arg-type]
    refused = [("refused", "duplicate_address"), ("refused", "no_address"), ("refused", "no_address")]
    assert sorted(states()) == [("planned", ""), *refused]


def test_a_claimed_row_is_nobody_elses(planned) -> None:
    planned(10)
    first = claim("one", limit=6)
    second = claim("two", limit=6)
    assert len(first) == 6
    assert len(second) == 4
    assert not {r.id for r in first} & {r.id for r in second}
    assert claim("three") == []


def test_the_gate_refuses_with_a_reason_and_keeps_the_consent_it_relied_on(planned) -> None:
    rows = planned(5, consent=False)
    given = agree(rows[0].address)
    agree(rows[1].address, given=False)
    agree(rows[2].address)
    consent.suppress(channel="email", address=rows[2].address, reason="hard_bounce", at_us=T0, actor=Actor.system("test"))
    agree(rows[3].address, purpose="news")
    agree(rows[4].address)
    agree(rows[4].address, given=False, time_us=T0 - 1)  # the same moment: the refusal holds
    passed = claim()
    assert [r.id for r in passed] == [rows[0].id]
    assert states() == [
        ("claimed", ""), ("refused", "consent_withdrawn"), ("refused", "suppressed:hard_bounce"), ("refused", "no_consent"),
        ("refused", "consent_withdrawn"),
    ]  # fmt: skip
    assert Message.objects.get(id=rows[0].id).consent_id == given.id
    assert told("Message Refused") == 4
    assert {r.claimed_us for r in Message.objects.all()} == {T0}


def test_what_a_person_refuses_at_another_address_after_her_yes_holds_for_all_of_hers(planned) -> None:
    rows = planned(4)  # each said yes at T0 - 1
    for row in rows:
        profile = Profile.objects.create(id=row.profile_id, created_us=T0)
        profile.identifiers.create(kind="email", value=row.address, since_us=T0)
    merged(3, into=2)  # the address of the third is the second's as well
    for number, said_us in ((1, T0 - 1), (4, T0 - 2)):
        Profile.objects.get(id=number).identifiers.create(kind="email", value=f"old{number}@mail.example", since_us=T0)
        agree(f"old{number}@mail.example", given=False, time_us=said_us)
    agree(rows[2].address, given=False, time_us=T0)
    agree("old1@mail.example", purpose="news", time_us=T0)  # of another purpose
    assert [row.profile_id for row in claim()] == [4], "she said yes after she had refused elsewhere"
    assert states() == [("refused", "consent_withdrawn")] * 3 + [("claimed", "")]


def test_control_passes_the_same_gate_at_the_same_moment(planned) -> None:
    rows = planned(4, control=2, consent=False)
    agree(rows[0].address)
    agree(rows[2].address)
    claim()
    assert states() == [("held_out", ""), ("refused", "no_consent"), ("claimed", ""), ("refused", "no_consent")]
    payload = Outbox.objects.get(name="Message Held Out").payload
    assert (payload["is_control"], payload["claimed_us"], payload["variant"]) == (True, T0, "A")


def test_a_service_letter_needs_no_consent_but_a_living_address(planned) -> None:
    rows = planned(3, consent=False, purpose="service")
    for row, reason in ((rows[0], "hard_bounce"), (rows[1], "complaint")):
        consent.suppress(channel="email", address=row.address, reason=reason, at_us=T0, actor=Actor.system("test"))
    assert {r.id for r in claim()} == {rows[1].id, rows[2].id}


def test_the_contact_cap_counts_letters_of_other_campaigns(campaign, planned) -> None:
    Setting.objects.create(name="contact_cap_messages", value=1)
    (row,) = planned(1)
    claim()
    letter = Letter.objects.get()
    more = [PlannedRow(row.profile_id, row.address, "A", False, letter.id, {})]
    ledger.plan(campaign_id=campaign.id, purpose="marketing", rows=more, due_us=T0, at_us=T0, occurrence=2)
    assert claim(at_us=T0 + 1) == []
    assert Message.objects.get(occurrence=2).reason == "contact_cap"
    ledger.plan(campaign_id=campaign.id, purpose="marketing", rows=more, due_us=T0, at_us=T0, occurrence=3)
    assert len(claim(at_us=T0 + 7 * DAY_US + 1)) == 1


def merged(profile: int, into: int) -> None:
    for one in (into, profile):
        Profile.objects.get_or_create(id=one, defaults={"created_us": T0})
    Profile.objects.filter(id=profile).update(merged_into_id=into)


def test_two_who_became_one_while_their_campaign_runs_get_one_letter(planned) -> None:
    planned(3)
    merged(2, into=1)
    assert [row.profile_id for row in claim()] == [1, 3]
    assert states() == [("claimed", ""), ("refused", "merged"), ("claimed", "")]


def test_who_was_written_to_before_a_merge_is_not_written_to_after_it(planned) -> None:
    planned(2)
    rows = claim(limit=1)
    assert intend(rows) == {rows[0].id}
    settle(rows, "sent")
    merged(1, into=2)
    assert claim() == []
    assert states() == [("sent", ""), ("refused", "merged")]
    assert told("Message Sent") == 1


def test_who_is_held_out_under_one_profile_is_not_written_to_under_another(planned) -> None:
    planned(2, control=1)
    merged(2, into=1)
    assert claim() == []
    assert states() == [("held_out", ""), ("refused", "merged")]


def test_a_letter_that_failed_under_one_profile_may_go_under_the_other(planned) -> None:
    planned(2)
    [row] = claim(limit=1)
    with store.transaction():
        ledger.reject(holder="one", row=row, reason="bad_address", at_us=T0)
    merged(2, into=1)
    assert [row.profile_id for row in claim()] == [2]


def test_the_cap_counts_what_any_profile_of_a_person_got(campaign, planned) -> None:
    Setting.objects.create(name="contact_cap_messages", value=1)
    planned(2)
    other = Campaign.objects.create(slug="other", name="Other", salt="s", variants=campaign.variants, action=campaign.action,
                                    status="running", created_us=T0)  # fmt: skip
    claim(limit=1)
    Message.objects.filter(profile_id=2).update(campaign=other)
    merged(2, into=1)
    assert claim() == []
    assert states() == [("claimed", ""), ("refused", "contact_cap")]


def test_two_letters_in_one_claim_cannot_pass_a_cap_of_one(campaign, planned) -> None:
    Setting.objects.create(name="contact_cap_messages", value=1)
    (row,) = planned(1)
    more = [PlannedRow(row.profile_id, row.address, "A", False, Letter.objects.get().id, {})]
    ledger.plan(campaign_id=campaign.id, purpose="marketing", rows=more, due_us=T0, at_us=T0, occurrence=2)
    assert len(claim()) == 1
    assert states() == [("claimed", ""), ("refused", "contact_cap")]


def test_quiet_hours_make_a_letter_wait_in_its_readers_zone(planned) -> None:
    Setting.objects.create(name="quiet_from", value="22:00")
    Setting.objects.create(name="quiet_until", value="09:00")
    planned(1)
    planned(1, timezone="Asia/Vladivostok")
    night = parse_moment("2026-09-22T23:30", Zone("Europe/Moscow"))  # 06:30 in Vladivostok
    assert claim(at_us=night) == []
    waits = list(Message.objects.order_by("id").values_list("state", "due_us", "claimed_us", "lease_until_us"))
    assert waits == [
        ("planned", parse_moment("2026-09-23T09:00", Zone("Europe/Moscow")), None, None),
        ("planned", parse_moment("2026-09-23T09:00", Zone("Asia/Vladivostok")), None, None),
    ]
    assert len(claim(at_us=waits[1][1])) == 1


@pytest.mark.parametrize(
    ("local", "start", "end", "until"),
    [
        ("2026-06-01T21:59", "22:00", "09:00", None),
        ("2026-06-01T22:00", "22:00", "09:00", "2026-06-02T09:00"),
        ("2026-06-02T08:59", "22:00", "09:00", "2026-06-02T09:00"),
        ("2026-06-02T09:00", "22:00", "09:00", None),
        ("2026-06-02T13:00", "12:00", "14:00", "2026-06-02T14:00"),
        ("2026-06-02T13:00", "", "", None),
        ("2026-03-28T23:00", "22:00", "09:00", "2026-03-29T09:00"),  # the clock goes forward that night
        ("2026-10-24T23:00", "22:00", "09:00", "2026-10-25T09:00"),  # and back that night
    ],
)
def test_quiet_hours_end_at_their_wall_clock_time(local: str, start: str, end: str, until: str | None) -> None:
    zone = Zone("Europe/Berlin")
    found = gate.quiet_until(parse_moment(local, zone), zone, start, end)
    assert found == (parse_moment(until, zone) if until else None)


def test_only_a_running_campaign_is_claimed_and_a_pause_holds_even_after_the_claim(campaign, planned) -> None:
    planned(2)
    rows = claim()
    campaign.status = "paused"
    campaign.save()
    assert intend(rows) == set()
    assert states() == [("planned", ""), ("planned", "")]
    assert claim() == []


def test_a_pause_of_all_sending_holds_even_after_the_claim(planned) -> None:
    planned(3, control=1)
    rows = claim(limit=2)
    Setting.objects.create(name="sending_paused", value=True)
    assert intend(rows) == set()
    assert sorted(states()) == [("held_out", ""), ("planned", ""), ("planned", "")]
    assert not ledger.has_due(at_us=T0)
    assert claim() == []
    Setting.objects.update(value=False)
    again = claim()
    assert intend(again) == {row.id for row in again}
    assert len(again) == 2


def test_the_letter_that_waits_longest_is_one_that_is_due_and_may_be_sent(campaign, planned) -> None:
    planned(3)
    Message.objects.filter(profile_id=2).update(due_us=T0 + 5)
    Message.objects.filter(profile_id=3).update(due_us=T0 + 99)
    assert ledger.oldest_due_us(at_us=T0 + 10) == T0
    claim(limit=1)
    assert ledger.oldest_due_us(at_us=T0 + 10) == T0 + 5
    assert ledger.oldest_due_us(at_us=T0 + 4) is None
    campaign.status = "paused"
    campaign.save()
    assert ledger.oldest_due_us(at_us=T0 + 10) is None


def test_closing_refuses_what_was_not_begun(campaign, planned) -> None:
    planned(3)
    rows = claim(limit=1)
    assert ledger.close(campaign_id=campaign.id, reason="stopped", limit=10, at_us=T0) == 2
    assert states() == [("claimed", ""), ("refused", "stopped"), ("refused", "stopped")]
    assert intend(rows) == {rows[0].id}
    assert told("Message Refused") == 2


def test_an_outcome_is_told_once(planned) -> None:
    planned(3)
    rows = claim()
    assert intend(rows) == {r.id for r in rows}
    assert settle(rows, "sent", at_us=T0 + 5) == []
    assert told("Message Sent") == 3
    assert settle(rows, "sent", at_us=T0 + 6) != []
    assert set(Message.objects.values_list("state", "sent_us", "lease_until_us", "attempts")) == {("sent", T0 + 5, None, 1)}
    assert told("Message Sent") == 3


def test_a_write_with_an_old_epoch_changes_no_row_and_is_reported(planned) -> None:
    planned(1)
    old = claim("one")
    assert intend(old, "one") == {old[0].id}
    Message.objects.update(state="planned", holder="", lease_until_us=None)
    new = claim("one", at_us=T0 + 1)
    assert new[0].epoch == old[0].epoch + 1
    intend(new, "one", at_us=T0 + 1)
    lost = settle(old, "sent", "one", at_us=T0 + 2)
    assert [o.row.epoch for o in lost] == [old[0].epoch]
    assert states() == [("intent", "")]
    assert told("Message Sent") == 0
    assert settle(new, "sent", "one", at_us=T0 + 2) == []


def test_another_holder_cannot_write(planned) -> None:
    planned(1)
    rows = claim("one")
    assert intend(rows, "two") == set()
    assert ledger.release(holder="two", rows=rows) == 0
    assert states() == [("claimed", "")]


@pytest.mark.parametrize(("purpose", "expected"), [("marketing", "in_doubt"), ("service", "planned")])
def test_a_crash_after_the_intent_leaves_doubt_and_a_service_letter_goes_again(planned, purpose: str, expected: str) -> None:
    (row,) = planned(1, purpose=purpose)
    intend(claim())
    with store.transaction():
        assert ledger.expire(at_us=T0 + LEASE_US - 1) == 0
        assert ledger.expire(at_us=T0 + LEASE_US) == 1
        assert ledger.expire(at_us=T0 + LEASE_US) == 0
    found = Message.objects.get()
    assert (found.state, found.message_id) == (expected, row.message_id)
    assert told("Message In Doubt") == (expected == "in_doubt")
    assert len(claim(at_us=T0 + LEASE_US)) == (expected == "planned")


def test_a_crash_before_the_intent_loses_nothing(planned) -> None:
    planned(3)
    claim()
    with store.transaction():
        assert ledger.expire(at_us=T0 + LEASE_US) == 3
    assert len(claim("two", at_us=T0 + LEASE_US)) == 3
    assert set(Message.objects.values_list("claimed_us", flat=True)) == {T0}


def test_a_lease_that_is_renewed_does_not_expire(planned) -> None:
    planned(1)
    intend(claim())
    assert ledger.renew(holder="one", at_us=T0 + 20 * SECOND_US) == 1
    assert ledger.expire(at_us=T0 + LEASE_US + SECOND_US) == 0
    assert ledger.renew(holder="two", at_us=T0) == 0


def test_a_refusal_for_now_is_tried_again_later_and_fails_in_the_end(planned) -> None:
    planned(1)
    at_us = T0
    for attempt in range(ledger.ATTEMPTS_MAX):
        (row,) = claim(at_us=at_us)
        intend([row], at_us=at_us)
        settle([row], "retry", at_us=at_us, reason="450 later")
        found = Message.objects.get()
        assert found.attempts == attempt + 1
        if attempt + 1 < ledger.ATTEMPTS_MAX:
            assert found.state == "planned"
            assert claim(at_us=found.due_us - 1) == []
            at_us = found.due_us
    assert states() == [("failed", "450 later")]
    assert told("Message Failed") == 1
    assert Message.objects.get().claimed_us == T0


def test_a_server_that_is_away_costs_no_attempt(planned) -> None:
    planned(1)
    rows = claim()
    intend(rows)
    settle(rows, "unsent", reason="connect: refused")
    found = Message.objects.get()
    assert (found.state, found.attempts, found.due_us) == ("planned", 0, T0 + 30 * SECOND_US)


def test_reactions_count_once_and_machines_apart(planned) -> None:
    (row,) = planned(1)
    base = {"time_us": T0 + 60, "key": 1}
    events = [
        {**base, "name": "Message Opened", "properties": {"message_id": row.id, "by_machine": True}},
        {**base, "name": "Message Opened", "time_us": T0 + 99, "properties": {"message_id": row.id, "by_machine": False}},
        {**base, "name": "Message Opened", "time_us": T0 + 90, "properties": {"message_id": str(row.id)}},
        {**base, "name": "Message Clicked", "properties": {"message_id": row.id, "by_machine": False}},
        {**base, "name": "Message Opened", "properties": {"message_id": "x"}},
        {**base, "name": "Message Opened", "properties": None},
        {**base, "name": "Other", "properties": {"message_id": row.id}},
    ]
    assert feedback.apply(events) == []
    assert feedback.apply(events[:2]) == []
    found = Message.objects.get()
    assert (found.opened_us, found.machine_opened_us, found.clicked_us, found.machine_clicked_us) == (
        T0 + 90, T0 + 60, T0 + 60, None
    )  # fmt: skip


def test_one_click_withdraws_the_purpose_on_the_address_and_closes_the_gate(campaign, planned) -> None:
    row, other = planned(2)
    event = {"name": "Message Unsubscribed", "time_us": T0 + 5, "key": 77, "properties": {"message_id": row.id}}
    for _repeat in range(2):
        with store.transaction():
            consent.state(feedback.apply([event]))
    assert consent.latest("email", [row.address], "marketing")[row.address].given is False
    assert consent.latest("email", [other.address], "marketing")[other.address].given is True
    assert Message.objects.get(id=row.id).unsubscribed_us == T0 + 5
    assert told("Consent Changed") == 1
    assert [r.id for r in claim(at_us=T0 + 10)] == [other.id]


def test_back_offs_grow() -> None:
    assert list(ledger.BACKOFF_US) == sorted(ledger.BACKOFF_US)
    assert ledger.BACKOFF_US[0] == MINUTE_US
    assert sum(ledger.BACKOFF_US) < 2 * DAY_US
    assert sum(ledger.BACKOFF_US) > 12 * HOUR_US

"""Planned rows go through a real SMTP exchange to the mailbox, once each, and the store knows what became of every one."""

from __future__ import annotations

import pytest

from samovar.communicate import hot, mailbox
from samovar.communicate.delivery import Pump, deliver_due
from samovar.communicate.models import Message
from samovar.communicate.tests.conftest import T0
from samovar.engine.models import Outbox
from samovar.kit.clock import SECOND_US
from samovar.staff import settings_operations
from samovar.staff.actors import Actor

ALICE = Actor("staff", "1", "Alice")

pytestmark = [pytest.mark.django_db, pytest.mark.store]


def test_it_sends_each_planned_letter_once_and_holds_the_control_group_out(workspace, campaign, planned) -> None:
    planned(30, control=5)
    counts = deliver_due(workspace=workspace, at_us=T0 + 1)
    assert counts.sent == 25
    assert mailbox.count() == 25
    assert sorted(m.to for m in mailbox.mails()) == sorted(f"p{n}@mail.example" for n in range(6, 31))
    assert set(Message.objects.filter(is_control=True).values_list("state", "claimed_us")) == {("held_out", T0 + 1)}
    assert Outbox.objects.filter(name="Message Sent").count() == 25
    held = Outbox.objects.filter(name="Message Held Out").first()
    assert held.payload["campaign_id"] == campaign.id
    assert held.payload["claimed_us"] == T0 + 1
    assert deliver_due(workspace=workspace, at_us=T0 + 2).sent == 0
    assert mailbox.count() == 25


def test_the_letter_carries_tracked_links_that_lead_to_what_its_author_wrote(workspace, campaign, planned) -> None:
    (row,) = planned(1)
    deliver_due(workspace=workspace, at_us=T0 + 1)
    mail = mailbox.read(1)
    assert mail.subject == "Tea for N1"
    ring = workspace.keys["link_ring"]
    click = next(url for url in mail.links if "/c/" in url)
    facts = hot.verify(ring, click.rpartition("/")[2])
    assert (facts.kind, facts.message_id, facts.target) == ("click", row.id, "https://tea.example/p?a=1&b=2")
    assert facts.made_us == T0 + 1
    one_click = hot.verify(ring, mail.unsubscribe.rpartition("/")[2])
    assert (one_click.kind, one_click.message_id) == ("unsubscribe", row.id)
    assert "p1@mail.example" not in mail.unsubscribe
    assert "Hello N1" in mail.html
    assert "Hello N1" in mail.text
    assert "/o/" in mail.html


def test_a_pause_reaches_letters_that_are_signed_and_a_resumption_sends_each_once(workspace, planned) -> None:
    planned(300)
    clock = iter(range(T0 + 1, T0 + 1_000 * SECOND_US, SECOND_US // 4))  # a quarter of a second later at each look
    with Pump(workspace=workspace, now=lambda: next(clock)) as pump:
        while pump.counts.sent < 40:
            pump.turn(wait_s=0.05)
        settings_operations.change_settings(values={"sending_paused": True}, actor=ALICE, at_us=T0)
        begun = pump.counts.sent + pump.open_intents
        assert begun < 300
        while not pump.is_idle:
            pump.turn(wait_s=0.05)
        assert pump.counts.sent == mailbox.count() <= begun, "nothing new went to the wire"
        assert set(Message.objects.exclude(state="sent").values_list("state", "holder", "lease_until_us")) == {
            ("planned", "", None)
        }
        settings_operations.change_settings(values={"sending_paused": False}, actor=ALICE, at_us=T0)
        while mailbox.count() < 300 or not pump.is_idle:
            pump.turn(wait_s=0.05)
    assert sorted(mail.to for mail in mailbox.mails()) == sorted(f"p{n}@mail.example" for n in range(1, 301))
    assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_a_campaign_that_does_not_run_sends_nothing(workspace, campaign, planned) -> None:
    planned(3)
    campaign.status = "paused"
    campaign.save()
    assert deliver_due(workspace=workspace, at_us=T0 + 1).sent == 0
    assert mailbox.count() == 0
    campaign.status = "running"
    campaign.save()
    assert deliver_due(workspace=workspace, at_us=T0 + 2).sent == 3

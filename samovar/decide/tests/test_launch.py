"""From a draft to assigned people, and every reason not to get there."""

from __future__ import annotations

import pytest

from samovar import rules
from samovar.decide import jobs, operations, queries, rehearsal
from samovar.decide.actions import Problem
from samovar.decide.audience import SegmentInUse
from samovar.decide.models import Assignment, Campaign
from samovar.decide.tests.shop import ALICE, NOW
from samovar.engine import outbox_reader
from samovar.engine.warehouse.client import WarehouseBusy
from samovar.kit.clock import DAY_US, HOUR_US
from samovar.kit.errors import NotFound
from samovar.staff.models import AuditRow
from samovar.understand import operations as segments

pytestmark = [pytest.mark.django_db, pytest.mark.store]


def launch(draft, shop, at_us=NOW):
    return operations.launch(campaign=draft, warehouse=shop, actor=ALICE, at_us=at_us)


def turn(shop, at_us=NOW, times=20):
    for _ in range(times):
        if not jobs.tick(warehouse=shop, at_us=at_us):
            return
    raise AssertionError("the job does not come to an end")


def test_everyone_of_the_audience_gets_one_row_treated_or_control(draft, shop, ledger):
    shop.people(*range(1, 301))
    launch(draft, shop)
    turn(shop)
    assigned = queries.assigned(draft.id)
    assert assigned.treated + assigned.control == 300 == len(ledger.rows)
    assert 15 < assigned.control < 50
    assert {row.profile_id: row.is_control for row in Assignment.objects.all()} == {
        person: recipient.is_control for (_c, person), recipient in ledger.rows.items()
    }


def test_launch_tells_the_audit_trail_and_the_outbox_once(draft, shop, tmp_path):
    shop.people(1)
    launch(draft, shop)
    assert [row.name for row in outbox_reader.read(0, 10, tmp_path)] == ["Campaign Drafted", "Campaign Launched"]
    assert list(AuditRow.objects.order_by("id").values_list("action", "actor_name")) == [
        ("campaign.create", "Alice"), ("campaign.launch", "Alice"),
    ]  # fmt: skip


def test_planning_goes_on_after_a_kill_without_losing_or_doubling_anybody(draft, shop, ledger, monkeypatch):
    monkeypatch.setattr(jobs, "CHUNK_ROWS", 10)
    monkeypatch.setattr(jobs, "PEOPLE_A_TURN", 40)
    shop.people(*range(1, 101))
    launch(draft, shop)
    ledger.crash_after = 3
    with pytest.raises(SystemExit):
        turn(shop)
    assert Assignment.objects.count() == len(ledger.rows) == 30
    ledger.crash_after = None
    turn(shop)
    assert Assignment.objects.count() == len(ledger.rows) == 100
    assert sum(ledger.batches) == 100
    assert Campaign.objects.get().is_planned


def test_planning_twice_adds_nobody(draft, shop, ledger):
    shop.people(*range(1, 51))
    launch(draft, shop)
    turn(shop)
    Campaign.objects.update(planned_through=0, is_planned=False)
    turn(shop)
    assert Assignment.objects.count() == len(ledger.rows) == 50


def test_who_is_known_after_the_start_is_not_in_the_audience(draft, shop):
    shop.people(1, 2)
    shop.people(3, known_us=NOW + 1)
    launch(draft, shop)
    turn(shop, NOW + DAY_US)
    assert sorted(Assignment.objects.values_list("profile_id", flat=True)) == [1, 2]


def test_a_letter_may_speak_of_traits_and_the_last_order_as_they_were(draft, shop, ledger):
    shop.people(1)
    shop.trait(1, "first_name", "text", 5, text="Анна")
    shop.trait(1, "first_name", "text", 9, text="Анна-Мария")
    shop.trait(1, "first_name", "text", NOW + 5, text="Later")
    shop.trait(1, "favourite_tea", "text", 5, text="Улун")
    shop.trait(1, "shoe_size", "number", 5, number=380_000)
    shop.order(1, 100 * DAY_US, 5000)
    shop.order(1, 200 * DAY_US, 7000)
    launch(draft, shop)
    turn(shop)
    (recipient,) = ledger.rows.values()
    assert dict(recipient.context) == {
        "email": "p1@example.com", "orders": 2, "first_name": "Анна-Мария", "favourite_tea": "Улун",
        "last_order_on": "1970-07-20", "last_order_minor": 7000,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "stopped", "written_to"),
    [
        ({"p1": 0, "new": 7}, "", "new"),
        ({"p1": 0}, "", "p1"),  # nobody asked the newer one
        ({"p1": 0, "new": 7}, "new", "p1"),
        ({"p1": 0, "new": 7}, "p1 new", None),
        ({"p1": 0, "new": -7}, "", None),  # what she refuses at one address she refuses
        ({"p1": 0, "new": -7, "third": 8}, "", "third"),
        ({"p1": -7, "new": 7}, "", None),
        ({}, "", None),
    ],
)
def test_the_newest_address_that_may_be_written_to_is(draft, shop, ledger, words, stopped, written_to):
    shop.people(1, consent=None)
    for since_us, name in ((5, "new"), (3, "third")):
        shop.address(1, f"{name}@example.com", since_us)
    for name, said_us in words.items():
        shop.consent(f"{name}@example.com", said_us >= 0, abs(said_us))
    for name in stopped.split():
        shop.stop(f"{name}@example.com", 9)
    found = rehearsal.rehearse(campaign=draft, warehouse=shop, at_us=NOW)
    assert found.reach == (written_to is not None)
    if written_to:
        launch(draft, shop)
        turn(shop)
        assert [recipient.address for recipient in ledger.rows.values()] == [f"{written_to}@example.com"]


def test_the_rehearsal_says_who_is_left_out_and_why(draft, shop):
    shop.people(1, 2, 3)
    shop.people(4, address=False, consent=None)
    shop.people(5, consent=None)
    shop.people(6, consent=False)
    shop.people(7)
    shop.consent("p7@example.com", False, 0)
    shop.people(8)
    shop.stop("p8@example.com", 1)
    found = rehearsal.rehearse(campaign=draft, warehouse=shop, at_us=NOW)
    assert (found.people, found.reach) == (8, 3)
    assert found.left_out == [("no_address", 1), ("stopped", 1), ("no_consent", 3)]
    assert found.is_ready


def test_service_letters_ask_for_no_consent(draft, shop):
    shop.people(1, consent=None)
    operations.edit(campaign=draft, values={"purpose": "service"}, actor=ALICE, at_us=NOW)
    assert rehearsal.rehearse(campaign=draft, warehouse=shop, at_us=NOW).reach == 1


@pytest.mark.parametrize(
    ("values", "people", "code"),
    [
        ({"audience": ""}, True, "no_audience"),
        ({"audience": "count(order) > 1"}, True, "unknown_collection"),
        ({}, False, "audience_empty"),
        ({"action": {"name": "dance", "params": {}}}, True, "unknown_action"),
        ({"start_us": NOW - 1}, True, "start_passed"),
    ],
)
def test_it_refuses_to_launch_and_says_why(draft, shop, values, people, code):
    if people:
        shop.people(1)
    operations.edit(campaign=draft, values=values, actor=ALICE, at_us=NOW)
    with pytest.raises(operations.CannotLaunch) as refusal:
        launch(draft, shop)
    assert [problem["code"] for problem in refusal.value.params["problems"]] == [code]
    assert Campaign.objects.get().status == "draft"


def test_a_segment_is_an_audience_as_it_stands_at_launch(draft, shop, ledger):
    shop.people(1, 2, 3)
    shop.order(2, 5 * DAY_US, 100)
    rule = rules.parse("count(orders) >= 1", rules.builtin_catalogue("RUB"))
    segment = segments.create(name="Buyers", rule=rule, actor=ALICE, at_us=NOW)
    operations.edit(campaign=draft, values={"audience": "", "segment": segment.slug}, actor=ALICE, at_us=NOW)
    launch(draft, shop)
    turn(shop)
    assert [person for _campaign, person in ledger.rows] == [2]


def test_a_segment_feeds_the_campaigns_whose_audience_it_is_or_whose_rule_names_it(draft):
    catalogue = rules.builtin_catalogue("RUB")
    segment = segments.create(name="Buyers", rule=rules.parse("count(orders) >= 1", catalogue), actor=ALICE, at_us=NOW)
    assert queries.fed_by("buyers") == [] and not queries.fed()
    draft = operations.edit(campaign=draft, values={"audience": "city is known AND in segment 'buyers'"}, actor=ALICE, at_us=NOW)
    assert queries.fed_by("buyers") == [draft] and queries.fed() == {"buyers": 1}
    with pytest.raises(SegmentInUse) as caught:
        segments.archive(segment=segment, actor=ALICE, at_us=NOW)
    assert caught.value.params["campaigns"] == [draft.name]
    draft = operations.edit(campaign=draft, values={"audience": "", "segment": "buyers"}, actor=ALICE, at_us=NOW)
    assert queries.fed_by("buyers") == [draft] and queries.fed_by("buyer") == []


def test_an_unknown_segment_is_a_reason_not_to_launch(draft, shop):
    shop.people(1)
    operations.edit(campaign=draft, values={"audience": "", "segment": "gone"}, actor=ALICE, at_us=NOW)
    with pytest.raises(operations.CannotLaunch, match="gone"):
        launch(draft, shop)


def test_nobody_with_a_consent_is_a_reason_not_to_launch(draft, shop):
    shop.people(1, consent=False)
    with pytest.raises(operations.CannotLaunch) as refusal:
        launch(draft, shop)
    assert [problem["code"] for problem in refusal.value.params["problems"]] == ["nobody_reachable"]


def test_what_the_action_misses_is_a_reason_not_to_launch(draft, shop, ledger):
    shop.people(1)
    ledger.problems.append(Problem("no_letter", "Write the letter first.", "what"))
    with pytest.raises(operations.CannotLaunch, match="Write the letter first"):
        launch(draft, shop)


def test_a_campaign_is_launched_once(draft, shop):
    shop.people(1)
    stale = queries.campaign(draft.id)
    launch(draft, shop)
    with pytest.raises(operations.WrongStatus):
        launch(stale, shop)
    with pytest.raises(operations.WrongStatus):
        operations.edit(campaign=draft, values={"name": "Other"}, actor=ALICE, at_us=NOW)
    assert Campaign.objects.get().name == "Win back"


def test_it_waits_for_its_start(draft, shop, ledger):
    shop.people(1)
    operations.edit(campaign=draft, values={"start_us": NOW + HOUR_US}, actor=ALICE, at_us=NOW)
    assert launch(draft, shop).status == "scheduled"
    turn(shop, NOW + HOUR_US - 1)
    assert not ledger.rows
    turn(shop, NOW + HOUR_US)
    assert len(ledger.rows) == 1
    assert Campaign.objects.get().started_us == NOW + HOUR_US


def test_a_start_missed_by_more_than_a_day_waits_for_a_person(draft, shop, ledger):
    shop.people(1)
    operations.edit(campaign=draft, values={"start_us": NOW + HOUR_US}, actor=ALICE, at_us=NOW)
    launch(draft, shop)
    late = NOW + HOUR_US + DAY_US + 1
    turn(shop, late)
    row = Campaign.objects.get()
    assert (row.status, row.note, len(ledger.rows)) == ("paused", "late", 0)
    operations.resume(campaign=row, actor=ALICE, at_us=late)
    turn(shop, late)
    assert len(ledger.rows) == 1


def test_paused_nothing_is_planned_and_senders_see_it(draft, shop, ledger):
    shop.people(1)
    launch(draft, shop)
    operations.pause(campaign=draft, actor=ALICE, at_us=NOW)
    turn(shop)
    assert not ledger.rows
    assert queries.running([draft.id]) == set()
    operations.resume(campaign=draft, actor=ALICE, at_us=NOW)
    turn(shop)
    assert queries.running([draft.id]) == queries.running_ids() == {draft.id}
    assert len(ledger.rows) == 1


def test_a_campaign_that_cannot_go_on_is_paused_with_the_reason_and_others_go_on(draft, shop, ledger):
    shop.people(1)
    other = operations.create_draft(
        name="Other", audience="count(orders) >= 0", action={"name": "remember"}, actor=ALICE, at_us=NOW
    )
    launch(draft, shop)
    launch(other, shop)
    Campaign.objects.filter(id=draft.id).update(action={"name": "gone", "params": {}})
    turn(shop)
    row = queries.campaign(draft.id)
    assert (row.status, row.note) == ("paused", "unknown_action")
    assert [campaign for campaign, _person in ledger.rows] == [other.id]


def test_a_person_who_stops_it_in_the_same_moment_wins(draft, shop, ledger, monkeypatch):
    shop.people(1)
    launch(draft, shop)
    turn(shop)
    ledger.open.clear()
    turn(shop, NOW + HOUR_US)
    finish = operations.finish

    def stopped_before(**kwargs):
        operations.stop(campaign=queries.campaign(draft.id), actor=ALICE, at_us=NOW)
        return finish(**kwargs)

    monkeypatch.setattr(operations, "finish", stopped_before)
    turn(shop, NOW + 20 * DAY_US)
    assert Campaign.objects.get().status == "stopped"


def test_a_busy_warehouse_is_asked_again_later(draft, shop, ledger, monkeypatch):
    shop.people(1)
    launch(draft, shop)

    def busy(*args, **kwargs):
        raise WarehouseBusy("warehouse_busy", "Later.")

    with monkeypatch.context() as patch:
        patch.setattr(shop, "query", busy)
        turn(shop)
    assert Campaign.objects.get().status == "running"
    turn(shop)
    assert len(ledger.rows) == 1


def test_stopped_every_open_row_gets_an_outcome(draft, shop, ledger, monkeypatch):
    monkeypatch.setattr(jobs, "CLOSE_ROWS", 20)
    shop.people(*range(1, 51))
    launch(draft, shop)
    turn(shop)
    operations.stop(campaign=queries.campaign(draft.id), actor=ALICE, at_us=NOW)
    assert queries.running_ids() == set()
    turn(shop)
    assert (len(ledger.open), set(ledger.closed.values())) == (0, {"campaign_stopped"})
    assert Campaign.objects.get().is_closed


def test_it_is_done_a_window_after_the_last_outcome(draft, shop, ledger):
    shop.people(1, 2)
    launch(draft, shop)
    turn(shop)
    ledger.open.clear()
    delivered = NOW + HOUR_US
    turn(shop, delivered)
    turn(shop, delivered + 14 * DAY_US - 1)
    assert Campaign.objects.get().status == "running"
    turn(shop, delivered + 14 * DAY_US)
    assert Campaign.objects.get().status == "done"


def test_an_unknown_campaign_is_refused(db):
    with pytest.raises(NotFound):
        queries.campaign("nothing")

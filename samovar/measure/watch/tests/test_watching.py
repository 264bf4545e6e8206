"""A counter that is watched: a drop opens one alert, which closes when the figure is back; a crash, a change and a fault."""

from __future__ import annotations

import email
import email.policy
import random

import pytest
from django.conf import settings

from samovar.communicate.models import MailboxMail
from samovar.engine.warehouse.client import WarehouseBusy
from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from samovar.measure.builder import dispatches, schedules
from samovar.measure.builder import operations as reports
from samovar.measure.models import CounterAlert, CounterWatch, Dispatch, SavedReport
from samovar.measure.reports.tests.shop import Shop
from samovar.measure.watch import operations
from samovar.measure.watch.jobs import SETTLE_US, keep_watch
from samovar.staff.actors import Actor

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")
VIEW = 'event("Product Viewed")'


def _counter(shop: Shop, **params: str) -> SavedReport:
    asked = {"of": VIEW, "window": "15", "line": "below 60% of usual", "hold": "3", **params}
    return reports.save_report(
        values={"name": "Views", "report": "live", "params": asked, "chart": "line"}, actor=ACTOR, at_us=shop.at_us
    )


def _weeks_of_views(shop: Shop, *, kept: float, drop_us: tuple[int, int]) -> None:
    """Four views a minute, give or take, in five weeks' same hours; in the drop a share of them is kept."""
    chance = random.Random(7)
    shop.person(1)
    times = []
    for week in range(5):
        for minute in range(-300, 240):
            at_us = shop.at_us - week * 7 * DAY_US + minute * MINUTE_US
            for _n in range(chance.choice((3, 4, 5))):
                is_lost = week == 0 and drop_us[0] <= at_us < drop_us[1] and chance.random() >= kept
                if not is_lost:
                    times.append(at_us + chance.randrange(60) * SECOND_US)
    shop.events(1, "Product Viewed", times)


def _play(shop: Shop, from_us: int, until_us: int, step_us: int = MINUTE_US) -> None:
    for at_us in range(from_us, until_us + 1, step_us):
        keep_watch(warehouse=shop, at_us=at_us)


def test_a_drop_by_half_opens_one_alert_and_its_end_closes_it(announced):
    shop = Shop()
    drop_us = shop.at_us + 10 * MINUTE_US, shop.at_us + 110 * MINUTE_US
    _weeks_of_views(shop, kept=0.5, drop_us=drop_us)
    report = _counter(shop, line="below 75% of usual")
    _play(shop, shop.at_us, shop.at_us + 100 * MINUTE_US, 2 * MINUTE_US)
    alert = CounterAlert.objects.get()
    assert alert.report == report and alert.closed_us is None
    assert drop_us[0] < alert.since_us < alert.opened_us < drop_us[0] + 30 * MINUTE_US
    assert alert.opened_us - alert.since_us == 2 * MINUTE_US
    assert alert.worst <= alert.figure < alert.line
    assert alert.last_us > alert.opened_us + 30 * MINUTE_US
    _play(shop, shop.at_us + 100 * MINUTE_US, shop.at_us + 200 * MINUTE_US, 2 * MINUTE_US)
    alert.refresh_from_db()
    assert drop_us[1] < alert.closed_us < drop_us[1] + 40 * MINUTE_US
    assert CounterAlert.objects.count() == 1
    assert announced("Counter Alert Opened") == announced("Counter Alert Closed") == 1


@pytest.mark.parametrize("step_us", [MINUTE_US, 7 * MINUTE_US, HOUR_US, 4 * HOUR_US])
def test_passes_seldom_or_often_tell_the_same(step_us):
    shop = Shop()
    _weeks_of_views(shop, kept=0.2, drop_us=(shop.at_us + 31 * MINUTE_US, shop.at_us + 90 * MINUTE_US))
    _counter(shop)
    _play(shop, shop.at_us, shop.at_us, step_us)
    _play(shop, shop.at_us + step_us, shop.at_us + 240 * MINUTE_US, step_us)
    keep_watch(warehouse=shop, at_us=shop.at_us + 240 * MINUTE_US)
    alert = CounterAlert.objects.get()
    minutes = [(us - shop.at_us) // MINUTE_US for us in (alert.since_us, alert.opened_us, alert.closed_us)]
    assert minutes == [37, 39, 111]


def test_quiet_hours_open_nothing():
    shop = Shop()
    _weeks_of_views(shop, kept=1.0, drop_us=(0, 0))
    _counter(shop)
    _play(shop, shop.at_us - 240 * MINUTE_US, shop.at_us + 230 * MINUTE_US, 10 * MINUTE_US)
    assert not CounterAlert.objects.exists()
    assert CounterWatch.objects.get().watched_us == shop.at_us + 230 * MINUTE_US - SETTLE_US


def test_a_pass_that_is_read_twice_is_told_once(announced):
    shop = Shop()
    _weeks_of_views(shop, kept=0.0, drop_us=(shop.at_us, shop.at_us + 100 * MINUTE_US))
    report = _counter(shop)
    keep_watch(warehouse=shop, at_us=shop.at_us)
    stale = CounterWatch.objects.get()
    keep_watch(warehouse=shop, at_us=shop.at_us + 60 * MINUTE_US)
    opened = operations.Opened
    alert = CounterAlert.objects.get()
    judged = operations.Judged(alert.opened_us, "beyond", 1.0, 2.0)
    CounterAlert.objects.update(closed_us=alert.opened_us)
    operations.tell(stale, turns=[opened(judged, judged)], judged=[judged], until_us=shop.at_us, side="below", kind="number")
    assert CounterAlert.objects.filter(report=report).count() == 1
    assert announced("Counter Alert Opened") == 1


def test_a_counter_that_changes_is_watched_anew_and_its_alert_closes():
    shop = Shop()
    _weeks_of_views(shop, kept=0.0, drop_us=(shop.at_us, shop.at_us + 200 * MINUTE_US))
    report = _counter(shop)
    _play(shop, shop.at_us, shop.at_us + 60 * MINUTE_US, 20 * MINUTE_US)
    assert CounterAlert.objects.get().closed_us is None
    report = reports.change_report(report=report, values={"name": "Looks"}, actor=ACTOR, at_us=shop.at_us)
    keep_watch(warehouse=shop, at_us=shop.at_us + 61 * MINUTE_US)
    assert CounterAlert.objects.get().closed_us is None
    params = {**report.params, "line": "below 10% of usual"}
    report = reports.change_report(report=report, values={"params": params}, actor=ACTOR, at_us=shop.at_us)
    _play(shop, shop.at_us + 62 * MINUTE_US, shop.at_us + 66 * MINUTE_US)
    first, second = CounterAlert.objects.order_by("id")
    assert first.closed_us == shop.at_us + 61 * MINUTE_US
    assert second.opened_us > first.closed_us and second.closed_us is None
    reports.change_report(report=report, values={"params": {"of": VIEW}}, actor=ACTOR, at_us=shop.at_us)
    keep_watch(warehouse=shop, at_us=shop.at_us + 67 * MINUTE_US)
    assert not CounterAlert.objects.filter(closed_us=None).exists()
    assert not CounterWatch.objects.exists()


def test_what_cannot_be_counted_says_why_and_is_counted_again_when_it_can():
    shop = Shop()
    shop.person(1)
    _counter(shop, line="below 1", of='event("Quiz Finished")')
    keep_watch(warehouse=shop, at_us=shop.at_us)
    keep_watch(warehouse=shop, at_us=shop.at_us + MINUTE_US)
    assert "Quiz Finished" in CounterWatch.objects.get().fault
    shop.event(1, "Quiz Finished", shop.at_us)
    keep_watch(warehouse=shop, at_us=shop.at_us + 2 * MINUTE_US)
    assert CounterWatch.objects.get().fault == ""


def test_a_warehouse_that_is_busy_is_asked_again():
    class Busy(Shop):
        def query(self, name, /, **params):
            raise WarehouseBusy("busy", "busy")

    shop = Shop()
    _weeks_of_views(shop, kept=1.0, drop_us=(0, 0))
    _counter(shop)
    keep_watch(warehouse=shop, at_us=shop.at_us)
    keep_watch(warehouse=Busy(), at_us=shop.at_us + 5 * MINUTE_US)
    assert CounterWatch.objects.get().watched_us == shop.at_us - SETTLE_US
    assert CounterWatch.objects.get().fault == ""


def test_an_alert_is_acknowledged_while_it_is_open():
    shop = Shop()
    _weeks_of_views(shop, kept=0.0, drop_us=(shop.at_us, shop.at_us + 60 * MINUTE_US))
    _counter(shop)
    _play(shop, shop.at_us, shop.at_us + 60 * MINUTE_US, 20 * MINUTE_US)
    alert = operations.acknowledge(alert=CounterAlert.objects.get(), note=" The tag fell off. ", actor=ACTOR, at_us=shop.at_us)
    assert (alert.acknowledged_by, alert.note, alert.closed_us) == (ACTOR.name, "The tag fell off.", None)
    keep_watch(warehouse=shop, at_us=shop.at_us + 120 * MINUTE_US)
    with pytest.raises(operations.AlreadyClosed):
        operations.acknowledge(alert=alert, note="", actor=ACTOR, at_us=shop.at_us)


def test_an_alert_goes_by_letter_once_to_each_address():
    shop = Shop()
    _weeks_of_views(shop, kept=0.0, drop_us=(shop.at_us + 10 * MINUTE_US, shop.at_us + 60 * MINUTE_US))
    report = _counter(shop)
    asked = {"every": "alert", "addresses": "alice@tea.example bob@tea.example", "format": "csv", "language": "ru"}
    schedules.save(of=report, values=asked, zone=settings.WORKSPACE.zone, actor=ACTOR, at_us=shop.at_us)
    _play(shop, shop.at_us, shop.at_us + 120 * MINUTE_US, 20 * MINUTE_US)
    alert = CounterAlert.objects.get()
    for minute in (30, 31, 32, 90, 121):
        dispatches.tick(workspace=settings.WORKSPACE, warehouse=shop, at_us=shop.at_us + minute * MINUTE_US)
    assert {(row.address, row.state, row.due_us) for row in Dispatch.objects.all()} == {
        ("alice@tea.example", "sent", alert.opened_us), ("bob@tea.example", "sent", alert.opened_us),
    }  # fmt: skip
    letters = [email.message_from_bytes(bytes(one.raw), policy=email.policy.default) for one in MailboxMail.objects.all()]
    assert len(letters) == 2
    assert letters[0]["Subject"] == "«Views» ниже границы"  # in its own language, whoever runs the turn
    assert "в момент оповещения при границе" in letters[0].get_body().get_content()
    assert schedules.as_json(report.schedules.get())["next_us"] is None


def test_a_letter_goes_about_an_alert_of_a_minute_that_was_over_before_the_counter_was_kept():
    """A counter kept in the middle of a drop, with its letter: the minute that opens the alert is judged a minute later."""
    shop = Shop()
    _weeks_of_views(shop, kept=0.0, drop_us=(shop.at_us - 20 * MINUTE_US, shop.at_us + 60 * MINUTE_US))
    kept_us = shop.at_us + 47 * SECOND_US
    report = _counter(shop, line="below 5")
    asked = {"every": "alert", "addresses": "alice@tea.example", "format": "csv"}
    schedules.save(of=report, values=asked, zone=settings.WORKSPACE.zone, actor=ACTOR, at_us=kept_us)
    for at_us in range(kept_us + SECOND_US, kept_us + 3 * MINUTE_US, 5 * SECOND_US):
        keep_watch(warehouse=shop, at_us=at_us)
        dispatches.tick(workspace=settings.WORKSPACE, warehouse=shop, at_us=at_us)
    assert CounterAlert.objects.get().opened_us == shop.at_us < kept_us
    assert [(row.address, row.state) for row in Dispatch.objects.all()] == [("alice@tea.example", "sent")]
    later = {**asked, "addresses": "bob@tea.example"}  # Bob comes to an alert that everybody knows of
    schedules.save(of=report, values=later, zone=settings.WORKSPACE.zone, actor=ACTOR, at_us=kept_us + 4 * MINUTE_US)
    dispatches.tick(workspace=settings.WORKSPACE, warehouse=shop, at_us=kept_us + 5 * MINUTE_US)
    assert MailboxMail.objects.count() == 1


def test_only_a_counter_with_a_line_has_alerts_to_be_sent():
    shop = Shop()
    _weeks_of_views(shop, kept=1.0, drop_us=(0, 0))
    report = _counter(shop, line="")
    asked = {"every": "alert", "addresses": "alice@tea.example", "format": "csv"}
    with pytest.raises(reports.BadReport) as refused:
        schedules.save(of=report, values=asked, zone=settings.WORKSPACE.zone, actor=ACTOR, at_us=shop.at_us)
    assert (refused.value.code, refused.value.field) == ("no_alerts", "every")

"""Quality through the doors of the office: what is counted of what came, alarms by page and REST, and what rests on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from samovar.collect.quality import operations, queries, unsafe
from samovar.collect.quality.jobs import keep_quality
from samovar.collect.quality.models import QualityAlarm, QualityDay, QualityHour, QualityMark
from samovar.collect.quality.operations import Fallen
from samovar.decide import operations as campaigns
from samovar.doors.office.tests.conftest import BOB, NOW, House, track
from samovar.doors.office.tests.test_api import called
from samovar.engine import store
from samovar.kit.clock import HOUR_US
from samovar.measure.builder import operations as saving
from samovar.staff.models import AuditRow
from samovar.understand import operations as segments
from samovar.understand import words

pytestmark = [pytest.mark.django_db, pytest.mark.store]


def keep(house: House) -> None:
    keep_quality(cursor=house.warehouse.cursor(), zone=house.workspace.zone, at_us=NOW)


def rows_of(event: str, field: str = "", source: str = "server") -> list[tuple[int, int]]:
    """(seen, valid) of each day of a stream."""
    stream = queries.stream(source, event, field)
    return list(QualityDay.objects.filter(stream=stream).order_by("day").values_list("seen", "valid"))


@pytest.fixture
def fallen(shop: House) -> QualityAlarm:
    """An open alarm on the names of viewed products, and segments and a campaign that read them or do not."""
    keep(shop)
    for slug, text in {
        "tea": 'count(views where name = "Улун") >= 1',
        "deep": 'in segment "tea"',
        "buyers": "count(orders) >= 1",
    }.items():
        segments.create(name=slug.title(), slug=slug, rule=words.read(text, shop.warehouse), actor=BOB, at_us=NOW)
    campaigns.create_draft(name="Autumn", segment="deep", actor=BOB, at_us=NOW)
    stream = queries.stream("server", "Product Viewed", "name")
    told = Fallen(stream.pk, "filled", NOW - HOUR_US, 1.0, 0.25)
    assert operations.tell_alarms(fallen=[told], back=[], still=[], at_us=NOW) == 1
    return QualityAlarm.objects.get()


def test_the_first_count_of_a_shop_to_which_nothing_came_is_over_at_once(house: House, owner: Client) -> None:
    under_way = b"The first count of what came is under way"
    assert under_way in owner.get("/quality/").content
    keep(house)
    assert under_way not in owner.get("/quality/").content


def test_events_fields_traits_and_lines_are_counted_on_their_days(shop: House) -> None:
    keep(shop)
    assert rows_of("Product Viewed") == rows_of("Product Viewed", "name") == [(2, 2)]
    assert rows_of("Order Completed") == [(1, 1), (1, 1), (1, 1)]
    assert rows_of("Order Completed", "lines.sku") == [(1, 1), (1, 1)]
    assert rows_of("identify") == [(1, 1), (1, 1)]
    assert rows_of("identify", "city") == [(1, 1)]
    assert rows_of("page") == [(1, 1)]
    assert sum(seen for seen, _valid in rows_of("")) == 9


def test_what_comes_later_is_added_once_to_the_day_it_speaks_of(shop: House) -> None:
    keep(shop)
    keep(shop)
    shop.take(track("Product Viewed", "2026-10-30T12:00Z", userId="alice", properties={"name": "", "product_id": "x"}))
    keep(shop)
    assert rows_of("Product Viewed") == [(3, 3)]
    assert rows_of("Product Viewed", "name") == [(2, 2)]
    assert QualityMark.objects.get().after == QualityMark.objects.get().upto > 0


def test_a_pass_that_was_told_to_leave_off_goes_on_where_it_stood(shop: House) -> None:
    whole: dict[str, Any] = {}
    for rest in (lambda _took_s: True, lambda _took_s: False):
        for _pass in range(40):
            keep_quality(cursor=shop.warehouse.cursor(), zone=shop.workspace.zone, at_us=NOW, rest=rest)
        whole[str(rest)] = sorted(QualityHour.objects.values_list("stream__event", "stream__field", "hour", "seen"))
        operations.forget_counts()
    first, second = whole.values()
    assert first == second != []


def test_values_that_could_name_somebody_are_not_kept(house: House) -> None:
    told = {"mail": "olga@example.ru", "phone": "+7 912 345-67-89", "plan": "gold"}
    house.take(*(track("Signed Up", "2026-10-30T10:00Z", userId=f"u{n % 3}", properties=told) for n in range(9)))
    keep(house)
    bins = {row.stream.field: row.bins for row in QualityDay.objects.exclude(stream__field="").select_related("stream")}
    assert bins == {"mail": {"…": 9}, "phone": {"…": 9}, "plan": {"=gold": 9}}


def test_a_value_of_another_kind_or_far_outside_is_not_valid(house: House) -> None:
    house.take(*(track("Added", "2026-10-20T10:00Z", userId="a", properties={"price": 100 + n}) for n in range(60)),
               received="2026-10-20T10:30Z")  # fmt: skip
    keep(house)
    values: list[Any] = [120, "120", 1_000_000, None]
    house.take(*(track("Added", "2026-10-31T10:00Z", userId="a", properties={"price": value}) for value in values))
    keep(house)
    assert rows_of("Added", "price") == [(60, 60), (3, 1)]


def test_a_trait_that_its_check_calls_invalid_is_not_valid(house: House) -> None:
    for who, born in (("a", "1990-05-01"), ("b", "2990-05-01")):
        traits = {"birthday": born, "city": "Казань"}
        house.take({"type": "identify", "userId": who, "timestamp": "2026-10-30T10:00Z", "traits": traits})
    verdicts = house.rows("SELECT text, verdict FROM attributes WHERE name = 'birthday' ORDER BY person_id")
    keep(house)
    assert rows_of("identify", "birthday") == [(2, 1)], verdicts
    assert rows_of("identify", "city") == [(2, 2)]


def test_visits_by_advertising_are_told_with_their_keyword(house: House) -> None:
    def visit(query: str) -> dict[str, Any]:
        address = f"https://shop.example/?{query}"
        return {"type": "page", "anonymousId": "d", "timestamp": "2026-10-30T10:00Z", "properties": {"url": address}}

    house.take(
        visit("utm_source=Yandex&utm_medium=cpc&utm_term=%D1%87%D0%B0%D0%B9+%D1%83%D0%BB%D1%83%D0%BD"),
        visit("utm_source=yandex&utm_medium=cpc"),
        visit("utm_source=google&yclid=1&utm_term=tea"),
        visit("utm_source=letter&utm_medium=email&utm_term=x"),
        source="site",
    )
    keep(house)
    found = {one.platform: (one.visits, one.share) for one in queries.keywords(zone=house.workspace.zone, at_us=NOW)}
    assert found == {"yandex": (2, 0.5), "google": (1, 1.0)}


def test_saved_reports_and_boards_that_read_a_fallen_field_are_named(shop: House, fallen: QualityAlarm, owner: Client) -> None:
    def save(slug: str, report: str = "custom", **params: str) -> None:
        values = {"name": slug.title(), "report": report, "params": params}
        saving.save_report(values=values, actor=BOB, at_us=NOW, slug=slug)

    save("by-name", of="views", rows="name", measures="people")
    save("of-tea", where='person.city = "Kazan"', among='in segment "tea"')
    save("by-figure", rows='person.count(views where name = "tea")')
    save("climbers", "ladder", rungs='tea: count(views where name = "tea") >= 1 | rest: count(orders) >= 1')
    save("steps", "funnel", steps='views where name = "tea" then orders')
    save("by-brand", of="views", rows="brand", measures="count; distinct(category)")
    save("walks", "paths")
    save("minutes", "live", of='views where name = "tea"', per="visits")
    for slug, tile in (("bad", {"saved": "by-name"}), ("good", {"report": "rfm"})):
        saving.save_board(values={"name": slug.title(), "tiles": [tile]}, actor=BOB, at_us=NOW, slug=slug)
    named = ["board/bad", "own/by-figure", "own/by-name", "own/climbers", "own/minutes", "own/of-tea", "own/steps"]
    assert sorted(unsafe.alarms_of("report")) == named
    for address, is_marked in (("by-name", True), ("by-brand", False), ("boards/bad", True), ("boards/good", False)):
        assert ("It rests on data" in owner.get(f"/reports/own/{address}/").content.decode()) is is_marked, address
    assert owner.get("/reports/own/").content.decode().count("unsafe data") == len(named)


def test_a_fallen_event_marks_the_paths_that_go_by_it(shop: House) -> None:
    keep(shop)
    saving.save_report(
        values={"name": "Carts", "report": "paths", "params": {"start": "Product Added"}}, actor=BOB, at_us=NOW, slug="carts"
    )
    told = Fallen(queries.stream("server", "Product Viewed", "").pk, "rows", NOW - HOUR_US, 1.0, 0.25)
    assert operations.tell_alarms(fallen=[told], back=[], still=[], at_us=NOW) == 1
    assert {"paths", "ladder", "funnel", "own/carts"} <= set(unsafe.alarms_of("report"))
    assert not {"cohorts", "rfm", "reach"} & set(unsafe.alarms_of("report"))


def test_a_fallen_source_marks_what_reads_the_events_it_sends(shop: House, owner: Client) -> None:
    shop.take(track("Tasted", "2026-09-03T09:00Z", user="alice"), source="tasting")
    keep(shop)
    segments.create(
        name="Tasters", slug="tasters", rule=words.read('count(event("Tasted")) >= 1', shop.warehouse), actor=BOB, at_us=NOW
    )
    stream = queries.stream("tasting", "", "")
    told = Fallen(stream.pk, "rows", NOW - HOUR_US, 1.0, 0.25)
    assert operations.tell_alarms(fallen=[told], back=[], still=[], at_us=NOW) == 1
    assert list(unsafe.alarms_of("segment")) == ["tasters"]
    assert list(unsafe.alarms_of("report")) == ["paths"]  # of whatever people do
    assert "Tasters" in owner.get(f"/quality/streams/{stream.pk}/").content.decode()


def test_an_alarm_is_told_once_and_closes_once(shop: House, fallen: QualityAlarm) -> None:
    told = Fallen(fallen.stream_id, "filled", NOW, 1.0, 0.1)
    assert operations.tell_alarms(fallen=[told], back=[], still=[fallen.pk], at_us=NOW + HOUR_US) == 0
    assert operations.tell_alarms(fallen=[], back=[fallen.pk], still=[], at_us=NOW + 2 * HOUR_US) == 1
    assert operations.tell_alarms(fallen=[], back=[fallen.pk], still=[], at_us=NOW + 3 * HOUR_US) == 0
    names = store.fetch("SELECT name FROM engine_outbox WHERE name LIKE 'Quality Alarm%%' ORDER BY id")
    assert [name for (name,) in names] == ["Quality Alarm Opened", "Quality Alarm Closed"]


def test_what_rests_on_a_fallen_field_is_named_everywhere(shop: House, fallen: QualityAlarm, owner: Client) -> None:
    status, told = called(owner, "GET", "/quality/unsafe")
    assert status == 200
    assert [(one["kind"], one["slug"]) for one in told["unsafe"]] == [
        ("campaign", "autumn"), ("segment", "deep"), ("segment", "tea"),
    ]  # fmt: skip
    reason = {"alarm": fallen.pk, "kind": "filled", "source": "server", "event": "Product Viewed", "field": "name"}
    assert called(owner, "GET", "/segments/deep")[1]["unsafe"] == [reason]
    assert called(owner, "GET", "/segments/buyers")[1]["unsafe"] == []
    assert called(owner, "GET", "/campaigns/autumn")[1]["unsafe"] == [reason]
    for address in ("/segments/", "/segments/deep/", "/campaigns/", "/campaigns/autumn/", "/quality/", "/"):
        page = owner.get(address, follow=True).content.decode()
        assert "“name” of “Product Viewed” is lost" in page.replace("&#x27;", "'"), address
    assert "It rests on data" not in owner.get("/segments/buyers/").content.decode()


def test_an_unsafe_campaign_is_launched_only_by_who_accepts_it(shop: House, fallen: QualityAlarm, owner: Client) -> None:
    status, refused = called(owner, "POST", "/campaigns/autumn/launch")
    assert (status, refused["error"]["code"]) == (409, "unsafe_audience")
    assert refused["error"]["params"]["unsafe"][0]["field"] == "name"
    page = owner.post("/campaigns/autumn/launch/", follow=True).content.decode()
    assert "rests on data that fell" in page
    status, refused = called(owner, "POST", "/campaigns/autumn/launch?accept_unsafe=true")
    assert refused["error"]["code"] == "cannot_launch"  # for want of a letter, no longer for the data


def test_taking_note_is_told_audited_and_refused_once_it_is_over(
    shop: House, fallen: QualityAlarm, client_of: Callable[[str], Client]
) -> None:
    analyst, marketer = client_of("analyst"), client_of("marketer")
    address = f"/quality/alarms/{fallen.pk}/acknowledge"
    assert called(analyst, "POST", address, {"note": "mine"})[0] == 403
    assert QualityAlarm.objects.get().acknowledged_by == ""
    assert called(marketer, "POST", address, {"note": "A new site"})[0] == 200
    assert marketer.post(address, {"note": "A new site, mended on Monday"}).status_code == 302
    audited = AuditRow.objects.filter(action="quality_alarm.acknowledge").values_list("new", flat=True)
    assert [row["note"] for row in audited] == ["A new site", "A new site, mended on Monday"]
    assert "mended on Monday" in marketer.get("/quality/alarms/").content.decode()
    assert "is lost" not in marketer.get("/").content.decode()
    operations.tell_alarms(fallen=[], back=[fallen.pk], still=[], at_us=NOW)
    assert called(marketer, "POST", address, {"note": ""})[1]["error"]["code"] == "alarm_closed"
    assert called(marketer, "POST", "/quality/alarms/999/acknowledge", {})[0] == 404


def test_page_command_and_rest_tell_the_same_figures(shop: House, owner: Client) -> None:
    keep(shop)
    told = called(owner, "GET", "/quality?field=Product%20Viewed.name")[1]
    assert [(one["event"], one["field"], one["rows"], one["filled"]) for one in told["fields"]] == [
        ("Product Viewed", "name", 2, 1.0)
    ]
    days = called(owner, "GET", "/quality/stream?source=server&event=Product%20Viewed&field=name")[1]["days"]
    assert [(one["rows"], one["filled"]) for one in days if one["rows"]] == [(2, 1.0)]
    stream = queries.stream("server", "Product Viewed", "name")
    for address in (f"/quality/streams/{stream.pk}/", f"/quality/sources/{queries.stream('server', '', '').pk}/"):
        assert "100.0%" in owner.get(address).content.decode()
    assert owner.get("/quality/streams/99999/").status_code == 404


def test_readiness_says_what_never_came_and_refuses_nonsense(shop: House, owner: Client) -> None:
    keep(shop)
    status, told = called(owner, "GET", "/quality/readiness?wants=views%20then%20cart_adds&from=2026-10-30&to=2026-10-31")
    assert (status, told["verdict"]) == (200, "not ready")
    assert [(step["step"], step["wants"][0]["missing"]) for step in told["steps"]] == [
        ("Product Viewed", False), ("Product Added", True),
    ]  # fmt: skip
    page = owner.get("/quality/ready/?wants=nonsense+then")
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()


def test_nothing_counted_yet_is_a_page_of_its_own(house: House, owner: Client) -> None:
    page = owner.get("/quality/").content.decode()
    assert "Nothing was counted yet" in page and "first count" in page
    assert "Everything comes as usual" in owner.get("/quality/alarms/").content.decode()


def test_entry_names_who_brought_what_and_what_nobody_used(shop: House, owner: Client) -> None:
    called(owner, "PUT", "/record-types/vehicle", {"label": "Car", "time": "", "fields": {}})
    answer = called(owner, "GET", "/quality/entry")[1]
    unused = {(one["role"], one["permission"]) for one in answer["unused"]}
    assert ("owner", "segments:write") in unused
    assert ("owner", "settings:write") not in unused
    assert "Discipline of entry" in owner.get("/quality/entry/").content.decode()

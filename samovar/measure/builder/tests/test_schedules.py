"""Reports by e-mail: due by the clock of the workspace, once for each occurrence whatever fails, said where somebody looks."""

from __future__ import annotations

import datetime as dt
import email
import html
import io
import re

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation
from python_calamine import CalamineWorkbook

from samovar.communicate.models import MailboxMail
from samovar.communicate.tests.sinks import Script, scripted
from samovar.doors.office import overview
from samovar.engine.models import Setting
from samovar.engine.warehouse import client as warehouse
from samovar.engine.warehouse.client import WarehouseBusy
from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US, Zone, parse_moment
from samovar.kit.errors import Refusal
from samovar.measure.builder import dispatches, files, operations, pdf, schedules
from samovar.measure.builder.fields import BadReport
from samovar.measure.models import Board, Dispatch, Schedule
from samovar.measure.reports.tests.shop import a_shop
from samovar.staff.actors import Actor
from samovar.staff.models import AuditRow, Member, Role

pytestmark = pytest.mark.django_db
ALICE = Actor("staff", "1", "Alice")
DAILY = {"addresses": "alice@tea.example", "every": "daily", "time": "09:00", "format": "csv"}
LONDON = Zone("Europe/London")


@pytest.fixture
def shop(monkeypatch):
    shop = a_shop(3)
    monkeypatch.setattr(warehouse, "_current", shop)
    return shop


@pytest.fixture
def report(shop):
    params = {"rows": "person.city", "measures": "people"}
    return operations.save_report(values={"name": "Города", "params": params}, slug="cities", actor=ALICE, at_us=shop.at_us)


def scheduled(report, at_us, **values):
    return schedules.save(of=report, values={**DAILY, **values}, zone=settings.WORKSPACE.zone, actor=ALICE, at_us=at_us)


def turn(shop, at_us):
    return dispatches.tick(workspace=settings.WORKSPACE, warehouse=shop, at_us=at_us)


@pytest.fixture
def board(report):
    tiles = [
        {"saved": "cities"}, {"report": "custom", "params": {"rows": "chanel"}, "title": "Cities"},
        {"report": "custom", "params": {"measures": "people"}, "chart": "figure", "title": "How many"},
    ]  # fmt: skip
    row = operations.save_board(values={"name": "Утро", "tiles": tiles[:1] + tiles[2:]}, slug="morning", actor=ALICE, at_us=1)
    Board.objects.filter(id=row.id).update(tiles=tiles)  # a field that has gone since
    return Board.objects.get()


def sheets(file):
    book = CalamineWorkbook.from_filelike(io.BytesIO(file))
    return [(name, book.get_sheet_by_name(name).to_python()) for name in book.sheet_names]


def use(port):
    for name, value in {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}.items():
        Setting.objects.update_or_create(name=name, defaults={"value": value})


DUE = [  # every, weekday, day, minute, after, due: in London, where clocks change on 29 March and 25 October 2026
    ("daily", 1, 1, 540, "2026-06-15T08:59", "2026-06-15T09:00"),
    ("daily", 1, 1, 540, "2026-06-15T09:00", "2026-06-16T09:00"),
    ("daily", 1, 1, 90, "2026-03-28T12:00", "2026-03-29T02:30"),
    ("daily", 1, 1, 90, "2026-10-24T12:00", "2026-10-25T01:30"),
    ("weekly", 1, 1, 0, "2026-06-15T00:00", "2026-06-22T00:00"),
    ("weekly", 7, 1, 600, "2026-06-15T00:00", "2026-06-21T10:00"),
    ("monthly", 1, 28, 600, "2026-01-28T11:00", "2026-02-28T10:00"),
    ("monthly", 1, 1, 0, "2026-12-31T23:59", "2027-01-01T00:00"),
]


@pytest.mark.parametrize(("every", "weekday", "day", "minute", "after", "due"), DUE)
def test_when_it_is_due(every, weekday, day, minute, after, due):
    row = Schedule(every=every, weekday=weekday, day=day, minute=minute)
    found = schedules.next_us(row, parse_moment(after, LONDON), LONDON)
    assert LONDON.local(found).replace(tzinfo=None) == dt.datetime.fromisoformat(due)


def test_the_clock_that_strikes_twice_is_due_once():
    row = Schedule(every="daily", weekday=1, day=1, minute=90)
    first = schedules.next_us(row, parse_moment("2026-10-24T12:00", LONDON), LONDON)
    assert schedules.next_us(row, first, LONDON) - first == 25 * HOUR_US


@pytest.mark.parametrize(
    "values",
    [
        {"addresses": ""}, {"addresses": "alice"}, {"addresses": "a@b\r\nBcc: c@d"}, {"time": "25:00"}, {"every": "hourly"},
        {"language": "de"},
        {"format": "exe"}, {"weekday": "8"}, {"day": "31"}, {"addresses": " ".join(f"a{n}@b.c" for n in range(21))},
    ],
)  # fmt: skip
def test_it_refuses_what_no_schedule_is(report, shop, values):
    with pytest.raises(Refusal):
        scheduled(report, shop.at_us, **values)
    assert not Schedule.objects.exists()


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"every": "weekly", "weekday": "8"}, "weekday", "from 1 for Monday to 7 for Sunday"),
        ({"every": "weekly"}, "weekday", "from 1 for Monday to 7 for Sunday"),
        ({"every": "monthly", "day": "31"}, "day", "from 1 to 28"), ({"every": "monthly"}, "day", "from 1 to 28"),
        ({"time": "25:00"}, "time", "09:00"), ({"every": "hourly"}, "every", "daily, weekly, monthly, alert"),
        ({"format": "exe"}, "format", "csv, xlsx, pdf"),
    ],
)  # fmt: skip
def test_a_refusal_speaks_of_the_field_that_is_wrong(report, shop, values, field, says):
    with pytest.raises(BadReport) as refused:
        scheduled(report, shop.at_us, **values)
    assert refused.value.field == field and says in refused.value.message
    assert not Schedule.objects.exists()


def test_the_file_goes_to_the_built_in_mailbox_once_and_is_as_of_the_hour(report, shop):
    row = scheduled(report, shop.at_us, addresses="alice@tea.example, bob@tea.example")
    assert turn(shop, row.next_us - 1) == 0
    due_us = row.next_us
    assert turn(shop, due_us) == 2
    assert turn(shop, due_us) == turn(shop, due_us + HOUR_US) == 0
    mails = list(MailboxMail.objects.order_by("n"))
    assert [mail.to for mail in mails] == ["alice@tea.example", "bob@tea.example"]
    [text, file] = email.message_from_bytes(bytes(mails[0].raw)).get_payload()
    assert "Города" in text.get_payload(decode=True).decode()
    lines = file.get_payload(decode=True).decode("utf-8-sig").splitlines()
    found = shop.report("custom", report.params, due_us)
    assert sum(int(line.rpartition(",")[2]) for line in lines[1:]) == sum(row[1] for row in found.rows)
    assert set(Dispatch.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize(("language", "head"), [("en", "People"), ("ru", "Люди")])
def test_the_file_is_in_the_language_of_its_schedule_whoever_turns_the_wheel(report, shop, language, head):
    with translation.override(language):
        by_choice, by_reader = scheduled(report, shop.at_us, language="en"), scheduled(report, shop.at_us)
    assert (by_choice.language, by_reader.language) == ("en", language)
    turn(shop, by_reader.next_us)
    heads = [
        email.message_from_bytes(bytes(mail.raw)).get_payload()[1].get_payload(decode=True).decode("utf-8-sig").splitlines()[0]
        for mail in MailboxMail.objects.order_by("n")
    ]
    assert [head.rpartition(",")[2] for head in heads] == ["People", head]


def test_a_board_goes_as_a_workbook_of_a_sheet_a_tile_once_to_each_and_a_wrong_tile_stops_no_other(board, shop):
    row = scheduled(board, shop.at_us, format="xlsx", addresses="alice@tea.example, bob@tea.example")
    assert turn(shop, row.next_us) == 2
    assert turn(shop, row.next_us + HOUR_US) == 0
    mails = [email.message_from_bytes(bytes(mail.raw)).get_payload() for mail in MailboxMail.objects.order_by("n")]
    assert len(mails) == 2
    assert re.fullmatch(r"morning-.*\.xlsx", mails[0][1].get_filename())
    book = sheets(mails[0][1].get_payload(decode=True))
    assert [name for name, _rows in book] == ["Города", "Cities", "How many"]
    found = shop.report("custom", {"rows": "person.city", "measures": "people"}, row.next_us)
    assert sum(line[1] for line in book[0][1][1:]) == sum(line[1] for line in found.rows)
    assert "chanel" in book[1][1][0][0]
    assert book[2][1][1] == shop.report("custom", {"measures": "people"}, row.next_us).rows[0]
    assert set(Dispatch.objects.values_list("state", flat=True)) == {"sent"}


def test_the_document_of_a_board_has_each_tile_with_its_table_its_figures_or_its_fault(board, shop, monkeypatch):
    monkeypatch.setattr(pdf, "document", lambda title, note, sections, **_more: "".join(sections).encode())
    asked = {"warehouse": shop, "at_us": shop.at_us}
    text = html.unescape(files.board_content(board, "pdf", period="", among='city = "Kazan"', **asked).decode())
    table, fault, figure = text.split("<h2>")[1:]
    assert table.startswith("Города</h2><table")
    assert "Москва" not in table
    assert "chanel" in fault
    kazan = shop.report("custom", {"measures": "people", "among": 'city = "Kazan"'}).rows[0][0]
    assert f"<dd>{kazan}</dd>" in figure


def test_a_busy_warehouse_keeps_a_board_waiting_and_one_without_tiles_is_no_letter(board, shop):
    row = scheduled(board, shop.at_us, format="pdf")
    busy = type("Busy", (), {"query": lambda *_a, **_n: (_ for _ in ()).throw(WarehouseBusy("busy", "busy"))})()
    turn(busy, row.next_us)
    assert (Dispatch.objects.get().state, Dispatch.objects.get().attempts) == ("planned", 0)
    operations.change_board(board=board, values={"tiles": []}, actor=ALICE, at_us=2)
    turn(shop, row.next_us + HOUR_US)
    turn(shop, row.next_us + 2 * HOUR_US)
    assert Dispatch.objects.get().state == "failed"
    [waiting] = overview._scheduled()
    assert ("Утро" in waiting.title, waiting.url) == (True, "/reports/own/boards/morning/")


def test_a_board_is_no_csv_and_a_schedule_is_of_one_thing(board, report, shop):
    with pytest.raises(Refusal, match="CSV"):
        scheduled(board, shop.at_us, format="csv")
    assert not Schedule.objects.exists()
    row = scheduled(board, shop.at_us, format="pdf")
    for both in ({"report": report}, {"board": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Schedule.objects.filter(id=row.id).update(**both)
    operations.remove_board(board=board, actor=ALICE, at_us=2)
    assert not Schedule.objects.exists()


def test_after_standing_still_only_the_latest_occurrence_goes_out(report, shop):
    row = scheduled(report, shop.at_us)
    turn(shop, row.next_us + 5 * DAY_US)
    assert list(Dispatch.objects.values_list("due_us", flat=True)) == [row.next_us + 5 * DAY_US]
    assert Schedule.objects.get().next_us == row.next_us + 6 * DAY_US


def test_a_mail_that_fails_is_tried_once_more_and_then_said(report, shop):
    row = scheduled(report, shop.at_us)
    with scripted(Script(dot="451 later")) as server:
        use(server.port)
        turn(shop, row.next_us)
        assert (Dispatch.objects.get().state, Dispatch.objects.get().attempts) == ("planned", 1)
        assert turn(shop, row.next_us + 9 * MINUTE_US) == 0
        turn(shop, row.next_us + 10 * MINUTE_US)
        assert turn(shop, row.next_us + 5 * HOUR_US) == 0
        assert len(server.letters) == 2
    assert (Dispatch.objects.get().state, Dispatch.objects.get().attempts) == ("failed", 2)
    [waiting] = overview._scheduled()
    assert "Города" in waiting.title
    assert "alice@tea.example" in waiting.note


def test_a_second_try_that_arrives_is_the_end_of_it(report, shop):
    row = scheduled(report, shop.at_us)
    with scripted(Script(dot="451 later")) as server:
        use(server.port)
        turn(shop, row.next_us)
        server.dot = "250 taken"
        turn(shop, row.next_us + 10 * MINUTE_US)
        turn(shop, row.next_us + 20 * MINUTE_US)
    assert (Dispatch.objects.get().state, len(server.letters)) == ("sent", 2)
    assert dispatches.undelivered() == []


def test_silence_after_the_content_is_doubt_and_is_never_sent_again(report, shop):
    row = scheduled(report, shop.at_us)
    with scripted(Script(drop_at="dot")) as server:
        use(server.port)
        turn(shop, row.next_us)
        turn(shop, row.next_us + HOUR_US)
        assert len(server.letters) == 1
    assert Dispatch.objects.get().state == "in_doubt"


@pytest.mark.parametrize("point", ["before", "after"])
def test_a_crash_around_the_wire_sends_nothing_twice(report, shop, monkeypatch, point):
    row = scheduled(report, shop.at_us)
    real = dispatches.courier.post

    def killed(**facts):
        if point == "after":
            real(**facts)
        raise KeyboardInterrupt

    monkeypatch.setattr(dispatches.courier, "post", killed)
    with pytest.raises(KeyboardInterrupt):
        turn(shop, row.next_us)
    monkeypatch.setattr(dispatches.courier, "post", real)
    assert turn(shop, row.next_us + MINUTE_US) == 0
    assert turn(shop, row.next_us + 10 * MINUTE_US) == 0
    assert Dispatch.objects.get().state == "in_doubt"
    assert MailboxMail.objects.count() == (1 if point == "after" else 0)
    assert len(dispatches.undelivered()) == 1


def test_a_crash_between_planning_and_sending_sends_once(report, shop, monkeypatch):
    row = scheduled(report, shop.at_us)
    dispatches._plan(settings.WORKSPACE.zone, row.next_us)
    dispatches._plan(settings.WORKSPACE.zone, row.next_us)
    turn(shop, row.next_us)
    assert MailboxMail.objects.count() == 1


def test_a_busy_warehouse_is_no_failed_attempt(report, shop, monkeypatch):
    row = scheduled(report, shop.at_us)
    busy = type("Busy", (), {"query": lambda *_a, **_n: (_ for _ in ()).throw(WarehouseBusy("busy", "busy"))})()
    turn(busy, row.next_us)
    assert (Dispatch.objects.get().state, Dispatch.objects.get().attempts) == ("planned", 0)
    turn(shop, row.next_us + MINUTE_US)
    assert Dispatch.objects.get().state == "sent"


def test_a_report_that_is_refused_says_why(report, shop):
    row = scheduled(report, shop.at_us)
    operations.change_report(report=report, values={"params": {"rows": "chanel"}}, actor=ALICE, at_us=2)
    turn(shop, row.next_us)
    turn(shop, row.next_us + 10 * MINUTE_US)
    assert Dispatch.objects.get().state == "failed"
    assert "chanel" in Dispatch.objects.get().reason


def test_people_schedule_on_the_page_of_the_board(board, shop):
    browser = Client()
    browser.force_login(Member.objects.create_user(username="b", password="a long password", role=Role.ANALYST, language="en"))
    place = "/reports/own/boards/morning/"
    page = browser.post(f"{place}schedules/new/", {**DAILY, "format": "pdf"}, follow=True).content.decode()
    assert "every day at 09:00, PDF" in page
    assert '<option value="csv"' not in page
    assert "CSV file holds one table" in browser.post(f"{place}schedules/new/", DAILY, follow=True).content.decode()
    assert browser.get(f"{place}file/xlsx/").content.startswith(b"PK")
    assert browser.get(f"{place}file/csv/").status_code == 404
    number = Schedule.objects.get().id
    assert browser.post(f"/reports/own/cities/schedules/{number}/remove/").status_code == 404
    browser.post(f"{place}schedules/{number}/remove/")
    assert not Schedule.objects.exists()


def test_people_schedule_on_the_page_of_the_report(report, shop):
    browser = Client()
    browser.force_login(Member.objects.create_user(username="b", password="a long password", role=Role.ANALYST, language="en"))
    page = browser.post("/reports/own/cities/schedules/new/", {**DAILY, "every": "weekly", "weekday": "1"}, follow=True)
    assert "every week, Monday, at 09:00, CSV, English" in page.content.decode()
    assert browser.post("/reports/own/cities/schedules/new/", {**DAILY, "addresses": "nobody"}, follow=True).status_code == 200
    assert Schedule.objects.count() == 1
    [address] = re.findall(r'action="(/reports/own/cities/schedules/\d+/remove/)"', page.content.decode())
    browser.post(address)
    assert not Schedule.objects.exists()
    actions = AuditRow.objects.filter(subject__startswith="schedule:").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["schedule.save", "schedule.remove"]
    reader = Client()
    reader.force_login(Member.objects.create_user(username="r", password="a long password", role=Role.OPERATOR, language="en"))
    assert reader.post("/reports/own/cities/schedules/new/", DAILY).status_code == 403
    assert not Schedule.objects.exists()

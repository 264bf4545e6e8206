"""Saved reports and boards: kept with versions and a trail, seen by those they are shared with, and the same text out as in."""

from __future__ import annotations

import pytest
from django.utils import translation

from samovar.engine.definitions import from_text, to_text
from samovar.kit.errors import Refusal
from samovar.measure import definitions
from samovar.measure.builder import operations, queries
from samovar.measure.models import Board, SavedReport, Schedule
from samovar.staff.actors import Actor
from samovar.staff.models import AuditRow

pytestmark = pytest.mark.django_db
ALICE, BOB = Actor("staff", "1", "Alice"), Actor("staff", "2", "Bob")
PARAMS = {"rows": "month; person.city", "measures": "sum(amount); people", "period": "in last 12 months"}


def saved(**values):
    return operations.save_report(values={"name": "Выручка", "params": PARAMS, **values}, actor=ALICE, at_us=1)


def test_a_report_is_kept_with_its_trail_and_its_version():
    row = saved(chart="line")
    changed = operations.change_report(report=row, values={"name": "Деньги"}, actor=BOB, at_us=2)
    assert (changed.slug, changed.name, changed.version, changed.owner_name, changed.chart) == (
        "vyruchka", "Деньги", 2, "Alice", "line",
    )  # fmt: skip
    assert operations.change_report(report=changed, values={"name": "Деньги"}, actor=BOB, at_us=3).version == 2
    trail = list(AuditRow.objects.order_by("id").values_list("action", "actor_name"))
    assert trail == [("report.save", "Alice"), ("report.change", "Bob")]


def test_two_who_change_one_version_do_not_overwrite_each_other():
    row = saved()
    operations.change_report(report=SavedReport.objects.get(), values={"name": "One"}, actor=BOB, at_us=2)
    with pytest.raises(operations.ChangedMeanwhile):
        operations.change_report(report=row, values={"name": "Two"}, actor=ALICE, at_us=3)
    assert SavedReport.objects.get().name == "One"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"), ({"chart": "pie"}, "chart"), ({"roles": ["boss"]}, "roles"),
        ({"params": {"rows": "a;b;c;d"}}, "rows"), ({"params": {"colour": "red"}}, "colour"), ({"report": "nothing"}, ""),
        ({"report": "rfm", "params": {"rows": "month"}}, "rows"),
    ],
)  # fmt: skip
def test_it_refuses_what_no_report_is(values, field):
    with pytest.raises(Refusal) as refused:
        saved(**values)
    assert refused.value.field == field
    assert not SavedReport.objects.exists()
    assert not AuditRow.objects.exists()


def test_a_report_is_seen_by_the_roles_it_is_shared_with_by_its_owner_and_by_the_owners_of_the_workspace():
    saved(roles=["analyst"])
    seen = {
        (role, actor.name): bool(queries.saved_reports(role, actor))
        for role in ("owner", "marketer", "analyst", "operator")
        for actor in (ALICE, BOB)
    }
    assert {key for key, is_seen in seen.items() if not is_seen} == {("marketer", "Bob"), ("operator", "Bob")}
    with pytest.raises(Refusal):
        queries.saved_report("vyruchka", "marketer", BOB)


def test_one_board_opens_the_page_of_reports():
    first = operations.save_board(values={"name": "One", "is_first": True}, actor=ALICE, at_us=1)
    operations.save_board(values={"name": "Two", "is_first": True}, actor=ALICE, at_us=2)
    assert list(Board.objects.filter(is_first=True).values_list("name", flat=True)) == ["Two"]
    operations.change_board(board=Board.objects.get(id=first.id), values={"is_first": True}, actor=ALICE, at_us=3)
    assert [row.name for row in queries.boards("owner", BOB)] == ["One", "Two"]


@pytest.mark.parametrize(
    "tile", [{}, {"saved": "a", "report": "rfm"}, {"report": "no"}, {"saved": "a", "width": 4}, {"saved": "a", "colour": "red"}]
)
def test_a_tile_that_shows_nothing_is_refused(tile):
    with pytest.raises(Refusal):
        operations.save_board(values={"name": "One", "tiles": [tile]}, actor=ALICE, at_us=1)
    assert not Board.objects.exists()


def test_a_report_on_a_board_is_not_removed_under_it():
    row = saved()
    board = operations.save_board(values={"name": "One", "tiles": [{"saved": row.slug}]}, actor=ALICE, at_us=1)
    with pytest.raises(operations.InUse):
        operations.remove_report(report=row, actor=ALICE, at_us=2)
    operations.remove_board(board=board, actor=ALICE, at_us=3)
    operations.remove_report(report=row, actor=ALICE, at_us=4)
    assert not SavedReport.objects.exists()


def test_what_is_exported_and_applied_is_exported_again_byte_for_byte():
    saved(roles=["analyst"], chart="stacked", description="По городам")
    tiles = [{"saved": "vyruchka", "width": 2}, {"report": "rfm", "title": "RFM"}]
    operations.save_board(
        values={"name": "Доска", "tiles": tiles, "period": "this month", "is_first": True}, actor=ALICE, at_us=1
    )
    exported = _texts()
    _apply(exported)
    assert _texts() == exported
    Board.objects.all().delete()
    SavedReport.objects.all().delete()
    _apply(exported)
    assert (_texts(), SavedReport.objects.get().owner_name) == (exported, "Bob")


MONDAYS = {"every": "weekly", "weekday": 1, "time": "09:00", "format": "pdf", "language": "en"}
MONDAYS["addresses"] = ["a@tea.example", "b@tea.example"]
DAILY = {"every": "daily", "time": "07:30", "format": "xlsx", "language": "ru", "addresses": ["a@tea.example"]}


@pytest.mark.parametrize("kind", definitions.KINDS, ids=lambda kind: kind.name)
def test_schedules_are_what_the_definition_says_and_applying_it_again_changes_nothing(kind):
    kind.apply("morning", {"schedules": [MONDAYS, DAILY]}, BOB, 5)
    assert kind.export()["morning"]["schedules"] == [MONDAYS, DAILY]
    rows, trail = list(Schedule.objects.values()), AuditRow.objects.count()
    kind.apply("morning", from_text(to_text(kind.export()["morning"]), name="morning"), BOB, 6)
    assert (list(Schedule.objects.values()), AuditRow.objects.count()) == (rows, trail)
    kind.apply("morning", {"schedules": [DAILY]}, BOB, 7)
    assert [row["id"] for row in Schedule.objects.values()] == [rows[1]["id"]]
    unsaid = {name: value for name, value in DAILY.items() if name != "language"}
    with translation.override("en"):
        kind.apply("morning", {"schedules": [unsaid]}, BOB, 7)
        assert kind.export()["morning"]["schedules"] == [DAILY], "one that is there keeps its language where none is said"
    for wrong in (
        "daily",
        [{**DAILY, "language": "de"}],
        [{**DAILY, "at": "09:00"}],
        [{**DAILY, "time": "25:00"}],
        [MONDAYS, "daily"],
    ):
        with pytest.raises(Refusal):
            kind.apply("morning", {"schedules": wrong}, BOB, 8)
        assert kind.export()["morning"]["schedules"] == [DAILY]
    with translation.override("en"):
        kind.apply("morning", from_text("schedules: [{time: 10:30, addresses: [a@tea.example]}]", name="morning"), BOB, 9)
    assert kind.export()["morning"]["schedules"] == [{**DAILY, "time": "10:30", "language": "en"}]
    kind.apply("morning", {}, BOB, 10)
    assert not Schedule.objects.exists()


def _texts():
    return {(kind.name, slug): to_text(values) for kind in definitions.KINDS for slug, values in kind.export().items()}


def _apply(texts):
    for kind in definitions.KINDS:
        for (name, slug), text in texts.items():
            if name == kind.name:
                kind.apply(slug, from_text(text, name=slug), BOB, 5)

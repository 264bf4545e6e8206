"""Refused rows can be corrected and replayed; a run stopped anywhere ends as if it had not been."""

from __future__ import annotations

import json

import pytest

from samovar.collect.imports import operations, quarantine, sealing
from samovar.collect.imports.models import ImportRun, QuarantineRow
from samovar.collect.imports.tests.conftest import ALICE, AT_US
from samovar.kit.errors import NotFound
from samovar.staff.models import AuditRow

pytestmark = pytest.mark.store
LINES = "kind: orders\nsource: till\ncolumns: {id: order_id, at: time, sku: sku, price: price, n: quantity, who: external_id}\n"
HEAD = "id,at,sku,price,n,who\n"
GOOD = "A1,2025-03-01,tea,10,1,c\n"


def test_a_corrected_row_joins_its_order(desk):
    desk.bring(desk.write("a.csv", HEAD + GOOD + "A1,2025-03-01,tea,1O,1,c\n"), LINES)
    row = QuarantineRow.objects.get()
    assert (row.line, row.reason, row.field, row.raw["price"]) == (3, "bad_number", "price", "1O")
    offset = desk.replay(row.pk, {**row.raw, "price": "10"})
    (event,) = desk.sealed()
    # The corrected line equals the one that was accepted, and is a line of its own all the same.
    assert (offset, event["event"], event["amount_minor"], len(event["lines"])) == (2, "Order Updated", 2000, 2)
    assert QuarantineRow.objects.get().status == "replayed"
    with pytest.raises(operations.RowSettled):
        desk.replay(row.pk, {**row.raw, "price": "10"})
    assert len(desk.log) == 2
    assert AuditRow.objects.filter(action="quarantine.replay", actor_name="Alice").get().old["raw"]["price"] == "1O"
    assert desk.bring(desk.write("b.csv", HEAD + "A1,2025-03-01,tea,1O,1,c\n" + GOOD), LINES).sealed_rows == 0


def test_a_row_that_is_still_wrong_stays_in_quarantine(desk):
    desk.bring(desk.write("a.csv", HEAD + "A1,2025-03-01,tea,1O,1,c\n"), LINES)
    row = QuarantineRow.objects.get()
    with pytest.raises(operations.StillRefused) as caught:
        desk.replay(row.pk, {**row.raw, "price": "0"})
    assert caught.value.code == "price_not_positive"
    assert QuarantineRow.objects.get().status == "open" and desk.log == []


def test_a_half_row_can_be_completed(desk):
    desk.bring(desk.write("a.csv", HEAD + "A1,2025-03-01,tea\n"), LINES)
    desk.replay(QuarantineRow.objects.get().pk, dict(zip(HEAD.strip().split(","), GOOD.strip().split(","), strict=True)))
    assert desk.sealed()[0]["order_id"] == "A1"


def test_a_dismissed_row_stays_readable_and_closed(desk):
    desk.bring(desk.write("a.csv", HEAD + "A1,2025-03-01,tea,1O,1,c\n"), LINES)
    row = QuarantineRow.objects.get()
    operations.dismiss(row_id=row.pk, actor=ALICE, at_us=AT_US)
    assert QuarantineRow.objects.get().status == "dismissed"
    with pytest.raises(operations.RowSettled):
        operations.dismiss(row_id=row.pk, actor=ALICE, at_us=AT_US)
    with pytest.raises(NotFound):
        operations.dismiss(row_id=row.pk + 1, actor=ALICE, at_us=AT_US)


def test_a_refused_event_goes_back_through_the_checks_of_the_edge(desk):
    event = {"type": "track", "event": "Quiz Finished", "messageId": "m1"}
    quarantine.add(
        [{"stage": "edge", "source": "site", "reason": "no_identifier", "raw": event, "key": "edge:1:0"}] * 2, at_us=AT_US
    )
    row = QuarantineRow.objects.get()
    with pytest.raises(operations.StillRefused):
        desk.replay(row.pk, event)
    desk.replay(row.pk, {**event, "userId": "u1"})
    (logged,) = desk.log
    (said,) = json.loads(logged.body)
    assert (logged.kind, logged.source, said["userId"], said["messageId"]) == ("events", "site", "u1", f"m1~{row.pk}")


def test_what_no_database_takes_is_kept_in_a_form_both_do(desk):
    quarantine.add(
        [{"stage": "edge", "source": "s", "reason": "x", "raw": {"a": "b\x00c\ud800"}, "key": "k", "detail": "\x00"}], at_us=AT_US
    )
    assert QuarantineRow.objects.get().raw == {"a": "b␀c?"}


class Crash(BaseException):
    """What kill -9 is to the code: nothing after it runs."""


def crash(*_args, **_more):
    raise Crash


@pytest.mark.parametrize("place", ["read", "judged", "quarantined", "half sealed", "sealed", "appended"])
def test_a_run_stopped_anywhere_ends_as_if_it_had_not_been(desk, monkeypatch, place):
    path = desk.write("a.csv", HEAD + GOOD + "A2,2025-03-01,tea,1O,1,c\n")
    more = {}
    with monkeypatch.context() as patch, pytest.raises(Crash):
        if place == "read":
            patch.setattr(operations.reading.rows, "prepare", crash)
        elif place == "judged":
            patch.setattr(operations.quarantine, "add", crash)
        elif place == "quarantined":
            patch.setattr(operations, "_seal", crash)
        elif place == "half sealed":
            patch.setattr(sealing.os, "fsync", crash)
        elif place == "sealed":
            more = {"append": crash}
        else:
            patch.setattr(operations.audit, "record", _crash_at_the_end)
        desk.bring(path, LINES, **more)
    outcome = desk.bring(path, LINES)
    assert (outcome.figures.orders, outcome.figures.quarantined) == (1, 1)
    assert ImportRun.objects.get().state == "logged" and len(desk.refused()) == 1
    assert {event["message_id"] for place in range(len(desk.log)) for event in desk.sealed(place)} == {
        desk.sealed()[0]["message_id"]
    }
    assert [each.name for each in desk.workspace.sealed_dir.iterdir()] == [ImportRun.objects.get().sealed_file]
    assert not list(desk.workspace.temp_dir.glob("import-*.duckdb*"))


def _crash_at_the_end(*, action, **_more):
    if action == "import.log":
        raise Crash


def test_a_batch_left_sealed_is_logged_by_the_next_import(desk):
    with pytest.raises(Crash):
        desk.bring(desk.write("a.csv", HEAD + GOOD), LINES, append=crash)
    # The second file holds the same order: it may only be left out because the first one is named first.
    outcome = desk.bring(desk.write("b.csv", HEAD + GOOD + GOOD), LINES)
    assert [json.loads(row.body)["import_id"] for row in desk.log] == [1, 2] or len(desk.log) == 2
    assert outcome.sealed_rows == 1 and desk.sealed()[0]["event"] == "Order Updated"


def test_a_missing_sealed_batch_is_told_before_anything_is_doubled(desk):
    desk.bring(desk.write("a.csv", HEAD + GOOD), LINES)
    next(desk.workspace.sealed_dir.iterdir()).unlink()
    with pytest.raises(operations.SealedGone):
        desk.bring(desk.write("b.csv", HEAD + GOOD + GOOD), LINES)
    assert len(desk.log) == 1


def test_a_rehearsal_counts_and_shows_and_writes_nothing(desk):
    path = desk.write("a.csv", HEAD + GOOD + GOOD + "A2,2025-03-01,tea,1O,1,\n")
    told = desk.rehearse(path, LINES)
    assert (told.figures.orders, told.figures.order_lines, told.figures.quarantined) == (1, 2, 1)
    assert [(error["line"], error["message"]) for error in told.errors] == [(4, "“price” is not a number.")]
    price = next(column for column in told.columns if column["name"] == "price")
    assert price == {"name": "price", "samples": ["10", "1O"], "empty": 0, "becomes": ["price"]}
    assert not ImportRun.objects.exists() and not QuarantineRow.objects.exists()
    assert not list(desk.workspace.sealed_dir.iterdir()) and not list(desk.workspace.temp_dir.glob("import-*.duckdb*"))

"""The outbox's closed months: payloads move to files, keys stay, and a reader sees one sequence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from samovar.engine import outbox, outbox_reader, store
from samovar.engine.models import Outbox
from samovar.engine.months import MonthUnreadable
from samovar.engine.outbox import Announcement
from samovar.engine.outbox_reader import OutboxRow
from samovar.engine.sealing import NotApplied, OutboxStream, seal_months
from samovar.engine.workspace import Workspace
from samovar.kit.clock import Zone, parse_moment

pytestmark = [pytest.mark.django_db, pytest.mark.store]
JANUARY, FEBRUARY, MARCH, APRIL = (parse_moment(f"2026-0{n}-01T00:00", Zone("UTC")) for n in (1, 2, 3, 4))
A_MONTH = 2_500


def announcement(at_us: int, n: int) -> Announcement:
    payload = {"город": f"Казань {n}", "z": [n, None], "a": {"b": True}}
    return Announcement(f"{at_us}:{n}", "Message Sent", at_us + n, payload, profile_id=n if n % 3 else None)


def month(at_us: int) -> list[Announcement]:
    return [announcement(at_us, n) for n in range(A_MONTH)]


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    with store.transaction():
        for at_us in (JANUARY, FEBRUARY, MARCH):
            outbox.emit(month(at_us))
    return Workspace.create(tmp_path / "shop", currency="RUB", timezone="Europe/Moscow", at_us=JANUARY)


def everything(shop: Workspace, piece: int = 10**6) -> list[OutboxRow]:
    found: list[OutboxRow] = []
    while rows := outbox_reader.read(found[-1].id if found else 0, piece, shop.outbox_months_dir):
        found.extend(rows)
    return found


def live_payloads() -> int:
    return Outbox.objects.exclude(payload={}).count()


def test_it_reads_as_before_in_pieces_of_any_size(shop: Workspace) -> None:
    before = everything(shop)
    assert len(before) == 3 * A_MONTH
    spans = [span for span in seal_months(OutboxStream(shop), before_us=MARCH, applied=10**9) if span]
    assert [span.path.name[:7] for span in spans] == ["2026-01", "2026-02"]
    assert live_payloads() == A_MONTH
    assert [everything(shop, piece) == before for piece in (10**6, 997, A_MONTH)] == [True] * 3
    assert list(before[1].payload) == list(everything(shop)[1].payload)


def test_an_old_key_still_inserts_nothing_and_ids_go_on(shop: Workspace) -> None:
    list(seal_months(OutboxStream(shop), before_us=APRIL, applied=10**9))
    last = outbox.last_id()
    assert live_payloads() == 0
    with store.transaction():
        assert outbox.emit([announcement(JANUARY, 5), announcement(MARCH, 7)]) == 0
        assert outbox.emit([announcement(APRIL, 1)]) == 1
    assert Outbox.objects.count() == 3 * A_MONTH + 1
    assert outbox_reader.read(last, 10, shop.outbox_months_dir)[0].payload == announcement(APRIL, 1).payload


def test_the_room_of_the_payloads_is_free_again(shop: Workspace) -> None:
    if store.is_postgres():
        return  # its autovacuum sees to that
    list(seal_months(OutboxStream(shop), before_us=APRIL, applied=10**9))
    [(free,)], [(all_pages,)] = store.fetch("PRAGMA freelist_count"), store.fetch("PRAGMA page_count")
    assert free > all_pages // 4


def test_what_the_warehouse_has_not_applied_stays(shop: Workspace) -> None:
    january = Outbox.objects.filter(time_us__lt=FEBRUARY).order_by("-id").values_list("id", flat=True)[0]
    for applied, payloads in ((january - 1, 3 * A_MONTH), (january + 1, 2 * A_MONTH)):
        with pytest.raises(NotApplied):
            list(seal_months(OutboxStream(shop), before_us=MARCH, applied=applied))
        assert live_payloads() == payloads
    assert outbox.sealed_up_to() == january


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 9, 13, 14, 15, 16, 20])
def test_left_off_after_any_step_it_goes_on_and_nobody_sees_a_difference(shop: Workspace, steps: int) -> None:
    before = everything(shop)
    begun = seal_months(OutboxStream(shop), before_us=MARCH, applied=10**9)
    for _ in range(steps):
        next(begun, None)
    begun.close()  # type: ignore[attr-defined]
    assert everything(shop) == before
    list(seal_months(OutboxStream(shop), before_us=MARCH, applied=10**9))
    assert everything(shop) == before
    assert live_payloads() == A_MONTH
    assert len(list(shop.outbox_months_dir.iterdir())) == 2


def test_a_file_that_a_fall_left_without_a_note_is_replaced(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(last: int) -> None:
        raise KeyboardInterrupt

    before = everything(shop)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(outbox, "seal", fall)
        list(seal_months(OutboxStream(shop), before_us=FEBRUARY, applied=10**9))
    (left,) = shop.outbox_months_dir.iterdir()
    left.rename(left.with_name(left.name.replace(".0-", ".0-9")))  # as if it had been cut elsewhere
    assert everything(shop) == before
    list(seal_months(OutboxStream(shop), before_us=FEBRUARY, applied=10**9))
    assert [path.name for path in shop.outbox_months_dir.iterdir()] == [left.name]
    assert everything(shop) == before


def test_a_missing_file_is_named_and_not_read_across(shop: Workspace) -> None:
    list(seal_months(OutboxStream(shop), before_us=MARCH, applied=10**9))
    first, second = sorted(shop.outbox_months_dir.iterdir())
    kept = first.read_bytes()
    first.unlink()
    reads: list[Callable[[], object]] = [lambda: everything(shop), lambda: outbox_reader.sealed(shop.outbox_months_dir)]
    for read in reads:
        with pytest.raises(MonthUnreadable):
            read()
    first.write_bytes(kept)
    second.unlink()
    with pytest.raises(MonthUnreadable):
        everything(shop)
    assert len(outbox_reader.read(outbox.sealed_up_to(), 10**6, shop.outbox_months_dir)) == A_MONTH

"""The worker seals closed months by itself, and the warehouse made again from them is the same row for row."""

from __future__ import annotations

import pytest

from samovar.collect.models import QuarantineRow
from samovar.doors.worker.sealing import Sealer
from samovar.doors.worker.tests.conftest import BOB, House, order, track, us
from samovar.engine import outbox
from samovar.engine.log import LogFull, LogWriter
from samovar.engine.log_reader import LogReader
from samovar.staff import settings_operations

pytestmark = pytest.mark.store
MONTHS = ("2026-08", "2026-09", "2026-10", "2026-11")


@pytest.fixture
def sealer(house: House) -> Sealer:
    """A house with four months of events and announcements, and its sealer."""
    for n, month in enumerate(MONTHS):
        at, address = f"{month}-03T10:00Z", f"p{n}@example.ru"
        house.take(
            {"type": "identify", "userId": f"p{n}", "timestamp": at, "traits": {"email": address, "city": "Казань"}},
            order(f"o{n}", at, user=f"p{n}", total=100, products=[{"sku": "tea", "name": "Чай", "price": 10}]),
            order(f"o{n}x", at, user=f"p{n}", total="many"),
            track("Consent Changed", at, userId=f"p{n}", properties={
                "channel": "email", "address": address, "purpose": "marketing", "given": n % 2 == 0, "source": "form"}),
            {"type": "alias", "previousId": f"p{n}", "userId": "anna", "timestamp": at},
            received=at,
        )  # fmt: skip
    return Sealer(house.workspace, house.log, lambda: house.ticker.applied())


def log_months(house: House) -> list[str]:
    folder = house.workspace.log_months_dir
    return sorted(path.name[:7] for path in folder.iterdir()) if folder.exists() else []


def test_a_rebuild_after_sealing_gives_the_same_rows(house: House, sealer: Sealer) -> None:
    before, quarantined = house.everything(), QuarantineRow.objects.count()
    sealer.finish(us("2027-01-05T00:00Z"))
    assert log_months(house) == list(MONTHS)
    assert outbox.sealed_up_to() == outbox.last_id()
    house.reopen()
    house.tick()
    assert house.everything() == before
    house.reopen(rebuild=True)
    house.tick()
    assert house.everything() == before
    assert QuarantineRow.objects.count() == quarantined == 4
    assert before["consents"] and before["orders"] and before["events"]


def test_what_comes_in_afterwards_is_decided_by_what_is_sealed(house: House, sealer: Sealer) -> None:
    sealer.finish(us("2027-01-05T00:00Z"))
    house.reopen(rebuild=True)
    again = order("o0", "2026-08-03T10:00Z", user="p0", total=100, message="m2")
    house.take(again, order("o9", "2027-01-03T10:00Z", user="p0", total=50), received="2027-01-05T00:00Z")
    assert house.rows("SELECT count(*), count(DISTINCT person_id) FROM orders") == [(5, 1)]
    before = house.everything()
    house.reopen(rebuild=True)
    house.tick()
    assert house.everything() == before


def test_as_many_whole_months_stay_as_the_setting_says(house: House, sealer: Sealer) -> None:
    sealer.finish(us("2026-11-20T00:00Z"))
    assert (log_months(house), outbox.sealed_up_to()) == (["2026-08", "2026-09"], 0), "the house announces since November"
    settings_operations.change_settings(values={"live_months": 0}, actor=BOB, at_us=us("2026-11-20T00:00Z"))
    sealer.finish(us("2026-11-20T00:00Z"))
    assert log_months(house) == ["2026-08", "2026-09", "2026-10"]


def test_nothing_is_sealed_before_it_is_applied(house: House) -> None:
    house.send(track("Quiz Finished", "2026-08-03T10:00Z", userId="p"), received="2026-08-03T10:00Z")
    sealer = Sealer(house.workspace, house.log, house.ticker.applied)
    sealer.finish(us("2026-11-20T00:00Z"))
    assert log_months(house) == []
    house.tick()
    sealer.finish(us("2026-11-20T00:00Z"))
    assert log_months(house) == ["2026-08"]


def test_small_steps_come_to_the_same_end(house: House, sealer: Sealer) -> None:
    before = house.everything()
    steps = 0
    while not sealer._look_s:
        sealer.step(us("2027-01-05T00:00Z"))
        steps += 1
    assert steps > 8
    assert (log_months(house), outbox.sealed_up_to()) == (list(MONTHS), outbox.last_id())
    house.reopen(rebuild=True)
    house.tick()
    assert house.everything() == before


def test_a_log_that_takes_nothing_is_tried_again_later(
    house: House, sealer: Sealer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(self: LogWriter, last: int, file: str) -> None:
        raise LogFull("full")

    with monkeypatch.context() as patch:
        patch.setattr(LogWriter, "seal", full)
        while not sealer._look_s:
            sealer.step(us("2027-01-05T00:00Z"))
    assert "sealing waits" in caplog.text
    sealer.step(us("2027-01-05T00:00Z"))
    assert LogReader(house.workspace.log_path).sealed() == [], "not before a while has passed"
    sealer._look_s = 0
    while not sealer._look_s:
        sealer.step(us("2027-01-05T00:00Z"))
    assert log_months(house) == list(MONTHS)

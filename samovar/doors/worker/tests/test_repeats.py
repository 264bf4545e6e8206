"""What was taken before is found where it lies, and two ids of one hash are two events."""

from __future__ import annotations

from typing import Any

import pytest

from samovar.collect import batches, dedupe
from samovar.collect.models import QuarantineRow
from samovar.doors.worker.repeats import EVERYWHERE, SPANS_MAX, Repeats
from samovar.doors.worker.tests.conftest import House, order, track


def quiz(message: str, at: str = "2026-10-01T10:00Z") -> dict[str, Any]:
    return track("Quiz Finished", at, userId="alice", messageId=message)


def taken(house: House) -> list[str]:
    return [message for (message,) in house.rows("SELECT message_id FROM events ORDER BY message_id")]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The stretches of the log whose events the warehouse was asked for."""
    asked: list[tuple[int, int]] = []
    held = Repeats._held

    def note(repeats: Repeats, hashes: Any, span: tuple[int, int]) -> Any:
        asked.append(span)
        return held(repeats, hashes, span)

    monkeypatch.setattr(Repeats, "_held", note)
    monkeypatch.setattr(dedupe, "STRETCH_BITS", 2)
    return asked


@pytest.mark.parametrize("is_reopened", [False, True])
def test_a_repeat_is_looked_for_only_where_its_hash_was_seen(
    house: House, spans: list[tuple[int, int]], is_reopened: bool
) -> None:
    for number in range(40):
        house.take(quiz(f"q{number:02}"))
    if is_reopened:
        house.reopen()
    house.take(quiz("q10"), quiz("q11"), quiz("q30"), quiz("new"))
    assert taken(house) == ["new", *(f"q{number:02}" for number in range(40))]
    assert len(spans) in (2, 3)
    assert all(last - first < 8 for first, last in spans)


def test_repeats_from_everywhere_are_found_in_one_look(house: House, spans: list[tuple[int, int]]) -> None:
    messages = [f"q{number:03}" for number in range(4 * SPANS_MAX + 4)]
    for message in messages:
        house.send(quiz(message))
    house.tick()
    house.reopen()
    house.take(*map(quiz, messages), quiz("r"))
    assert taken(house) == [*messages, "r"]
    assert spans == [EVERYWHERE]


def test_many_repeats_of_one_row_of_the_log_are_found_in_one_look(house: House, spans: list[tuple[int, int]]) -> None:
    messages = [f"q{number:03}" for number in range(40)]
    house.take(*map(quiz, messages))
    house.take(*map(quiz, messages), quiz("r"))
    assert taken(house) == [*messages, "r"]
    assert spans == [(1, 1)]


def test_two_ids_with_one_hash_are_two_events_and_each_is_known_again(
    house: House, spans: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "hashes64", lambda source, ids: [0] * len(ids))
    house.take(quiz("a"))
    for number in range(8):
        house.take(quiz(f"b{number}"), quiz(f"b{number}"), quiz("a"))
    everyone = ["a", *(f"b{number}" for number in range(8))]
    assert taken(house) == everyone
    house.reopen()
    house.take(quiz("b7"), quiz("a"), quiz("b0"))
    assert taken(house) == everyone
    assert EVERYWHERE in spans


def test_an_old_order_is_known_by_its_message_after_a_restart_and_an_old_event_is_not(house: House) -> None:
    old = order("o1", "2026-01-01T10:00Z", total=10, message="order")
    house.take(old, quiz("quiz", "2026-01-01T10:00Z"), received="2026-01-01T12:00Z")
    house.take(quiz("later"))
    house.reopen()
    house.take(old, quiz("quiz", "2026-01-01T10:00Z"))
    assert taken(house) == ["later", "order", "quiz", "quiz"]


def test_what_lies_in_quarantine_is_not_looked_for_when_it_is_sent_again(house: House, spans: list[tuple[int, int]]) -> None:
    bad = order("", "2026-10-01T10:00Z", total=10, message="bad")
    house.take(bad)
    house.take(bad)
    assert spans == [] and taken(house) == []
    assert QuarantineRow.objects.count() == 1

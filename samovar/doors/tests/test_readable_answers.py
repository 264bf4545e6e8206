"""What commands print without --json is for reading."""

from __future__ import annotations

import pytest

from samovar.doors.cli.customers import lines
from samovar.doors.cli.parts import amount


@pytest.mark.parametrize(
    ("minor", "currency", "expected"),
    [(2844612695, "RUB", "28,446,126.95 RUB"), (-50, "RUB", "-0.50 RUB"), (1200, "JPY", "1,200 JPY"), (1500, "KWD", "1.500 KWD")],
)
def test_money_is_written_in_whole_units_of_its_currency(minor: int, currency: str, expected: str) -> None:
    assert amount(minor, currency) == expected


def test_each_of_several_facts_has_a_line_of_its_own() -> None:
    consents = [{"address": "anna@example.ru", "given": True}, {"address": "anna@example.com", "given": False}]
    assert lines(consents) == ["anna@example.ru yes", "anna@example.com no"]
    assert lines({"city": "Казань", "is_wholesale": None}) == ["city Казань", "is_wholesale -"]
    assert lines([]) == ["-"]
    assert lines(27) == ["27"]


def test_a_record_stands_in_one_line_with_its_fields() -> None:
    record = {"type": "vehicle", "id": "XTA-1", "fields": {"km": 41_000, "is_new": False}, "since": "2026-10-01T10:00:00.000Z"}
    assert lines([record]) == ["vehicle XTA-1 km=41000 is_new=no 2026-10-01T10:00:00.000Z"]

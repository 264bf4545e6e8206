"""What the past of a field teaches, how spreads are compared, and how many values are told to differ."""

from __future__ import annotations

import hashlib

import pytest

from samovar.collect.quality.known import Known, learn
from samovar.collect.quality.spreads import came_and_went, drift, estimate, joined, merged, number_edges, stability
from samovar.collect.quality.sql import REGISTERS


def test_a_number_learns_a_range_that_holds_its_double_and_not_a_hundredfold():
    known = learn({"number": 5_000}, {"#14": 2_000, "#15": 3_000})  # 2 to the 7 and to the 7.5: 107 to 215
    assert known is not None and known.kind == "number"
    assert known.low is not None and known.high is not None
    assert known.low <= 100_0000 and 300_0000 <= known.high < 100 * 215_0000


def test_a_few_wild_numbers_widen_no_range():
    known = learn({"number": 100_001}, {"#14": 100_000, "#60": 1})
    assert known is not None and known.high is not None and known.high < 1_000_0000


def test_few_values_make_a_list_and_many_none():
    few = learn({"text": 2_000}, {"=card": 1_500, "=cash": 500})
    assert few == Known("text", listed=("card", "cash"))
    assert learn({"text": 2_000}, {"=card": 1_500, "=cash": 499, "…": 1}) == Known("text")


@pytest.mark.parametrize("kinds", [{"text": 40}, {"text": 60, "number": 60}])
def test_few_rows_or_two_kinds_teach_nothing(kinds: dict[str, int]):
    assert learn(kinds, {}) is None


def test_known_is_stored_and_read_again():
    known = Known("number", -5, 10)
    assert Known.from_json(known.as_json()) == known
    assert Known.from_json({}) is None


def test_drift_is_nothing_for_the_same_and_one_for_another_world():
    before, other = {"=a": 700, "=b": 300}, {"=c": 1_000}
    assert drift(before, {"=a": 7_000, "=b": 3_000}) == 0.0
    assert drift(before, other) == pytest.approx(1.0, abs=0.01)
    assert drift(before, {"=a": 10}) is None
    assert stability(before, before) == pytest.approx(0.0)
    assert (stability(before, {"=a": 300, "=b": 700}) or 0) > 0.25


def test_new_and_vanished_values_are_named_and_rare_ones_not():
    before, now = {"=card": 900, "=cash": 100, "=gift": 1}, {"=card": 800, "=crypto": 200, "#3": 9}
    assert came_and_went(before, now) == (["crypto"], ["cash"])


def test_the_values_beyond_the_most_frequent_join_the_rest():
    assert joined([{"=a": 5, "=b": 3, "=c": 1}, {"=a": 1, "…": 2}], bins_max=2) == {"=a": 6, "=b": 3, "…": 3}


@pytest.mark.parametrize(("name", "low", "high"), [("#z", 0, 0), ("#0", 0.84, 1.19), ("#-2", 0.42, 0.59), ("#m2", -2.38, -1.68)])
def test_bins_of_numbers_have_their_edges(name: str, low: float, high: float):
    assert number_edges(name) == (pytest.approx(low, abs=0.01), pytest.approx(high, abs=0.01))


@pytest.mark.parametrize("count", [1, 20, 500, 20_000])
def test_how_many_values_differ_is_told_within_a_quarter_and_of_two_days_together(count: int):
    def registers(first: int, last: int) -> bytes:
        found = bytearray(REGISTERS)
        for value in range(first, last):
            hashed = int.from_bytes(hashlib.blake2b(str(value).encode(), digest_size=8).digest(), "big")
            rest = hashed // REGISTERS
            found[hashed % REGISTERS] = max(found[hashed % REGISTERS], 58 - rest.bit_length())
        return bytes(found)

    half = count // 2
    both = merged(registers(0, max(half, 1)), registers(half, count))
    assert both == registers(0, count)
    assert estimate(both) == pytest.approx(count, rel=0.25)
    assert estimate(b"") == 0

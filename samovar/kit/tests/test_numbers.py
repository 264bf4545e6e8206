"""Numbers and money as int64, half-even, whatever form they come in."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samovar.kit.hashing import bucket, hash64, hashes64
from samovar.kit.numbers import SCALE, BadNumber, minor_of_scaled, minor_per_major, scaled, to_minor


@pytest.mark.parametrize(
    ("value", "minor"), [(10.005, 1000), (10.015, 1002), ("0.125", 12), (0.001, 0), (-1.5, -150), (1e9, 10**11), (7, 700)]
)
def test_money_is_rounded_half_even(value: float | str, minor: int) -> None:
    assert to_minor(value, "RUB") == minor


@given(st.floats(-1e12, 1e12, allow_nan=False))
def test_a_float_is_what_its_text_says(value: float) -> None:
    assert scaled(value) == int((Decimal(repr(value)) * 10_000).to_integral_value(ROUND_HALF_EVEN))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300, 2**63, "many", "", "1e400"])
def test_it_refuses_what_is_no_number_that_fits(value: float | str) -> None:
    with pytest.raises(BadNumber):
        scaled(value)


def test_minor_units_follow_the_currency() -> None:
    assert [minor_per_major(c) for c in ("RUB", "JPY", "KWD")] == [100, 1, 1000]


@given(st.integers(-(10**16), 10**16), st.sampled_from(["RUB", "JPY", "KWD"]))
def test_a_scaled_amount_is_rounded_as_its_decimal_is(number: int, currency: str) -> None:
    assert minor_of_scaled(number, currency) == to_minor(Decimal(number) / SCALE, currency)


def test_a_scaled_amount_that_does_not_fit_is_none() -> None:
    assert minor_of_scaled(2**62, "KWD") == 2**62 // 10
    assert minor_of_scaled(10**23, "RUB") is None


@given(st.text(), st.lists(st.text()))
def test_many_hashes_are_those_of_each(first: str, seconds: list[str]) -> None:
    assert hashes64(first, seconds) == [hash64(first, second) for second in seconds]


def test_hashes_never_change() -> None:
    assert hash64("server", "m1") == 368419021314133548
    assert hash64("server", "m1") != hash64("serverm", "1")
    assert [bucket("salt", n, 10) for n in range(8)] == [0, 8, 0, 4, 8, 9, 7, 3]

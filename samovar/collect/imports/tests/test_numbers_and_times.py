"""Cells as numbers and moments: what is read, what is refused, how ties are rounded."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samovar.collect.imports import columns_sql as sql
from samovar.collect.imports.mapping import Numbers, Times


def value(expression: str, text: str):
    return duckdb.execute(f"SELECT {expression} FROM (SELECT ? AS x)", [text]).fetchall()[0][0]


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "number"),
    [
        ("12", ".", "", "12"),
        ("-0.5", ".", "", "-0.5"),
        (".5", ".", "", "0.5"),
        ("5.", ".", "", "5"),
        ("1e-3", ".", "", "0.001"),
        ("1,5", ",", "", "1.5"),
        ("1.5", ",", "", None),
        ("1 234,50", ",", " ", "1234.5"),
        ("1\u00a0234\u202f567", ",", " ", "1234567"),
        ("1,234,567.89", ".", ",", "1234567.89"),
        ("1,5", ".", ",", None),
        ("12,34,567", ".", ",", None),
        ("1.234", ",", ".", "1234"),
        ("1’234'567", ".", "'", "1234567"),
        ("1_000", ".", "", None),
        ("", ".", "", None),
        ("-", ".", "", None),
        ("inf", ".", "", None),
        ("1e99", ".", "", None),
        ("٣", ".", "", None),
        ("1 2", ".", "", None),
        ("0x1F", ".", "", None),
        ("1e5000", ".", "", None),
    ],
)
def test_a_number_is_read_as_the_mapping_says_or_not_at_all(text, decimal, thousands, number):
    seen = value(sql.number_sql("x", Numbers(decimal, thousands)), text)
    assert seen == (None if number is None else Decimal(number))


@settings(deadline=None)
@given(st.integers(-(10**14), 10**14), st.integers(0, 18), st.sampled_from([0, 2, 3, 4]))
def test_rounding_is_half_even_at_every_digit(digits, places, scale):
    number = Decimal(digits).scaleb(-places)
    expected = int((number * 10**scale).to_integral_value(ROUND_HALF_EVEN))
    assert value(sql.half_even_sql(f"CAST(x AS {sql.NUMBER})", scale), f"{number:f}") == expected


@settings(deadline=None)
@given(st.integers(0, 10**12), st.integers(0, 10**8))
def test_a_price_times_a_quantity_is_half_even(price, quantity):
    expected = int((Decimal(price) * quantity / 10_000).to_integral_value(ROUND_HALF_EVEN))
    assert value(sql.product_sql(str(price), str(quantity)), "") == expected


@pytest.mark.parametrize(
    ("text", "wall", "instant"),
    [
        ("1970-01-01", 0, None),
        ("1970-01-01 00:00:01.5", 1_500_000, None),
        ("1970-01-01T00:01", 60_000_000, None),
        ("1970-01-01T00:00:01Z", None, 1_000_000),
        ("1970-01-01T03:00:01+03:00", None, 1_000_000),
        ("1970-01-01 03:00:01+0300", None, 1_000_000),
        ("1970-01-01 03:00:01+03", None, 1_000_000),
        ("01.02.1970", None, None),
        ("1970-13-01", None, None),
        ("1970-02-30", None, None),
        ("infinity", None, None),
        ("epoch", None, None),
        ("10:00", None, None),
        ("1970-01-01T25:00", None, None),
    ],
)
def test_a_time_is_naive_or_says_its_own_offset(text, wall, instant):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    query = f"SELECT {sql.wall_sql('x', Times())}, {sql.instant_sql('x', Times())} FROM (SELECT ? AS x)"
    assert connection.execute(query, [text]).fetchall() == [(wall, instant)]


def test_a_time_may_be_written_in_any_of_the_mappings_formats():
    times = Times(("%d.%m.%Y %H:%M", "%d.%m.%Y"))
    assert [value(sql.wall_sql("x", times), text) for text in ("02.01.1970", "01.01.1970 01:00", "1970-01-02")] == [
        86_400_000_000,
        3_600_000_000,
        None,
    ]

"""Figures, money and moments as people read them, in both languages."""

from __future__ import annotations

import pytest
from django.utils import translation

from samovar.kit.clock import DAY_US, HOUR_US, Zone, parse_moment
from samovar.webkit import formats

AT = parse_moment("2026-11-21T10:42", Zone("Europe/Moscow"))


def plain(text: str) -> str:
    """No-break spaces as spaces, so that a test can be read."""
    return str(text).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "minor", "expected"),
    [
        ("ru", 8_642_000, "86 420 ₽"),
        ("ru", 3_120, "31,20 ₽"),
        ("ru", -410, "−4,10 ₽"),
        ("en", 8_642_000, "₽86,420"),
        ("ru", None, "—"),
    ],
)
def test_money_shows_kopecks_only_when_there_are_any(language: str, minor: int | None, expected: str) -> None:
    with translation.override(language):
        assert plain(formats.money(minor)) == expected


def test_exact_money_always_shows_kopecks_and_signed_money_its_sign() -> None:
    with translation.override("ru"):
        assert plain(formats.money(100, exact=True)) == "1,00 ₽"
        assert plain(formats.money(100, signed=True)) == "+1 ₽"
        assert plain(formats.money(-100, signed=True)) == "−1 ₽"


def test_a_currency_without_kopecks_is_not_divided() -> None:
    with translation.override("ru"):
        assert plain(formats.money(500, "JPY")).startswith("500")


@pytest.mark.parametrize(("language", "expected"), [("ru", "3,1 %"), ("en", "3.1%")])
def test_a_share_is_written_with_one_decimal(language: str, expected: str) -> None:
    with translation.override(language):
        assert plain(formats.percent(0.031)) == expected


def test_a_moment_shows_the_local_time_and_keeps_its_zone_for_hovering() -> None:
    with translation.override("en"):
        html = formats.when(AT)
    assert ">21 November 2026, 10:42</time>" in html
    assert 'datetime="2026-11-21T07:42:00.000Z"' in html
    assert "Europe/Moscow" in html


def test_days_are_counted_by_the_calendar_and_hours_by_the_clock() -> None:
    with translation.override("en"):
        assert formats.ago(AT - 11 * HOUR_US, AT) == "1 day ago"  # before midnight
        assert formats.ago(AT - 10 * HOUR_US, AT) == "10 hours ago"
        assert formats.ago(AT - 47 * DAY_US, AT) == "47 days ago"
        assert formats.ago(AT, AT) == "just now"


def test_a_heading_names_today_and_yesterday() -> None:
    today = formats.zone().day(AT)
    with translation.override("en"):
        assert formats.day_heading(today, today) == "Today, 21 November"
        assert formats.day_heading(today - 1, today) == "Yesterday, 20 November"
        assert formats.day_heading(today - 400, today) == "17 October 2025"


def test_a_file_gets_plain_decimals() -> None:
    assert formats.decimal_amount(86_420) == "864.20"
    assert formats.decimal_amount(None) == ""


def test_what_somebody_typed_fits_its_place_and_is_whole_on_hover() -> None:
    long = "Ы" * 3_000
    assert formats.fitted("Анна-Мария д’Артаньян") == "Анна-Мария д’Артаньян"
    assert formats.fitted("a.b@shop.ru") == "a<wbr>.b@<wbr>shop<wbr>.ru"
    assert formats.fitted("Ы" * 40) == f'<span class="long">{"Ы" * 40}</span>'
    assert formats.fitted(long, 80) == f'<span class="long" title="{long}">{"Ы" * 79}…</span>'
    assert formats.fitted('"<b>' * 60).startswith('<span class="long" title="&quot;&lt;b&gt;')


def test_an_address_breaks_after_its_at_and_before_its_dots_and_nowhere_runs() -> None:
    assert formats.breakable("a.b@shop.ru") == "a<wbr>.b@<wbr>shop<wbr>.ru"
    assert formats.breakable("<b>.x@y") == "&lt;b&gt;<wbr>.x@<wbr>y"


@pytest.mark.parametrize(
    ("language", "texts"), [("en", ["2.00", "1.99", "−1,234.50", "—"]), ("ru", ["2,00", "1,99", "−1 234,50", "—"])]
)
def test_decimals_of_a_column_are_as_many_in_each_row(language, texts):
    with translation.override(language):
        assert [plain(formats.decimal(value)) for value in (2, 1.99, -1234.5, None)] == texts

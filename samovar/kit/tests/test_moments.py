"""Zones, days and times as they are written."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samovar.kit.clock import BadMoment, VirtualClock, Zone, day_date, from_us, parse_moment, to_us

ZONES = ["Europe/Moscow", "Europe/London", "Asia/Kathmandu", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "UTC"]
INSTANTS = st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2150, 1, 1)).map(lambda d: to_us(d.replace(tzinfo=dt.UTC)))


@given(at_us=INSTANTS, name=st.sampled_from(ZONES))
def test_the_local_day_is_the_day_on_the_wall(at_us: int, name: str) -> None:
    wall = from_us(at_us).astimezone(ZoneInfo(name)).date()
    zone = Zone(name)
    assert day_date(zone.day(at_us)) == wall
    assert zone.days(np.array([at_us]))[0] == zone.day(at_us)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-29T01:30", "2026-03-29T01:30+00:00"),  # does not exist in London: forward by the gap
        ("2026-10-25T01:30", "2026-10-25T00:30+00:00"),  # exists twice: the first
        ("2026-07-01", "2026-06-30T23:00+00:00"),
        ("2026-07-01T10:00Z", "2026-07-01T10:00+00:00"),
        ("2026-07-01T10:00+05:45", "2026-07-01T04:15+00:00"),
    ],
)
def test_a_time_is_read_in_the_zone(text: str, utc: str) -> None:
    assert from_us(parse_moment(text, Zone("Europe/London"))) == dt.datetime.fromisoformat(utc)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "0001-01-01", "9999-12-31", "2026-01-01T25:00"])
def test_it_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(BadMoment):
        parse_moment(text, Zone("UTC"))


def test_it_refuses_an_unknown_zone() -> None:
    with pytest.raises(BadMoment, match="Mars"):
        Zone("Mars/Olympus")


def test_a_virtual_clock_moves_only_forward() -> None:
    clock = VirtualClock(1_000)
    clock.advance_to(2_000)
    assert clock.now_us() == 2_000
    with pytest.raises(ValueError, match="forward"):
        clock.advance_to(1_999)


@given(
    day=st.integers(0, 40_000),
    name=st.sampled_from([*ZONES, "America/Havana", "America/Asuncion", "Africa/Cairo", "America/Scoresbysund"]),
)
def test_midnight_is_the_first_instant_of_its_day(day: int, name: str) -> None:
    zone = Zone(name)
    midnight_us = zone.midnight_us(day)
    assert zone.day(midnight_us - 1) < day <= zone.day(midnight_us)  # later only where a whole day does not exist

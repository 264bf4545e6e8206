"""Which value survives a merge: the valid one, then the trusted source's, then the newer, unless a member chose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samovar.collect.duplicates.survivorship import Value, kept_of, trust_of

KINDS = {"server": "server", "site": "browser", "till": "import"}
OLD = Value(
    person=1, name="city", kind="text", text="Казань", number=None, boolean=None, date_day=None, time_us=10, source="server",
    verdict="", profile=1, key=11,
)  # fmt: skip
NEW = replace(OLD, person=2, text="Москва", time_us=20, profile=4, key=22)


@pytest.mark.parametrize(
    ("one", "other", "survives"),
    [
        ({}, {}, 2),  # the newer
        ({"source": "rest-api"}, {}, 1),
        ({}, {"source": "till"}, 1),
        ({"source": "till"}, {"source": "site"}, 1),
        ({"verdict": "valid", "source": "site"}, {}, 1),
        ({}, {"verdict": "doubtful", "source": "rest-api"}, 1),
        ({"verdict": "invalid"}, {"verdict": "doubtful", "source": "site"}, 2),
        ({"time_us": 20}, {"key": 5}, 1),  # at the same moment the greater key is the later event
    ],
)
def test_it_survives(one: dict[str, object], other: dict[str, object], survives: int) -> None:
    told = [replace(OLD, **one), replace(NEW, **other)]  # type: ignore[arg-type]
    [kept] = kept_of(told, 1, chosen={}, order=[], kinds=KINDS)
    assert kept.profile == {1: 1, 2: 4}[survives]


def test_the_workspace_s_own_order_of_trust_goes_first() -> None:
    assert trust_of("site", ["site"], KINDS) < trust_of("rest-api", ["site"], KINDS)
    [kept] = kept_of([replace(OLD, source="site"), NEW], 1, chosen={}, order=["site"], kinds=KINDS)
    assert kept.profile == 1


def test_what_a_member_chose_goes_before_any_policy() -> None:
    [kept] = kept_of([replace(OLD, verdict="invalid"), NEW], 1, chosen={"city": 1, "tea": 2}, order=[], kinds=KINDS)
    assert (kept.profile, kept.key, kept.holder) == (1, 11, 1)


def test_the_holder_is_the_survivor_s_own_profile_that_has_the_field() -> None:
    [kept] = kept_of([replace(OLD, profile=9), NEW], 1, chosen={}, order=[], kinds=KINDS)
    assert (kept.profile, kept.holder) == (4, 9)
    assert kept.as_payload() == {"profile": 4, "key": "22", "holder": 9}


def test_what_both_say_or_only_one_has_is_left_as_it_is() -> None:
    assert kept_of([OLD, replace(NEW, text="Казань")], 1, chosen={}, order=[], kinds=KINDS) == []
    assert kept_of([OLD], 1, chosen={"city": 1}, order=[], kinds=KINDS) == []

"""The figures of README.md, as `bench/contacts.py` measures them on the labelled data beside the checkout."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from bench.contacts import DATA, measure, measure_names
from samovar.collect.contacts.names import check_name
from samovar.doors.demo import tea

README = Path(__file__).parents[1] / "README.md"
PINNED = {
    ("isemail", "samovar, valid"): (164, 46, 45, 45),
    ("isemail", "samovar, valid or doubtful"): (164, 46, 45, 45),
    ("isemail", "email_validator"): (164, 46, 46, 45),
    ("email_validator", "samovar, valid"): (286, 56, 58, 56),
    ("email_validator", "samovar, valid or doubtful"): (286, 56, 64, 56),
    ("email_validator", "email_validator"): (286, 56, 62, 56),
    ("phonenumbers", "samovar, valid"): (4348, 1137, 1129, 1129),
    ("phonenumbers", "phonenumbers, valid"): (4348, 1137, 1129, 1129),
    ("phonenumbers", "samovar, valid or doubtful"): (4348, 1137, 2889, 1133),
}
NAMES = {
    "order": (317, 317, 317, 317),
    "gender": (317, 288, 288, 288),
    "vocative": (317, 317, 317, 317),
    "dative": (317, 288, 288, 287),
}


@pytest.fixture(scope="module")
def measured() -> dict[tuple[str, str], dict[str, Any]]:
    if not (DATA / "isemail").is_dir():
        pytest.skip("the folder shared/data is not beside the checkout")
    return {(row["set"], row["judge"]): row for row in measure(DATA)}


@pytest.mark.parametrize("key", PINNED)
def test_precision_and_recall_are_those_published(measured: dict[tuple[str, str], dict[str, Any]], key: tuple[str, str]) -> None:
    row = measured[key]
    assert tuple(row[name] for name in ("rows", "positive", "accepted", "right")) == PINNED[key]
    assert f"{row['precision']:.3f}" in README.read_text("utf-8") and f"{row['recall']:.3f}" in README.read_text("utf-8")


def test_kinds_of_lines_and_countries_are_those_of_the_examples(measured: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert measured["phonenumbers", "kind of line"]["right"] == 1125
    assert measured["phonenumbers", "country"]["right"] == 987


def test_names_are_read_as_published() -> None:
    found = {row["judge"]: tuple(row[name] for name in ("rows", "positive", "accepted", "right")) for row in measure_names()}
    assert found == NAMES


def test_names_of_another_list_are_read_too() -> None:
    """The demo's people, whose names the rules were not made by; two of them write theirs in Latin letters."""
    for is_woman, given in ((True, tea.WOMEN), (False, tea.MEN)):
        for first, surname in itertools.product(given, tea.SURNAMES):
            last = tea.surname(surname, is_woman)
            for came in (f"{first} {last}", f"{last} {first}"):
                if not first.isascii():
                    found = check_name(came)
                    assert (found.first, found.last, found.gender) == (first, last, "female" if is_woman else "male"), came

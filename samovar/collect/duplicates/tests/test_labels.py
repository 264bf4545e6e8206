"""What a row of the queue says of a pair."""

from __future__ import annotations

from samovar.collect.duplicates import labels

TOLD = {
    "birthday": {"level": "same", "weight": 14.0}, "email": {"level": "same", "weight": 12.0},
    "phone": {"level": "same", "weight": 11.0}, "first_name": {"level": "same", "weight": 6.0},
    "street": {"level": "same", "weight": 5.0}, "last_name": {"level": "different", "weight": -3.6},
    "city": {"level": "different", "weight": -0.4}, "postal_code": {"level": "different", "weight": 0.0},
}  # fmt: skip


def shown(**told: dict[str, object]) -> list[str]:
    return [one["label"] for one in labels.reasons(told, labels.SHOWN_MAX)]


def test_a_row_has_the_weightiest_reasons_for_a_pair_and_against_it() -> None:
    assert shown(**TOLD) == ["Birthday", "E-mail", "Phone", "Surname", "City"]


def test_where_nothing_speaks_against_a_pair_all_places_are_of_reasons_for_it() -> None:
    alike = {name: one for name, one in TOLD.items() if one["level"] == "same"}
    assert shown(**alike) == ["Birthday", "E-mail", "Phone", "First name", "Street"]


def test_a_pair_that_was_never_found_has_a_dash_for_its_probability() -> None:
    assert labels.likelihood(0.0) == labels.NEVER_FOUND
    assert "%" in labels.likelihood(0.6)

"""Properties as facts: flat, normalised once, as JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samovar.collect.properties import TooNested, as_json, json_texts, normalised

SCALARS = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text()


def test_numbers_are_scaled_texts_get_a_twin_and_objects_are_flattened() -> None:
    told = {"price": 10.5, "name": "Чай", "new": True, "cart": {"id": "A", "lines": [1, 2]}, "gone": None, "products": [1]}
    assert normalised(told, skip=frozenset({"products"})) == {
        "price": 105_000, "name": "Чай", "~name": "чай", "new": True, "cart.id": "A", "~cart.id": "a", "cart.lines": "[1,2]",
        "gone": None,
    }  # fmt: skip


def test_it_refuses_what_is_too_deep() -> None:
    told: dict[str, object] = {}
    for _ in range(12):
        told = {"a": told}
    with pytest.raises(TooNested):
        normalised(told)


@given(st.lists(st.none() | st.dictionaries(st.text(), SCALARS, max_size=4)))
def test_many_texts_are_those_of_each(flats: list[dict[str, object] | None]) -> None:
    assert json_texts(flats) == [None if flat is None else as_json(flat) for flat in flats]  # type: ignore[arg-type]

"""The set of message ids says what a set says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samovar.collect import dedupe
from samovar.collect.dedupe import SeenIds, SeenMessages

HASHES = st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=60), max_size=8)


@given(HASHES, st.lists(st.integers(-(2**63), 2**63 - 1), max_size=40))
def test_it_says_what_a_set_says(batches: list[list[int]], asked: list[int]) -> None:
    seen, model = SeenIds(4), set()
    for batch in batches:
        seen.add(np.array(batch, dtype=np.int64))
        model.update(batch)
    everything = [*asked, *model]
    answers = seen.contains(np.array(everything, dtype=np.int64))
    assert [bool(a) for a in answers] == [h in model for h in everything]


def test_it_grows_and_keeps_what_it_has() -> None:
    keys = np.random.default_rng(1).integers(-(2**63), 2**63 - 1, 200_000)
    seen = SeenIds(16)
    for start in range(0, keys.size, 7_000):
        seen.add(keys[start : start + 7_000])
    assert seen.contains(keys).all()
    assert (seen.numbers(keys) == np.arange(1, keys.size + 1)).all()
    seen.add(keys)
    assert seen.size == keys.size
    assert not seen.contains(keys + 1).any()


def test_colliding_homes_are_kept_apart() -> None:
    close = np.arange(1, 120, dtype=np.int64)  # the upper bits decide the place: all of these want the same one
    seen = SeenIds(4)
    seen.add(close)
    assert seen.contains(close).all()
    assert not seen.contains(np.arange(200, 300, dtype=np.int64)).any()


def test_it_says_between_which_rows_of_the_log_an_id_was_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dedupe, "STRETCH_BITS", 4)
    keys = np.random.default_rng(2).integers(-(2**63), 2**63 - 1, 1_000)
    offsets = np.arange(keys.size) // 3
    seen = SeenMessages(16)
    for start in range(0, keys.size, 50):
        seen.add_from(keys[start : start + 50], offsets[start : start + 50])
    told = {key: span for span, found in seen.by_span(keys).items() for key in found.tolist()}
    assert len(told) == keys.size
    for key, offset in zip(keys.tolist(), offsets.tolist(), strict=True):
        first, last = told[key]
        assert first <= offset <= last <= first + 3 * 16

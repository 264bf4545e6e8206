"""Bitmaps made of masks hold the numbers that the masks do, whatever their containers are."""

from __future__ import annotations

import numpy as np
import pytest
from pyroaring import BitMap

from samovar.understand.live.bitmaps import CONTAINER, after_moves, numbers, of_masks


@pytest.mark.parametrize("shares", [[], [0.0], [1.0], [0.5, 0.0, 0.01], [0.0, 4096 / CONTAINER, 0.9], [0.2, 1.0, 0.3]])
def test_every_kind_of_container(shares):
    chance = np.random.default_rng(5)
    masks = [chance.random(CONTAINER) < share for share in shares]
    masks += [chance.random(1_000) < 0.5]  # the last people do not fill a container
    wanted = BitMap((np.flatnonzero(np.concatenate(masks))).tolist())
    assert of_masks(masks) == wanted


def test_the_last_move_of_each_person_counts():
    chance = np.random.default_rng(6)
    for many in (0, 1, 5_000, 300_000):
        people, is_in = chance.integers(1, 100_000, many), chance.random(many) < 0.5
        order = chance.permutation(many)
        begun = BitMap(chance.integers(1, 300_000, 500).tolist())
        last = dict.fromkeys(begun, True) | {int(people[n]): is_in[n] for n in np.argsort(order).tolist()}
        found = after_moves(begun, people, is_in, order)
        assert found == BitMap([person for person, inside in last.items() if inside])
        assert numbers(found).tolist() == list(found)


def test_the_most_numbers_that_a_container_lists_and_one_more():
    for many in (4_096, 4_097):
        mask = np.zeros(CONTAINER, np.bool_)
        mask[:many] = True
        assert of_masks([mask]) == BitMap(range(many))

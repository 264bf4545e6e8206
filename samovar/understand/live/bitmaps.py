"""Masks of neighbouring people as roaring bitmaps, made as they are stored rather than a number at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from samovar.rules.masks import Bools
from samovar.understand.live.rows import Ints

CONTAINER = 65_536  # numbers that one container of a roaring bitmap speaks of
_ARRAY_MAX = 4_096  # numbers that a container lists; one of more holds a bit for each
_COOKIE = 12_346  # of the portable format without runs (RoaringFormatSpec)


def of_masks(masks: Sequence[Bools]) -> BitMap:
    """The numbers for which masks hold, each of which speaks of the `CONTAINER` numbers after those of the mask before it."""
    found = [(key, int(np.count_nonzero(mask)), mask) for key, mask in enumerate(masks)]
    full = [(key, many, mask) for key, many, mask in found if many]
    heads = np.array([(key, many - 1) for key, many, _ in full], dtype="<u2")
    bodies = [_body(mask, many) for _, many, mask in full]
    begin = 8 + 8 * len(full)  # the cookie and how many, then the heads, then where each body begins
    offsets = begin + np.cumsum([0, *(len(body) for body in bodies)])[:-1]
    first = np.array([_COOKIE, len(full)], dtype="<u4")
    return BitMap.deserialize(b"".join([first.tobytes(), heads.tobytes(), offsets.astype("<u4").tobytes(), *bodies]))


def after_moves(members: BitMap, people: Ints, is_in: Bools, order: Ints) -> BitMap:
    """Members after moves of people, (moves,) each, which happened in the order of their numbers."""
    if not people.size:
        return members
    end = (max(int(people.max()), members.max() if members else 0) // CONTAINER + 1) * CONTAINER
    inside = np.zeros(end, np.bool_)
    inside[numbers(members)] = True
    line = np.argsort(order, kind="stable")
    inside[people[line]] = is_in[line]  # of several moves of a person the last one stays
    return of_masks(list(inside.reshape(-1, CONTAINER)))


def numbers(people: BitMap) -> NDArray[np.uint32]:
    """The numbers of a bitmap, in order."""
    return np.frombuffer(people.to_array(), np.uint32)


def _body(mask: Bools, many: int) -> bytes:
    if many <= _ARRAY_MAX:
        return np.flatnonzero(mask).astype("<u2").tobytes()
    bits = np.zeros(CONTAINER // 8, np.uint8)
    packed = np.packbits(mask, bitorder="little")
    bits[: packed.size] = packed
    return bits.tobytes()

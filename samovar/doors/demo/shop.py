"""The simulated shop: `people` customers of a tea shop over two years, the same for the same seed on every machine.

`Shop.slices()` makes the truth piece by piece, so memory does not grow with the shop. `render` turns a piece into events
for the log, `layout` writes it straight into the warehouse, `reaction` says what letters do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from samovar.doors.demo.acts import Slice, live
from samovar.doors.demo.people import SLICE
from samovar.kit.errors import Refusal

PEOPLE_MAX = 50_000_000


@dataclass(frozen=True)
class Shop:
    """A shop by its seed and size; raises `Refusal` for a size it cannot have.

    `visits` scales how much people look around, not what they order: with 1 a customer leaves about 50 events behind.
    """

    seed: int
    people: int
    visits: float = 1.0

    def __post_init__(self) -> None:
        if not 1 <= self.people <= PEOPLE_MAX:
            raise Refusal("bad_people", f"A shop has 1 to {PEOPLE_MAX} people, not {self.people}.", field="people")
        if not 0 <= self.seed < 2**63:
            raise Refusal("bad_seed", "A seed is a whole number from 0 on.", field="seed")

    @property
    def parts(self) -> int:
        """How many slices the shop has."""
        return -(-self.people // SLICE)

    def slices(self) -> Iterator[Slice]:
        """Every slice in order; the last one is cut to the shop's size."""
        for part in range(self.parts):
            yield self.slice(part)

    def slice(self, part: int) -> Slice:
        """One slice, 0 to `parts` - 1."""
        whole = live(self.seed, part, visits=self.visits)
        present = min(self.people - part * SLICE, SLICE)
        if present == SLICE:
            return whole
        return Slice(whole.people, whole.baskets, whole.events.where(whole.events.person < present), present)

"""RFM quintiles: sizes, order, ties."""

from __future__ import annotations

from samovar.understand.tests.shop import NOW, Shop


def rfm_of(shop: Shop, person: int) -> tuple[int, int, int]:
    [row] = shop.query("understand.rfm_of", person_id=person, at_us=NOW).to_pylist()
    return row["r"], row["f"], row["m"]


def test_it_parts_buyers_into_fifths_with_the_best_at_five():
    shop = Shop()
    for person in range(1, 11):
        shop.person(person, orders=tuple(range(person, person * 2)), amount=1000)
    shop.person(99)
    assert rfm_of(shop, 1) == (5, 1, 1)  # the latest, the fewest, the least
    assert rfm_of(shop, 10) == (1, 5, 5)
    cells = shop.query("understand.rfm", at_us=NOW).to_pylist()
    assert sum(cell["people"] for cell in cells) == 10
    for quintile in "rfm":
        assert [sum(c["people"] for c in cells if c[quintile] == n) for n in range(1, 6)] == [2] * 5
    assert shop.query("understand.rfm_of", person_id=99, at_us=NOW).num_rows == 0


def test_equal_people_are_parted_by_their_ids():
    shop = Shop()
    for person in range(1, 8):
        shop.person(person, orders=(5,))
    assert [rfm_of(shop, person)[0] for person in range(1, 8)] == [5, 4, 3, 2, 2, 1, 1]

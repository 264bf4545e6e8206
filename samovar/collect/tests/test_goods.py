"""What is known of goods, as events and lines tell of them."""

from __future__ import annotations

from samovar.collect.goods import Shelf


def test_a_good_never_told_of_is_new() -> None:
    row = ("tea", "Улун", "чай", None, 1_200, 5, 1)
    assert Shelf([]).put([row]) == ([row], [])


def test_a_newer_telling_changes_what_it_says_and_keeps_what_it_leaves_unsaid() -> None:
    shelf = Shelf([("tea", "Улун", "чай", "Самовар", 1_200, 5, 1)])
    assert shelf.put([("tea", None, "напитки", None, 1_300, 6, 2)]) == ([], [("tea", "Улун", "напитки", "Самовар", 1_300, 6, 2)])


def test_an_older_telling_changes_nothing_and_an_equal_time_goes_by_the_key() -> None:
    known = ("tea", "Улун", None, None, 1_200, 5, 7)
    shelf = Shelf([known])
    assert shelf.put([("tea", "Пуэр", None, None, 1, 4, 9), ("tea", "Пуэр", None, None, 1, 5, 6)]) == ([], [])
    assert shelf.put([("tea", "Пуэр", None, None, 1, 5, 8)]) == ([], [("tea", "Пуэр", None, None, 1, 5, 8)])


def test_a_good_told_of_twice_in_a_batch_is_one_row() -> None:
    shelf = Shelf([])
    new, changed = shelf.put([("tea", "Улун", None, None, 1, 5, 1), ("tea", None, "чай", None, 2, 6, 2)])
    assert (new, changed) == ([("tea", "Улун", "чай", None, 2, 6, 2)], [])
    assert shelf.put([("tea", "Улун", "чай", None, 2, 7, 3)]) == ([], [("tea", "Улун", "чай", None, 2, 7, 3)])

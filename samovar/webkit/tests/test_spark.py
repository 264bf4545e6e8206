"""A tiny line beside a figure."""

from __future__ import annotations

import re

from samovar.webkit.spark import HEIGHT, spark


def heights(values: list[float]) -> list[float]:
    [points] = re.findall(r'points="([^"]+)"', spark(values, "size"))
    return [HEIGHT - float(point.split(",")[1]) for point in points.split(" ")]


def test_the_least_figure_lies_at_the_bottom_and_the_greatest_on_top() -> None:
    assert heights([10, 30, 20]) == [2.0, 18.0, 10.0]
    assert heights([-5, -5]) == [10.0, 10.0]


def test_one_figure_draws_nothing() -> None:
    assert spark([7], "size") == "" == spark([], "size")


def test_its_words_are_escaped() -> None:
    assert "&lt;b&gt;" in spark([1, 2], "<b>")

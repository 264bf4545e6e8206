"""What the island of charts draws: axes of shares, labels below bars, and times that are not whole. Its module is run by Node."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
# The types are taken off by what builds the islands; colours are told by the names of their properties.
RUN = """
import { readFileSync } from "node:fs";
import { transformWithOxc } from "vite";
const { code } = await transformWithOxc(readFileSync("islands/chart/option.ts", "utf8"), "option.ts");
const { option } = await import("data:text/javascript;base64," + Buffer.from(code).toString("base64"));
const style = { getPropertyValue: (name) => name, fontFamily: "Inter" };
const asked = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(asked.map(({ width, ...figures }) => option(figures, style, true, 1, width))));
"""


def series(*values: float | None, role: str = "", name: str = "a") -> dict[str, Any]:
    return {"name": name, "role": role, "values": values, "low": [], "high": [], "texts": [], "ranges": []}


def figures(kind: str, unit: str, x: list[str], *lines: dict[str, Any], width: int = 900, **more: Any) -> dict[str, Any]:
    return {
        "title": "", "kind": kind, "unit": unit, "x": x, "partial": [], "close": False, "language": "en", "currency": "RUB",
        "perMajor": 100, "series": lines, "width": width, **more,
    }  # fmt: skip


def drawn(*charts: dict[str, Any]) -> list[dict[str, Any]]:
    """What ECharts is told of each chart."""
    if shutil.which("node") is None or not (ROOT / "node_modules" / "vite").exists():
        pytest.skip("The tools of the islands are missing: make setup")
    command = ["node", "--input-type=module", "--eval", RUN]
    answer = subprocess.run(command, cwd=ROOT, input=json.dumps(charts), capture_output=True, text=True, check=True)
    told: list[dict[str, Any]] = json.loads(answer.stdout)
    return told


def test_an_axis_of_shares_ends_at_all_of_them() -> None:
    whole, small, growth, laid = drawn(
        figures("stacked", "percent", ["1", "2"], series(0.7, 0.5), series(0.3000000001, 0.2)),
        figures("bar", "percent", ["1", "2"], series(0.31, 0.2)),
        figures("bar", "percent", ["1", "2"], series(1.4, 0.2)),
        figures("across", "percent", ["1"], series(1), width=330),
    )
    assert (whole["yAxis"]["max"], whole["yAxis"]["interval"]) == (1, 0.25)
    assert (laid["xAxis"]["max"], laid["xAxis"]["interval"]) == (1, 0.5)
    assert "max" not in small["yAxis"]  # an axis that ends below is left to its own steps
    assert "max" not in growth["yAxis"]  # and a change may be more than all


def test_every_step_of_a_funnel_has_its_label_on_a_phone() -> None:
    steps = ["Product views", "Cart adds", "Orders"]
    [narrow, many] = drawn(
        figures("bar", "percent", steps, series(1, 0.9, 0.8), width=326),
        figures("bar", "money", [str(day) for day in range(60)], series(*range(60)), width=326),
    )
    assert narrow["xAxis"]["axisLabel"]["interval"] == 0
    assert narrow["xAxis"]["axisLabel"]["overflow"] == "break"
    assert 60 < narrow["xAxis"]["axisLabel"]["width"] < 326 / 3
    assert many["xAxis"]["axisLabel"]["hideOverlap"]


def test_a_time_that_is_not_whole_is_dashed_or_pale() -> None:
    months = ["Nov", "Dec", "Jan", "Feb"]
    line, bars = drawn(
        figures("line", "money", months, series(30, 90, 80, 20), partial=[0, 3]),
        figures("bar", "money", months, series(30, 90, 80, 20), partial=[0, 3]),
    )
    whole, rest = line["series"]
    assert whole["data"] == [None, 90, 80, None]
    assert [point["value"] for point in rest["data"]] == [30, 90, 80, 20]
    assert [point["symbol"] for point in rest["data"]] == ["circle", "none", "none", "circle"]
    assert rest["lineStyle"]["type"] == [4, 4]
    pale = [isinstance(bar, dict) and bar["itemStyle"]["opacity"] < 0.5 for bar in bars["series"][0]["data"]]
    assert pale == [True, False, False, True]


def test_no_two_series_share_a_colour_and_others_are_grey() -> None:
    lines = [series(1, name=str(number)) for number in range(12)]
    [chart] = drawn(figures("stacked", "money", ["1"], *lines, series(1, role="others", name="others")))
    colours = [one["color"] for one in chart["series"]]
    assert len(set(colours)) == 13
    assert colours[-1] == "--series-others"


def test_the_colours_of_series_are_told_apart_and_seen_in_both_themes() -> None:
    sheet = (ROOT / "islands" / "office" / "theme.css").read_text()
    themes = re.split(r"@media screen and \(prefers-color-scheme: dark\)", sheet)[:2]
    for theme in themes:
        card = re.findall(r"--card: (#[0-9a-f]+);", theme)[0]
        colours = [re.findall(rf"--series-{number}: (#[0-9a-f]{{6}});", theme)[0] for number in range(1, 13)]
        assert min(contrast(colour, card) for colour in colours) > 2.5
        assert min(distance(one, other) for one, other in combinations(colours, 2)) > 0.07


def linear(colour: str) -> list[float]:
    """The three lights of a colour, as they add up."""
    digits = colour.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one: str, other: str) -> float:
    """The ratio of two luminances, as WCAG counts it."""
    low, high = sorted(sum(k * part for k, part in zip((0.2126, 0.7152, 0.0722), linear(of), strict=True)) for of in (one, other))
    return (high + 0.05) / (low + 0.05)


def distance(one: str, other: str) -> float:
    """How far two colours lie apart in Oklab (Ottosson 2020)."""
    first, second = oklab(one), oklab(other)
    return float(sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5)


def oklab(colour: str) -> list[float]:
    r, g, b = linear(colour)
    cones = [
        0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b, 0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
        0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
    ]  # fmt: skip
    x, y, z = (cone ** (1 / 3) for cone in cones)
    return [
        0.2104542553 * x + 0.793617785 * y - 0.0040720468 * z, 1.9779984951 * x - 2.428592205 * y + 0.4505937099 * z,
        0.0259040371 * x + 0.7827717662 * y - 0.808675766 * z,
    ]  # fmt: skip

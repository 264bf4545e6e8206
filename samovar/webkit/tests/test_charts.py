"""Charts: the figures stand as a table, and what a stranger named cannot leave its script element."""

from __future__ import annotations

import json
import re

from django.template import Context, Template
from django.utils import translation

from samovar.webkit.chart import Chart, Series


def drawn(chart: Chart) -> str:
    return Template("{% chart chart %}").render(Context({"chart": chart}))


def test_its_figures_stand_as_a_table_for_who_does_not_see_it() -> None:
    with translation.override("ru"):
        html = drawn(Chart("Revenue", ["14 ноя"], [Series("control", [2_370], role="control")], unit="money"))
    assert re.search(r'<td class="n">23,70\s₽</td>', html)


def test_a_hostile_name_stays_inside_the_json() -> None:
    name = '</script><script>alert("x")</script>'
    html = drawn(Chart("A", ["1"], [Series(name, [1])]))
    (script,) = re.findall(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert json.loads(script)["series"][0]["name"] == name
    assert "<script>alert" not in html


def test_a_gap_stays_a_gap() -> None:
    html = drawn(Chart("A", ["1", "2"], [Series("s", [1, None], low=[0, None], high=[2, None])]))
    assert "—" in html
    assert "null" in html

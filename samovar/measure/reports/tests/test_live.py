"""The live counter against counting by hand at each minute of an hour that is played again, row by row."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from samovar.kit.clock import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from samovar.measure.builder import fields
from samovar.measure.reports.live.line import read_line
from samovar.measure.reports.report import BadParameter
from samovar.measure.reports.tests.shop import Shop
from samovar.rules import RuleError

pytestmark = pytest.mark.django_db
VIEW, ADD = 'event("Looked")', 'event("Put In")'
Row = tuple[int, int, str, int]  # who, when, what, how much


def _played(shop: Shop, seed: int, hours: int = 2) -> list[Row]:
    """Rows of some people in the last hours, some at one moment and some on the edge of a minute."""
    chance = random.Random(seed)
    rows: list[Row] = []
    for person in range(1, 13):
        shop.person(person, known_us=0 if person % 3 else None)
    for _number in range(260):
        at_us = shop.at_us - chance.randrange(hours * 3600) * SECOND_US
        if chance.random() < 0.3:
            at_us -= at_us % MINUTE_US
        rows.append((chance.randrange(1, 13), at_us, chance.choice(("Looked", "Looked", "Put In")), chance.randrange(1, 900)))
    for person, at_us, name, amount in rows:
        shop.event(person, name, at_us, amount=amount * 10_000)
    return rows


def _by_hand(rows: list[Row], end_us: int, window: int, measure: str, of: str, per: str | None) -> float | None:
    within = [row for row in rows if end_us - window * MINUTE_US <= row[1] < end_us]
    counted, divisor = [row for row in within if row[2] == of], [row for row in within if row[2] == per]
    if measure == "conversion":
        firsts = {person: min(row[1] for row in divisor if row[0] == person) for person in {row[0] for row in divisor}}
        done = {row[0] for row in counted if row[0] in firsts and firsts[row[0]] <= row[1]}
        return len(done) / len(firsts) if firsts else None
    figure = {
        "count": len(counted), "people": len({row[0] for row in counted}), "sum(amount)": sum(row[3] for row in counted),
    }[measure]  # fmt: skip
    if per is None:
        return figure
    over = len({row[0] for row in divisor}) if measure == "people" else len(divisor)
    return figure / over if over else None


@pytest.mark.parametrize("window", [1, 7, 60])
@pytest.mark.parametrize(
    ("measure", "per"),
    [
        ("count", None), ("people", None), ("sum(amount)", None), ("count", "Looked"), ("people", "Looked"),
        ("sum(amount)", "Looked"), ("conversion", "Looked"),
    ],
)  # fmt: skip
def test_at_each_minute_of_a_replayed_hour_the_chart_equals_the_oracle(measure, per, window):
    shop = Shop(at="2026-06-15T12:00:41")
    rows = _played(shop, window)
    params = {"of": ADD, "measure": measure, "window": str(window), "minutes": "60", **({"per": VIEW} if per else {})}
    whole = shop.report("live", params)
    place = whole.place("figure")
    last = shop.at_us // MINUTE_US
    told = [row[place] for row in whole.rows]
    assert told == [_by_hand(rows, (last - back) * MINUTE_US, window, measure, "Put In", per) for back in range(59, -1, -1)]
    assert whole.rows[-1][0] == "2026-06-15T12:00"
    assert len({one for one in told if one is not None}) > 1
    for back in (0, 13, 59):  # what was shown at a minute is what is shown of it later
        then = shop.report("live", {**params, "minutes": "1"}, at_us=(last - back) * MINUTE_US + 7 * SECOND_US)
        assert then.rows[0][place] == told[59 - back]


@pytest.mark.parametrize("measure", ["people", "conversion"])
def test_behind_a_figure_stand_its_people(measure):
    shop = Shop(at="2026-06-15T12:00:41")
    _played(shop, 3)
    found = shop.report("live", {"of": ADD, "per": VIEW, "measure": measure, "window": "20"})
    seen = 0
    for record, cells in zip(found.records(), found.cells, strict=True):
        for column, cell in cells.items():
            assert len(shop.behind(found, cell).people) == record[column]
            seen += 1
    assert seen > 80


def test_usual_is_the_middle_of_the_weeks_before_on_the_clock_of_the_workspace():
    shop = Shop("Europe/Berlin", at="2026-04-03T18:30")  # the clocks went forward on 29 March
    shop.person(1)
    for week, times in ((1, 3), (2, 5), (3, 9)):
        for number in range(times):
            back_us = week * 7 * DAY_US - (HOUR_US if week > 0 else 0)
            shop.event(1, "Looked", shop.at_us - back_us - (5 + number) * SECOND_US)
    shop.event(1, "Looked", shop.at_us - SECOND_US)
    asked = {"of": VIEW, "window": "1", "minutes": "1", "line": "below 60% of usual", "least": "2"}
    [row] = shop.report("live", asked).records()
    assert row == {"minute": "2026-04-03T18:30", "figure": 1, "usual": 5.0, "line": 3.0, "state": "beyond"}
    assert shop.report("live", {**asked, "least": "6"}).records()[0]["state"] == "few"
    assert shop.report("live", {**asked, "line": "below 20% of usual"}).records()[0]["state"] == "ok"


def test_too_few_to_divide_by_are_not_judged():
    shop = Shop()
    for person in range(1, 5):
        shop.person(person)
        shop.event(person, "Looked", shop.at_us - MINUTE_US)
    shop.event(1, "Put In", shop.at_us - DAY_US)
    asked = {"of": ADD, "per": VIEW, "measure": "conversion", "line": "below 2,5%", "least": "4", "minutes": "1"}
    assert shop.report("live", asked).records()[0] == {
        "minute": "2026-06-15T12:00", "figure": 0.0, "counted": 0, "per": 4, "line": 0.025, "state": "beyond",
    }  # fmt: skip
    assert shop.report("live", {**asked, "least": "5"}).records()[0]["state"] == "few"
    assert shop.report("live", {**asked, "of": VIEW}).records()[0]["state"] == "ok"


def test_money_has_a_line_in_major_units():
    shop = Shop()
    shop.person(1)
    shop.order(1, shop.at_us - MINUTE_US, amount=123_45)
    asked = {"measure": "sum(amount)", "line": "below 123.46", "minutes": "1"}
    assert shop.report("live", asked).records()[0] == {
        "minute": "2026-06-15T12:00", "figure_minor": 12345, "line_minor": 12346.0, "state": "beyond",
    }  # fmt: skip
    assert shop.report("live", {**asked, "line": "below 123.45"}).records()[0]["state"] == "ok"


def test_only_people_of_a_rule_count_where_one_is_given():
    shop = Shop()
    for person, city in ((1, "Kazan"), (2, "Kazan"), (3, None)):
        shop.person(person, city=city)
        shop.event(person, "Looked", shop.at_us - MINUTE_US)
    shop.person(4, known_us=None)
    shop.event(4, "Looked", shop.at_us - MINUTE_US)
    asked = {"of": VIEW, "minutes": "1"}
    assert shop.report("live", asked).records()[0]["figure"] == 4
    assert shop.report("live", {**asked, "among": 'city = "Kazan"'}).records()[0]["figure"] == 2


@pytest.mark.parametrize(
    ("text", "side", "amount", "is_of_usual", "written"),
    [
        ("below 120", "below", Fraction(120), False, "below 120"), ("ABOVE 2,5%", "above", Fraction(1, 40), False, "above 0.025"),
        ("below 60% of usual", "below", Fraction(3, 5), True, "below 60% of usual"),
    ],
)  # fmt: skip
def test_a_line_is_read_and_written(text, side, amount, is_of_usual, written):
    line = read_line(text)
    assert line is not None
    assert (line.side, line.amount, line.is_of_usual, line.text) == (side, amount, is_of_usual, written)
    assert read_line(written) == line


SHARE = {"measure": "conversion", "per": "visits"}


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({**SHARE, "line": "below 5"}, "with a percent sign, “below 5%”, or as a part of 1."),
        ({"per": "visits", "line": "above 2,5"}, "with a percent sign, “above 2.5%”, or as a part of 1."),
        ({"line": "below 5%"}, "The figure is no share"),
        ({"measure": "sum(amount)", "line": "below 5%"}, "The figure is no share"),
    ],
)  # fmt: skip
def test_a_line_that_does_not_fit_its_figure_is_refused_with_how_to_write_it(params, says):
    with pytest.raises(BadParameter) as refused:
        fields.params("live", params)
    assert refused.value.field == "line" and says in refused.value.message


@pytest.mark.parametrize("line", ["below 5%", "below 0.05", "below 1", "above 300%", "below 60% of usual"])
def test_a_share_has_a_line_of_percents_or_of_parts_of_one(line):
    assert fields.params("live", {**SHARE, "line": line})["line"] == line


@pytest.mark.parametrize(
    ("params", "refusal", "field"),
    [
        ({"line": "under 5"}, BadParameter, "line"), ({"line": "below 60 of usual"}, BadParameter, "line"),
        ({"measure": "avg(amount)"}, BadParameter, "measure"), ({"measure": "conversion"}, BadParameter, "per"),
        ({"of": "ordrs"}, RuleError, "of"), ({"of": "orders in last 3 days"}, BadParameter, "of"),
        ({"of": "orders.amount"}, BadParameter, "of"), ({"per": "orders) >= 0 or count(visits"}, RuleError, "per"),
        ({"measure": "sum(amnt)"}, RuleError, "measure"), ({"window": "0"}, BadParameter, "window"),
        ({"minutes": "1441"}, BadParameter, "minutes"),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_is_refused_by_its_name(params, refusal, field):
    with pytest.raises(refusal) as told:
        Shop().report("live", params)
    assert told.value.field == field

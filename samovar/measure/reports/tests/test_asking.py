"""What a report says to nothing, to one person, to names that do not exist and to too many of them; periods; files."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from datetime import date

import openpyxl
import pytest
from django.utils import translation

from samovar.doors.cli.report import _help
from samovar.kit.clock import DAY_US, MINUTE_US
from samovar.kit.errors import NotFound
from samovar.measure.builder.tables import table
from samovar.measure.reports import REPORTS, exports
from samovar.measure.reports.answers import behind
from samovar.measure.reports.periods import period
from samovar.measure.reports.report import BadParameter
from samovar.measure.reports.tests.shop import Shop, a_shop
from samovar.measure.reports.words import heading
from samovar.rules import RuleError

pytestmark = pytest.mark.django_db
NEEDED = {"funnel": {"steps": "views then orders"}}  # of somebody who put nothing into a cart


@pytest.mark.parametrize("name", REPORTS)
def test_over_nothing_a_report_is_empty_or_zero(name):
    found = Shop().report(name, NEEDED.get(name))
    assert all(
        not value for record in found.records() for key, value in record.items() if key.endswith(("people", "buyers", "orders"))
    )
    assert exports.as_csv(table(found), "RUB")
    assert exports.as_xlsx(table(found), "RUB", name)


@pytest.mark.parametrize("name", REPORTS)
def test_over_one_person_a_report_holds_her(name):
    shop = Shop()
    shop.person(7)
    order = shop.order(7, shop.at_us - 40 * DAY_US, 0, 2)
    shop.refund(7, shop.at_us - 39 * DAY_US, 100, order)
    shop.event(7, "Product Viewed", shop.at_us - 41 * DAY_US)
    shop.event(7, "Product Viewed", shop.at_us - MINUTE_US)
    params = {"affinity": {"least": "1"}, "paths": {"days": "90"}, "live": {"of": "views"}, **NEEDED}.get(name)
    found = shop.report(name, params)
    people = {person for cells in found.cells for cell in cells.values() for person in shop.behind(found, cell).people}
    assert people == {7}


@pytest.mark.parametrize(
    ("name", "params", "refusal"),
    [
        ("nothing", {}, NotFound), ("rfm", {"colour": "red"}, BadParameter), ("cohorts", {"by": "year"}, BadParameter),
        ("funnel", {"steps": "orders then ordrs"}, RuleError),
        ("funnel", {"steps": "orders or"}, RuleError), ("funnel", {"steps": "orders", "by": "favourite"}, RuleError),
        ("funnel", {"steps": "orders", "by": "registered_at"}, RuleError),
        ("funnel", {"steps": "orders", "by": "avg(orders.amount)"}, RuleError),
        ("funnel", {"steps": "orders", "by": "count(orders) > 1"}, RuleError),
        ("drivers", {"from": "2026-13"}, BadParameter), ("drivers", {"from": "2026-03", "to": "2026-02"}, BadParameter),
        ("paths", {"depth": "100"}, BadParameter), ("rfm", {"among": "cty = 1"}, RuleError),
        ("ladder", {"rungs": "no colon"}, BadParameter),
        ("ladder", {"rungs": "a: ordrs"}, RuleError), ("affinity", {"of": "colour"}, BadParameter),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_refused(name, params, refusal):
    with pytest.raises(refusal):
        a_shop(1, people=5).report(name, params)


def test_a_funnel_of_which_nobody_said_the_steps_has_those_of_the_house():
    shop = a_shop(1, people=5)
    assert shop.report("funnel").rows == shop.report("funnel", {"steps": "views then cart_adds then orders"}).rows


@pytest.mark.parametrize(
    ("name", "params", "place", "says"),
    [
        ("custom", {"period": "forever"}, (1, 1), "Expected a period such as “in last 30 days”, found “forever”."),
        ("custom", {"period": "in last 5"}, (1, 10), "Expected a unit of time such as days, found the end."),
        ("custom", {"where": "amount >"}, (1, 9), "Expected a name or a value, found the end."),
        ("custom", {"where": "amount > 5) or (amount > 6"}, (1, 11), "Expected “and”, “or” or the end, found “)”."),
        ("custom", {"of": "orders)"}, (1, 7), "Expected “where”, a period or the end, found “)”."),
        ("live", {"of": "orders where amount >"}, (1, 22), "Expected a name or a value, found the end."),
        ("funnel", {"steps": "ordrs then views"}, (1, 1), "There is nothing called “ordrs” to count."),
        ("funnel", {"steps": "orders thn views"}, (1, 8), "Expected “then”, a period or the end, found “thn”."),
        ("funnel", {"steps": "did orders or views"}, (1, 12), "Expected “then”, a period or the end, found “or”."),
    ],
)  # fmt: skip
def test_a_fault_speaks_of_what_its_reader_wrote(name, params, place, says):
    [field] = params
    with pytest.raises(RuleError) as refused:
        a_shop(1, people=5).report(name, params)
    told = refused.value
    assert (told.message, (told.line, told.column), told.field) == (says, place, field)


@pytest.mark.parametrize(
    ("name", "params", "says"),
    [
        ("custom", {"limit": "2000"}, "“limit” is a whole number from 1 to 1000, not “2000”."),
        ("paths", {"days": "soon"}, "“days” is a whole number from 1 to 3650, not “soon”."),
    ],
)
def test_a_number_out_of_range_is_refused_with_its_range(name, params, says):
    with pytest.raises(BadParameter) as refused:
        Shop().report(name, params)
    assert refused.value.message == says


def test_of_very_many_values_the_largest_stand_by_name():
    shop = Shop()
    for person in range(1, 301):
        shop.person(person, city=f"city {person % 120}")
        shop.order(person, shop.at_us - DAY_US, 0)
    found = shop.report("funnel", {"steps": "orders", "by": "city"})
    assert len(found.rows) == 51
    others = next(place for place, row in enumerate(found.rows) if row[0] == "…")
    behind = shop.behind(found, found.cells[others]["people"])
    assert sum(row[2] for row in found.rows) == 300
    assert shop.count(behind.rule, shop.at_us) == len(behind.people) == found.rows[others][2]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)), ("2023-Q4", date(2023, 10, 1), date(2023, 12, 31)),
        ("2023", date(2023, 1, 1), date(2023, 12, 31)), ("2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-01-05..2026-01-09", date(2026, 1, 5), date(2026, 1, 9)), ("2026-01-05", date(2026, 1, 5), date(2026, 1, 5)),
        ("2025-12", date(2025, 12, 1), date(2025, 12, 31)),
    ],
)  # fmt: skip
def test_periods(text, first, last):
    assert (period(text).first, period(text).last) == (first, last)


@pytest.mark.parametrize("text", ["", "2026-00", "2026-Q5", "2026-W60", "yesterday", "2026-02-30", "2026-03-02..2026-03-01"])
def test_what_is_no_period(text):
    with pytest.raises(ValueError):
        period(text)


def test_files_hold_figures_as_figures_and_no_formula():
    shop = Shop()
    shop.person(1, city='=HYPERLINK("http://evil","x")')
    shop.order(1, shop.at_us - DAY_US, amount=123_456)
    found = shop.report("drivers", {"from": "2026-05", "to": "2026-06", "by": "city"})
    rows = list(csv.reader(io.StringIO(exports.as_csv(table(found), "RUB").decode("utf-8-sig"))))
    assert rows[0][:4] == ["Part", "Period", "Buyers", "Orders"]
    assert rows[2][0].startswith("'=")
    assert rows[2][4] == "1234.56"
    sheet = openpyxl.load_workbook(io.BytesIO(exports.as_xlsx(table(found), "RUB", "drivers"))).active
    cell = sheet.cell(3, 1)
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("http://evil","x")')
    assert (sheet.cell(3, 5).value, sheet.cell(3, 5).number_format) == (1234.56, "#,##0.00")


def test_the_command_lists_its_reports_before_any_workspace_is_open():
    """Where Django has no settings yet: in the tests themselves it always has."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "SAMOVAR_"))}
    command = [sys.executable, "-m", "samovar.doors.cli.main", "report", "custom", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "--measures" in told.stdout
    assert "One of: before, year." in told.stdout


def test_the_help_of_a_choice_names_what_may_be_chosen():
    for report in REPORTS.values():
        for param in report.params:
            assert all(choice in _help(param) for choice in param.choices if choice)
    assert _help(REPORTS["reach"].params[1]).endswith("One of: channel, segment. Default channel.")


def test_a_path_leads_to_its_people_whatever_its_events_are_called():
    shop = Shop()
    shop.person(1)
    shop.event(1, "Menu > Tea", shop.at_us - 2 * DAY_US)
    shop.event(1, 'it\'s "green"', shop.at_us - DAY_US)
    found = shop.report("paths")
    assert [shop.behind(found, cells["people"]).people for cells in found.cells] == [[1], [1]]


def test_who_stopped_at_a_branch_are_those_whose_whole_path_it_is():
    shop = Shop()
    for person, steps in enumerate((["a"], ["a", "b"], ["a", "b", "c"], ["a", "b"]), start=1):
        shop.person(person)
        for place, step in enumerate(steps):
            shop.event(person, step, shop.at_us - (9 - place) * DAY_US)
    found = shop.report("paths", {"depth": "2"})
    assert [(row["path"], row["stopped"]) for row in found.records()] == [("a", 1), ("a > b", 3)]
    assert [sorted(shop.behind(found, cells["stopped"]).people) for cells in found.cells] == [[1], [2, 3, 4]]
    assert sorted(behind(found, "2:stopped", warehouse=shop).people) == [2, 3, 4]


def test_the_days_of_a_month_are_those_since_the_order_before_of_who_came_again_in_it():
    shop = Shop(at="2026-06-15T12:00")
    shop.person(1)
    for days in (70, 40):  # 6 April and 6 May
        shop.order(1, shop.at_us - days * DAY_US, 0)
    found = shop.report("baskets")
    assert [(row["period"], row["repeat_days"]) for row in found.records()] == [("all", 30), ("2026-04", None), ("2026-05", 30)]
    assert [heading(column) for column in found.columns][-1] == "Days since the order before"
    with translation.override("ru"):
        assert heading(found.columns[-1]) == "Дней с предыдущего заказа"

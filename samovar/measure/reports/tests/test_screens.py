"""The pages, files and REST API of reports: one answer, and the people behind each figure as a segment."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from urllib.parse import quote

import openpyxl
import pytest
from django.test import Client

from samovar.collect.quality.models import QualityDay, QualityMark, QualityStream
from samovar.engine.warehouse import client as warehouse
from samovar.kit.clock import DAY_US
from samovar.measure.reports import REPORTS
from samovar.measure.reports.tests.pages import member, part
from samovar.measure.reports.tests.shop import Shop
from samovar.measure.screens import looks
from samovar.staff.models import Role
from samovar.understand.models import Segment

pytestmark = pytest.mark.django_db
FUNNEL = {"steps": "orders then orders within 30 days"}


def test_a_report_of_ones_own_calls_its_columns_as_people_do(shop):
    asked = {"rows": "month; person.city", "measures": "people; sum(amount); count"}
    heads = re.findall(r"<th[^>]*>([^<]+)</th>", part(member(Role.MARKETER), "/reports/custom/", **asked))
    assert heads[:2] == ["Month", "City"] and not {"people", "sum_amount", "sum_amount_minor", "person.city"} & set(heads)


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_has_a_page_with_its_controls_and_an_answer(marketer, name):
    page = marketer.get(f"/reports/{name}/").content.decode()
    for param in REPORTS[name].params:
        assert f'name="{param.name}"' in page
    answer = part(marketer, f"/reports/{name}/", at="2026-06-14", **({"days": "400"} if name == "paths" else {}))
    assert "figures-table" in answer
    assert f'href="/reports/{name}/people/?' in answer or name in ("affinity", "live")


@pytest.mark.parametrize(
    ("name", "params", "title"),
    [
        ("paths", {"days": "400"}, "What people do step by step"), ("loyalty", {}, "Shares of buyers, now and a period before"),
        ("drivers", {"by": "city"}, "Orders of each part in the two periods"), ("drivers", {}, "Whose orders changed"),
    ],
)  # fmt: skip
def test_a_chart_draws_what_its_table_says(marketer, shop, name, params, title):
    answer = part(marketer, f"/reports/{name}/", at="2026-06-14", **params)
    drawn = next(one for one in looks.charts(shop.report(name, params, shop.at_us - DAY_US)) if one.title == title)
    assert f"<h2>{title}</h2>" in answer and all(len(one.values) == len(drawn.x) for one in drawn.series)
    if name == "paths":
        records = shop.report(name, params, shop.at_us - DAY_US).records()
        by_depth = [sum(one["of_all"] for one in records if one["depth"] == depth + 1) for depth in range(len(drawn.x))]
        assert [sum(one.values[depth] for one in drawn.series) for depth in range(len(drawn.x))] == pytest.approx(by_depth)


def test_a_page_says_what_is_wrong_with_what_was_asked(marketer):
    answer = part(marketer, "/reports/funnel/", steps="orders then ordrs")
    assert "There is nothing called “ordrs” to count." in answer
    assert "“depth” is a whole number from 2 to 10, not “99”." in part(marketer, "/reports/paths/", depth="99")
    assert "This is not a day: soon." in part(marketer, "/reports/rfm/", at="soon")
    assert marketer.get("/reports/nothing/").status_code == 404


def test_over_nothing_a_page_says_what_will_bring_figures(monkeypatch, marketer):
    monkeypatch.setattr(warehouse, "_current", Shop())
    assert "Nothing happened that this report could show" in part(marketer, "/reports/rfm/")


def test_a_figure_leads_to_its_people_and_they_become_a_live_segment(marketer, shop):
    found = shop.report("funnel", FUNNEL)
    answer = part(marketer, "/reports/funnel/", at="2026-06-15", **FUNNEL)
    lost = re.findall(r'href="(/reports/funnel/people/[^"]*lost[^"]*)"', answer)[0]
    page = html.unescape(marketer.get(lost + "&rows=1").content.decode())
    assert len(re.findall(r'href="/customers/[0-9]', page)) == min(found.records()[1]["lost"], 50)
    assert "did orders and not did orders then orders within 30 days" in page
    assert "Make a segment of them" in page
    body = json_of(cell={"step": "2", "lost": "1"}, name="Lost")
    address = "/api/v1/reports/funnel/segments?" + query(shop, FUNNEL)
    made = marketer.post(address, body, content_type="application/json").json()
    assert made["rule"] == Segment.objects.get(slug=made["slug"]).rule_text
    assert (made["people"], made["is_list"]) == (found.records()[1]["lost"], False)


def query(shop, params):
    return "&".join(f"{name}={quote(value)}" for name, value in {**params, "at": "2026-06-15T12:00"}.items())


def json_of(**values):
    return json.dumps(values)


def test_people_whom_no_rule_says_are_kept_as_a_list(marketer, shop):
    path = shop.report("paths", {"days": "400"}).cells[0]["people"]
    address = f"/reports/paths/people/?days=400&at=2026-06-15&cell={quote(json.dumps(path))}"
    assert "Keep them as a list" in marketer.get(address).content.decode()
    answer = marketer.post(address.replace("/people/", "/segment/"), {"name": "Walkers"})
    row = Segment.objects.get(name="Walkers")
    assert answer.headers["Location"] == f"/segments/{row.slug}/"
    assert row.rule_text == f'count(lists where list = "{row.slug}") >= 1'


def test_the_api_answers_as_the_command_line_does(marketer, shop):
    answer = marketer.get("/api/v1/reports/funnel?" + query(shop, FUNNEL)).json()
    found = shop.report("funnel", FUNNEL)
    assert answer["columns"] == [column.name for column in found.columns]
    assert answer["rows"] == found.rows
    behind = marketer.get("/api/v1/reports/funnel/people?" + query(shop, {**FUNNEL, "cell": json_of(step="2")})).json()
    assert behind["count"] == found.records()[1]["people"] == len(behind["people"])
    listed = {one["name"]: one for one in marketer.get("/api/v1/reports").json()}
    assert set(listed) == set(REPORTS)
    assert listed["cohorts"]["params"][1]["choices"] == ["month", "week", "product"]
    assert marketer.get("/api/v1/reports/nothing").status_code == 404
    assert marketer.get("/api/v1/reports/rfm?colour=red").status_code == 422
    assert marketer.get("/api/v1/reports/rfm/export?format=doc").status_code == 400


def test_files_say_what_the_page_says(marketer, shop):
    answer = marketer.get("/reports/baskets/", {"export": "csv", "at": "2026-06-15"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    found = shop.report("baskets")
    assert rows[0][:3] == ["Period", "Orders", "Orders for"]
    assert int(rows[1][1]) == found.rows[0][1]
    assert float(rows[1][2]) * 100 == found.rows[0][2]
    book = openpyxl.load_workbook(io.BytesIO(marketer.get("/reports/baskets/", {"export": "xlsx", "at": "2026-06-15"}).content))
    assert book.active.cell(2, 2).value == found.rows[0][1]


def test_who_may_not_see_people_sees_figures_only(shop):
    assert member(Role.ANALYST).get("/reports/rfm/").status_code == 200
    assert Client().get("/reports/rfm/").status_code == 302


def test_a_day_means_its_end_and_never_later_than_now(marketer, shop):
    shop.person(500)
    shop.order(500, shop.at_us - 2 * DAY_US, amount=100)
    day = shop.zone.local(shop.at_us - 2 * DAY_US).date().isoformat()
    until = marketer.get("/reports/baskets/", {"export": "csv", "at": day}).content.decode("utf-8-sig")
    before = marketer.get("/reports/baskets/", {"export": "csv", "at": f"{day}T00:00"}).content.decode("utf-8-sig")
    assert int(until.splitlines()[1].split(",")[1]) == int(before.splitlines()[1].split(",")[1]) + 1


def days_of(shop, event, seen_a_day):
    """What came of an event on each of the last 70 days, the latest last."""
    stream = QualityStream.objects.create(source="site", event=event, field="")
    last = shop.zone.day(shop.at_us) - 1
    QualityDay.objects.bulk_create(
        QualityDay(stream=stream, day=last - 69 + place, seen=seen, valid=seen) for place, seen in enumerate(seen_a_day)
    )


@pytest.mark.parametrize(("lost", "verdict"), [(0, "ready"), (30, "not ready")])
def test_a_funnel_says_whether_its_data_was_whole_and_names_what_was_not(marketer, shop, lost, verdict):
    QualityMark.objects.create(pk=1, after=1)
    whole = [1_000 + place % 7 for place in range(70)]
    days_of(shop, "Product Viewed", whole)
    days_of(shop, "Order Completed", whole)
    days_of(shop, "Product Added", [*whole[:50], *(seen * (100 - lost) // 100 for seen in whole[50:])])
    told = part(marketer, "/reports/funnel/", steps="views then cart_adds then orders", at="2026-06-15T12:00")
    assert f'">{verdict}</span></summary>' in told
    assert ("nothing in the period" in told or "Holes" in told) is bool(lost)
    if lost:
        assert "Holes or nothing at all in: Product Added." in told

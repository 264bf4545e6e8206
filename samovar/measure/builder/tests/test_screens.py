"""The builder, saved reports and boards in the office: choices become a report, faults have words, tiles load apart."""

from __future__ import annotations

import html
import io
import re

import openpyxl
import pytest
from django.test import Client
from django.utils import translation

from samovar.engine.warehouse import client as warehouse
from samovar.kit.clock import DAY_US
from samovar.measure.builder import draft, drawing, files, operations, pdf, queries
from samovar.measure.builder.library import ready
from samovar.measure.models import Board, SavedReport
from samovar.measure.reports.custom import query
from samovar.measure.reports.tests.shop import a_shop
from samovar.staff.actors import Actor
from samovar.staff.models import Member, Role
from samovar.webkit import formats

pytestmark = pytest.mark.django_db
ALICE = Actor("staff", "77", "Alice")
FORM = {
    "of": "orders", "row1": "person.city", "measure1": "people", "measure2": "sum(amount)", "way2": "people", "chart": "bar",
    "field1": "amount", "operator1": ">=", "value1": "10", "limit": "50", "name": "Города",
}  # fmt: skip


@pytest.fixture
def shop(monkeypatch):
    shop = a_shop(3)
    monkeypatch.setattr(warehouse, "_current", shop)
    return shop


def browser_of(role: str, language: str = "en") -> Client:
    browser = Client()
    browser.force_login(
        Member.objects.create_user(username=f"{role}{language}", password="a long password", role=role, language=language)
    )
    return browser


@pytest.fixture
def analyst(shop):
    return browser_of(Role.ANALYST)


def told(answer) -> str:
    text = html.unescape(answer.content.decode())
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\xa0", " ").replace("\u202f", " ")


def test_choices_become_the_report_they_say():
    found = draft.read({**FORM, "segment": "vip", "among": "city is known"}, {"amount": "money"})
    assert found.params == {
        "of": "orders", "rows": "person.city", "measures": "people; sum(amount) / people", "where": "amount >= 10",
        "among": '(city is known) and (in segment "vip")', "limit": "50",
    }  # fmt: skip
    assert found.chart == "bar"
    assert draft.read({"of": "orders", "from": "2026-01-02"}, {}).params["period"] == "since 2026-01-02"
    assert draft.read({"field1": "name", "operator1": "contains", "value1": 'a"b'}, {"name": "text"}).params["where"] == (
        'name contains "a\\"b"'
    )


def test_a_half_typed_text_is_told_as_it_was_typed(analyst):
    """Its fault is not that of the brackets in which it is joined with what the controls say."""
    form = {"of": "orders", "measure1": "count", "field1": "amount", "operator1": ">=", "value1": "10", "segment": "vip"}
    for typed in ({"where": "amount >"}, {"among": "count(orders) >="}):
        page = told(analyst.post("/reports/own/live/", {**form, **typed}))
        assert "Expected a name or a value, found the end." in page, page
        refused = analyst.post("/reports/own/new/", {**form, **typed, "name": "Half", "do": "save"})
        assert "Expected a name or a value, found the end." in told(refused)
    assert not SavedReport.objects.exists()


@pytest.mark.parametrize("slug", ["orders-by-month", "this-month", "hours", "visits-by-week"])
def test_a_ready_report_opens_in_the_builder_as_it_is(analyst, slug):
    page = analyst.get(f"/reports/own/new/?ready={slug}")
    assert page.status_code == 200
    lists = re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', page.content.decode(), re.DOTALL)
    form = {name: "".join(re.findall(r'value="([^"]*)" selected', options)) for name, options in lists}
    assert form["of"] == ready(slug).params.get("of", "orders")
    assert form["chart"] == ready(slug).chart


def test_the_answer_follows_the_form(analyst, shop):
    page = analyst.post("/reports/own/live/", FORM)
    asked = {"rows": "person.city", "measures": "people", "where": "amount >= 10"}
    found = shop.report("custom", asked, shop.at_us + 160 * DAY_US)  # the page asks as of now, when all of this is long over
    text = told(page)
    assert all(f"{row[0] or 'unknown'} {row[1]} " in text for row in found.rows)
    assert "samovar-chart" in page.content.decode()


def test_a_fault_is_told_with_the_nearest_name_and_leaves_the_last_answer(analyst):
    page = analyst.post("/reports/own/live/", {**FORM, "where": "amout > 3"})
    assert page["HX-Reswap"] == "none"
    assert "amount" in told(page)
    assert "<table" not in page.content.decode()


def test_over_nothing_there_is_a_clear_empty_state(analyst):
    assert "Nothing happened" in told(analyst.post("/reports/own/live/", {**FORM, "where": "amount < 0"}))


def test_without_scripts_the_form_shows_and_saves(analyst):
    shown = analyst.post("/reports/own/new/", {**FORM, "do": "show"})
    assert "Kazan" in told(shown)
    assert not SavedReport.objects.exists()
    saved = analyst.post("/reports/own/new/", {**FORM, "do": "save", "roles": ["analyst"]}, follow=True)
    assert SavedReport.objects.get().roles == ["analyst"]
    assert "Города" in told(saved)
    again = analyst.post("/reports/own/goroda/edit/", {**FORM, "name": "Кто где", "do": "save", "version": "1"}, follow=True)
    assert again.status_code == 200
    assert (SavedReport.objects.get().name, SavedReport.objects.get().version) == ("Кто где", 2)
    stale = analyst.post("/reports/own/goroda/edit/", {**FORM, "name": "Поздно", "do": "save", "version": "1"})
    assert (stale.status_code, SavedReport.objects.get().name) == (409, "Кто где")
    assert "Поздно" in stale.content.decode()  # what was typed is not lost


def test_a_name_is_asked_for_and_what_was_chosen_stays(analyst):
    page = analyst.post("/reports/own/new/", {**FORM, "name": "", "do": "save"})
    assert page.status_code == 422
    assert not SavedReport.objects.exists()
    assert 'value="person.city" selected' in page.content.decode()


def test_people_behind_a_figure_are_as_many_as_it_says(analyst, shop):
    page = analyst.post("/reports/own/live/", FORM).content.decode()
    address, figure = re.findall(r'<a href="(/reports/custom/people/[^"]+)">(\d+)</a>', page)[0]
    listed = re.findall(r"Customer \d+", told(analyst.get(html.unescape(address))))
    assert len(listed) == int(figure) > 0


def test_a_tile_of_a_report_of_the_house_speaks_its_words(shop):
    operations.save_board(values={"name": "Reach", "tiles": [{"report": "reach", "chart": "table"}]}, actor=ALICE, at_us=1)
    page = html.unescape(browser_of(Role.ANALYST, "ru").get("/reports/own/boards/reach/tiles/0/").content.decode())
    assert "нет адреса" in page and ">no_address<" not in page
    assert not {"Channel", "State", "People", "Share"} & set(re.findall(r"<th[^>]*>([^<]+)</th>", page))


def test_who_may_only_read_changes_nothing(shop):
    row = operations.save_report(values={"name": "Cities", "params": {"rows": "person.city"}}, actor=ALICE, at_us=1)
    reader = browser_of(Role.OPERATOR)
    assert reader.get("/reports/own/").status_code == reader.get("/reports/own/cities/answer/").status_code == 200
    for address in ("new/", "cities/edit/", "cities/remove/"):
        assert reader.post(f"/reports/own/{address}", {**FORM, "do": "save"}).status_code == 403
    assert reader.get("/reports/own/cities/file/csv/").status_code == 403
    assert SavedReport.objects.get() == row


@pytest.mark.parametrize(("format", "begins"), [("csv", b"\xef\xbb\xbfCity,People"), ("xlsx", b"PK"), ("pdf", b"%PDF")])
def test_a_report_is_taken_away_as_a_file(analyst, format, begins):
    operations.save_report(
        values={"name": "=Cities", "params": {"rows": "person.city", "measures": "people"}}, slug="cities", actor=ALICE, at_us=1
    )
    answer = analyst.get(f"/reports/own/cities/file/{format}/")
    assert answer.content.startswith(begins)
    assert 'filename="cities-' in answer["Content-Disposition"]


def test_a_board_is_arranged_with_buttons_and_its_tiles_load_apart(analyst, shop):
    operations.save_report(values={"name": "Cities", "params": {"rows": "person.city"}}, actor=ALICE, at_us=1)
    form = {
        "name": "Morning",
        "title": ["", ""],
        "width": ["1", "2"],
        "chart": ["", "table"],
        "what": ["saved:cities", "ready:hours"],
    }
    moved = analyst.post("/reports/own/boards/new/", {**form, "do": "down:0"}).content.decode()
    assert moved.index('value="ready:hours"') < moved.index('value="saved:cities"')
    added = analyst.post("/reports/own/boards/new/", {**form, "do": "add", "add": "ready:goods"}).content.decode()
    assert 'name="what" value="ready:goods"' in added
    assert not Board.objects.exists()
    analyst.post("/reports/own/boards/new/", {**form, "do": "save"})
    board = Board.objects.get()
    assert [(tile.get("saved"), tile["width"]) for tile in board.tiles] == [("cities", 1), (None, 2)]
    page = analyst.get(f"/reports/own/boards/{board.slug}/?among=city+%3D+%22Kazan%22").content.decode()
    assert "<table" not in page
    urls = [html.unescape(url) for url in re.findall(r'hx-get="([^"]+/tiles/[^"]+)"', page)]
    assert len(urls) == 2
    tile = told(analyst.get(urls[0]))
    assert "Kazan" in tile
    assert "Москва" not in tile


def test_a_tile_whose_rule_is_wrong_says_so_and_the_others_stand(analyst, shop):
    operations.save_board(
        values={"name": "Two", "tiles": [{"report": "custom", "params": {"rows": "month"}}, {"report": "rfm"}]},
        actor=ALICE,
        at_us=1,
    )
    wrong = analyst.get("/reports/own/boards/two/tiles/0/?among=citty+%3D+1")
    assert "city" in told(wrong)
    assert analyst.get("/reports/own/boards/two/tiles/1/").status_code == 200
    assert analyst.get("/reports/own/boards/two/tiles/2/").status_code == 404


@pytest.mark.parametrize("address", ["own/", "own/new/", "own/new/?ready=channels", "own/boards/new/"])
def test_pages_speak_russian(shop, address):
    text = told(browser_of(Role.OWNER, "ru").get(f"/reports/{address}"))
    assert re.search("отчёт|доск", text, re.IGNORECASE)
    assert not re.search(r"\b(Save|Measures|Rows by|Period|Boards)\b", text)


def test_the_first_board_opens_the_page_of_reports_and_every_report_stays_one_click_away(analyst):
    assert "All reports" not in told(analyst.get("/reports/"))
    row = operations.save_board(values={"name": "Morning", "tiles": [{"report": "rfm"}], "is_first": True}, actor=ALICE, at_us=1)
    front = analyst.get("/reports/").content.decode()
    assert f'hx-get="/reports/own/boards/{row.slug}/tiles/0/' in front
    assert 'href="/reports/all/"' in front
    everything = analyst.get("/reports/all/").content.decode()
    assert 'href="/reports/rfm/"' in everything
    assert 'href="/reports/"' in everything
    operations.change_board(board=row, values={"roles": ["owner"]}, actor=ALICE, at_us=2)
    assert "Morning" not in told(analyst.get("/reports/")) + told(analyst.get("/reports/all/"))


def test_tiles_are_put_in_the_order_they_were_dragged_into_unless_somebody_changed_the_board(analyst):
    tiles = [{"report": name} for name in ("rfm", "cohorts", "baskets")]
    operations.save_board(values={"name": "Three", "tiles": tiles}, actor=ALICE, at_us=1)
    kept = analyst.post("/reports/own/boards/three/order/", {"order": ["2", "0", "1"], "version": "1"})
    assert kept.json() == {"version": 2}
    assert [tile["report"] for tile in Board.objects.get().tiles] == ["baskets", "rfm", "cohorts"]
    for order, version in ((["1", "0", "2"], "1"), (["0", "1"], "2"), (["0", "0", "1"], "2"), (["x", "0", "1"], "2")):
        refused = analyst.post("/reports/own/boards/three/order/", {"order": order, "version": version})
        assert (refused.status_code, "meanwhile" in refused.json()["message"]) == (409, True)
    assert [tile["report"] for tile in Board.objects.get().tiles] == ["baskets", "rfm", "cohorts"]
    assert browser_of(Role.OPERATOR).post("/reports/own/boards/three/order/", {"order": ["0", "1", "2"]}).status_code == 403


def test_any_report_is_added_as_a_tile_and_shown_as_its_own_page_shows_it(shop):
    analyst, place = browser_of(Role.ANALYST, "ru"), "/reports/own/boards/new/"
    form = {"name": "Утро", "title": [], "width": [], "chart": [], "what": []}
    for name in ("rfm", "funnel", "cohorts"):
        page = analyst.post(place, {**form, "do": "add", "add": f"report:{name}"}).content.decode()
        form["what"] = re.findall(r'name="what" value="([^"]+)"', page)
        form.update({field: [value] * len(form["what"]) for field, value in (("title", ""), ("width", "1"), ("chart", "bar"))})
    assert form["what"] == ["report:rfm", "report:funnel", "report:cohorts"]
    analyst.post(place, {**form, "do": "save"})
    rfm, funnel, cohorts = (analyst.get(f"/reports/own/boards/utro/tiles/{place}/").content.decode() for place in range(3))
    assert "Давность" in rfm
    assert 'class="heat-grid"' in rfm
    assert "samovar-chart" in funnel
    assert "samovar-chart" in cohorts
    assert analyst.post(place, {**form, "do": "add", "add": "report:nothing"}).status_code == 200


@pytest.mark.parametrize("address", ["/reports/own/new/", "/reports/own/boards/new/"])
def test_what_is_saved_without_a_name_says_so_beside_the_name(analyst, address):
    answer = analyst.post(address, {**FORM, "name": " ", "do": "save"})
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert re.search(r'<input[^>]*id="id_name"[^>]*aria-invalid="true" aria-describedby="id_name_error">', page)
    assert re.search(r'<p class="fault" id="id_name_error">.*Give it a name of up to 150 characters\.</p>', page)
    assert "notice error" not in page
    assert not SavedReport.objects.exists() and not Board.objects.exists()


def test_what_is_refused_for_another_reason_is_told_above_the_form(analyst, shop):
    report = operations.save_report(
        values={"name": "Cities", "report": "custom", "params": {"rows": "person.city"}, "chart": "bar"}, actor=ALICE, at_us=1
    )
    answer = analyst.post(f"/reports/own/{report.slug}/edit/", {**FORM, "version": "9", "do": "save"})
    before, _builder = html.unescape(answer.content.decode()).split('id="report-builder"')
    assert (answer.status_code, "notice error" in before) == (409, True)


def chart_of(shop, chart, **asked):
    return drawing.drawn(shop.report("custom", asked), chart, "A").chart


def test_months_that_a_period_cuts_or_that_still_run_are_marked(shop):
    chart = chart_of(shop, "line", rows="month", measures="sum(amount)", period="in last 6 months")
    assert (chart.partial, len(chart.x)) == ([0, 6], 7)
    assert chart.note == "Dec 2025, Jun 2026 are not whole periods."
    whole = chart_of(shop, "line", rows="month", measures="sum(amount)", period="from 2026-01-01 to 2026-03-31")
    assert (whole.partial, whole.note) == ([], "")
    ever = chart_of(shop, "bar", rows="month", measures="count")
    assert ever.partial == [len(ever.x) - 1]
    assert chart_of(shop, "bar", rows="person.city", measures="count", period="in last 90 days").partial == []


def test_what_stands_together_is_grey_and_last(shop, monkeypatch):
    monkeypatch.setattr(query, "COLUMNS_MAX", 2)
    chart = chart_of(shop, "stacked", of="lines", rows="month", columns="sku", measures="sum(amount)")
    assert [one.role for one in chart.series] == ["", "", "others"]
    assert chart.series[-1].name == "others"


@translation.override("en")
def test_a_board_as_a_pdf_begins_with_its_words_and_writes_money_with_its_currency(shop, monkeypatch):
    told = []
    monkeypatch.setattr("weasyprint.HTML", lambda string, **_more: told.append(html.unescape(str(string))) or NoFile())
    tiles = [
        {"report": "custom", "title": "Months", "params": {"rows": "month", "measures": "sum(amount)"}},
        {"report": "loyalty", "title": "Loyalty", "params": {}},
    ]
    board = operations.save_board(values={"name": "Morning", "tiles": tiles}, actor=ALICE, at_us=1)
    files.board_content(board, "pdf", period="", among="", warehouse=shop, at_us=shop.at_us)
    [text] = told
    assert re.search(r"<h1>Morning</h1><p>2026-06-15 \d\d:\d\d [\w/]+</p>", text)
    months, loyalty = text.split("<h2>")[1:]
    money = re.findall(r'<td class="n">([^<]*)</td>', months)
    assert money and all(one.startswith("₽") for one in money)
    found = shop.report("loyalty")
    [average] = [row["value"] for row in found.records() if row["figure"] == "average_order"]  # in minor units
    assert f'<td class="">Average order</td><td class="n">{formats.money(round(average))}</td>' in loyalty
    assert re.search(r'<td class="">May 2026</td>', text)


class NoFile:
    """A document that is not drawn."""

    def write_pdf(self) -> bytes:
        return b""


@translation.override("en")
def test_a_tile_that_does_not_follow_the_period_of_its_board_says_so(analyst, shop):
    tiles = [{"report": "rfm"}, {"report": "funnel"}, {"report": "custom", "params": {"measures": "people"}, "chart": "figure"}]
    operations.save_board(values={"name": "M", "tiles": tiles, "period": "in last 30 days"}, slug="m", actor=ALICE, at_us=1)
    pages = [analyst.get(f"/reports/own/boards/m/tiles/{n}/") for n in range(3)]
    told = ["All time: this report has no period." in page.content.decode() for page in pages]
    other = ["The board&#x27;s period does not change this report." in page.content.decode() for page in pages]
    assert (told, other) == ([True, False, False], [False, True, False])
    assert "has no period" not in analyst.get("/reports/own/boards/m/tiles/0/?period=").content.decode()
    board = Board.objects.get()
    asked = {"among": "", "warehouse": shop, "at_us": shop.at_us}
    book = openpyxl.load_workbook(io.BytesIO(files.board_content(board, "xlsx", period=board.period, **asked)))
    ends = [list(sheet.iter_rows(values_only=True))[-1][0] for sheet in book]
    assert ends[:2] == ["All time: this report has no period.", "The board's period does not change this report."]
    assert isinstance(ends[2], int)
    plain = openpyxl.load_workbook(io.BytesIO(files.board_content(board, "xlsx", period="", **asked)))
    assert [sheet.max_row for sheet in plain] == [sheet.max_row - 2 * (n < 2) for n, sheet in enumerate(book)]
    drawn = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "document", lambda *args, **_more: drawn.extend(args[2]) or b"")
        files.board_content(board, "pdf", period=board.period, **asked)
    assert ['class="aside"' in one for one in drawn] == [True, True, False]


@translation.override("en")
@pytest.mark.parametrize("name", ["rfm", "funnel", "cohorts", "loyalty", "live", "drivers"])
def test_a_tile_of_a_report_that_has_a_page_shows_its_chart_and_leads_to_its_page(analyst, shop, name):
    params = {"live": {"window": "60"}, "drivers": {"from": "2026-03", "to": "2026-04"}}.get(name, {})
    tiles = [{"report": name, "params": params}, {"report": name, "params": params, "chart": "table"}]
    operations.save_board(values={"name": "M", "tiles": tiles}, slug="m", actor=ALICE, at_us=1)
    drawn, table = (analyst.get(f"/reports/own/boards/m/tiles/{n}/").content.decode() for n in range(2))
    mark = 'class="heat-grid"' if name == "rfm" else "<samovar-chart"
    assert mark in drawn
    assert "report-table" not in drawn
    assert "<table" in drawn  # no chart without its table
    assert mark not in table
    assert "report-table" in table
    if name == "rfm":
        assert f"/reports/{name}/people/?at=" in drawn
    assert f'<a href="/reports/{name}/?' in analyst.get("/reports/own/boards/m/").content.decode()


@pytest.mark.parametrize(("language", "title"), [("en", "Orders, People by City, Month"), ("ru", "Заказы, Люди: Город, Месяц")])
def test_an_untitled_tile_of_a_report_of_ones_own_is_called_by_what_it_shows(language, title):
    params = {"rows": "person.city; month", "measures": "count; people"}
    stored = [{"report": "custom", "params": one} for one in (params, {"rows": "city;;"})]
    with translation.override(language):
        [tile, broken] = queries.tiles(stored)
        assert (tile.title, broken.report) == (title, "custom")

"""Lists: pages by key, sort, search, filters, columns, export."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils.translation import get_language, override
from hypothesis import given
from hypothesis import strategies as st

from samovar.staff.actors import Actor
from samovar.staff.audit import record
from samovar.staff.models import AuditRow
from samovar.webkit.tables import Column, Filter, Page, Table, page_of, read_cursor, write_cursor


@dataclass(frozen=True)
class Tea:
    id: int
    name: str
    grams: int


TEAS = [Tea(n, f"tea {n:02}", n % 3) for n in range(1, 26)]


def fetch(page: Page) -> list[Tea]:
    rows = [tea for tea in TEAS if page.search in tea.name and page.filters.get("grams", str(tea.grams)) == str(tea.grams)]
    rows.sort(key=lambda tea: (getattr(tea, page.sort), tea.id), reverse=page.descending)
    if page.after is not None:
        after = tuple(page.after)
        rows = [
            t
            for t in rows
            if ((getattr(t, page.sort), t.id) < after if page.descending else (getattr(t, page.sort), t.id) > after)
        ]
    return rows[: page.limit]


def table(address: str = "/teas/", **options: Any) -> Table[Tea]:
    return Table(
        RequestFactory().get(address),
        columns=[
            Column("name", "Name", lambda tea: tea.name, sort=True),
            Column("grams", "Grams", lambda tea: tea.grams, sort=True, numeric=True),
            Column("secret", "Secret", lambda tea: f"={tea.id}", hidden=True),
        ],
        fetch=fetch,
        key=lambda tea, sort: (getattr(tea, sort), tea.id),
        sort="name", search="Name", filters=[Filter("grams", "Grams", [("0", "none"), ("1", "one")])], page_rows=10, **options,
    )  # fmt: skip


@pytest.mark.parametrize("sort", ["name", "-name", "grams", "-grams"])
def test_pages_by_key_show_every_row_once_and_in_order(sort: str) -> None:
    seen: list[Tea] = []
    address = f"?sort={sort}"
    for _page in range(4):
        one = table("/teas/" + address)
        seen += one.rows
        if not one.next_cursor:
            break
        address = one.next_url
    column = sort.lstrip("-")
    assert seen == sorted(TEAS, key=lambda tea: (getattr(tea, column), tea.id), reverse=sort.startswith("-"))


def test_a_sort_or_filter_that_does_not_exist_is_passed_over() -> None:
    one = table("/teas/?sort=password&grams=99")
    assert one.order == ("name", False)
    assert one.chosen == {}


def test_a_filter_is_a_chip_whose_address_removes_it() -> None:
    one = table("/teas/?grams=1&q=tea")
    assert {tea.grams for tea in one.rows} == {1}
    assert [chip["url"] for chip in one.chips] == ["/teas/?q=tea"]


def test_the_heading_turns_the_sort_round() -> None:
    (name, _grams) = table("/teas/?sort=name").headings
    assert name["state"] == "ascending"
    assert "sort=-name" in name["url"]


def test_chosen_columns_keep_the_first() -> None:
    assert [column.name for column in table("/teas/?cols=secret").shown] == ["name", "secret"]


@pytest.mark.parametrize(
    ("address", "headers", "is_awaited"),
    [("/teas/?q=5", {}, True), ("/teas/?rows=1", {}, False), ("/teas/", {"HX-Target": "table"}, False)],
)
def test_a_list_that_comes_later_is_read_only_when_it_is_asked_for(
    address: str, headers: dict[str, str], is_awaited: bool
) -> None:
    one = table(address, later="Looking…")
    one.request = RequestFactory().get(address, headers=headers)
    assert one.is_awaited is is_awaited
    assert not table(address).is_awaited


def test_what_a_cell_says_is_escaped() -> None:
    column: Column[Tea] = Column("name", "Name", lambda tea: "<b>")
    assert column.html(TEAS[0]) == "&lt;b&gt;"


def test_a_cell_is_cut_on_the_page_and_whole_in_the_file() -> None:
    column: Column[Tea] = Column("name", "Name", lambda tea: "tea " * 100)
    assert len(column.html(TEAS[0]).rpartition(">")[0].rpartition(">")[2]) < 250
    assert column.exported(TEAS[0]) == "tea " * 100


def test_the_export_holds_every_row_of_the_search_without_formulas(settings: Any) -> None:
    answer = table("/teas/?export=csv&q=tea 2&cols=secret").respond("never.html")
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")  # type: ignore[attr-defined]
    assert list(csv.reader(io.StringIO(text)))[1:] == [[f"tea {n}", f"'={n}"] for n in range(20, 26)]


def test_the_export_speaks_the_language_it_was_asked_in() -> None:
    with override("ru"):
        asked = table("/teas/?export=csv&cols=language")
        asked.columns = [*asked.columns, Column("language", "Language", lambda tea: get_language())]
        answer = asked.respond("never.html")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]
    assert {row[-1] for row in rows[1:]} == {"ru"}
    assert get_language() != "ru"


@given(st.text())
def test_a_cursor_that_somebody_made_up_begins_anew(text: str) -> None:
    found = read_cursor(text)
    assert found is None or isinstance(found, tuple)


@given(st.lists(st.none() | st.integers() | st.text(), min_size=2, max_size=2))
def test_a_cursor_reads_back(key: list[Any]) -> None:
    assert read_cursor(write_cursor(tuple(key))) == tuple(key)


@pytest.mark.store
def test_a_query_set_is_paged_by_key_in_both_directions(db: None) -> None:
    for number in range(12):
        record(actor=Actor.system("test"), action="tea.brew", subject=f"tea:{number % 4}", at_us=number)
    for descending in (False, True):
        seen: list[int] = []
        after: tuple[Any, ...] | None = None
        while rows := page_of(
            AuditRow.objects.all(), Page("", {}, "subject", descending, after, 5), columns={"subject": "subject"}, unique="id"
        ):
            seen += [row.pk for row in rows]
            after = (rows[-1].subject, rows[-1].pk)
        expected = [row.pk for row in sorted(AuditRow.objects.all(), key=lambda r: (r.subject, r.pk), reverse=descending)]
        assert seen == expected

"""Lists: search, filters as chips in the address bar, sort, columns to choose, keyset pages, CSV, actions on chosen rows.

A screen declares columns and gives a `fetch` that reads one page; everything the reader chose stands in the address:
`?q=` search, `?sort=-spent`, `?after=` where the page begins, `?cols=a,b`, `?export=csv`, and one parameter per filter.
Rows are chosen by their boxes and posted to the list's own address: first `bulk` and `row`, then `bulk` and `confirmed`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from samovar.staff.permissions import may
from samovar.webkit import bulk, csv_safe, formats
from samovar.webkit.requests import OfficeRequest

Row = TypeVar("Row")
Read = TypeVar("Read", covariant=True)
PAGE_ROWS = 50
EXPORT_PAGE_ROWS = 2_000
SEARCH_CHARACTERS_MAX = 200
ROWS_NOW = "rows"  # the parameter of an address whose page comes with a list that others wait for
NAMED_ROWS_MAX = 20  # rows that a page of confirmation names; the rest is a count
Label = str | Promise


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column. `cell(row)` is what the page shows (text is escaped and cut to fit), `text(row)` what the export writes whole.

    A column with `sort` can be sorted by; `fetch` is told its name. `numeric` columns stand at the right;
    `hidden` ones are shown when chosen; a `wide` one is dropped on a phone.
    """

    name: str
    label: Label
    cell: Callable[[Row], Any]
    text: Callable[[Row], Any] | None = None
    sort: bool = False
    numeric: bool = False
    hidden: bool = False
    wide: bool = False

    def html(self, row: Row) -> str:
        cell = self.cell(row)
        return str(conditional_escape(formats.fitted(cell) if type(cell) is str else cell))

    def exported(self, row: Row) -> Any:
        return (self.text or self.cell)(row)


@dataclass(frozen=True)
class Filter:
    """A choice that narrows the list, kept in the address under `name`; choices are (value, label)."""

    name: str
    label: Label
    choices: Sequence[tuple[str, Label]]


@dataclass(frozen=True)
class Page:
    """What `fetch` is asked for: the rows after key `after` (None: from the start) in the order of `sort`.

    The order is (`sort` column, unique id), reversed when `descending`; unknown sort values come last.
    """

    search: str
    filters: dict[str, str]
    sort: str
    descending: bool
    after: tuple[Any, ...] | None
    limit: int


class Fetch(Protocol[Read]):
    """Reads one page: at most `page.limit` rows. Never counts them all."""

    def __call__(self, page: Page, /) -> Sequence[Read]: ...


@dataclass(frozen=True)
class Line(Generic[Row]):
    """One row on the page: where it leads, its cells as (column, html), and what it is chosen by."""

    url: str
    cells: list[tuple[Column[Row], str]]
    row_id: int | None
    title: str


@dataclass
class Table(Generic[Row]):
    """A list on a screen. `key(row)` gives the values of the order, `(sort value, unique id)`, as plain JSON values."""

    request: OfficeRequest
    columns: Sequence[Column[Row]]
    fetch: Fetch[Row]
    key: Callable[[Row, str], tuple[Any, ...]]
    sort: str = ""  # the column sorted by at first; "-name" for descending
    filters: Sequence[Filter] = ()
    search: Label = ""  # what the search box says; empty for none
    empty_title: Label = ""
    empty_sentence: Label = ""
    link: Callable[[Row], str] | None = None  # where the first column leads; empty: nowhere
    total: Callable[[], int | None] | None = None  # a count already known; None while it is not
    counted: Callable[[int], str] | None = None  # what the count is called; rows where nothing says it
    name: str = "list"  # of the exported file
    can_export: bool = True
    page_rows: int = PAGE_ROWS
    folds: bool = False  # on a phone each row is a card, its cells named
    later: Label = ""  # what stands in place of a list that is asked for when the page is there; empty: it comes with it
    row_id: Callable[[Row], int] | None = None  # with it rows can be chosen: for the export, and for `actions`
    actions: Sequence[bulk.Bulk[Any]] = ()  # of what each one finds by the ids, which the row of a list may only hold
    home: str = ""  # the list's own address, where another one shows it too

    # What the reader chose
    @cached_property
    def term(self) -> str:
        return self.request.GET.get("q", "").strip().replace("\0", "")[:SEARCH_CHARACTERS_MAX]

    @cached_property
    def chosen(self) -> dict[str, str]:
        """The filters in force; a value that is not among the choices is left out."""
        found: dict[str, str] = {}
        for one in self.filters:
            value = self.request.GET.get(one.name, "")
            if value and any(value == choice for choice, _label in one.choices):
                found[one.name] = value
        return found

    @cached_property
    def order(self) -> tuple[str, bool]:
        """(column, descending)."""
        asked = self.request.GET.get("sort", "") or self.sort
        if any(column.sort and column.name == asked.lstrip("-") for column in self.columns):
            return asked.lstrip("-"), asked.startswith("-")
        return self.sort.lstrip("-"), self.sort.startswith("-")

    @cached_property
    def shown(self) -> list[Column[Row]]:
        """The columns chosen; the first one always stays."""
        asked = [name for name in self.request.GET.get("cols", "").split(",") if name]
        if not asked:
            return [column for column in self.columns if not column.hidden]
        return [column for place, column in enumerate(self.columns) if place == 0 or column.name in asked]

    def page(self, after: tuple[Any, ...] | None, limit: int) -> Page:
        sort, descending = self.order
        return Page(self.term, self.chosen, sort, descending, after, limit)

    # What the page shows
    @cached_property
    def _fetched(self) -> list[Row]:
        return list(self.fetch(self.page(read_cursor(self.request.GET.get("after", "")), self.page_rows + 1)))

    @property
    def is_awaited(self) -> bool:
        """Whether the page comes without the list; a reader without scripts asks for it by a link."""
        return bool(self.later) and not self._is_part and ROWS_NOW not in self.request.GET

    @property
    def _is_part(self) -> bool:
        return self.request.headers.get("HX-Target") == "table"

    @property
    def rows(self) -> list[Row]:
        return self._fetched[: self.page_rows]

    @property
    def lines(self) -> list[Line[Row]]:
        """Each row as it is shown."""
        return [
            Line(
                url=self.link(row) if self.link else "",
                cells=[(column, column.html(row)) for column in self.shown],
                row_id=self.row_id(row) if self.row_id and self.has_choice else None,
                title=str(self.shown[0].exported(row)),
            )
            for row in self.rows
        ]

    @cached_property
    def offered(self) -> list[bulk.Bulk[Any]]:
        """The actions that the reader's role allows."""
        return [action for action in self.actions if may(getattr(self.request.user, "role", ""), action.permission)]

    @property
    def has_choice(self) -> bool:
        """Whether rows can be chosen for something."""
        return self.row_id is not None and (bool(self.offered) or self.can_export)

    @property
    def has_more(self) -> bool:
        """Whether more rows fit than this page shows."""
        return bool(self.next_cursor) or not self.is_first_page

    @property
    def next_cursor(self) -> str:
        """Where the next page begins; empty on the last one."""
        return write_cursor(self.key(self.rows[-1], self.order[0])) if len(self._fetched) > self.page_rows else ""

    @cached_property
    def count(self) -> int | None:
        return self.total() if self.total and not self.term and not self.chosen else None

    @property
    def count_words(self) -> str:
        """How many fit, in words; nothing where it is not known or nobody does."""
        if not self.count:
            return ""
        if self.counted:
            return self.counted(self.count)
        return ngettext("%(shown)s row", "%(shown)s rows", self.count) % {"shown": formats.number(self.count)}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.term or self.chosen)

    @property
    def is_first_page(self) -> bool:
        return not self.request.GET.get("after")

    @property
    def headings(self) -> list[dict[str, Any]]:
        """Each shown column with the address that sorts by it and the way it is sorted now."""
        sort, descending = self.order
        return [
            {
                "column": column,
                "state": ("descending" if descending else "ascending") if column.name == sort and column.sort else "none",
                "url": self.address(
                    sort=f"-{column.name}" if column.name == sort and not descending else column.name, after=None
                ),
            }
            for column in self.shown
        ]

    @property
    def chips(self) -> list[dict[str, Any]]:
        """The filters in force, each with the address without it."""
        labels = {(one.name, value): label for one in self.filters for value, label in one.choices}
        titles = {one.name: one.label for one in self.filters}
        return [
            {"label": titles[name], "value": labels[name, value], "url": self.address(**{name: None, "after": None})}
            for name, value in self.chosen.items()
        ]

    @property
    def filter_fields(self) -> list[dict[str, Any]]:
        return [{"filter": one, "value": self.chosen.get(one.name, "")} for one in self.filters]

    @property
    def column_choices(self) -> list[dict[str, Any]]:
        return [
            {"column": column, "is_shown": column in self.shown, "is_fixed": place == 0}
            for place, column in enumerate(self.columns)
        ]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parameters of the address that a form of this table must carry on."""
        own = {"q", "after", "export", *(one.name for one in self.filters)}
        return [(name, str(value)) for name, value in self.request.GET.items() if name not in own]

    @property
    def next_url(self) -> str:
        return self.address(after=self.next_cursor)

    @property
    def export_url(self) -> str:
        return self.address(export="csv", after=None)

    def address(self, **changed: str | None) -> str:
        """This list's address with some parameters changed; None removes one."""
        params = self.request.GET.copy()
        params.pop("export", None)
        for name, value in changed.items():
            if value is None:
                params.pop(name, None)
            else:
                params[name] = value
        return f"{self.path}?{params.urlencode()}" if params else self.path

    @property
    def path(self) -> str:
        return self.home or self.request.path

    @property
    def here(self) -> str:
        """This page of the list."""
        return self.address()

    # Answers
    def respond(self, template: str, context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The page, the part of it that htmx asks for, or the export."""
        if self.request.method == "POST" and "bulk" in self.request.POST:
            return self._act(self.request.POST["bulk"])
        if self.can_export and self.request.GET.get("export") == "csv":
            return self.export(self._every_row())
        if self._is_part:
            return HttpResponse(render(self.request, "webkit/table.html", {"table": self}).content)
        return render(self.request, template, {"table": self, **(context or {})})

    def export(self, rows: Iterable[Row]) -> StreamingHttpResponse:
        """Rows in the columns shown, as CSV that no spreadsheet runs as a formula."""
        heading = [str(column.label) for column in self.shown]
        response = StreamingHttpResponse(
            csv_safe.lines(heading, self._exported(rows, get_language())), content_type="text/csv; charset=utf-8"
        )
        response.headers["Content-Disposition"] = f'attachment; filename="{self.name}.csv"'
        return response

    def _exported(self, rows: Iterable[Row], language: str | None) -> Iterator[list[Any]]:
        """The cells of each row, in a language: rows are written after the request, and its language, are over."""
        coming, end = iter(rows), object()
        while True:
            with override(language):
                row: Any = next(coming, end)
                cells = [] if row is end else [column.exported(row) for column in self.shown]
            if row is end:
                return
            yield cells

    # Chosen rows
    def _act(self, name: str) -> HttpResponseBase:
        """The export of the chosen rows, the page that asks whether to change them, or the change."""
        if name == "export" and self.can_export:
            return self.export(self._every_row() if self.request.POST.get("all") else self._chosen_here())
        action = next((one for one in self.offered if one.name == name), None)
        if action is None:
            raise PermissionDenied
        if "confirmed" in self.request.POST:
            return self._carry_out(action, read_ids(self.request.POST["confirmed"]))
        ids = self._every_id() if self.request.POST.get("all") else read_ids(",".join(self.request.POST.getlist("row")))
        if not ids:
            messages.warning(self.request, _("Choose rows first."))
            return redirect(self.here)
        outcome = bulk.rehearse(action, ids, self.request.actor, self.request.at_us)
        context = {
            "table": self, "action": action, "outline": action.outline(outcome.changed) if action.outline else [],
            "changing": [action.title(row) for row in outcome.changed[:NAMED_ROWS_MAX]],
            "unnamed": max(len(outcome.changed) - NAMED_ROWS_MAX, 0), "count": len(outcome.changed), "of": len(ids),
            "question": action.question(len(outcome.changed)),
            "refused": [(action.title(row), refusal.message) for row, refusal in outcome.refused], "gone": len(outcome.gone),
            "ids": ",".join(str(action.row_id(row)) for row in outcome.changed), "is_cut": len(ids) == bulk.BULK_ROWS_MAX,
        }  # fmt: skip
        return render(self.request, "webkit/bulk.html", context)

    def _carry_out(self, action: bulk.Bulk[Any], ids: list[int]) -> HttpResponse:
        outcome = bulk.carry_out(action, ids, self.request.actor, self.request.at_us)
        if outcome.changed:
            messages.success(self.request, action.done(len(outcome.changed)))
        if outcome.refused:
            left = ngettext("%(count)s row is left as it is.", "%(count)s rows are left as they are.", len(outcome.refused))
            messages.warning(self.request, left % {"count": len(outcome.refused)})
        for row, refusal in outcome.refused[:NAMED_ROWS_MAX]:
            messages.error(self.request, f"{action.title(row)}: {refusal.message}")
        if outcome.gone:
            told = ngettext("%(count)s row is gone.", "%(count)s rows are gone.", len(outcome.gone))
            messages.warning(self.request, told % {"count": len(outcome.gone)})
        return redirect(self.here)

    def _chosen_here(self) -> list[Row]:
        chosen = set(read_ids(",".join(self.request.POST.getlist("row"))))
        return [row for row in self.rows if self.row_id and self.row_id(row) in chosen]

    def _every_id(self) -> list[int]:
        """The ids of all rows of this search and filter, as far as one action goes."""
        return [self.row_id(row) for row in islice(self._every_row(), bulk.BULK_ROWS_MAX)] if self.row_id else []

    def _every_row(self) -> Iterator[Row]:
        after: tuple[Any, ...] | None = None
        while True:
            rows = list(self.fetch(self.page(after, EXPORT_PAGE_ROWS)))
            yield from rows
            if len(rows) < EXPORT_PAGE_ROWS:
                return
            after = self.key(rows[-1], self.order[0])


def write_cursor(key: tuple[Any, ...]) -> str:
    """A key as one word of an address."""
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[Any, ...] | None:
    """The key of a cursor; None for none, and for one that somebody made up: the list then begins anew."""
    try:
        key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    return tuple(key) if isinstance(key, list) and all(isinstance(v, str | int | float | None) for v in key) else None


def read_ids(text: str) -> list[int]:
    """Numbers of rows written with commas; what is none is passed over."""
    return [int(one) for one in text.split(",") if one.isascii() and one.isdecimal() and len(one) < 19][: bulk.BULK_ROWS_MAX]


M = TypeVar("M", bound=Model)


def page_of(rows: QuerySet[M], page: Page, *, columns: dict[str, str], unique: str = "pk") -> list[M]:
    """One page of a query set: `columns` maps sortable columns to model fields that are never null."""
    name = columns.get(page.sort, unique)
    mark = "-" if page.descending else ""
    ordered = rows.order_by(f"{mark}{name}", f"{mark}{unique}")
    if page.after is not None and len(page.after) == 2:
        verb = "lt" if page.descending else "gt"
        value, last = page.after
        ordered = ordered.filter(Q(**{f"{name}__{verb}": value}) | Q(**{name: value, f"{unique}__{verb}": last}))
    return list(ordered[: page.limit])

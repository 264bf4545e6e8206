"""The audit trail: who changed what, and what it was before."""

from __future__ import annotations

import json
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from samovar.doors.office.audit_words import said
from samovar.staff import queries
from samovar.staff.models import AuditRow
from samovar.staff.permissions import needs
from samovar.webkit import formats
from samovar.webkit.requests import OfficeRequest
from samovar.webkit.tables import Column, Filter, Page, Table, page_of

TEXT_SHOWN = 160
MAKERS = [("staff", lazy("a member")), ("token", lazy("a program")), ("system", lazy("the house itself"))]


def _columns() -> list[Column[AuditRow]]:
    return [
        Column("id", _("When"), lambda row: formats.when(row.at_us), text=lambda row: formats.plain_when(row.at_us), sort=True),
        Column("who", _("Who"), lambda row: row.actor_name),
        Column("action", _("What"), lambda row: said(row.action), text=lambda row: row.action),
        Column("subject", _("Of what"), lambda row: row.subject),
        Column("change", _("Before and after"), _change, text=_plain, wide=True),
    ]


@needs("audit:read")
def audit(request: OfficeRequest) -> HttpResponseBase:
    """Changes, the newest first."""
    table = Table(
        request,
        name="audit",
        columns=_columns(),
        fetch=_fetch,
        key=lambda row, sort: (row.pk, row.pk),
        sort="-id",
        search=_("Who, what or of what"),
        filters=[Filter("actor", _("Made by"), MAKERS)],
        empty_title=_("Nothing was changed yet"),
        empty_sentence=_("Every change that people, programs and the house itself make is written down here."),
    )
    return table.respond("office/audit.html")


def _fetch(page: Page) -> list[AuditRow]:
    rows = queries.audit_trail(search=page.search, actor=page.filters.get("actor", ""))
    return page_of(rows, page, columns={"id": "id"}, unique="id")


def _plain(row: AuditRow) -> str:
    return f"{_json(row.old)} → {_json(row.new)}"


def _change(row: AuditRow) -> SafeString | str:
    if row.old is None and row.new is None:
        return formats.DASH
    if row.old is None:
        return format_html('<code class="change">{}</code>', _told(row.new, is_new=True))
    return format_html('<code class="change">{} → {}</code>', _told(row.old), _told(row.new))


def _told(value: Any, *, is_new: bool = False) -> str:
    """For reading: moments as dates, only the head of a long text such as a letter; the export has all of it."""
    if not isinstance(value, dict):
        return _json(value)
    return _json({name: _shown(name, one) for name, one in value.items() if not is_new or one not in ("", None)})


def _shown(name: str, value: Any) -> Any:
    if name.endswith("_us") and isinstance(value, int):
        return formats.plain_when(value)
    return f"{value[:TEXT_SHOWN]}…" if isinstance(value, str) and len(value) > TEXT_SHOWN else value


def _json(value: Any) -> str:
    if not isinstance(value, dict):
        return "" if value is None else json.dumps(value, ensure_ascii=False)
    return ", ".join(
        f"{name}: {json.dumps(one, ensure_ascii=False) if not isinstance(one, str) else one}" for name, one in value.items()
    )

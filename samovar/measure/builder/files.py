"""A report as a file to take away: CSV, XLSX or PDF, its columns by the names that people read."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse

from samovar.kit.clock import day_date
from samovar.measure.builder import labels, pdf
from samovar.measure.reports import exports
from samovar.measure.reports.answers import Found
from samovar.measure.reports.files import FILES

TYPES: dict[str, str] = {**{form: kind for form, (kind, _write) in FILES.items()}, "pdf": "application/pdf"}


def content(found: Found, format: str, *, title: str) -> bytes:
    """The bytes of the file."""
    zone, currency, heads = settings.WORKSPACE.zone, settings.WORKSPACE.currency, labels.heads(found)
    if format == "csv":
        return exports.as_csv(found, currency, heads)
    if format == "xlsx":
        return exports.as_xlsx(found, currency, heads, labels.sheet_title(title))
    section = pdf.section(found, heads, "", currency)
    return pdf.document(title, labels.asked(found), [section], at_us=found.at_us, zone=zone)


def response(found: Found, format: str, *, slug: str, title: str) -> HttpResponse:
    """The file as an answer that a browser saves."""
    day = day_date(settings.WORKSPACE.zone.day(found.at_us))
    answer = HttpResponse(content(found, format, title=title), content_type=TYPES[format])
    answer["Content-Disposition"] = f'attachment; filename="{slug}-{day}.{format}"'
    return answer

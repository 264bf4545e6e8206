"""A report as an answer of the office that is kept as a file."""

from __future__ import annotations

from django.http import HttpResponse

from samovar.measure.reports import exports
from samovar.measure.reports.answers import Found
from samovar.measure.reports.words import heading
from samovar.webkit import formats

FILES = {
    "csv": ("text/csv; charset=utf-8", exports.as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", exports.as_xlsx),
}


def file_of(found: Found, form: str) -> HttpResponse:
    """The file, its columns called as people read them."""
    content_type, write = FILES[form]
    body = write(found, formats.currency(), [heading(column) for column in found.columns])
    named = f'attachment; filename="{found.report.name}.{form}"'
    return HttpResponse(body, content_type=content_type, headers={"Content-Disposition": named})

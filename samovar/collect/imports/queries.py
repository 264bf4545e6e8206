"""Reads of imports and of the quarantine."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from samovar.collect.imports.models import ImportRun, QuarantineRow
from samovar.kit.errors import NotFound


def run_of(run_id: int) -> ImportRun:
    """An import by its number. Raises `NotFound`."""
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound("no_import", _("There is no import %(id)d.") % {"id": run_id})
    return run


def runs(limit: int = 100) -> list[ImportRun]:
    """The newest imports."""
    return list(ImportRun.objects.order_by("-pk")[:limit])


def row_of(row_id: int) -> QuarantineRow:
    """A refused row by its number. Raises `NotFound`."""
    row = QuarantineRow.objects.select_related("run").filter(pk=row_id).first()
    if row is None:
        raise NotFound("no_quarantine_row", _("There is no row %(id)d in the quarantine.") % {"id": row_id})
    return row


def rows_of(ids: Sequence[int]) -> list[QuarantineRow]:
    """Refused rows by their numbers; those that are not there are left out."""
    return list(QuarantineRow.objects.select_related("run").filter(pk__in=ids))


def open_count() -> int:
    """How many rows wait in the quarantine."""
    return QuarantineRow.objects.filter(status="open").count()

"""The report that a person makes: rows of a collection, parted and measured as asked."""

from __future__ import annotations

from samovar.measure.reports.custom.report import Custom

__all__ = ["Custom"]

"""The names of a file's columns: cleaned, never empty, never twice."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from samovar.kit.errors import Refusal
from samovar.kit.text import normal

COLUMNS_MAX = 2_000


class BadHeader(Refusal):
    """A first row that cannot name columns."""


def clean(cells: Sequence[str | None]) -> list[str]:
    """Column names from the cells of the first row; an empty one is called by its place. Raises `BadHeader`."""
    names = [normal(cell or "").replace("\x00", "").strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise BadHeader("no_header", _("The first row names no columns."), field="file")
    if len(names) > COLUMNS_MAX:
        raise BadHeader("too_many_columns", _("The file has more than %(count)d columns.") % {"count": COLUMNS_MAX}, field="file")
    named = [name or _("Column %(place)d") % {"place": place} for place, name in enumerate(names, 1)]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise BadHeader(
            "column_twice", _("The column “%(name)s” stands twice in the file.") % {"name": twice[:100]}, field="file"
        )
    return named

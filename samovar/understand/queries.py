"""Reading segments: one, all, which ones a person is in. Counts come from the store, truths about people from the warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from samovar.engine.warehouse.client import Asker
from samovar.kit.errors import NotFound
from samovar.understand.models import Segment, SegmentSize, Vocabulary


class UnknownSegment(NotFound):
    """No segment has this slug."""


def segments(*, with_archived: bool = False) -> list[Segment]:
    """All segments by name."""
    rows = Segment.objects.order_by("name", "id")
    return list(rows if with_archived else rows.filter(is_archived=False))


def segment(slug: str) -> Segment:
    """The segment of a slug, or of a number written as text. Raises `UnknownSegment`."""
    row = Segment.objects.filter(slug=slug).first()
    if row is None and slug.isascii() and slug.isdigit() and len(slug) < 19:
        row = Segment.objects.filter(id=int(slug)).first()
    if row is None:
        raise UnknownSegment("unknown_segment", _("There is no segment “%(slug)s”.") % {"slug": slug[:100]}, slug=slug[:100])
    return row


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """What segments are called, those put away too."""
    return dict(Segment.objects.filter(id__in=list(ids)).values_list("id", "name"))


def by_ids(ids: Sequence[int]) -> list[Segment]:
    """Segments by their numbers; those that are not there are left out."""
    return list(Segment.objects.filter(id__in=ids))


def segments_of(*, warehouse: Asker, person_id: int, at_us: int) -> list[str]:
    """Slugs of the segments a person is in at a moment, in order of name."""
    return [row.slug for row, is_in in truths_of(warehouse=warehouse, person_id=person_id, at_us=at_us) if is_in]


def truths_of(*, warehouse: Asker, person_id: int, at_us: int) -> list[tuple[Segment, bool]]:
    """Every segment with whether a person is in it at a moment."""
    rows = segments()
    if not rows:
        return []
    answer = warehouse.query("understand.truths", trees=[row.tree for row in rows], person_id=person_id, at_us=at_us)
    held = {line["number"]: line["holds"] for line in answer.to_pylist()}
    return [(row, bool(held.get(number))) for number, row in enumerate(rows)]


def sizes_of(row: Segment, *, days_max: int = 90) -> list[SegmentSize]:
    """The sizes of a segment's last days, oldest first."""
    return list(reversed(row.sizes.order_by("-day")[:days_max]))


def week_change(row: Segment, day: int) -> int | None:
    """By how many people a segment changed since the last count at least seven days before a local day."""
    before = row.sizes.filter(day__lte=day - 7).order_by("-day").first()
    return None if before is None or row.people is None else row.people - before.people


def vocabulary() -> Vocabulary:
    """What the worker last counted of the words of rules; nothing before the first time."""
    return Vocabulary.objects.filter(id=1).first() or Vocabulary()


def as_json(row: Segment) -> dict[str, Any]:
    """A segment for programs."""
    return {
        "id": row.id, "slug": row.slug, "name": row.name, "description": row.description, "rule": row.rule_text,
        "tree": row.tree, "version": row.version, "is_archived": row.is_archived, "people": row.people,
        "counted_us": row.counted_us, "published_us": row.published_us,
    }  # fmt: skip

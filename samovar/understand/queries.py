"""Reading segments: one, all, which ones a person is in. Counts come from the store, truths about people from the warehouse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from samovar import rules
from samovar.collect.erasure.queries import person_of
from samovar.engine.warehouse.client import Asker
from samovar.kit.errors import NotFound, Refusal
from samovar.staff.queries import audit_of
from samovar.understand import words
from samovar.understand.models import Segment, SegmentSize, Vocabulary
from samovar.understand.overlaps import SEGMENTS_MAX, SEGMENTS_MIN, Combinations
from samovar.understand.turning import Moved

VERSIONS_MAX = 1_000


class UnknownSegment(NotFound):
    """No segment has this slug."""


class BadOverlap(Refusal):
    """Too few segments to compare, too many, or one of them twice."""

    status = 422


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


def rule_of(row: Segment, version: int) -> rules.Rule:
    """The rule that a version of a segment had, from the audit trail; as it is now where the trail does not go back so far."""
    if version == row.version:
        return rules.from_json(row.tree)
    changes = audit_of(f"segment:{row.id}", limit=VERSIONS_MAX)
    texts = [change.new["rule"] for change in changes if change.new and change.new.get("version") == version]
    return rules.parse(texts[0], words.open_catalogue()) if texts else rules.from_json(row.tree)


def move_of(row: Segment, number: int, warehouse: Asker) -> Moved:
    """Who came into a segment or went out of it by the announcement of a number; whoever was merged since is the survivor.

    Raises `NotFound`, `Erased`.
    """
    found = warehouse.query("understand.move", segment_id=row.id, number=number).to_pylist()
    if not found:
        raise NotFound("unknown_move", _("Nobody came or went here under this number."), number=number)
    moved = Moved(**found[0])
    return replace(moved, person_id=person_of(moved.person_id))


def overlap_of(rows: Sequence[Segment], warehouse: Asker) -> Combinations:
    """How many people are in each combination of two to six segments; bit n is the nth. Raises `BadOverlap`."""
    if not SEGMENTS_MIN <= len({row.id for row in rows}) == len(rows) <= SEGMENTS_MAX:
        told = _("Choose from %(least)s to %(most)s different segments.") % {"least": SEGMENTS_MIN, "most": SEGMENTS_MAX}
        raise BadOverlap("bad_overlap", told, field="slug", least=SEGMENTS_MIN, most=SEGMENTS_MAX)
    answer = warehouse.query("understand.overlap", segment_ids=[row.id for row in rows]).to_pylist()
    return {line["combination"]: line["people"] for line in answer}


def names_of(ids: Iterable[int]) -> dict[int, str]:
    """What segments are called, those put away too."""
    return dict(Segment.objects.filter(id__in=list(ids)).values_list("id", "name"))


def by_ids(ids: Sequence[int]) -> list[Segment]:
    """Segments by their numbers; those that are not there are left out."""
    return list(Segment.objects.filter(id__in=ids))


def segments_of(*, warehouse: Asker, person_id: int, at_us: int) -> list[str]:
    """Slugs of the segments a person is in at a moment, in order of name."""
    return [row.slug for row, is_in in truths_of(warehouse=warehouse, person_id=person_id, at_us=at_us) if is_in]


def sizes_at(*, warehouse: Asker, at_us: int) -> list[tuple[Segment, int | None]]:
    """Every segment with how many people its rule held for at a moment; None for a rule that makes no sense here."""
    rows = segments()
    answer = warehouse.query("understand.sizes", trees=[row.tree for row in rows], at_us=at_us).to_pylist() if rows else []
    return [(row, line["people"]) for row, line in zip(rows, answer, strict=True)]


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


def sizes_since(rows: Iterable[Segment], day: int) -> dict[int, list[SegmentSize]]:
    """{segment id: its sizes from a local day on, oldest first} of many segments at once."""
    found: dict[int, list[SegmentSize]] = defaultdict(list)
    for size in SegmentSize.objects.filter(segment__in=[row.id for row in rows], day__gte=day).order_by("day"):
        found[size.segment_id].append(size)
    return found


def by_day(sizes: Sequence[SegmentSize], today: int) -> dict[int, int]:
    """{day: people} of every day from the first size to today; a day without a count has that of the day before."""
    known = {size.day: size.people for size in sizes}
    found: dict[int, int] = {}
    for day in range(sizes[0].day, max(today, sizes[-1].day) + 1) if sizes else ():
        found[day] = known[day] if day in known else found[day - 1]
    return found


def week_change(row: Segment, sizes: Sequence[SegmentSize]) -> int | None:
    """By how many people a segment changed since the last of its sizes at least seven days before the latest."""
    before = [size.people for size in sizes if size.day <= sizes[-1].day - 7]
    return None if not before or row.people is None else row.people - before[-1]


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

"""Keeping a list: one announcement that names everybody on it, and a segment whose rule reads it.

The warehouse makes of it an event of each person, so that a list is a fact of theirs like any other: on the card, in every rule,
as of any moment, and with its person through merges.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from django.utils.translation import gettext as _
from pyroaring import BitMap

from samovar import rules
from samovar.engine import store
from samovar.engine.outbox import Announcement, emit
from samovar.rules.printer import quoted
from samovar.staff.actors import Actor
from samovar.understand import operations
from samovar.understand.models import Segment

KEPT = "List Kept"


def keep(*, name: str, people: Sequence[int], actor: Actor, at_us: int, slug: str = "") -> Segment:
    """A segment of exactly these people, who stay in it. Raises `SlugTaken`, `BadSegment`."""
    if not people:
        raise operations.BadSegment("empty_list", _("There is nobody to keep."), field="people")
    with store.transaction():
        slug = slug or operations.free_slug(name)
        rule = rules.parse(f"count(lists where list = {quoted(slug)}) >= 1", rules.builtin_catalogue())
        segment = operations.create(name=name, rule=rule, actor=actor, at_us=at_us, slug=slug)
        members = base64.b64encode(BitMap(people).serialize()).decode()
        told = {"list": slug, "segment_id": segment.id, "people": len(people), "members": members}
        emit([Announcement(f"list/{segment.id}", KEPT, at_us, told)])
    return segment

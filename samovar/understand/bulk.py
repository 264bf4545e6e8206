"""What can be done to many segments at once: put them away, use them again."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from samovar.staff.actors import Actor
from samovar.understand import operations, queries
from samovar.understand.models import Segment
from samovar.webkit.bulk import Bulk


def _archive(row: Segment, actor: Actor, at_us: int) -> None:
    operations.archive(segment=row, actor=actor, at_us=at_us)


def _restore(row: Segment, actor: Actor, at_us: int) -> None:
    operations.restore(segment=row, actor=actor, at_us=at_us)


_action = partial(
    Bulk[Segment], permission="segments:write", find=queries.by_ids, row_id=lambda row: row.id, title=lambda row: row.name
)
ACTIONS = [
    _action(
        name="archive", label=lazy("Archive"),
        question=lambda n: ngettext("Archive %(count)d segment?", "Archive %(count)d segments?", n) % {"count": n},
        done=lambda n: ngettext("%(count)d segment is archived.", "%(count)d segments are archived.", n) % {"count": n},
        check=lambda row, actor, at_us: operations.check_archive(row), carry_out=_archive,
    ),
    _action(
        name="restore", label=lazy("Use again"),
        question=lambda n: ngettext("Use %(count)d segment again?", "Use %(count)d segments again?", n) % {"count": n},
        done=lambda n: ngettext("%(count)d segment is in use again.", "%(count)d segments are in use again.", n) % {"count": n},
        check=lambda row, actor, at_us: operations.check_restore(row), carry_out=_restore,
    ),
]  # fmt: skip

"""What can be done to many campaigns at once: stop those that run, delete drafts."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from samovar.decide import operations, queries
from samovar.decide.models import Campaign
from samovar.staff.actors import Actor
from samovar.webkit.bulk import Bulk


def _stop(row: Campaign, actor: Actor, at_us: int) -> None:
    operations.stop(campaign=row, actor=actor, at_us=at_us)


def _delete(row: Campaign, actor: Actor, at_us: int) -> None:
    operations.delete(campaign=row, actor=actor, at_us=at_us)


_action = partial(Bulk[Campaign], find=queries.by_ids, row_id=lambda row: row.id, title=lambda row: row.name, is_danger=True)
ACTIONS = [
    _action(
        name="stop", label=lazy("Stop for good"), permission="campaigns:stop",
        question=lambda n: ngettext("Stop %(count)d campaign for good?", "Stop %(count)d campaigns for good?", n) % {"count": n},
        done=lambda n: ngettext("%(count)d campaign is stopped.", "%(count)d campaigns are stopped.", n) % {"count": n},
        check=lambda row, actor, at_us: operations.check_status(row, "stop"), carry_out=_stop,
    ),
    _action(
        name="delete", label=lazy("Delete drafts"), permission="campaigns:write",
        question=lambda n: ngettext("Delete %(count)d draft?", "Delete %(count)d drafts?", n) % {"count": n},
        done=lambda n: ngettext("%(count)d draft is removed.", "%(count)d drafts are removed.", n) % {"count": n},
        check=lambda row, actor, at_us: operations.check_status(row, "delete"), carry_out=_delete,
    ),
]  # fmt: skip

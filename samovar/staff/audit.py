"""The audit trail: `record` is called inside the transaction of the change it describes. Only an erasure changes a row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from samovar.kit.redaction import Redactor
from samovar.staff.actors import Actor
from samovar.staff.models import AuditRow

SWEEP_ROWS = 500


def record(*, actor: Actor, action: str, subject: str, at_us: int, old: Any = None, new: Any = None) -> None:
    """Add one row. `action` is `noun.verb` (`segment.publish`), `subject` is `noun:id`; old and new are JSON without secrets."""
    AuditRow.objects.create(
        at_us=at_us, actor_kind=actor.kind, actor_id=actor.id, actor_name=actor.name,
        action=action, subject=subject, old=old, new=new,
    )  # fmt: skip


def names_by_moment(*, action: str, subjects: Collection[str]) -> dict[int, str]:
    """Who did something to any of some subjects, by the moment of it."""
    return dict(AuditRow.objects.filter(subject__in=subjects, action=action).values_list("at_us", "actor_name"))


def sweep(redactor_at: Callable[[int], Redactor]) -> Iterator[int]:
    """Take what names an erased person out of the trail, some rows a turn: how many changed. Who did what and when stays.

    `redactor_at` gives what cleans a row of a moment.
    """
    after = 0
    while rows := list(AuditRow.objects.filter(id__gt=after).order_by("id")[:SWEEP_ROWS]):
        after = rows[-1].id
        changed = []
        for row in rows:
            redactor = redactor_at(row.at_us)
            told = (row.subject, row.old, row.new)
            new = (redactor.cleaned(row.subject)[:120], redactor.cleaned_value(row.old), redactor.cleaned_value(row.new))
            if new != told:
                row.subject, row.old, row.new = new
                changed.append(row)
        AuditRow.objects.bulk_update(changed, ["subject", "old", "new"])
        yield len(changed)

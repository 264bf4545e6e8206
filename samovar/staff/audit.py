"""The audit trail: `record` is called inside the transaction of the change it describes."""

from __future__ import annotations

from typing import Any

from samovar.staff.actors import Actor
from samovar.staff.models import AuditRow


def record(*, actor: Actor, action: str, subject: str, at_us: int, old: Any = None, new: Any = None) -> None:
    """Add one row. `action` is `noun.verb` (`segment.publish`), `subject` is `noun:id`; old and new are JSON without secrets."""
    AuditRow.objects.create(
        at_us=at_us, actor_kind=actor.kind, actor_id=actor.id, actor_name=actor.name,
        action=action, subject=subject, old=old, new=new,
    )  # fmt: skip

"""Changing the workspace's settings: one transaction with an audit row of what was and what is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samovar.engine import settings, store
from samovar.staff import audit
from samovar.staff.actors import Actor


def change_settings(*, values: Mapping[str, Any], actor: Actor, at_us: int) -> dict[str, Any]:
    """Set several settings, all or none; those that changed, with their new values. Raises `BadSetting`."""
    changes: dict[str, Any] = {}
    with store.transaction():
        for name, value in values.items():
            old, new = settings.write(name, value, at_us=at_us, cause=str(at_us))
            if old != new:
                changes[name] = new
                audit.record(actor=actor, action="setting.change", subject=f"setting:{name}", old=old, new=new, at_us=at_us)
    return changes

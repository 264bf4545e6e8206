"""The REST API of the workspace's settings, and of many members at once."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from ninja import Body, Router, Schema

from samovar.collect.publish import publish_to_edge
from samovar.doors.office import bulk
from samovar.engine import settings
from samovar.staff.access import Allowed
from samovar.staff.settings_operations import change_settings
from samovar.webkit.bulk import serve

router = Router(tags=["settings"])


class SettingOut(Schema):
    name: str
    value: str | int | bool
    default: str | int | bool
    unit: str
    help: str


@router.get("/settings", auth=Allowed("settings:read"), response=list[SettingOut], summary="Every setting with its value")
def list_settings(request: Any) -> Any:
    values = settings.current()
    return [
        {"name": one.name, "value": values[one.name], "default": one.default, "unit": one.unit, "help": str(one.help)}
        for one in settings.SETTINGS
    ]


@router.put("/settings", auth=Allowed("settings:write"), response=dict[str, Any], summary="Change settings, all or none")
def put_settings(request: Any, body: Body[dict[str, str | int | bool]]) -> Any:
    """The body maps names to values; the answer says what changed."""
    changed = change_settings(values=body, actor=request.actor, at_us=request.at_us)
    publish_to_edge(django_settings.WORKSPACE)
    return {"changed": changed}


serve(router, "members", bulk.ACTIONS)

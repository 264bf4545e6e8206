"""What each role may do. A permission is `noun:verb`; this is the only list, and docs/permissions.md tells it to people.

A screen asks with `@needs("segments:write")`, an endpoint with `auth=Allowed("segments:write")` of `staff.access`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from samovar.staff.models import Role

READ = frozenset({
    "home:read", "customers:read", "segments:read", "campaigns:read", "reports:read", "goods:read", "imports:read",
    "quarantine:read", "mailbox:read", "sources:read", "settings:read",
})  # fmt: skip
_ANALYST = READ | {"segments:write", "customers:export", "reports:export", "reports:write"}
_MARKETER = _ANALYST | {
    "campaigns:write", "campaigns:launch", "customers:write", "consents:write", "imports:write", "quarantine:write",
}  # fmt: skip
_OPERATOR = READ | {"imports:write", "quarantine:write", "sources:write", "settings:write", "campaigns:stop", "audit:read"}
_OWNER = _MARKETER | _OPERATOR | {"customers:erase", "staff:read", "staff:write", "tokens:write", "policy:write"}

POLICIES: dict[str, frozenset[str]] = {
    Role.OWNER: _OWNER,
    Role.MARKETER: _MARKETER | {"campaigns:stop"},
    Role.ANALYST: _ANALYST,
    Role.OPERATOR: _OPERATOR,
}
PERMISSIONS: frozenset[str] = _OWNER


class UnknownPermission(ValueError):
    """A screen or endpoint asks for a permission that no policy knows."""


def known(permission: str) -> str:
    """The permission itself. Raises `UnknownPermission`, so a misspelt one stops the start."""
    if permission not in PERMISSIONS:
        raise UnknownPermission(f"“{permission}” is in no role's policy; add it to samovar/staff/permissions.py.")
    return permission


def may(role: str, permission: str) -> bool:
    """Whether a role has a permission."""
    return permission in POLICIES.get(role, frozenset())


def role_labels() -> dict[str, str]:
    """{role: what people call it}, in order."""
    return {role.value: str(role.label) for role in Role}


View = TypeVar("View", bound=Callable[..., Any])


def needs(permission: str) -> Callable[[View], View]:
    """Guard a screen: a member whose role lacks the permission gets the 403 page."""
    known(permission)

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not may(getattr(request.user, "role", ""), permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return guard

"""Who may call an endpoint of the REST API: `@router.get("/segments", auth=Allowed("segments:read"))`.

A program shows a token (`Authorization: Bearer …`), the office's own pages their session; a command of the machine's
operator, who holds the data directory, acts as the house itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from samovar.kit.errors import Refusal
from samovar.staff import tokens
from samovar.staff.actors import Actor
from samovar.staff.models import Member, Role
from samovar.staff.permissions import known, may

PRINCIPAL = "samovar.principal"  # a key of the WSGI environment, which no header of a request can set


class NotAllowed(Refusal):
    """The role lacks the permission."""

    status = 403


@dataclass(frozen=True)
class Principal:
    """Who calls and in what role."""

    actor: Actor
    role: str


class Allowed(AuthBase):
    """Lets those through whose role has the permission; `request.actor` is then who calls."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, permission: str) -> None:
        self.permission = known(permission)
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any:
        principal = principal_of(request)
        if principal is None:
            return None
        if not may(principal.role, self.permission):
            raise NotAllowed(
                "not_allowed",
                _("The role “%(role)s” may not do this. It takes the permission %(permission)s.")
                % {"role": principal.role, "permission": self.permission},
                role=principal.role, permission=self.permission,
            )  # fmt: skip
        request.actor = principal.actor  # type: ignore[attr-defined]
        return principal


def principal_of(request: HttpRequest) -> Principal | None:
    """Who makes a request; None for a stranger. A session that changes something must carry the CSRF token."""
    inside = request.META.get(PRINCIPAL)
    if isinstance(inside, Principal):
        return inside
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        token = tokens.find(secret.strip())
        return Principal(Actor("token", str(token.pk), token.name), token.role) if token else None
    user = getattr(request, "user", None)
    if not isinstance(user, Member):
        return None
    if check_csrf(request) is not None:
        raise NotAllowed("csrf", _("The form's secret is missing or out of date. Reload the page and send it again."))
    return Principal(Actor("staff", str(user.pk), user.get_full_name() or user.username), user.role)


def house(part: str) -> Principal:
    """The principal of a command run by whoever holds the data directory."""
    return Principal(Actor.system(part), Role.OWNER)

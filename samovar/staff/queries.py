"""What is read of members, tokens and the audit trail."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from samovar.kit.errors import NotFound
from samovar.staff.models import ApiToken, AuditRow, Member


def members(*, search: str = "", state: str = "") -> QuerySet[Member]:
    """Everybody who signs in or did, those who do first; by a part of the login or name, and by `state`: in, out or either."""
    rows = Member.objects.order_by("-is_active", "username")
    if state:
        rows = rows.filter(is_active=state == "in")
    return rows.filter(Q(username__icontains=search) | Q(first_name__icontains=search)) if search else rows


def members_by_ids(ids: Sequence[int]) -> list[Member]:
    """Members by their numbers; those that are not there are left out."""
    return list(Member.objects.filter(pk__in=ids))


def tokens() -> QuerySet[ApiToken]:
    """All tokens, the newest first."""
    return ApiToken.objects.order_by("-id")


def audit_trail(*, search: str = "", noun: str = "", actor: str = "") -> QuerySet[AuditRow]:
    """Changes by what was changed, who did it and any part of actor, action or subject."""
    rows = AuditRow.objects.all()
    if noun:
        rows = rows.filter(subject__startswith=f"{noun}:")
    if actor:
        rows = rows.filter(actor_kind=actor)
    if search:
        found = Q(actor_name__icontains=search) | Q(action__icontains=search) | Q(subject__icontains=search)
        rows = rows.filter(found)
    return rows


def audit_of(subject: str, limit: int = 50) -> list[AuditRow]:
    """The latest changes of one thing."""
    return list(AuditRow.objects.filter(subject=subject).order_by("-id")[:limit])


def member(member_id: int) -> Member:
    """One member. Raises `NotFound`."""
    found = Member.objects.filter(pk=member_id).first()
    if found is None:
        raise NotFound("no_member", _("There is no such member."))
    return found

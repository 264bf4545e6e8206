"""What is read of members, tokens and the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from samovar.kit.errors import NotFound
from samovar.staff.models import ApiToken, AuditRow, Member, Role


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


@dataclass(frozen=True, slots=True)
class Act:
    """One row of the trail without what changed: who (`kind` staff or token), what, to what, when."""

    kind: str
    actor_id: str
    name: str
    action: str
    subject: str
    at_us: int


def acts(*, since_us: int, until_us: int) -> list[Act]:
    """What members and programs did from one moment to another, both inclusive, in the order it was done."""
    rows = AuditRow.objects.filter(at_us__gte=since_us, at_us__lte=until_us, actor_kind__in=("staff", "token")).order_by("id")
    return [Act(*row) for row in rows.values_list("actor_kind", "actor_id", "actor_name", "action", "subject", "at_us")]


def active_roles() -> dict[str, str]:
    """The role of each member who may sign in, by the id the trail knows them by."""
    return {str(id_): role for id_, role in Member.objects.filter(is_active=True).values_list("id", "role")}


def role_names() -> dict[str, str]:
    """What roles are called in the reader's language."""
    return {value: str(label) for value, label in Role.choices}

"""The REST API of members, tokens and the audit trail."""

from __future__ import annotations

from typing import Any

from ninja import Query, Router, Schema, Status
from pydantic import Field

from samovar.kit.clock import iso
from samovar.staff import operations, queries
from samovar.staff.access import Allowed
from samovar.staff.models import AuditRow, Member

router = Router(tags=["staff"])
AUDIT_ROWS_MAX = 1_000


class MemberOut(Schema):
    id: int
    login: str
    name: str
    role: str
    language: str
    is_active: bool


class MemberIn(Schema):
    login: str
    password: str
    role: str
    name: str = ""


class MemberChange(Schema):
    """What is given is changed."""

    role: str | None = None
    is_active: bool | None = None
    password: str | None = None


class TokenOut(Schema):
    id: int
    name: str
    role: str
    created_at: str
    revoked_at: str | None


class TokenIn(Schema):
    name: str
    role: str


class TokenMade(Schema):
    """`token` is shown this once."""

    id: int
    name: str
    role: str
    token: str


class AuditOut(Schema):
    id: int
    at: str
    actor: str
    actor_kind: str
    action: str
    subject: str
    old: Any = None
    new: Any = None


class AuditQuery(Schema):
    """`before` is the id of the last row seen."""

    search: str = Field("", max_length=200)
    noun: str = Field("", max_length=40)
    before: int | None = None
    limit: int = Field(100, ge=1, le=AUDIT_ROWS_MAX)


def _member(member: Member) -> dict[str, Any]:
    return {
        "id": member.pk, "login": member.username, "name": member.get_full_name(), "role": member.role,
        "language": member.language, "is_active": member.is_active,
    }  # fmt: skip


@router.get("/members", auth=Allowed("staff:read"), response=list[MemberOut], summary="Everybody who signs in")
def list_members(request: Any) -> Any:
    return [_member(member) for member in queries.members()]


@router.post("/members", auth=Allowed("staff:write"), response={201: MemberOut}, summary="Add a member")
def add_member(request: Any, body: MemberIn) -> Any:
    made = operations.create_member(**body.dict(), actor=request.actor, at_us=request.at_us)
    return Status(201, _member(made))


@router.patch("/members/{member_id}", auth=Allowed("staff:write"), response=MemberOut, summary="Change role, access or password")
def change_member(request: Any, member_id: int, body: MemberChange) -> Any:
    by = {"member_id": member_id, "actor": request.actor, "at_us": request.at_us}
    if body.role is not None:
        operations.change_role(role=body.role, **by)
    if body.is_active is not None:
        operations.set_active(is_active=body.is_active, **by)
    if body.password is not None:
        operations.change_password(password=body.password, **by)
    return _member(queries.member(member_id))


@router.get("/tokens", auth=Allowed("staff:read"), response=list[TokenOut], summary="Tokens of programs, without their text")
def list_tokens(request: Any) -> Any:
    return [
        {
            "id": one.pk, "name": one.name, "role": one.role, "created_at": iso(one.created_us),
            "revoked_at": iso(one.revoked_us) if one.revoked_us else None,
        }
        for one in queries.tokens()
    ]  # fmt: skip


@router.post("/tokens", auth=Allowed("tokens:write"), response={201: TokenMade}, summary="Make a token; its text is shown once")
def add_token(request: Any, body: TokenIn) -> Any:
    row, secret = operations.create_token(name=body.name, role=body.role, actor=request.actor, at_us=request.at_us)
    return Status(201, {"id": row.pk, "name": row.name, "role": row.role, "token": secret})


@router.delete("/tokens/{token_id}", auth=Allowed("tokens:write"), response={204: None}, summary="Revoke a token")
def revoke_token(request: Any, token_id: int) -> Any:
    operations.revoke_token(token_id=token_id, actor=request.actor, at_us=request.at_us)
    return Status(204, None)


@router.get("/audit", auth=Allowed("audit:read"), response=list[AuditOut], summary="Who changed what, the newest first")
def audit_trail(request: Any, query: Query[AuditQuery]) -> Any:
    rows = queries.audit_trail(search=query.search, noun=query.noun).order_by("-id")
    if query.before is not None:
        rows = rows.filter(id__lt=query.before)
    return [_audit(row) for row in rows[: query.limit]]


def _audit(row: AuditRow) -> dict[str, Any]:
    return {
        "id": row.pk, "at": iso(row.at_us), "actor": row.actor_name, "actor_kind": row.actor_kind, "action": row.action,
        "subject": row.subject, "old": row.old, "new": row.new,
    }  # fmt: skip

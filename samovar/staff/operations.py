"""What is done to members and tokens. Each change is one transaction with its audit row and its announcement."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from samovar.engine import outbox, store
from samovar.kit.errors import NotFound, Refusal
from samovar.staff import audit, tokens
from samovar.staff.actors import Actor
from samovar.staff.models import ApiToken, Member, Role

LOGIN_CHARACTERS_MAX = 150
NAME_CHARACTERS_MAX = 100


class LoginTaken(Refusal):
    """Somebody already signs in by this name."""

    status = 409


class WeakPassword(Refusal):
    """The password is too short or too common."""


class LastOwner(Refusal):
    """Without an owner nobody could give anybody a role."""

    status = 409


def create_owner(*, login: str, password: str, actor: Actor, at_us: int) -> Member:
    """The first member of a workspace. Raises `LoginTaken`, `WeakPassword`."""
    return create_member(login=login, password=password, role=Role.OWNER, actor=actor, at_us=at_us)


def create_member(*, login: str, password: str, role: str, name: str = "", actor: Actor, at_us: int) -> Member:
    """Add somebody who signs in. Raises `LoginTaken`, `WeakPassword`, `Refusal`."""
    login = _checked(login, "login", LOGIN_CHARACTERS_MAX)
    member = Member(username=login, role=_role(role), first_name=name.strip()[:LOGIN_CHARACTERS_MAX])
    _set_password(member, password)
    try:
        with store.transaction():
            member.save(force_insert=True)
            new = {"login": login, "role": member.role}
            audit.record(actor=actor, action="member.create", subject=f"member:{member.pk}", new=new, at_us=at_us)
            _tell(f"member-created:{member.pk}", "Member Added", at_us, member=member.pk, role=member.role)
    except IntegrityError as error:
        raise LoginTaken(
            "login_taken", _("“%(login)s” already signs in here. Choose another login.") % {"login": login}
        ) from error
    return member


def change_role(*, member_id: int, role: str, actor: Actor, at_us: int) -> None:
    """Give a member another role. Raises `LastOwner`, `NotFound`."""
    with store.transaction():
        member = _member(member_id)
        old, member.role = member.role, _role(role)
        member.save(update_fields=["role"])
        _keep_an_owner(old)
        audit.record(
            actor=actor, action="member.change_role", subject=f"member:{member_id}", old={"role": old},
            new={"role": member.role}, at_us=at_us,
        )  # fmt: skip
        _tell(f"member-role:{member_id}:{at_us}", "Member Changed", at_us, member=member_id, role=member.role)


def set_active(*, member_id: int, is_active: bool, actor: Actor, at_us: int) -> None:
    """Let a member in, or keep him out from the next request on. Raises `LastOwner`, `NotFound`."""
    with store.transaction():
        member = _member(member_id)
        old, member.is_active = member.is_active, is_active
        member.save(update_fields=["is_active"])
        _keep_an_owner(member.role)
        audit.record(
            actor=actor, action="member.set_active", subject=f"member:{member_id}", old={"is_active": old},
            new={"is_active": is_active}, at_us=at_us,
        )  # fmt: skip
        _tell(f"member-active:{member_id}:{at_us}", "Member Changed", at_us, member=member_id, is_active=is_active)


def change_password(*, member_id: int, password: str, actor: Actor, at_us: int) -> None:
    """A new password; every session of the member ends. Raises `WeakPassword`, `NotFound`."""
    with store.transaction():
        member = _member(member_id)
        _set_password(member, password)
        member.save(update_fields=["password"])
        audit.record(actor=actor, action="member.change_password", subject=f"member:{member_id}", at_us=at_us)
        _tell(f"member-password:{member_id}:{at_us}", "Member Changed", at_us, member=member_id)


def choose_language(*, member: Member, language: str, actor: Actor, at_us: int) -> None:
    """The language a member reads, wherever he signs in."""
    with store.transaction():
        old, member.language = member.language, language
        member.save(update_fields=["language"])
        audit.record(
            actor=actor, action="member.choose_language", subject=f"member:{member.pk}", old={"language": old},
            new={"language": language}, at_us=at_us,
        )  # fmt: skip
        _tell(f"member-language:{member.pk}:{at_us}", "Member Changed", at_us, member=member.pk, language=language)


def create_token(*, name: str, role: str, actor: Actor, at_us: int) -> tuple[ApiToken, str]:
    """A token for a program, and its text, which is shown this once."""
    secret, digest = tokens.make()
    with store.transaction():
        row = ApiToken.objects.create(
            name=_checked(name, "name", NAME_CHARACTERS_MAX), role=_role(role), digest=digest, created_us=at_us
        )
        new = {"name": row.name, "role": row.role}
        audit.record(actor=actor, action="token.create", subject=f"token:{row.pk}", new=new, at_us=at_us)
        _tell(f"token-created:{row.pk}", "Token Created", at_us, token=row.pk, role=row.role)
    return row, secret


def revoke_token(*, token_id: int, actor: Actor, at_us: int) -> None:
    """End a token; revoking it again changes nothing. Raises `NotFound`."""
    with store.transaction():
        if not ApiToken.objects.filter(pk=token_id, revoked_us=None).update(revoked_us=at_us):
            if not ApiToken.objects.filter(pk=token_id).exists():
                raise NotFound("no_token", _("There is no such token."))
            return
        audit.record(actor=actor, action="token.revoke", subject=f"token:{token_id}", at_us=at_us)
        _tell(f"token-revoked:{token_id}", "Token Revoked", at_us, token=token_id)


def _tell(key: str, name: str, at_us: int, **payload: object) -> None:
    outbox.emit([outbox.Announcement(key, name, at_us, payload)])


def _member(member_id: int) -> Member:
    member = Member.objects.select_for_update().filter(pk=member_id).first()
    if member is None:
        raise NotFound("no_member", _("There is no such member."))
    return member


def _keep_an_owner(role_before: str) -> None:
    """Refuse a change that took the last owner away."""
    if role_before == Role.OWNER and not Member.objects.filter(role=Role.OWNER, is_active=True).exists():
        raise LastOwner("last_owner", _("This is the last owner. Make somebody else an owner first."))


def _role(role: str) -> str:
    if role not in Role.values:
        raise Refusal("bad_role", _("There is no role “%(role)s”.") % {"role": role}, field="role")
    return role


def _checked(text: str, field: str, characters_max: int) -> str:
    value = text.strip()
    if not value or len(value) > characters_max or not value.isprintable():
        sentence = _("Write 1 to %(max)s characters, without line breaks.") % {"max": characters_max}
        raise Refusal("bad_text", sentence, field=field)
    return value


def _set_password(member: Member, password: str) -> None:
    try:
        validate_password(password, member)
    except ValidationError as error:
        raise WeakPassword("weak_password", " ".join(error.messages), field="password") from error
    member.set_password(password)

"""Members, roles and tokens. Alice owns, Bob works there, Charlie is a stranger."""

from __future__ import annotations

import pytest

from samovar.engine.models import Outbox
from samovar.kit.errors import NotFound, Refusal
from samovar.staff import operations, tokens
from samovar.staff.actors import Actor
from samovar.staff.models import ApiToken, AuditRow, Member

pytestmark = [pytest.mark.django_db, pytest.mark.store]
HOUSE = Actor.system("init")
PASSWORD = "a-samovar-of-brass"
AT = 1_767_225_600_000_000


def alice() -> Member:
    return operations.create_owner(login="alice", password=PASSWORD, actor=HOUSE, at_us=AT)


def bob() -> Member:
    return operations.create_member(login="bob", password=PASSWORD, role="marketer", actor=HOUSE, at_us=AT)


def test_a_new_member_signs_in_with_his_password_which_is_kept_hashed() -> None:
    member = alice()
    assert member.check_password(PASSWORD)
    assert member.password.startswith("argon2")
    assert (member.role, Member.objects.count()) == ("owner", 1)


def test_each_change_leaves_one_audit_row_and_one_announcement_without_secrets() -> None:
    member = bob()
    operations.change_role(member_id=member.pk, role="analyst", actor=HOUSE, at_us=AT + 1)
    rows = list(AuditRow.objects.order_by("id"))
    assert [(row.action, row.old, row.new) for row in rows] == [
        ("member.create", None, {"login": "bob", "role": "marketer"}),
        ("member.change_role", {"role": "marketer"}, {"role": "analyst"}),
    ]
    assert list(Outbox.objects.order_by("id").values_list("name", flat=True)) == ["Member Added", "Member Changed"]
    assert PASSWORD not in str([row.__dict__ for row in rows]) + str(list(Outbox.objects.values()))


def test_it_refuses_a_login_that_is_taken_and_changes_nothing() -> None:
    bob()
    with pytest.raises(operations.LoginTaken):
        bob()
    assert (Member.objects.count(), AuditRow.objects.count(), Outbox.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize("password", ["short", "1234567890", "password123"])
def test_it_refuses_a_weak_password_and_changes_nothing(password: str) -> None:
    with pytest.raises(operations.WeakPassword):
        operations.create_member(login="charlie", password=password, role="owner", actor=HOUSE, at_us=AT)
    assert not Member.objects.exists()


@pytest.mark.parametrize(("login", "role"), [("", "owner"), ("a\nb", "owner"), ("x" * 151, "owner"), ("charlie", "king")])
def test_it_refuses_a_login_or_role_that_cannot_be(login: str, role: str) -> None:
    with pytest.raises(Refusal):
        operations.create_member(login=login, password=PASSWORD, role=role, actor=HOUSE, at_us=AT)
    assert not Member.objects.exists()


def test_the_last_owner_keeps_role_and_access() -> None:
    owner = alice()
    with pytest.raises(operations.LastOwner):
        operations.change_role(member_id=owner.pk, role="analyst", actor=HOUSE, at_us=AT)
    with pytest.raises(operations.LastOwner):
        operations.set_active(member_id=owner.pk, is_active=False, actor=HOUSE, at_us=AT)
    owner.refresh_from_db()
    assert (owner.role, owner.is_active, AuditRow.objects.count()) == ("owner", True, 1)


def test_a_second_owner_lets_the_first_go() -> None:
    owner = alice()
    operations.create_owner(login="dora", password=PASSWORD, actor=HOUSE, at_us=AT)
    operations.set_active(member_id=owner.pk, is_active=False, actor=HOUSE, at_us=AT)
    owner.refresh_from_db()
    assert not owner.is_active


def test_a_token_opens_until_it_is_revoked_and_is_kept_only_as_a_hash() -> None:
    row, secret = operations.create_token(name="till", role="analyst", actor=HOUSE, at_us=AT)
    assert tokens.find(secret) == row
    assert secret not in str(ApiToken.objects.values()) + str(list(AuditRow.objects.values()))
    operations.revoke_token(token_id=row.pk, actor=HOUSE, at_us=AT + 1)
    operations.revoke_token(token_id=row.pk, actor=HOUSE, at_us=AT + 2)
    assert tokens.find(secret) is None
    assert ApiToken.objects.get().revoked_us == AT + 1


def test_what_does_not_exist_is_said_to_not_exist() -> None:
    with pytest.raises(NotFound):
        operations.revoke_token(token_id=99, actor=HOUSE, at_us=AT)
    with pytest.raises(NotFound):
        operations.change_role(member_id=99, role="owner", actor=HOUSE, at_us=AT)

"""Roles: the owner may everything, nobody may what no policy names."""

from __future__ import annotations

import pytest

from samovar.staff.models import Role
from samovar.staff.permissions import PERMISSIONS, POLICIES, READ, UnknownPermission, known, may, needs


def test_the_owner_may_everything_and_each_role_may_read() -> None:
    assert POLICIES[Role.OWNER] == PERMISSIONS
    for role in Role.values:
        assert POLICIES[role] <= PERMISSIONS
        assert POLICIES[role] >= READ


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        ("marketer", "campaigns:launch", True), ("analyst", "campaigns:launch", False), ("operator", "campaigns:launch", False),
        ("operator", "settings:write", True), ("marketer", "settings:write", False), ("analyst", "customers:export", True),
        ("operator", "customers:export", False), ("marketer", "staff:write", False), ("", "home:read", False),
        ("owner", "customers:erase", True), ("marketer", "customers:erase", False), ("analyst", "customers:erase", False),
        ("operator", "customers:erase", False),
    ],
)  # fmt: skip
def test_a_role_may_what_its_policy_says(role: str, permission: str, allowed: bool) -> None:
    assert may(role, permission) is allowed


def test_a_misspelt_permission_stops_the_start() -> None:
    with pytest.raises(UnknownPermission):
        known("segment:write")
    with pytest.raises(UnknownPermission):
        needs("everything")

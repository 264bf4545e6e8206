"""Staff and their trail."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    """What a member of staff may do; the policy of each role is in `staff.permissions`."""

    OWNER = "owner"
    MARKETER = "marketer"
    ANALYST = "analyst"
    OPERATOR = "operator"


class Member(AbstractUser):
    """A person who works here and signs in."""

    role = models.CharField(max_length=20, choices=Role.choices, default=Role.OPERATOR)
    language = models.CharField(max_length=5, default="ru")

    class Meta:
        db_table = "staff_member"


class AuditRow(models.Model):
    """One change somebody made: what was and what is. Rows are only added."""

    id = models.BigAutoField(primary_key=True)
    at_us = models.BigIntegerField(db_index=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=64)
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=120, db_index=True)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)

    class Meta:
        db_table = "staff_audit"

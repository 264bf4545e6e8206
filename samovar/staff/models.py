"""Staff and their trail."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a member of staff may do; the policy of each role is in `staff.permissions`."""

    OWNER = "owner", _("Owner")
    MARKETER = "marketer", _("Marketer")
    ANALYST = "analyst", _("Analyst")
    OPERATOR = "operator", _("Operator")


class Member(AbstractUser):
    """A person who works here and signs in."""

    role = models.CharField(max_length=20, choices=Role.choices, default=Role.OPERATOR)
    language = models.CharField(max_length=5, default="ru")

    class Meta:
        db_table = "staff_member"


class ApiToken(models.Model):
    """What a program signs in with; only the hash is kept, and a role says what it may do."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=100)
    role = models.CharField(max_length=20, choices=Role.choices)
    digest = models.CharField(max_length=64, unique=True)
    created_us = models.BigIntegerField()
    revoked_us = models.BigIntegerField(null=True)

    class Meta:
        db_table = "staff_token"


class Attempts(models.Model):
    """How often something was tried in the running window, by the hash of what tried; throttles the login."""

    key = models.CharField(max_length=64, primary_key=True)
    window_us = models.BigIntegerField(db_index=True)
    count = models.IntegerField()

    class Meta:
        db_table = "staff_attempts"


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

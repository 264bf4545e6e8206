"""The tables of the room: who people are and what was decided about each event.

A profile is never deleted by a merge: `merged_into` points at its survivor and an identifier keeps pointing at the
profile it was first seen with, so that a merge taken back restores both.
"""

from __future__ import annotations

from django.db import models

from samovar.collect.contacts.models import MailDomain
from samovar.collect.duplicates.models import Duplicate, Search
from samovar.collect.erasure.models import Erasing, Erasure, Tombstone
from samovar.collect.imports.models import ImportRun, QuarantineRow
from samovar.collect.quality.models import QualityAlarm, QualityDay, QualityHour, QualityMark, QualityStream
from samovar.collect.records.models import RecordType

__all__ = [
    "Consent", "Decision", "DeviceLink", "Duplicate", "Erasing", "Erasure", "Identifier", "ImportRun", "MailDomain", "Merge",
    "Profile", "QualityAlarm", "QualityDay", "QualityHour", "QualityMark", "QualityStream", "QuarantineRow", "Rate", "RecordType",
    "Search", "Source", "Suppression", "Tombstone",
]  # fmt: skip


class Profile(models.Model):
    """One profile. Ids are given by the worker, densely from 1; the least id of a merged group is its survivor."""

    id = models.BigIntegerField(primary_key=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    is_customer = models.BooleanField(default=False)
    name = models.CharField(max_length=200, default="")
    folded_name = models.CharField(max_length=200, default="", db_index=True)
    created_us = models.BigIntegerField()

    class Meta:
        db_table = "collect_profile"


class Identifier(models.Model):
    """(kind, value) belongs to the profile it was first seen with."""

    KINDS = ("user_id", "external_id", "card", "email", "phone", "anonymous_id")

    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=320)
    profile = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="identifiers", db_constraint=False)
    since_us = models.BigIntegerField()

    class Meta:
        db_table = "collect_identifier"
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="one_owner_per_identifier")]
        indexes = [models.Index(fields=["value"], name="identifier_value")]


class DeviceLink(models.Model):
    """From `time_us` on, until a later link, the events of a device belong to a profile."""

    anonymous_id = models.CharField(max_length=320)
    time_us = models.BigIntegerField()
    profile = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="+", db_constraint=False)

    class Meta:
        db_table = "collect_device_link"
        constraints = [models.UniqueConstraint(fields=["anonymous_id", "time_us"], name="one_link_at_a_time")]


class Merge(models.Model):
    """A pointer from one profile to another, by whom and when; `undone_us` says when it was taken back."""

    profile = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="merges", db_constraint=False)
    into = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    reason = models.CharField(max_length=20)  # "person", "device", "alias"
    actor_name = models.CharField(max_length=150)
    at_us = models.BigIntegerField()
    undone_us = models.BigIntegerField(null=True)

    class Meta:
        db_table = "collect_merge"


class Decision(models.Model):
    """What one tick decided about the events from `first_position` up to `next_position` of the log.

    `profiles` holds an int64 for each event in log order: its profile, 0 for a duplicate, -1 for a quarantined one, -2 for
    an accepted event that belongs to nobody, -3 for one of a person who was erased. `attached` is JSON
    `[[profile, kind, value, since_us], ...]`.
    """

    first_position = models.BigIntegerField(primary_key=True)
    next_position = models.BigIntegerField()
    at_us = models.BigIntegerField()
    profiles = models.BinaryField()
    attached = models.BinaryField()

    class Meta:
        db_table = "collect_decision"


class Consent(models.Model):
    """A dated statement about an address and a purpose; the latest holds, at the same time the refusal."""

    key = models.CharField(max_length=120, unique=True)
    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=320)
    purpose = models.CharField(max_length=40)
    given = models.BooleanField()
    time_us = models.BigIntegerField()
    source = models.CharField(max_length=100)
    text_version = models.CharField(max_length=60, default="")

    class Meta:
        db_table = "collect_consent"
        indexes = [models.Index(fields=["channel", "address", "purpose", "time_us"], name="consent_latest")]


class Suppression(models.Model):
    """An address nothing may be sent to, and why: a hard bounce, a complaint, a person's word."""

    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=320)
    reason = models.CharField(max_length=40)
    since_us = models.BigIntegerField()

    class Meta:
        db_table = "collect_suppression"
        constraints = [models.UniqueConstraint(fields=["channel", "address"], name="one_suppression_per_address")]


class Source(models.Model):
    """Where events come from; its key is stored hashed and shown once."""

    KINDS = (("server", "server"), ("browser", "browser"))

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=KINDS)
    key_hash = models.CharField(max_length=64, unique=True)
    created_us = models.BigIntegerField()
    revoked_us = models.BigIntegerField(null=True)

    class Meta:
        db_table = "collect_source"


class Rate(models.Model):
    """How many major units of the workspace's currency one unit of another is worth, from a local day on."""

    currency = models.CharField(max_length=3)
    day = models.IntegerField()
    rate = models.CharField(max_length=30)

    class Meta:
        db_table = "collect_rate"
        constraints = [models.UniqueConstraint(fields=["currency", "day"], name="one_rate_a_day")]

"""The engine's tables in the operational store: the outbox, the readers' offsets and the settings."""

from __future__ import annotations

from django.db import models


class Outbox(models.Model):
    """What the house itself made happen, in order of `id`; written in the transaction of the change it tells, never deleted."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=100)
    profile_id = models.BigIntegerField(null=True)
    time_us = models.BigIntegerField()
    payload = models.JSONField()

    class Meta:
        db_table = "engine_outbox"


class Offset(models.Model):
    """How far a reader has come in a stream; committed together with what it made of it."""

    reader = models.CharField(max_length=50, primary_key=True)
    position = models.BigIntegerField(default=0)

    class Meta:
        db_table = "engine_offset"


class Setting(models.Model):
    """A setting that differs from its default; the list of settings is `engine.settings.SETTINGS`."""

    name = models.CharField(max_length=100, primary_key=True)
    value = models.JSONField()

    class Meta:
        db_table = "engine_setting"

"""Imports as they go, and the rows that were refused."""

from __future__ import annotations

from django.db import models


class ImportRun(models.Model):
    """One file read through one mapping. `fingerprint` is the hash of both: the same file again is the same run.

    States: `waiting` (uploaded, not started), `reading`, `sealed` (the batch is on disk and named here), `logged` (its log row
    is written), `applied`, `failed`. A run stopped in any state is taken up where it stands.
    """

    STATES = ("waiting", "reading", "sealed", "logged", "applied", "failed")

    fingerprint = models.CharField(max_length=64, unique=True, null=True)
    file_name = models.CharField(max_length=255)
    path = models.CharField(max_length=1000, default="")
    source = models.CharField(max_length=100)
    preset = models.CharField(max_length=60, default="")
    mapping = models.JSONField()
    state = models.CharField(max_length=10, default="waiting")
    stage = models.CharField(max_length=20, default="")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    figures = models.JSONField(default=dict)
    sealed_file = models.CharField(max_length=100, default="")
    sealed_rows = models.BigIntegerField(default=0)
    log_offset = models.BigIntegerField(null=True)
    error = models.TextField(default="")
    actor_name = models.CharField(max_length=150, default="")
    started_us = models.BigIntegerField()

    class Meta:
        db_table = "collect_import_run"


class QuarantineRow(models.Model):
    """A row or event that was refused, whole, with its reason; `key` is made of what it says, so a repeat adds nothing."""

    STAGES = ("import", "edge", "worker")
    STATUSES = ("open", "replayed", "dismissed")

    key = models.CharField(max_length=64, unique=True)
    run = models.ForeignKey(ImportRun, null=True, on_delete=models.PROTECT, related_name="refused")
    source = models.CharField(max_length=100)
    stage = models.CharField(max_length=10)
    line = models.BigIntegerField(null=True)
    raw = models.JSONField()
    reason = models.CharField(max_length=40)
    field = models.CharField(max_length=100, default="")
    detail = models.CharField(max_length=300, default="")
    status = models.CharField(max_length=10, default="open")
    added_us = models.BigIntegerField()
    settled_us = models.BigIntegerField(null=True)

    class Meta:
        db_table = "collect_quarantine"
        indexes = [
            models.Index(fields=["status", "id"], name="quarantine_open"),
            models.Index(fields=["run", "line"], name="quarantine_run"),
        ]

"""The table of types of records: what was declared of them. Records themselves are facts and lie in the warehouse."""

from __future__ import annotations

from django.db import models


class RecordType(models.Model):
    """One declared type; `fields` is JSON of {field: kind}, `time_field` one of them that is a date, empty for none."""

    name = models.CharField(max_length=100, unique=True)
    label = models.CharField(max_length=100, default="")
    time_field = models.CharField(max_length=200, default="")
    fields = models.JSONField(default=dict)
    version = models.IntegerField(default=1)

    class Meta:
        db_table = "collect_record_type"

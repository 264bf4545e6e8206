"""The tables of quality: what is followed, its counts by hour and by day, how far counting has come, and the alarms."""

from __future__ import annotations

from django.db import models


class QualityStream(models.Model):
    """One thing that is followed: a source (event and field empty), an event of it (field empty), or a field of an event.

    `known` is what its past taught: see `known.Known.as_json`; empty until a day with enough rows was learned.
    """

    source = models.CharField(max_length=100)
    event = models.CharField(max_length=200)
    field = models.CharField(max_length=200)
    known = models.JSONField(default=dict)

    class Meta:
        db_table = "collect_quality_stream"
        constraints = [models.UniqueConstraint(fields=["source", "event", "field"], name="one_stream_of_a_field")]


class QualityHour(models.Model):
    """One hour (since 1970, UTC) of data time: rows seen (of a field: filled), how many of them valid, how many came at once."""

    stream = models.ForeignKey(QualityStream, on_delete=models.CASCADE, related_name="+")
    hour = models.IntegerField()
    seen = models.BigIntegerField()
    valid = models.BigIntegerField()
    live = models.BigIntegerField()

    class Meta:
        db_table = "collect_quality_hour"
        constraints = [models.UniqueConstraint(fields=["stream", "hour"], name="one_row_of_an_hour")]
        indexes = [models.Index(fields=["hour"], name="quality_hour_old")]


class QualityDay(models.Model):
    """One local day: the same counts, the kinds of the values, how they are spread (`tally.Spread`), and registers of how many
    differ (`tally.estimate`)."""

    stream = models.ForeignKey(QualityStream, on_delete=models.CASCADE, related_name="+")
    day = models.IntegerField()
    seen = models.BigIntegerField()
    valid = models.BigIntegerField()
    kinds = models.JSONField(default=dict)
    bins = models.JSONField(default=dict)
    registers = models.BinaryField(default=bytes)

    class Meta:
        db_table = "collect_quality_day"
        constraints = [models.UniqueConstraint(fields=["stream", "day"], name="one_row_of_a_day")]


class QualityMark(models.Model):
    """How far counting has come: everything up to log row `after`, and of the rows up to `upto` the days from `from_day` on.

    `watched_us` is up to when alarms were looked for, `learned_day` the local day on which the past was last learned.
    """

    after = models.BigIntegerField(default=-1)
    upto = models.BigIntegerField(default=-1)
    from_day = models.IntegerField(null=True)
    watched_us = models.BigIntegerField(null=True)
    learned_day = models.IntegerField(null=True)

    class Meta:
        db_table = "collect_quality_mark"


class QualityAlarm(models.Model):
    """Something of a stream fell: `volume` (rows), `filled` or `valid` (shares of rows, `expected` and `seen` in shares of 1).

    `since_us` begins the stretch that showed it, `opened_us` is when it was told, `last_us` when it was last so.
    """

    KINDS = ("volume", "filled", "valid")

    stream = models.ForeignKey(QualityStream, on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=10)
    since_us = models.BigIntegerField()
    opened_us = models.BigIntegerField()
    last_us = models.BigIntegerField()
    closed_us = models.BigIntegerField(null=True)
    expected = models.FloatField()
    seen = models.FloatField()
    acknowledged_us = models.BigIntegerField(null=True)
    acknowledged_by = models.CharField(max_length=150, default="")
    note = models.CharField(max_length=500, default="")

    class Meta:
        db_table = "collect_quality_alarm"
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "kind"], condition=models.Q(closed_us__isnull=True), name="one_open_alarm_of_a_kind"
            )
        ]

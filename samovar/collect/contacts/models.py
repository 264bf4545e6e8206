"""The table of mail domains: what a name server last said of each."""

from __future__ import annotations

from django.db import models


class MailDomain(models.Model):
    """One domain of addresses seen; `answer` is one of `mail_servers.Answer`, `asked_us` when it was given."""

    domain = models.CharField(max_length=255, unique=True)
    answer = models.CharField(max_length=10)
    asked_us = models.BigIntegerField()

    class Meta:
        db_table = "collect_mail_domain"

"""The Django application of staff."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "samovar.staff"
    label = "staff"

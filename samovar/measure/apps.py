"""The Django application of the room `measure`."""

from django.apps import AppConfig


class MeasureConfig(AppConfig):
    name = "samovar.measure"
    label = "measure"

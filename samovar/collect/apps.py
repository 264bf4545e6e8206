"""The Django application of the room `collect`."""

from django.apps import AppConfig


class CollectConfig(AppConfig):
    name = "samovar.collect"
    label = "collect"

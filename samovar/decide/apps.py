"""The Django application of the room `decide`."""

from django.apps import AppConfig


class DecideConfig(AppConfig):
    name = "samovar.decide"
    label = "decide"

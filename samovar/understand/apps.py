"""The Django application of the room `understand`."""

from django.apps import AppConfig


class UnderstandConfig(AppConfig):
    name = "samovar.understand"
    label = "understand"

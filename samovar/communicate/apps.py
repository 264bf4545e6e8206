"""The Django application of the room `communicate`."""

from django.apps import AppConfig


class CommunicateConfig(AppConfig):
    name = "samovar.communicate"
    label = "communicate"

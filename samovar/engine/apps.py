"""The Django application of the engine's own tables."""

from django.apps import AppConfig


class EngineConfig(AppConfig):
    name = "samovar.engine"
    label = "engine"

"""The Django application of the room `understand`."""

from django.apps import AppConfig


class UnderstandConfig(AppConfig):
    name = "samovar.understand"
    label = "understand"

    def ready(self) -> None:
        """Say what segments read, so that a fall of data marks them."""
        from samovar.collect.quality import unsafe
        from samovar.understand.reading import resting

        unsafe.register(resting)

"""The Django application of the room `measure`."""

from django.apps import AppConfig


class MeasureConfig(AppConfig):
    name = "samovar.measure"
    label = "measure"

    def ready(self) -> None:
        """Say what reports read, so that a fall of data marks them."""
        from samovar.collect.quality import unsafe
        from samovar.measure.reading import resting

        unsafe.register(resting)

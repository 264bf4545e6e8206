"""The Django application of the room `measure`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from samovar.collect.quality.unsafe import Resting


class MeasureConfig(AppConfig):
    name = "samovar.measure"
    label = "measure"

    def ready(self) -> None:
        """Say what reports read, so that a fall of data marks them."""
        from samovar.collect.quality import unsafe

        unsafe.register(_resting)


def _resting() -> list[Resting]:
    """Asked when something has fallen: until then no process loads the reports for it."""
    from samovar.measure.reading import resting

    return resting()

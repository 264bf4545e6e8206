"""The Django application of the room `decide`."""

from django.apps import AppConfig


class DecideConfig(AppConfig):
    name = "samovar.decide"
    label = "decide"

    def ready(self) -> None:
        """Let no segment be put away under a campaign that it feeds, count those campaigns on the list of segments, and say what
        audiences read."""
        from samovar.collect.quality import unsafe
        from samovar.decide.audience import check_unused
        from samovar.decide.queries import fed
        from samovar.decide.reading import resting
        from samovar.understand import uses

        uses.register(check_unused, fed)
        unsafe.register(resting)

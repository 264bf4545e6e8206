"""The Django application of the room `decide`."""

from django.apps import AppConfig


class DecideConfig(AppConfig):
    name = "samovar.decide"
    label = "decide"

    def ready(self) -> None:
        """Let no segment be put away under a campaign that it feeds, and count those campaigns on the list of segments."""
        from samovar.decide.audience import check_unused
        from samovar.decide.queries import fed
        from samovar.understand import uses

        uses.register(check_unused, fed)

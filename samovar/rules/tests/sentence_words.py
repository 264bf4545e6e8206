"""The catalogue that golden sentences speak of: the histories' words, a date among the traits, and a figure of records."""

from __future__ import annotations

from dataclasses import replace

from samovar.rules.catalogue import Catalogue, Kind
from samovar.rules.tests import strategies


class Learned(strategies.Words):
    """With a day that a contract ends on, and how far a vehicle went."""

    def traits(self) -> dict[str, Kind]:
        return {**super().traits(), "contract_ends_on": Kind.DATE}

    def record_fields(self, record: str) -> dict[str, Kind]:
        return {**super().record_fields(record), "mileage": Kind.NUMBER}


WORDS: Catalogue = replace(strategies.CATALOGUE, learned=Learned()).with_basket()

"""The catalogue that golden sentences speak of: the histories' words, a date among the traits, and records of one type."""

from __future__ import annotations

from dataclasses import replace

from samovar.rules.catalogue import Catalogue, Collection, Field, Kind
from samovar.rules.tests import strategies

_VEHICLES = Collection("record", "events", {"mileage": Field("mileage", Kind.NUMBER)})


class Learned(strategies.Words):
    """With a day that a contract ends on."""

    def traits(self) -> dict[str, Kind]:
        return {**super().traits(), "contract_ends_on": Kind.DATE}


WORDS: Catalogue = replace(
    strategies.CATALOGUE, learned=Learned(), collections={**strategies.CATALOGUE.collections, "record": _VEHICLES}
)

"""The ready segments as they are written in `ready.yaml`: groups, names and sentences in both languages, rules. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from samovar.engine.definitions import from_text
from samovar.rules.sentence import LanguageCode

Said = Mapping[LanguageCode, str]
_FILE = Path(__file__).with_name("ready.yaml")
_SUM = re.compile(r"\{(\d+)\}")
# How many of a currency make about as much as a rouble. It is no rate: it only keeps the sums of ready rules within reason.
_PER_ROUBLE = {"RUB": 1.0, "KZT": 5.0, "UZS": 100.0, "AMD": 5.0, "KGS": 1.0, "INR": 1.0, "JPY": 1.0, "UAH": 0.5, "TRY": 0.5}
_PER_ROUBLE_ELSEWHERE = 0.01


@dataclass(frozen=True)
class Group:
    """A shelf of ready segments."""

    slug: str
    name: Said
    says: Said


@dataclass(frozen=True)
class Ready:
    """A segment somebody may begin with. `has_example` says that the rule holds a word a shop puts its own in place of."""

    slug: str
    group: str
    name: Said
    says: Said
    rule: str
    has_example: bool = False

    def text(self, currency: str) -> str:
        """The rule with its sums in a currency, such as 5000 roubles or 50 euros."""
        per_rouble = _PER_ROUBLE.get(currency, _PER_ROUBLE_ELSEWHERE)
        return _SUM.sub(lambda found: f"{int(found[1]) * per_rouble:.0f}", self.rule)

    def holds(self, words: str) -> bool:
        """Whether its name, its sentence or its rule holds a text, in either language; case is forgiven."""
        texts = (*self.name.values(), *self.says.values(), self.rule)
        return any(words.lower() in text.lower() for text in texts)


@cache
def groups() -> tuple[Group, ...]:
    """The shelves in order."""
    told = from_text(_FILE.read_text(encoding="utf-8"), name=_FILE.name)["groups"]
    return tuple(Group(slug, values["name"], values["says"]) for slug, values in told.items())


@cache
def ready() -> Mapping[str, Ready]:
    """Every ready segment by slug, in the order of the shelves."""
    told = from_text(_FILE.read_text(encoding="utf-8"), name=_FILE.name)["segments"]
    return {
        slug: Ready(slug, one["group"], one["name"], one["says"], one["rule"], one.get("fill", False))
        for slug, one in told.items()
    }

"""A rule as a plain sentence in Russian or English, its tests as what a person has and what is needed, and values as they are
written. Pure: the language comes as an argument. Words of the catalogue are data (`english_words`, `russian_words`)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from samovar.rules import tree
from samovar.rules.catalogue import Catalogue, Kind
from samovar.rules.sentence.asked import asked
from samovar.rules.sentence.english import English
from samovar.rules.sentence.grammar import Language
from samovar.rules.sentence.russian import Russian
from samovar.rules.sentence.walk import Scope, Speaker
from samovar.rules.tree import Condition, Rule

__all__ = ["LANGUAGES", "LanguageCode", "LeafWords", "say", "say_leaf", "say_value"]
LanguageCode = Literal["ru", "en"]
LANGUAGES: dict[LanguageCode, Language] = {"ru": Russian(), "en": English()}


@dataclass(frozen=True)
class LeafWords:
    """A test in two parts: `text` is what it looks at, `needs` what it wants of it."""

    text: str
    needs: str


def say(rule: Rule, language: LanguageCode, catalogue: Catalogue) -> str:
    """What is true of the people of a checked rule, as a sentence without a subject, a capital and a full stop."""
    return Speaker(LANGUAGES[language], catalogue).condition(rule.condition, Scope()).text


def say_leaf(test: Condition, language: LanguageCode, catalogue: Catalogue) -> LeafWords:
    """One test of a checked rule, as in "orders in the last 90 days: 1, needs at least 2". A group or `not` is no test."""
    words = LANGUAGES[language]
    speaker = Speaker(words, catalogue)
    if isinstance(test, tree.InSegment | tree.EnteredSegment | tree.Sequence):
        return LeafWords(speaker.condition(test, Scope()).text, words.signs.yes_no[0])
    found = asked(test)
    relation = speaker.relation(found, Scope())
    if isinstance(found.operand, tree.Aggregate) and found.operand.function == "count":
        return LeafWords(words.listed(speaker.selected(found.operand.of)), words.bare(relation))
    if isinstance(found.operand, tree.AgeOfEvent | tree.AgeOfAttribute):
        relation = replace(relation, unit=None)  # the text names it
    return LeafWords(speaker.phrase(found.operand, Scope()).text, words.bare(relation))


def say_value(value: str | int | float | Decimal | bool | dt.date | None, kind: Kind, language: LanguageCode) -> str:
    """A value as it is written: money in major units, a moment as its local day, None as unknown."""
    words = LANGUAGES[language]
    match value:
        case None:
            return words.signs.unknown
        case bool():
            return words.signs.yes_no[0 if value else 1]
        case str():
            return words.quoted(value)
        case dt.date():
            return words.date(value)
        case _:
            number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
            return words.number(number, 2 if kind is Kind.MONEY else 0)

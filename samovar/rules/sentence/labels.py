"""The words of the catalogue by themselves, as lists of choices show them. What the shop named is shown by that name."""

from __future__ import annotations

from collections.abc import Mapping

from samovar.rules.catalogue import Attribute, Source
from samovar.rules.sentence.grammar import Language


def attribute_label(attribute: Attribute, language: Language) -> str:
    """A city, a consent to marketing by e-mail."""
    if attribute.source is Source.CONSENT:
        return language.consent(*attribute.keys)[0].one
    noun = language.words.attributes.get(attribute.name)
    return noun.one if noun is not None else attribute.name


def collection_label(name: str, language: Language) -> str:
    """A declared collection in the plural; KeyError for another."""
    return language.words.collections[name].many


def field_label(name: str, language: Language) -> str:
    """A field of a collection."""
    noun = language.words.fields.get(name)
    return noun.one if noun is not None else name


def value_labels(name: str, language: Language) -> Mapping[str, str]:
    """The values of an attribute that has a fixed list of them, with what they are called; empty for others."""
    return language.words.values.get(name, {})

"""The words of a rule that a definition carries from one shop to another: names that data taught, each with its kind.

A word of another kind here is refused, for the rule would mean nothing; one that nothing here is called yet comes in and is
named.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from samovar import rules
from samovar.kit.errors import Refusal
from samovar.rules import vocabulary
from samovar.understand import operations, queries, words


class BadWords(Refusal):
    """Words that are none, or that are of another kind here."""

    status = 422


def carried(rule: rules.Rule) -> dict[str, str]:
    """{word: kind} of a rule: what data taught, else what came with a definition."""
    named = vocabulary.named_words(rule.condition, words.open_catalogue())
    known = {**queries.vocabulary().brought, **words.learned(rules.to_json(rule))} if named else {}
    return {word: known[word] for word in named if word in known}


def bring(rule: rules.Rule, given: object) -> None:
    """Take in the words that came with a rule. Raises `BadWords`."""
    told = _told(given)
    known = words.learned(rules.to_json(rule)) if told else {}
    for word, kind in told.items():
        if known.get(word, kind) != kind:
            message = _("“%(word)s” is %(kind)s where this comes from, and %(here)s here.")
            raise BadWords("other_kind", message % {"word": word, "kind": kind, "here": known[word]}, field="words", word=word)
    if told:
        operations.bring_words(words=told)


def unknown(rule: rules.Rule, given: object) -> list[str]:
    """What this shop's data does not know of the words that came with a rule, in sentences."""
    told = _told(given)
    known = words.learned(rules.to_json(rule)) if told else {}
    sentence = _("nothing here is called %(word)s (%(kind)s) yet, so the rule waits until something is.")
    return [sentence % {"word": word, "kind": kind} for word, kind in told.items() if word not in known]


def _told(given: object) -> dict[str, str]:
    """Raises `BadWords` unless each is a word with one of the kinds."""
    told = given or {}
    is_plain = isinstance(told, dict) and all(isinstance(part, str) for pair in told.items() for part in pair)
    if isinstance(told, dict) and is_plain and vocabulary.KINDS.issuperset(told.values()):
        return told
    kinds = ", ".join(sorted(vocabulary.KINDS))
    raise BadWords("bad_words", _("“words” holds names, each with one of: %(kinds)s.") % {"kinds": kinds}, field="words")

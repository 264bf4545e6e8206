"""What the rule language raises when it says no.

A message is a template with named values, so that a room with translations can say it in the reader's language: `code`
names the sentence, `MESSAGES` holds it in English, `params` fills it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from samovar.kit.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samovar.rules.tree import Place

SUGGESTIONS_MAX = 3

MESSAGES: dict[str, str] = {
    "too_long": "The rule is longer than %(limit)s bytes. Split it into segments.",
    "too_deep": "The rule is nested deeper than %(limit)s levels here. Take some brackets or “not” away.",
    "bad_character": "“%(found)s” cannot stand here. Texts are written in quotes.",
    "open_text": "This text is not closed. Add the quote it began with.",
    "bad_escape": "A backslash in a text stands only before a quote or another backslash.",
    "bad_number": "“%(found)s” does not fit. A number has up to four decimals and is less than 900 trillion.",
    "bad_date": "“%(found)s” is not a date of the calendar. Write it as 2026-11-21.",
    "expected": "Expected %(wanted)s, found %(found)s.",
    "reserved_word": "“%(found)s” is a word of the language. Put a name like it in quotes: trait.\"%(found)s\".",
    "unknown_attribute": "There is no attribute “%(name)s”.",
    "unknown_collection": "There is nothing called “%(name)s” to count.",
    "unknown_event": "There is no event called “%(name)s”.",
    "unknown_field": "“%(collection)s” has no field “%(name)s”.",
    "unknown_function": "There is no function “%(name)s”.",
    "unknown_unit": "“%(found)s” is not a unit of time.",
    "field_needed": "“%(function)s” needs a field of the collection, such as %(example)s.",
    "field_not_wanted": "“%(function)s” takes the collection itself, without a field.",
    "span_needed": "“%(function)s” needs a number of days after the comma, such as 14 days.",
    "only_in_where": "Inside “where” only fields of the collection and person.… may stand.",
    "person_only_in_where": "“person.” is written only inside “where”. Outside it the bare name is the person's.",
    "wrong_field_kind": "“%(function)s” works on %(wanted)s, and “%(name)s” is %(kind)s.",
    "wrong_kinds": "%(left)s cannot be compared with %(right)s.",
    "no_order": "%(kind)s has no order: use = or !=.",
    "text_only": "“%(operator)s” compares texts, and this is %(kind)s.",
    "no_folded_twin": "“%(operator)s” cannot search in “%(name)s”: compare it with = or in (…).",
    "boolean_needed": "This is %(kind)s, not a yes or no. Compare it with something.",
    "date_needed": "“%(function)s” needs a date, and “%(name)s” is %(kind)s.",
    "constant_needed": "“%(function)s” is compared with a number only.",
    "no_anniversary": "“%(function)s” needs a date of the calendar, and “%(name)s” is a moment.",
    "bad_window": "The first number of “between … ago” is the greater one, as in: between 60 and 30 days ago.",
    "bad_dates": "The second date lies before the first.",
    "far_window": "The window reaches further than %(limit)s years.",
    "bad_tree": "This is not a rule: %(detail)s.",
}  # fmt: skip


class RuleError(Refusal):
    """A rule that cannot be read or makes no sense, with the place (line and column from 1) and the nearest known names."""

    def __init__(self, code: str, place: Place | None = None, *, suggestions: Iterable[str] = (), **params: object) -> None:
        self.line, self.column = place or (1, 1)
        self.suggestions = tuple(suggestions)
        self.values = {name: str(value) for name, value in params.items()}
        super().__init__(
            code, MESSAGES[code] % self.values, field="rule",
            line=self.line, column=self.column, suggestions=list(self.suggestions), values=self.values,
        )  # fmt: skip


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names nearest to a wrong one, best first; case is forgiven."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lower, n=SUGGESTIONS_MAX, cutoff=0.6)
    return [by_lower[match] for match in close]

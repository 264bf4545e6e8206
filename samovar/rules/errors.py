"""What the rule language raises when it says no.

A message is a template with named values, so that a room with translations can say it in the reader's language: `code`
names the sentence, `MESSAGES` holds it in English, `values` fills it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from samovar.kit.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from samovar.rules.tree import Place

SUGGESTIONS_MAX = 3


def _(text: str) -> str:
    """Mark a text for the translators; `understand.sayings` says it in the reader's language."""
    return text


MESSAGES: dict[str, str] = {
    "too_long": _("The rule is longer than %(limit)s bytes. Split it into segments."),
    "too_deep": _("The rule is nested deeper than %(limit)s levels here. Take some brackets or “not” away."),
    "bad_character": _("“%(found)s” cannot stand here. Texts are written in quotes."),
    "open_text": _("This text is not closed. Add the quote it began with."),
    "bad_escape": _("A backslash in a text stands only before a quote or another backslash."),
    "bad_number": _("“%(found)s” does not fit. A number has up to four decimals and is less than 900 trillion."),
    "bad_date": _("“%(found)s” is not a date of the calendar. Write it as 2026-11-21."),
    "expected": _("Expected %(wanted)s, found %(found)s."),
    "reserved_word": _("“%(found)s” is a word of the language. Put a name like it in quotes: trait.\"%(found)s\"."),
    "unknown_attribute": _("There is no attribute “%(name)s”."),
    "unknown_collection": _("There is nothing called “%(name)s” to count."),
    "unknown_event": _("There is no event called “%(name)s”."),
    "unknown_record": _("There are no records of the type “%(name)s”."),
    "timeless": _("Records “%(name)s” have no time of their own. Declare which of their fields is it, or do not ask when."),
    "basket_only": _("“%(name)s” is read only in a rule of a basket, and this rule is asked of people."),
    "items_timeless": _("The lines of a basket have no time of their own: do not ask when."),
    "unknown_field": _("“%(collection)s” has no field “%(name)s”."),
    "unknown_function": _("There is no function “%(name)s”."),
    "unknown_unit": _("“%(found)s” is not a unit of time."),
    "field_needed": _("“%(function)s” needs a field of the collection, such as %(example)s."),
    "field_not_wanted": _("“%(function)s” takes the collection itself, without a field."),
    "span_needed": _("“%(function)s” needs a number of days after the comma, such as 14 days."),
    "only_in_where": _("Inside “where” only fields of the collection, person.… and the days since or until one may stand."),
    "person_only_in_where": _("“person.” is written only inside “where”. Outside it the bare name is the person's."),
    "wrong_field_kind": _("“%(function)s” needs %(wanted)s; “%(name)s” is %(kind)s."),
    "wrong_kinds": _("These cannot be compared: %(left)s and %(right)s."),
    "no_order": _("This is %(kind)s, which has no order: use = or !=."),
    "text_only": _("“%(operator)s” compares texts, and this is %(kind)s."),
    "no_folded_twin": _("“%(operator)s” cannot search in “%(name)s”: compare it with = or in (…)."),
    "boolean_needed": _("This is %(kind)s, not a yes or no. Compare it with something."),
    "numbers_needed": _("“%(operator)s” reckons with numbers, and this is %(kind)s."),
    "date_needed": _("“%(function)s” needs a date, and “%(name)s” is %(kind)s."),
    "constant_needed": _("“%(function)s” is compared only with a number or a date written in the rule."),
    "no_anniversary": _("“%(function)s” needs a date of the calendar, and “%(name)s” is a moment."),
    "bad_window": _("The first number of “between … ago” is the greater one, as in: between 60 and 30 days ago."),
    "bad_dates": _("The second date lies before the first."),
    "far_window": _("The window reaches further than %(limit)s years."),
    "too_many_steps": _("A sequence has up to %(limit)s steps. Split it into segments."),
    "exact_needed": _("“within” takes minutes, hours, days or weeks, and more than none of them."),
    "unknown_segment": _("There is no segment “%(name)s”."),
    "segment_cycle": _("The segment would rest on itself: %(path)s."),
    "figure_needed": _("This is a whole rule. Say an attribute, such as city, or a figure, such as count(orders)."),
    "no_parts": _("People cannot be parted by “%(name)s”: it is %(kind)s. Take an attribute, or a count."),
    "bad_tree": _("This is not a rule: %(detail)s."),
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

    def at(self, place: Place | None) -> RuleError:
        """The same fault at a place of another text: where that text names the segment that holds the fault."""
        return RuleError(self.code, place, suggestions=self.suggestions, **self.values)


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names nearest to a wrong one, best first; case is forgiven."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lower, n=SUGGESTIONS_MAX, cutoff=0.6)
    return [by_lower[match] for match in close]

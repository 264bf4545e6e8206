"""English: has at least 2 orders with an amount over 1,000 in the last 90 days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from samovar.rules.catalogue import Kind
from samovar.rules.sentence.english_words import WORDS, noun
from samovar.rules.sentence.grammar import (
    Clause,
    Joints,
    Language,
    Noun,
    Operator,
    Pair,
    Phrase,
    Relation,
    Selected,
    Signs,
    Which,
    after,
    row,
)  # fmt: skip
from samovar.rules.tree import Function, Within

_AMOUNTS = {">": "over", ">=": "at least", "<": "under", "<=": "at most", "=": "exactly", "!=": "not"}
_LENGTHS = {**_AMOUNTS, ">": "more than", "<": "less than"}
_COUNTS = {**_AMOUNTS, ">": "more than", "<": "fewer than"}
_MEASURES = {"amount": _AMOUNTS, "count": _COUNTS, "length": _LENGTHS}
_DATES = {">": "after", ">=": "on or after", "<": "before", "<=": "on or before", "=": "on", "!=": "not on"}
_OTHERS = {**_LENGTHS, "=": "the same as", "!=": "not the same as"}
_OTHER_DATES = {**_OTHERS, ">": "later than", ">=": "no earlier than", "<": "earlier than", "<=": "no later than"}
_FIELD_AMOUNTS = {
    ">": "over", ">=": "of at least", "<": "under", "<=": "of at most", "=": "of exactly", "!=": "other than",
    "one of": "of", "none of": "other than",
}  # fmt: skip
_SEARCHES: Mapping[Operator, Pair] = {
    "contains": ("contains", "containing"),
    "starts with": ("starts with", "starting with"),
    "ends with": ("ends with", "ending with"),
}
_FIGURES: Mapping[Function, str] = {
    "count": "number of {of}",
    "days": "number of days with {of}",
    "sum": "total {field} of {of}",
    "avg": "average {field} of {a} {one}",
    "median": "median {field} of {a} {one}",
    "min": "smallest {field} of {a} {one}",
    "max": "greatest {field} of {a} {one}",
    "distinct": "number of different {fields} of {of}",
    "first": "{field} of the first {one}",
    "last": "{field} of the last {one}",
    "gap": "usual gap between days with {of}",
    "streak": "longest run of days with {of} (at most {span} apart)",
    "last_streak": "latest run of days with {of} (at most {span} apart)",
}


class English(Language):
    """Verbs stand in the third person; nouns know their plural and their article."""

    words = WORDS
    signs = Signs(
        group=",",
        point=".",
        quotes=("“", "”"),
        yes_no=("yes", "no"),
        always_never=("it is always true", "it is never true"),
        unknown="unknown",
    )
    joints = {
        "and": Joints(" and ", ", and ", (", ", ", and "), ("; ", "; and ")),
        "or": Joints(" or ", ", or ", (", ", ", or "), ("; ", "; or "), opens="either "),
    }
    denial = "it is not true that"

    def of_person(self, predicate: str, *, in_where: bool, is_denied: bool) -> Clause:
        return Clause(f"the person {predicate}") if in_where or is_denied else Clause(predicate, is_of_person=True)

    def last(self, amount: int, unit: Noun) -> str:
        return f"in the last {unit.one if amount == 1 else self._many(amount, unit)}"

    def ago(self, first: int, second: int, unit: Noun) -> str:
        return f"between {self.number(first)} and {self.number(second)} {unit.one if first == 1 else unit.many} ago"

    def before(self, amount: int, unit: Noun, *, is_exact: bool) -> str:
        return f"{'at least' if is_exact else 'more than'} {self._many(amount, unit)} ago"

    def span(self, days: int) -> str:
        return self._many(days, self.words.units["days"])

    def within(self, within: Within) -> str:
        return f"within {self._many(within.amount, self.words.units[within.unit])}"

    def _many(self, number: Decimal | int, of: Noun) -> str:
        return f"{self.number(number)} {of.one if number == 1 else of.many}"

    # Names

    def event(self, name: str) -> Noun:
        return self._named(name, " event", " events")

    def record(self, name: str) -> Noun:
        return self._named(name, " record", " records")

    def field(self, name: str) -> Noun:
        return self._named(name, "", " values")

    def _named(self, name: str, one: str, many: str) -> Noun:
        quoted = self.quoted(name)
        return Noun(noun(name).agrees, quoted + one, quoted + many, is_named=True)

    def trait(self, name: str) -> Noun:
        return noun(f"trait {self.quoted(name)}")

    def trait_date(self, name: str) -> Noun:
        return noun(f"date {self.quoted(name)}")

    def anniversary(self, of: Noun) -> Noun:
        return noun(f"anniversary of the {of.one}")

    def consent(self, channel: str, purpose: str) -> tuple[Noun, Pair]:
        to = f"{self.words.purposes.get(purpose) or self.quoted(purpose)} {self.words.channels[channel]}"
        return noun(f"consent to {to}"), (f"has agreed to {to}", f"has not agreed to {to}")

    def owned(self, of: Noun) -> str:
        return f"person’s {of.one}"

    def in_segment(self, name: str) -> Pair:
        segment = f"in the segment {self.quoted(name)}"
        return f"is {segment}", f"is not {segment}"

    def entered_segment(self, name: str, window: str) -> str:
        return f"entered the segment {self.quoted(name)}{after(window)}"

    # Phrases

    def inner(self, phrase: Phrase) -> str:
        text = _definite(phrase)
        return f"({text})" if phrase.is_narrow else text

    def listed(self, of: Selected) -> str:
        return of.noun.many + _tail(of)

    def figure(self, function: Function, of: Selected, field: Noun | None, span: str) -> Phrase:
        text = _FIGURES[function].format(
            of=of.noun.many + _tail(of), a=of.noun.agrees, one=of.noun.one + _tail(of), span=span,
            field=field.one if field else "", fields=field.many if field else "",
        )  # fmt: skip
        return Phrase(text, "", is_narrow=of.is_narrow)

    def age(self, which: Which, of: Selected, unit: Noun) -> Phrase:
        return Phrase(f"number of {unit.many} since the {which} {of.noun.one}{_tail(of)}", "", is_narrow=of.is_narrow)

    def distance(self, of: Noun, unit: Noun, *, is_ahead: bool) -> Phrase:
        return Phrase(f"number of {unit.many} {'until' if is_ahead else 'since'} the {of.one}", "")

    # Relations

    def bare(self, relation: Relation) -> str:
        operator, values = relation.operator, relation.values
        if operator in _SEARCHES:
            return f"a text {_SEARCHES[operator][1]} {values[0]}"
        if operator in ("known", "unknown"):
            return operator
        if relation.kind is Kind.BOOLEAN and operator == "!=":
            return f"{self.signs.yes_no[1]} or {self.signs.unknown}"
        if operator in ("between", "not between"):
            return f"{operator} {values[0]} and {self._with_unit(values[1], relation)}"
        if operator in ("one of", "none of"):
            listed = _either(values) if operator == "one of" else _neither(values)
            is_day = relation.kind is Kind.DATE and operator == "one of"
            return f"{'on ' if is_day else ''}{self._with_unit(listed, relation)}"
        return f"{_comparing(relation)} {self._with_unit(values[0], relation)}".strip()

    def _with_unit(self, text: str, relation: Relation) -> str:
        if relation.unit is None or relation.is_other:
            return text
        return f"{text} {relation.unit.one if relation.last == 1 else relation.unit.many}"

    def modifier(self, field: Noun, relation: Relation) -> str | None:
        operator, values = relation.operator, relation.values
        some = f"with {field.agrees} {field.one}"
        if operator in _SEARCHES:
            return f"{some} {_SEARCHES[operator][1]} {values[0]}"
        if relation.kind is Kind.NUMBER:
            if operator in ("between", "not between"):
                return f"{some} {operator} {values[0]} and {values[1]}"
            return f"{some} {_FIELD_AMOUNTS[operator]} {_either(values)}" if operator in _FIELD_AMOUNTS else None
        if relation.kind is Kind.TEXT and operator in ("=", "one of"):
            return f"with the {field.one} {_either(values)}"
        if relation.kind is Kind.TEXT and operator in ("!=", "none of"):
            return f"{some} other than {_either(values)}"
        return None

    # Clauses

    def predicate(self, phrase: Phrase, relation: Relation) -> Clause:
        subject = _definite(phrase)
        if relation.operator in _SEARCHES:
            return Clause(f"{subject} {_SEARCHES[relation.operator][0]} {relation.values[0]}")
        return Clause(f"{subject} is {self.bare(relation)}")

    def counted(self, of: Selected, relation: Relation, number: Decimal) -> Clause:
        one, many, tail, operator = of.noun.one, of.noun.many, _tail(of), relation.operator
        if operator == "between":
            text = f"has between {relation.values[0]} and {relation.values[1]} {many}{tail}"
        elif operator == "=" and number == 0:
            text = f"has no {many}{tail}"
        elif operator == ">=" and number == 1:
            text = f"has {of.noun.agrees} {one}{tail}"
        elif operator == ">" and number == 0:
            text = f"has at least one {one}{tail}"
        else:
            text = f"has {_COUNTS[operator]} {self._many(number, of.noun)}{tail}"
        return Clause(text, is_of_person=True)

    def aged(self, which: Which, of: Selected, relation: Relation) -> Clause:
        ago = f"{self.bare(relation)} ago"
        if of.verb and not of.is_narrow and relation.operator not in ("!=", "none of", "not between"):
            return Clause(f"{which} {of.verb} {ago}", is_of_person=True)
        return Clause(f"the {which} {of.noun.one}{_tail(of)} was {ago}")

    def distant(self, of: Noun, relation: Relation, *, is_ahead: bool) -> Clause:
        return Clause(f"the {of.one} {'is' if is_ahead else 'was'} {self.bare(relation)} {'away' if is_ahead else 'ago'}")

    def sequence(self, steps: Sequence[tuple[Selected, bool, str]], window: str) -> Clause:
        said = [
            f"{'no' if is_absent else of.noun.agrees} {of.noun.one}{_tail(of)}{after(within)}" for of, is_absent, within in steps
        ]
        start = after(window) if len(steps) == 1 or not window else f" (the first {window})"
        return Clause(f"had {', then '.join(said)}{start}", is_of_person=True)


def _definite(phrase: Phrase) -> str:
    return f"the {phrase.text}" if phrase.is_definite else phrase.text


def _tail(of: Selected) -> str:
    """What narrows a noun, as it stands after it."""
    modifiers = f" {' and '.join(of.modifiers)}" if of.modifiers else ""
    clause = f" (for which {of.clause})" if of.clause else ""
    return f"{modifiers}{clause}{after(of.window)}"


def _comparing(relation: Relation) -> str:
    """The words of a comparison, for `=` sometimes none."""
    if relation.is_other:
        return (_OTHER_DATES if relation.kind is Kind.DATE else _OTHERS)[relation.operator]
    if relation.kind is Kind.DATE:
        return _DATES[relation.operator]
    if relation.kind is not Kind.NUMBER:
        return "" if relation.operator == "=" else "not"
    return _MEASURES[relation.measure][relation.operator]


def _either(values: Sequence[str]) -> str:
    return row(values, "or")


def _neither(values: Sequence[str]) -> str:
    return f"neither {values[0]} nor {values[1]}" if len(values) == 2 else f"none of {_either(values)}"

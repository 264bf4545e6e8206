"""What a sentence is made of in any language: nouns with their forms, relations, selections, and what a language has to supply.

Nothing here is a word of a language: words stand in the data of each, their order and agreement in its module.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from samovar.rules import tree
from samovar.rules.catalogue import Kind
from samovar.rules.tree import Function, Unit, Window, Within

Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "one of", "none of", "between", "not between", "contains", "starts with", "ends with",
    "known", "unknown",
]  # fmt: skip
Which = Literal["first", "last"]
Measure = Literal["amount", "count", "length"]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Noun:
    """A noun in the forms its language needs; what it has no use for is empty.

    `agrees` is what other words agree with: m, f or n in Russian, the article in English. `with_one` and `with_many` carry
    their preposition. A name that the shop made `is_named`.
    """

    agrees: str
    one: str
    many: str = ""
    of_one: str = ""
    of_many: str = ""
    with_one: str = ""
    with_many: str = ""
    is_named: bool = False


@dataclass(frozen=True)
class Words:
    """The words of the catalogue in one language.

    `verbs` are what the person does by a collection, where a language needs it; `states` are predicates of the person with
    their opposites; `values` are the names of an attribute's values, numbers among them, and `named` is what such an attribute is
    called beside them.
    """

    collections: Mapping[str, Noun]
    verbs: Mapping[str, str]
    fields: Mapping[str, Noun]
    attributes: Mapping[str, Noun]
    anniversaries: Mapping[str, Noun]
    states: Mapping[str, Pair]
    values: Mapping[str, Mapping[str, str]]
    named: Mapping[str, Noun]
    channels: Mapping[str, str]
    purposes: Mapping[str, str]
    units: Mapping[Unit, Noun]
    windows: Mapping[Literal["today", "since", "from to", "this", "previous"], str]
    months: tuple[str, ...]


@dataclass(frozen=True)
class Signs:
    """How a language writes: groups of digits, the decimal mark, quotes, yes and no, what holds for everybody and for nobody."""

    group: str
    point: str
    quotes: Pair
    yes_no: Pair
    always_never: Pair
    unknown: str


@dataclass(frozen=True)
class Joints:
    """What stands between the parts of a group and before the last: of predicates of the person (before the last of two
    and of more), of clauses, and of parts that are groups themselves. `opens` begins a group that lies in another."""

    two: str
    last: str
    clauses: Pair
    wide: Pair
    opens: str = ""


@dataclass(frozen=True)
class Clause:
    """A test in words. A predicate of the person leaves the person out, who is named where a language must."""

    text: str
    is_of_person: bool = False


@dataclass(frozen=True)
class Phrase:
    """What a test speaks of: "number of orders"; `is_narrow` when it ends in a where or a window; one that `is_definite`
    takes an article."""

    text: str
    agrees: str
    is_narrow: bool = False
    is_definite: bool = True


@dataclass(frozen=True)
class Relation:
    """What a test asks of its phrase: an operator and values as they are said; `last` is the last as a number.

    Values that are themselves phrases are `is_other`. `unit` is what the numbers count,
    `measure` what they are numbers of.
    """

    operator: Operator
    values: tuple[str, ...]
    kind: Kind
    last: Decimal | None = None
    is_other: bool = False
    unit: Noun | None = None
    measure: Measure = "amount"


@dataclass(frozen=True)
class Selected:
    """Some of a collection: its noun and verb, what is said of its fields (`modifiers`, or a whole clause), its window.

    A clause that names somebody or denies something has a subject of its own: `is_free`.
    """

    noun: Noun
    verb: str
    modifiers: tuple[str, ...] = ()
    clause: str = ""
    is_free: bool = False
    window: str = ""

    @property
    def is_narrow(self) -> bool:
        return bool(self.modifiers or self.clause or self.window)


class Language(ABC):
    """The grammar of one language. Predicates speak of the person, who is named only where `of_person` must."""

    words: Words
    signs: Signs
    joints: Mapping[Literal["and", "or"], Joints]
    denial: str

    def number(self, value: Decimal | int, digits: int = 0) -> str:
        """A number in groups; a fraction has at least so many digits."""
        whole = Decimal(value)
        text = f"{whole.normalize():,f}"
        fraction = len(text.partition(".")[2])
        if 0 < fraction < digits:
            text += "0" * (digits - fraction)
        marks = {",": self.signs.group, ".": self.signs.point, "-": "−"}
        return "".join([marks.get(sign, sign) for sign in text])

    def date(self, value: dt.date) -> str:
        """A day in words: 21 November 2026."""
        return f"{value.day} {self.words.months[value.month - 1]} {value.year}"

    def quoted(self, text: str) -> str:
        """A text of the shop."""
        opening, closing = self.signs.quotes
        return f"{opening}{text}{closing}"

    def joined(self, parts: Sequence[Clause], word: Literal["and", "or"], *, is_wide: bool) -> str:
        """The parts of a group; a wide one has groups among them."""
        joints = self.joints[word]
        between, last = joints.wide if is_wide else joints.clauses
        if not is_wide and all(part.is_of_person for part in parts):
            between, last = ", ", joints.two if len(parts) == 2 else joints.last
        *others, end = [part.text for part in parts]
        return between.join(others) + last + end

    @abstractmethod
    def of_person(self, predicate: str, *, in_where: bool, is_denied: bool) -> Clause:
        """A predicate with the person named where the language needs it."""

    def window(self, window: Window) -> str:
        """A window as it stands after what it narrows."""
        units, fixed = self.words.units, self.words.windows
        match window:
            case tree.Last(amount=0, unit="days"):
                return fixed["today"]
            case tree.Last(amount=amount, unit=unit):
                return self.last(amount, units[unit])
            case tree.Ago(from_amount=first, to_amount=second, unit=unit):
                return self.ago(first, second, units[unit])
            case tree.Before(amount=amount, unit=unit):
                return self.before(amount, units[unit], is_exact=unit in ("minutes", "hours"))
            case tree.Since(first=date):
                return fixed["since"].format(first=self.date(date))
            case tree.FromTo(first=date, last=last):
                return fixed["from to"].format(first=self.date(date), last=self.date(last))
            case tree.Month(which=which):
                return fixed[which]

    @abstractmethod
    def last(self, amount: int, unit: Noun) -> str:
        """In the last so many units."""

    @abstractmethod
    def ago(self, first: int, second: int, unit: Noun) -> str:
        """Between so many and so many units ago."""

    @abstractmethod
    def before(self, amount: int, unit: Noun, *, is_exact: bool) -> str:
        """More than so many units ago; with exact units, so many or more."""

    @abstractmethod
    def event(self, name: str) -> Noun:
        """Events of one name."""

    @abstractmethod
    def record(self, name: str) -> Noun:
        """Records of one type."""

    @abstractmethod
    def field(self, name: str) -> Noun:
        """A field that the shop made."""

    @abstractmethod
    def trait(self, name: str) -> Noun:
        """An attribute that the shop made."""

    @abstractmethod
    def trait_date(self, name: str) -> Noun:
        """The same where it must be a date."""

    @abstractmethod
    def anniversary(self, noun: Noun) -> Noun:
        """The anniversary of a date."""

    @abstractmethod
    def consent(self, channel: str, purpose: str) -> tuple[Noun, Pair]:
        """The consent to a purpose by a channel, and what is said of who gave it and of who did not."""

    @abstractmethod
    def owned(self, noun: Noun) -> str:
        """An attribute of the person where another thing is spoken of."""

    @abstractmethod
    def figure(self, function: Function, of: Selected, field: Noun | None, span: str) -> Phrase:
        """A figure over a selection."""

    @abstractmethod
    def inner(self, phrase: Phrase) -> str:
        """A phrase inside another or beside it, in brackets where its end would not be seen."""

    @abstractmethod
    def listed(self, of: Selected) -> str:
        """A selection by itself, in the plural."""

    @abstractmethod
    def age(self, which: Which, of: Selected, unit: Noun) -> Phrase:
        """The time since the first or last of a selection."""

    @abstractmethod
    def distance(self, noun: Noun, unit: Noun, *, is_ahead: bool) -> Phrase:
        """The time since a date, or until it."""

    @abstractmethod
    def bare(self, relation: Relation) -> str:
        """A relation by itself, as after "needs"."""

    @abstractmethod
    def modifier(self, field: Noun, relation: Relation) -> str | None:
        """A test of a field said right after the noun, None where it takes a clause."""

    @abstractmethod
    def predicate(self, phrase: Phrase, relation: Relation) -> Clause:
        """A whole clause about a phrase."""

    @abstractmethod
    def counted(self, of: Selected, relation: Relation, number: Decimal) -> Clause:
        """How many of a selection the person has: a predicate of the person. `number` is that of a relation with one value."""

    @abstractmethod
    def aged(self, which: Which, of: Selected, relation: Relation) -> Clause:
        """How long ago the first or last of a selection was: a clause."""

    @abstractmethod
    def distant(self, noun: Noun, relation: Relation, *, is_ahead: bool) -> Clause:
        """How long ago a date was, or how far it is: a clause."""

    @abstractmethod
    def sequence(self, steps: Sequence[tuple[Selected, bool, str]], window: str) -> Clause:
        """Steps one after another, each with whether it is absent and its duration: a predicate of the person."""

    @abstractmethod
    def span(self, days: int) -> str:
        """The days of a streak, after "at most"."""

    @abstractmethod
    def within(self, within: Within) -> str:
        """A duration after the step before."""

    @abstractmethod
    def in_segment(self, name: str) -> Pair:
        """That the person is in a segment, and the opposite."""

    @abstractmethod
    def entered_segment(self, name: str, window: str) -> str:
        """That the person entered a segment."""


def after(text: str) -> str:
    """A text as it stands after another, nothing for none."""
    return f" {text}" if text else ""


def row(values: Sequence[str], last: str) -> str:
    """Values in a row: a, b or c."""
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} {last} {values[-1]}"

"""The walk from a rule's tree to its sentence, the same for every language.

From the outside in: groups (`condition`), tests (`_clause`), what a test speaks of (`phrase`), selections. A group inside a
group is set off by semicolons, one deeper by brackets, so that a sentence is read in one way only.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from samovar.rules import tree
from samovar.rules.catalogue import Attribute, Catalogue, Collection, Kind, Source
from samovar.rules.check import operand_kind
from samovar.rules.sentence.asked import CONSTANTS, Asked, age_unit, asked, measure
from samovar.rules.sentence.grammar import Clause, Language, Noun, Pair, Phrase, Relation, Selected
from samovar.rules.tree import Condition, Operand

_SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}
_RANKS = {"+": 1, "-": 1, "*": 2, "/": 2}


@dataclass(frozen=True)
class Scope:
    """Where a condition stands: in the `where` of a collection, under a denial."""

    collection: Collection | None = None
    is_denied: bool = False


class Speaker:
    """One language over one catalogue."""

    def __init__(self, language: Language, catalogue: Catalogue) -> None:
        self._language = language
        self._catalogue = catalogue

    # Groups

    def condition(self, condition: Condition, scope: Scope, rank: int = 0) -> Clause:
        """The words of a condition; `rank` is how many groups lie around it since the last bracket."""
        match condition:
            case tree.And() | tree.Or():
                return self._group(condition, scope, rank)
            case tree.Not(item=tree.InSegment() | tree.Holds() as item):
                return self._in_scope(self._sides(item, scope)[1], scope)
            case tree.Not(item=item):
                said = self.condition(item, replace(scope, is_denied=True)).text
                return Clause(f"{self._language.denial} {f'({said})' if isinstance(item, tree.And | tree.Or) else said}")
            case _:
                return self._in_scope(self._clause(condition, scope), scope)

    def _group(self, group: tree.And | tree.Or, scope: Scope, rank: int) -> Clause:
        word: Literal["and", "or"] = "and" if isinstance(group, tree.And) else "or"
        items = _flat(group)
        is_wide = rank == 0 and any(_is_compound(item) for item in items)
        joined = self._language.joined([self._part(item, scope, rank + 1) for item in items], word, is_wide=is_wide)
        return Clause(f"{self._language.joints[word].opens if rank else ''}{joined}")

    def _part(self, item: Condition, scope: Scope, rank: int) -> Clause:
        if rank > 1 and _is_compound(item):
            return Clause(f"({self.condition(item, scope).text})")
        return self.condition(item, scope, rank)

    def _in_scope(self, clause: Clause, scope: Scope) -> Clause:
        if not clause.is_of_person:
            return clause
        return self._language.of_person(clause.text, in_where=scope.collection is not None, is_denied=scope.is_denied)

    # Tests

    def _sides(self, test: tree.InSegment | tree.Holds, scope: Scope) -> tuple[Clause, Clause]:
        """That a test holds, and that it does not: tests whose denial is as short."""
        if isinstance(test, tree.InSegment):
            pair = self._language.in_segment(self._called(test.segment))
        elif isinstance(test.operand, tree.Boolean):
            always, never = map(Clause, self._language.signs.always_never)
            return (always, never) if test.operand.value else (never, always)
        elif (found := self._states(test.operand)) is not None:
            pair = found
        else:
            phrase, yes = self.phrase(test.operand, scope), self.relation(asked(test), scope)
            predicate = self._language.predicate
            return predicate(phrase, yes), predicate(phrase, replace(yes, operator="!="))
        return Clause(pair[0], is_of_person=True), Clause(pair[1], is_of_person=True)

    def _called(self, segment: str) -> str:
        return self._catalogue.called.get(segment, segment)

    def _states(self, operand: Operand) -> Pair | None:
        """What is said of the person by an attribute that has words of its own: is registered."""
        if not isinstance(operand, tree.AttributeName):
            return None
        attribute = self._catalogue.attribute(operand.parts)
        if attribute.source is Source.CONSENT:
            return self._language.consent(*attribute.keys)[1]
        return self._language.words.states.get(attribute.name)

    def _clause(self, test: Condition, scope: Scope) -> Clause:
        language = self._language
        match test:
            case tree.EnteredSegment(segment=name, window=window):
                said = language.entered_segment(self._called(name), language.window(window) if window is not None else "")
                return Clause(said, is_of_person=True)
            case tree.Sequence():
                return self._sequence(test)
            case tree.InSegment() | tree.Holds():
                return self._sides(test, scope)[0]
            case tree.Known(operand=operand, is_known=is_known) if self._is_of_moment(operand):
                if pair := self._states(operand):
                    return Clause(pair[0 if is_known else 1], is_of_person=True)
        found = asked(test)
        plain = self._language.predicate
        return (
            self._idiom(found, scope)
            or self._named(found)
            or plain(self.phrase(found.operand, scope), self.relation(found, scope))
        )

    def _named(self, found: Asked) -> Clause | None:
        """The clause of an attribute whose numbers have names, where it is one of them or none: the weekday is Saturday."""
        if not isinstance(found.operand, tree.AttributeName) or found.operator not in ("=", "!=", "one of", "none of"):
            return None
        name = self._catalogue.attribute(found.operand.parts).name
        noun, names = self._language.words.named.get(name), self._language.words.values.get(name, {})
        numbers = [str(value.value) for value in found.values if isinstance(value, tree.Number) and str(value.value) in names]
        if noun is None or len(numbers) < len(found.values):
            return None
        relation = Relation(found.operator, tuple(names[number] for number in numbers), Kind.TEXT)
        return self._language.predicate(Phrase(noun.one, noun.agrees), relation)

    def _is_of_moment(self, operand: Operand) -> bool:
        return isinstance(operand, tree.AttributeName) and self._catalogue.attribute(operand.parts).kind is Kind.MOMENT

    def _idiom(self, found: Asked, scope: Scope) -> Clause | None:
        """The clause of what is better said than "the number of … is …": counts and ages beside constants."""
        if not found.values or not found.is_plain:
            return None
        match found.operand:
            case tree.Aggregate(function="count", of=of) if found.is_countable:
                number = found.values[-1]
                assert isinstance(number, tree.Number)
                return self._language.counted(self.selected(of), self.relation(found, scope), number.value)
            case tree.AgeOfEvent(which=which, of=of):
                return self._language.aged(which, self.selected(of), self.relation(found, scope))
            case tree.AgeOfAttribute() as age:
                noun, is_ahead = self._dated(age, scope)
                return self._language.distant(noun, self.relation(found, scope), is_ahead=is_ahead)
        return None

    def relation(self, found: Asked, scope: Scope) -> Relation:
        """A test's operator and values in words."""
        kind = found.kind(operand_kind(found.operand, self._catalogue, scope.collection))
        is_money = kind is Kind.MONEY
        names = self._names_of_values(found.operand)
        last = found.values[-1] if found.values else None
        return Relation(
            found.operator,
            tuple(self._value(value, scope, names, is_money=is_money) for value in found.values),
            Kind.NUMBER if is_money else kind,
            last=last.value if isinstance(last, tree.Number) else None,
            is_other=not found.is_plain,
            unit=self._unit(found.operand),
            measure=measure(found.operand),
        )

    def _value(self, value: Operand, scope: Scope, names: dict[str, str], *, is_money: bool) -> str:
        if isinstance(value, tree.Text):
            return self._language.quoted(names.get(value.value, value.value))
        if isinstance(value, CONSTANTS):
            return self.constant(value.value, is_money=is_money)
        phrase = self.phrase(value, scope)
        return self._language.inner(phrase)

    def constant(self, value: str | Decimal | bool | dt.date, *, is_money: bool = False) -> str:
        """A constant as the language writes it."""
        language = self._language
        if isinstance(value, bool):
            return language.signs.yes_no[0 if value else 1]
        if isinstance(value, Decimal):
            digits = len(str(self._catalogue.minor_per_major)) - 1
            return language.number(value, digits if is_money else 0)
        return language.date(value) if isinstance(value, dt.date) else language.quoted(value)

    def _names_of_values(self, operand: Operand) -> dict[str, str]:
        if not isinstance(operand, tree.AttributeName):
            return {}
        return dict(self._language.words.values.get(self._catalogue.attribute(operand.parts).name, {}))

    def _unit(self, operand: Operand) -> Noun | None:
        units = self._language.words.units
        if isinstance(operand, tree.AgeOfEvent):
            return units[age_unit(operand)]
        return units["days"] if measure(operand) == "length" else None

    def _sequence(self, sequence: tree.Sequence) -> Clause:
        language = self._language
        steps = [
            (self.selected(step.of), step.is_absent, language.within(step.within) if step.within is not None else "")
            for step in sequence.steps
        ]
        return language.sequence(steps, language.window(sequence.window) if sequence.window is not None else "")

    # What a test speaks of

    def phrase(self, operand: Operand, scope: Scope) -> Phrase:
        """An operand in words."""
        language = self._language
        match operand:
            case tree.Text() | tree.Number() | tree.Boolean() | tree.Date():
                return Phrase(self.constant(operand.value), "n", is_definite=False)
            case tree.AttributeName(parts=parts):
                noun = self._attribute(self._catalogue.attribute(parts))
                return Phrase(noun.one if scope.collection is None else language.owned(noun), noun.agrees)
            case tree.FieldName(parts=parts):
                assert scope.collection is not None
                noun = self._field(scope.collection, parts)
                return Phrase(noun.one, noun.agrees)
            case tree.Aggregate(function=function, of=of, field=field, span_days=days):
                noun_of_field = self._field(self._catalogue.collection(of), field) if field is not None else None
                return language.figure(function, self.selected(of), noun_of_field, language.span(days) if days else "")
            case tree.AgeOfEvent(which=which, of=of):
                return language.age(which, self.selected(of), language.words.units[age_unit(operand)])
            case tree.AgeOfAttribute():
                noun, is_ahead = self._dated(operand, scope)
                return language.distance(noun, language.words.units["days"], is_ahead=is_ahead)
            case tree.Arithmetic(left=left, operator=operator, right=right):
                rank = _RANKS[operator]
                parts_said = f"{self._side(left, rank, scope)} {_SIGNS[operator]} {self._side(right, rank + 1, scope)}"
                return Phrase(parts_said, "n", is_definite=False)

    def _side(self, operand: Operand, rank: int, scope: Scope) -> str:
        """One side of an operator, in brackets where it would be read apart."""
        said = self._language.inner(self.phrase(operand, scope))
        is_apart = isinstance(operand, tree.Arithmetic) and _RANKS[operand.operator] < rank
        is_below_zero = isinstance(operand, tree.Number) and operand.value < 0
        return f"({said})" if is_apart or is_below_zero else said

    def _attribute(self, attribute: Attribute) -> Noun:
        if attribute.source is Source.CONSENT:
            return self._language.consent(*attribute.keys)[0]
        return self._language.words.attributes.get(attribute.name) or self._language.trait(attribute.name)

    def _dated(self, age: tree.AgeOfAttribute, scope: Scope) -> tuple[Noun, bool]:
        """The date an age is of, and whether it lies ahead. Beside fields of the row a date of the person is named as one."""
        words = self._language.words
        if isinstance(age.of, tree.FieldName):
            name = ".".join(age.of.parts)
            noun = self._language.trait_date(name)
        else:
            name = self._catalogue.attribute(age.of.parts).name
            noun = words.attributes.get(name) or self._language.trait_date(name if scope.collection is None else f"person.{name}")
        if age.function == "days_until_anniversary":
            noun = words.anniversaries.get(name) or self._language.anniversary(noun)
        return noun, age.function != "days_since"

    def _field(self, collection: Collection, parts: tuple[str, ...]) -> Noun:
        name = self._catalogue.field(collection, parts).name
        declared = self._language.words.fields.get(name) if name in collection.fields else None
        return declared or self._language.field(name)

    # Selections

    def selected(self, selection: tree.Selection) -> Selected:
        """A selection in words: tests of its fields right after the noun if all of them can stand there, else as a clause."""
        language = self._language
        where, window = selection.where, selection.window
        verb = language.words.verbs.get(selection.collection, "")
        plain = Selected(self._collection(selection), verb, window=language.window(window) if window is not None else "")
        if where is None:
            return plain
        scope = Scope(self._catalogue.collection(selection))
        modifiers = [self._modifier(item, scope) for item in (_flat(where) if isinstance(where, tree.And) else [where])]
        if all(modifiers):
            return replace(plain, modifiers=tuple(said for said in modifiers if said))
        is_free = any(isinstance(node, tree.Not | tree.AttributeName) for node in tree.walk(where))
        return replace(plain, clause=self.condition(where, scope).text, is_free=is_free)

    def _collection(self, selection: tree.Selection) -> Noun:
        if selection.event is not None:
            return self._language.event(selection.event)
        if selection.record is not None:
            return self._language.record(selection.record)
        return self._language.words.collections[selection.collection]

    def _modifier(self, test: Condition, scope: Scope) -> str | None:
        if isinstance(test, tree.And | tree.Or | tree.Not):
            return None
        found = asked(test)
        if not isinstance(found.operand, tree.FieldName) or not found.is_plain:
            return None
        assert scope.collection is not None
        return self._language.modifier(self._field(scope.collection, found.operand.parts), self.relation(found, scope))


def _flat(group: tree.And | tree.Or) -> list[Condition]:
    """The parts of a group with those of groups of its own kind, in order."""
    kind, parts, waiting = type(group), list[Condition](), [*reversed(group.items)]
    while waiting:
        item = waiting.pop()
        if isinstance(item, kind):
            waiting.extend(reversed(item.items))
        else:
            parts.append(item)
    return parts


def _is_compound(item: Condition) -> bool:
    """Whether a part could be read as more parts than one: a group, or a denial whose end is not seen."""
    is_short = isinstance(item, tree.Not) and isinstance(item.item, tree.InSegment | tree.Holds)
    return isinstance(item, tree.And | tree.Or | tree.Not) and not is_short

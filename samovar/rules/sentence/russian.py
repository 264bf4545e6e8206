"""Russian: сделал не меньше 2 заказов на сумму больше 1 000 за последние 90 дней."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from samovar.rules.catalogue import Kind
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
from samovar.rules.sentence.russian_words import WORDS, happened, of_person
from samovar.rules.tree import Function, Within

_NUMBERS = {">": "больше", ">=": "не меньше", "<": "меньше", "<=": "не больше", "=": "ровно", "!=": "не"}
_DATES = {">": "позже", ">=": "не раньше", "<": "раньше", "<=": "не позже", "=": "", "!=": "не"}
_SEARCHES: Mapping[Operator, Pair] = {
    "contains": ("содержит", "текст, в котором есть"),
    "starts with": ("начинается с", "текст, который начинается с"),
    "ends with": ("кончается на", "текст, который кончается на"),
}
_ORDER = (">", ">=", "<", "<=")
# Endings by gender.
_FIRST = {"m": "первый", "f": "первая", "n": "первое"}
_LAST = {"m": "последний", "f": "последняя", "n": "последнее"}
_OF_FIRST = {"m": "первого", "f": "первой", "n": "первого"}
_OF_LAST = {"m": "последнего", "f": "последней", "n": "последнего"}
_LAST_ONE = {"m": "последний", "f": "последнюю", "n": "последнее"}
_ONE = {"m": "один", "f": "одну", "n": "одно"}
_OF_ONE = {"m": "одного", "f": "одной", "n": "одного"}
_WAS = {"m": "был", "f": "была", "n": "было"}
_KNOWN = {"m": "известен", "f": "известна", "n": "известно"}
_WHOSE = {"m": "которого", "f": "которой", "n": "которого"}
_ADJECTIVES: Mapping[Function, Mapping[str, str]] = {
    "sum": {"m": "общий", "f": "общая", "n": "общее"},
    "avg": {"m": "средний", "f": "средняя", "n": "среднее"},
    "median": {"m": "медианный", "f": "медианная", "n": "медианное"},
    "min": {"m": "наименьший", "f": "наименьшая", "n": "наименьшее"},
    "max": {"m": "наибольший", "f": "наибольшая", "n": "наибольшее"},
}
_FIGURES: Mapping[Function, tuple[str, str]] = {
    "count": ("n", "число {of}"),
    "days": ("n", "число дней {with_them}"),
    "distinct": ("n", "число разных {fields} {of}"),
    "gap": ("m", "обычный промежуток между днями {with_them}"),
    "streak": ("f", "самая длинная серия дней {with_them} (с промежутком не больше {span})"),
    "last_streak": ("f", "последняя серия дней {with_them} (с промежутком не больше {span})"),
}


class Russian(Language):
    """Nouns take the case of their place and the number of their numeral; verbs are in the masculine past."""

    words = WORDS
    signs = Signs(
        group="\u00a0",
        point=",",
        quotes=("«", "»"),
        yes_no=("да", "нет"),
        always_never=("всегда верно", "никогда не верно"),
        unknown="неизвестно",
    )
    joints = {
        "and": Joints(" и ", " и ", (", и ", ", и "), ("; ", "; и ")),
        "or": Joints(" или ", " или ", (", или ", ", или "), ("; ", "; или ")),
    }
    denial = "неверно, что"

    def of_person(self, predicate: str, *, in_where: bool, is_denied: bool) -> Clause:
        return Clause(f"клиент {predicate}") if in_where else Clause(predicate, is_of_person=True)

    def last(self, amount: int, unit: Noun) -> str:
        if _form(amount) != "one":
            return f"за последние {self._many(amount, unit)}"
        number = "" if amount == 1 else f"{self.number(amount)} "
        return f"за {_LAST_ONE[unit.agrees]} {number}{_accusative(unit)}"

    def ago(self, first: int, second: int, unit: Noun) -> str:
        return f"от {self.number(first)} до {self._of(second, unit)} назад"

    def before(self, amount: int, unit: Noun, *, is_exact: bool) -> str:
        return f"{'не меньше' if is_exact else 'больше'} {self._of(amount, unit)} назад"

    def span(self, days: int) -> str:
        return self._of(days, self.words.units["days"])

    def within(self, within: Within) -> str:
        return f"в течение {self._of(within.amount, self.words.units[within.unit])}"

    def _many(self, number: Decimal | int, of: Noun) -> str:
        """1 строку, 2 строки, 5 строк: as the object of a verb."""
        return f"{self.number(number)} {_counted(number, of)}"

    def _of(self, number: Decimal | int, of: Noun) -> str:
        """(больше) 1 строки, 2 строк, 5 строк."""
        return f"{self.number(number)} {_of_counted(number, of)}"

    # Names

    def event(self, name: str) -> Noun:
        tail = f" {self.quoted(name)}"
        return happened("n", "событие", "события", "события", "событий", "с событиями", tail=tail)

    def record(self, name: str) -> Noun:
        tail = f" {self.quoted(name)}"
        return happened("f", "запись", "записи", "записи", "записей", "с записями", tail=tail)

    def field(self, name: str) -> Noun:
        quoted = self.quoted(name)
        return Noun(
            "n", f"значение {quoted}", of_many=f"значений {quoted}", with_one=f"со значением {quoted}", is_named=True
        )  # fmt: skip

    def trait(self, name: str) -> Noun:
        return of_person("f", f"черта {self.quoted(name)}", f"черты {self.quoted(name)}")

    def trait_date(self, name: str) -> Noun:
        return of_person("f", f"дата {self.quoted(name)}", f"даты {self.quoted(name)}")

    def anniversary(self, of: Noun) -> Noun:
        return of_person("f", f"годовщина {of.of_one}", f"годовщины {of.of_one}")

    def consent(self, channel: str, purpose: str) -> tuple[Noun, Pair]:
        to = f"на {self.words.purposes.get(purpose) or self.quoted(purpose)} {self.words.channels[channel]}"
        return of_person("n", f"согласие {to}", f"согласия {to}"), (f"дал согласие {to}", f"не дал согласия {to}")

    def owned(self, of: Noun) -> str:
        return f"{of.one} клиента"

    def in_segment(self, name: str) -> Pair:
        segment = f"входит в сегмент {self.quoted(name)}"
        return segment, f"не {segment}"

    def entered_segment(self, name: str, window: str) -> str:
        return f"вошёл в сегмент {self.quoted(name)}{after(window)}"

    # Phrases

    def inner(self, phrase: Phrase) -> str:
        return f"({phrase.text})" if phrase.is_narrow else phrase.text

    def listed(self, of: Selected) -> str:
        return of.noun.many + _tail(of)

    def figure(self, function: Function, of: Selected, field: Noun | None, span: str) -> Phrase:
        noun = of.noun
        if function in _FIGURES:
            agrees, template = _FIGURES[function]
            text = template.format(
                of=noun.of_many + _tail(of),
                with_them=noun.with_many + _tail(of),
                span=span,
                fields=field.of_many if field else "",
            )
            return Phrase(text, agrees, is_narrow=of.is_narrow)
        assert field is not None
        of_one = f"{noun.of_one}{_tail(of, is_one=True)}"
        if function in ("first", "last"):
            text = f"{field.one} {(_OF_FIRST if function == 'first' else _OF_LAST)[noun.agrees]} {of_one}"
        else:
            of_them = f"{noun.of_many}{_tail(of)}" if function == "sum" else of_one
            text = f"{_ADJECTIVES[function][field.agrees]} {field.one} {of_them}"
        return Phrase(text, field.agrees, is_narrow=of.is_narrow)

    def age(self, which: Which, of: Selected, unit: Noun) -> Phrase:
        since = (_OF_FIRST if which == "first" else _OF_LAST)[of.noun.agrees]
        text = f"число {unit.of_many} с {since} {of.noun.of_one}{_tail(of, is_one=True)}"
        return Phrase(text, "n", is_narrow=of.is_narrow)

    def distance(self, of: Noun, unit: Noun, *, is_ahead: bool) -> Phrase:
        return Phrase(f"число {unit.of_many} {'до' if is_ahead else 'с'} {of.of_one}", "n")

    # Relations

    def bare(self, relation: Relation) -> str:
        operator, values = relation.operator, relation.values
        if relation.is_other:
            return self._beside(relation)
        if operator in _SEARCHES:
            return f"{_SEARCHES[operator][1]} {values[0]}"
        if operator in ("known", "unknown"):
            return "известное значение" if operator == "known" else "неизвестное значение"
        if relation.kind is Kind.BOOLEAN and operator == "!=":
            return f"{self.signs.yes_no[1]} или {self.signs.unknown}"
        if operator in ("between", "not between"):
            return f"{'не ' if operator == 'not between' else ''}{self._range(relation)}"
        if operator == "one of":
            return self._with_unit(_either(values), relation, is_genitive=False)
        if operator == "none of":
            return self._with_unit(_neither(values), relation, is_genitive=False)
        words = (_DATES if relation.kind is Kind.DATE else _NUMBERS)[operator]
        if operator not in _ORDER:
            is_plain = operator == "=" and relation.kind is not Kind.NUMBER
            return f"{'' if is_plain else words} {self._with_unit(values[0], relation, is_genitive=False)}".strip()
        return f"{words} {self._with_unit(values[0], relation)}"

    def _range(self, relation: Relation) -> str:
        low, high = relation.values
        if relation.kind is Kind.DATE:
            return f"с {low} по {high}"
        return f"от {low} до {self._with_unit(high, relation)}"

    def _beside(self, relation: Relation) -> str:
        """Compared with what is no constant: phrases stand in the nominative after «чем»."""
        words = _DATES if relation.kind is Kind.DATE else _NUMBERS
        if relation.operator == "between":
            low, high = relation.values
            return f"{words['>=']}, чем {low}, и при этом {words['<=']}, чем {high}"
        if relation.operator == "not between":
            low, high = relation.values
            return f"либо {words['<']}, чем {low}, либо {words['>']}, чем {high}"
        if relation.operator in ("=", "!="):
            return f"{'не ' if relation.operator == '!=' else ''}столько же, сколько {relation.values[0]}"
        return f"{words[relation.operator]}, чем {relation.values[0]}"

    def _with_unit(self, text: str, relation: Relation, *, is_genitive: bool = True) -> str:
        if relation.unit is None or relation.last is None:
            return text
        form = _of_counted if is_genitive else _counted
        return f"{text} {form(relation.last, relation.unit)}"

    def modifier(self, field: Noun, relation: Relation) -> str | None:
        if relation.operator in _SEARCHES or relation.kind not in (Kind.NUMBER, Kind.TEXT) or not relation.values:
            return None
        dash = " —" if field.is_named and relation.kind is Kind.TEXT else ""
        return f"{field.with_one}{dash} {self.bare(relation)}"

    # Clauses

    def predicate(self, phrase: Phrase, relation: Relation) -> Clause:
        operator, values = relation.operator, relation.values
        if operator in _SEARCHES:
            return Clause(f"{phrase.text} {_SEARCHES[operator][0]} {values[0]}")
        if operator in ("known", "unknown"):
            return Clause(f"{phrase.text} {'не' if operator == 'unknown' else ''}{_KNOWN[phrase.agrees]}")
        if relation.is_other and operator in ("=", "!="):
            return Clause(f"{phrase.text} и {values[0]} {'не ' if operator == '!=' else ''}совпадают")
        is_compared = relation.is_other or (operator in _ORDER and relation.kind is Kind.NUMBER)
        dash = "" if is_compared else " —"
        return Clause(f"{phrase.text}{dash} {self.bare(relation)}")

    def counted(self, of: Selected, relation: Relation, number: Decimal) -> Clause:
        noun, operator = of.noun, relation.operator
        is_one = _form(number) == "one"
        if operator == "between":
            text = f"{of.verb} от {relation.values[0]} до {self._of(number, noun)}{_tail(of, is_one=is_one)}"
        elif operator == "=" and number == 0:
            text = f"не {of.verb} ни {_OF_ONE[noun.agrees]} {noun.of_one}{_tail(of, is_one=True)}"
        elif operator == ">=" and number == 1:
            text = f"{of.verb} {_accusative(noun)}{_tail(of, is_one=True)}"
        elif operator == ">" and number == 0:
            text = f"{of.verb} хотя бы {_ONE[noun.agrees]} {_accusative(noun)}{_tail(of, is_one=True)}"
        else:
            counted = self._many(number, noun) if operator == "=" else self._of(number, noun)
            text = f"{of.verb} {_NUMBERS[operator]} {counted}{_tail(of, is_one=is_one)}"
        return Clause(text, is_of_person=True)

    def aged(self, which: Which, of: Selected, relation: Relation) -> Clause:
        adjective = (_FIRST if which == "first" else _LAST)[of.noun.agrees]
        dash = " —" if of.is_narrow else ""
        return Clause(f"{adjective} {of.noun.one}{_tail(of, is_one=True)}{dash} {self.bare(relation)} назад")

    def distant(self, of: Noun, relation: Relation, *, is_ahead: bool) -> Clause:
        dash = "" if relation.operator in _ORDER else " —"
        if is_ahead:
            return Clause(f"до {of.of_one}{dash} {self.bare(relation)}")
        return Clause(f"{of.one} — {self.bare(relation)} назад")

    def sequence(self, steps: Sequence[tuple[Selected, bool, str]], window: str) -> Clause:
        said = []
        for of, is_absent, within in steps:
            none = f"не было ни {_OF_ONE[of.noun.agrees]} {of.noun.of_one}"
            said.append(f"{none if is_absent else of.noun.one}{_tail(of, is_one=True)}{after(within)}")
        start = after(window) if len(steps) == 1 or not window else f" (начало — {window})"
        return Clause(f"{_WAS[steps[0][0].noun.agrees]} {', затем '.join(said)}{start}")


def _form(number: Decimal | int) -> str:
    """Which form a numeral asks for: one (1, 21), few (2 to 4, fractions) or many (0, 5 to 20)."""
    if number != int(number):
        return "few"
    tens, ones = abs(int(number)) % 100, abs(int(number)) % 10
    if ones == 1 and tens != 11:
        return "one"
    return "few" if ones in (2, 3, 4) and tens not in (12, 13, 14) else "many"


def _counted(number: Decimal | int, of: Noun) -> str:
    """The noun after a numeral in the accusative: строку, строки, строк."""
    form = _form(number)
    return _accusative(of) if form == "one" else of.of_one if form == "few" else of.of_many


def _of_counted(number: Decimal | int, of: Noun) -> str:
    """The noun after a numeral in the genitive: 1 строки, 2 строк; a fraction takes the singular, 2,5 дня."""
    is_fraction = number != int(number)
    return of.of_one if is_fraction or _form(number) == "one" else of.of_many


def _accusative(of: Noun) -> str:
    """Lifeless nouns: only feminine ones in -а and -я change."""
    first, space, tail = of.one.partition(" ")
    if of.agrees == "f":
        first = {"а": first[:-1] + "у", "я": first[:-1] + "ю"}.get(first[-1], first)
    return first + space + tail


def _tail(of: Selected, *, is_one: bool = False) -> str:
    """What narrows a noun, as it stands after it; a clause agrees with the number of the noun."""
    modifiers = f" {' и '.join(of.modifiers)}" if of.modifiers else ""
    whose = _WHOSE[of.noun.agrees] if is_one else "которых"
    clause = f" ({'для' if of.is_free else 'у'} {whose} {of.clause})" if of.clause else ""
    return f"{modifiers}{clause}{after(of.window)}"


def _neither(values: Sequence[str]) -> str:
    said = [f"не {value}" for value in values]
    return row(said, "и")


def _either(values: Sequence[str]) -> str:
    return row(values, "или")

"""Values that tell the tests of a field or a trait apart: its constants, what lies between and beyond them, and none at all."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import islice, pairwise, product
from random import Random

from samovar.rules.catalogue import CHANNEL_IDENTIFIERS, Kind
from samovar.understand.lint.edges import RowEdges, Values, dates_of
from samovar.understand.lint.histories import Event, History, Mark, Stored
from samovar.understand.lint.sources import REGISTERED, STOPPED

OTHER = "other"
VARIANTS_MAX = 24  # different rows of one source
ANSWERS_MAX = 81  # to four purposes of one contact, each not asked, given or refused
_USUAL = Decimal(100)
_CENT = Decimal("0.01")
Variant = tuple[tuple[str, Stored], ...]


def stored_values(values: Values, today: dt.date) -> list[Stored]:
    """The values worth trying, the plainest first, and at the end none."""
    match values.kind:
        case Kind.NUMBER | Kind.MONEY:
            found: list[Stored] = list(_numbers(values))
        case Kind.BOOLEAN:
            found = [True, False]
        case Kind.DATE:
            found = list(dates_of(values, today))
        case _:
            texts = sorted(text for text in values.constants if isinstance(text, str))
            # All texts one after another hold what any of them holds.
            found = [*texts, *([" ".join(texts)] if len(texts) > 1 else []), OTHER]
    return [*found, None]


def _numbers(values: Values) -> list[Decimal]:
    constants = sorted(number for number in values.constants if isinstance(number, Decimal))
    if not constants:
        return [_USUAL]
    between = [((low + high) / 2).quantize(_CENT) for low, high in pairwise(constants)]
    small = [_CENT] if values.is_summed else []
    return list(dict.fromkeys([*constants, constants[-1] + 1, constants[0] - 1, *between, *small]))


def variants(edges: RowEdges, today: dt.date, chance: Random) -> list[Variant]:
    """Rows of one source that differ in their fields: all of them if they are few, else some."""
    names = list(edges.fields)
    choices = [stored_values(edges.fields[name], today) for name in names]
    wanted = max([edges.fields[name].kinds_wanted for name in names], default=0)
    total = 1
    for choice in choices:
        total *= len(choice)
    found = [tuple(zip(names, values, strict=True)) for values in product(*choices)] if total <= VARIANTS_MAX else []
    if not found:
        usual = [choice[0] for choice in choices]
        one_other = [[*usual[:place], value, *usual[place + 1 :]] for place, choice in enumerate(choices) for value in choice[1:]]
        some = [[chance.choice(choice) for choice in choices] for _ in range(VARIANTS_MAX)]
        found = [tuple(zip(names, values, strict=True)) for values in (usual, *one_other, *some)]
    told_apart = [_numbered(edges, names, number) for number in range(wanted)]
    return list(dict.fromkeys([*found[: 2 * VARIANTS_MAX], *told_apart]))


def _numbered(edges: RowEdges, names: list[str], number: int) -> Variant:
    """A row whose fields differ from those of every other number, where `distinct` asks for that."""
    return tuple(
        (name, _different(edges.fields[name].kind, number) if edges.fields[name].kinds_wanted else None) for name in names
    )


def _different(kind: Kind, number: int) -> Stored:
    if kind in (Kind.NUMBER, Kind.MONEY):
        return _USUAL + number
    return number % 2 == 0 if kind is Kind.BOOLEAN else f"{OTHER} {number + 1}"


def mark_histories(source: str, named: dict[str, Values], today: dt.date) -> list[History]:
    """What a person may be, by one source of marks, the plainest first."""
    if source == REGISTERED:
        days = sorted(days for values in named.values() for days in values.days if days >= 0) or [0]
        return [(), *((Event(REGISTERED, day * 86_400_000_000),) for day in dict.fromkeys(days))]
    if source.startswith("contact "):
        return _contacts(source, named)
    [(name, values)] = named.items()
    return [(Mark(source, ((name, value),)),) if value is not None else () for value in reversed(stored_values(values, today))]


def _contacts(source: str, named: dict[str, Values]) -> list[History]:
    """No contact, a contact, and one with each answer to the purposes that rules ask about, stopped or not."""
    purposes = [
        name for name in named if name.split(".")[0] in ("consent", STOPPED) and name.split(".")[1] in CHANNEL_IDENTIFIERS
    ]
    choices = [(None, True) if name.startswith(f"{STOPPED}.") else (None, True, False) for name in purposes]
    answers = islice(product(*choices), ANSWERS_MAX)
    known: Variant = ((source.removeprefix("contact "), True),)
    return [(), *((Mark(source, known + tuple(zip(purposes, answer, strict=True))),) for answer in answers)]

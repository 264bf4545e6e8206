"""A plain interpreter of rules over one person's facts: the oracle that compilers are compared with.

It is slow and obvious: rows are dicts, days are dates of the zone's calendar, numbers are fractions in major units. It shares
with the product only the tree of the rule.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from samovar.rules import tree

Row = dict[str, Any]
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
EVENTS = {
    "views": "Product Viewed",
    "cart_adds": "Product Added",
    "checkouts": "Checkout Started",
    "messages": "Message Sent",
    "opens": "Message Opened",
    "clicks": "Message Clicked",
    "calls": "Call Completed",
}
BASKET = ("basket.total", "basket.currency", "basket.channel", "coupon", "now.hour", "now.weekday")
SECONDS = {"minutes": 60, "hours": 3600}
EXACT = {"minutes": 60 * 10**6, "hours": 3600 * 10**6, "days": 86400 * 10**6, "weeks": 7 * 86400 * 10**6}


@dataclass
class Facts:
    """What is known of one person. Values are as a marketer reads them: money in major units, numbers as fractions."""

    known_us: list[int] = field(default_factory=list)
    erased_us: int | None = None
    registered_us: list[int] = field(default_factory=list)
    traits: list[Row] = field(default_factory=list)  # name, time_us, precedence_us, event_key, value
    addresses: list[tuple[str, str]] = field(default_factory=list)  # kind, value
    orders: list[Row] = field(default_factory=list)  # spans: valid_from_us, valid_to_us, time_us, event_key, fields
    lines: list[Row] = field(default_factory=list)
    returns: list[Row] = field(default_factory=list)
    visits: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)  # name, time_us, event_key, fields
    records: list[Row] = field(default_factory=list)  # spans of a type; time_us is their own time, None when unknown


@dataclass
class World:
    """Facts about addresses, the zone and the moment asked about."""

    at_us: int
    zone: ZoneInfo
    consents: list[Row] = field(default_factory=list)  # channel, address, purpose, given, time_us
    segments: dict[str, tree.Condition] = field(default_factory=dict)
    suppressions: list[Row] = field(default_factory=list)  # channel, address, time_us
    basket: Row = field(default_factory=dict)  # basket.total and others by their names, items as rows

    def date(self, at_us: int) -> dt.date:
        return (EPOCH + dt.timedelta(microseconds=at_us)).astimezone(self.zone).date()

    @property
    def today(self) -> dt.date:
        return self.date(self.at_us)


def is_customer(facts: Facts, world: World) -> bool:
    is_erased = facts.erased_us is not None and facts.erased_us <= world.at_us
    return not is_erased and any(known <= world.at_us for known in facts.known_us)


def holds(condition: tree.Condition, facts: Facts, world: World, row: Row | None = None) -> bool:
    """Whether a condition holds; `row` is the row a `where` speaks of."""

    def value(operand: tree.Operand) -> Any:
        return evaluate(operand, facts, world, row)

    match condition:
        case tree.And(items=items):
            return all(holds(item, facts, world, row) for item in items)
        case tree.Or(items=items):
            return any(holds(item, facts, world, row) for item in items)
        case tree.Not(item=item):
            return not holds(item, facts, world, row)
        case tree.Compare(left=left, operator=operator, right=right):
            return compare(value(left), operator, value(right), world)
        case tree.OneOf(operand=operand, values=values, is_negated=is_negated):
            there = value(operand)
            if there is None:
                return False
            return any(compare(there, "=", value(one), world) for one in values) != is_negated
        case tree.Between(operand=operand, low=low, high=high, is_negated=is_negated):
            there, least, most = value(operand), value(low), value(high)
            if there is None or least is None or most is None:
                return False
            inside = compare(there, ">=", least, world) and compare(there, "<=", most, world)
            return inside != is_negated
        case tree.TextMatch(operand=operand, operator=operator, text=text):
            there = value(operand)
            if there is None:
                return False
            folded, part = there.lower(), text.value.lower()
            return {"contains": part in folded, "starts with": folded.startswith(part), "ends with": folded.endswith(part)}[
                operator
            ]
        case tree.Known(operand=operand, is_known=is_known):
            return (value(operand) is not None) == is_known
        case tree.Holds(operand=operand):
            return value(operand) is True
        case tree.Sequence():
            return matches(condition, 0, [], facts, world)
        case tree.InSegment(segment=name):
            return holds(world.segments[name], facts, world)
        case tree.EnteredSegment(segment=name, window=window):
            entries = tree.Selection(collection="event", event="Segment Entered", window=window)
            return any(r["fields"].get("segment") == name for r in selected(entries, facts, world))
    raise TypeError(type(condition))


def matches(sequence: tree.Sequence, number: int, chosen: list[Row], facts: Facts, world: World) -> bool:
    """Whether the steps from `number` on match after those chosen: every choice is tried."""
    if number == len(sequence.steps):
        return True
    step = sequence.steps[number]
    found = selected(step.of, facts, world, by_time=True)
    exact = step.within.amount * EXACT[step.within.unit] if step.within is not None else None
    if step.is_absent:
        return is_absent(found, exact, sequence, number, chosen, world) and matches(sequence, number + 1, chosen, facts, world)
    if not chosen and sequence.window is not None:
        found = [r for r in found if in_window(sequence.window, r["time_us"], world)]
    if chosen:
        start = chosen[-1]["time_us"]
        found = [r for r in found if start <= r["time_us"] and (exact is None or r["time_us"] - start <= exact)]
        kept_out = [s for s in absent_before(sequence, number) if s.within is None]
        between = [r["time_us"] for s in kept_out for r in selected(s.of, facts, world, by_time=True) if r["time_us"] > start]
        found = [r for r in found if all(r["time_us"] <= time_us for time_us in between)]
    return any(matches(sequence, number + 1, [*chosen, r], facts, world) for r in found if not any(r is c for c in chosen))


def absent_before(sequence: tree.Sequence, number: int) -> list[tree.Step]:
    """The absent steps that stand right before a positive one."""
    found: list[tree.Step] = []
    while sequence.steps[number - 1 - len(found)].is_absent:
        found.append(sequence.steps[number - 1 - len(found)])
    return found


def is_absent(found: list[Row], exact: int | None, sequence: tree.Sequence, number: int, chosen: list[Row], world: World) -> bool:
    """Nothing of it after the positive step before it; without a duration the next positive step says until when."""
    start, end = chosen[-1]["time_us"], world.at_us
    if exact is not None:
        end = chosen[-1]["time_us"] + exact
    elif not all(step.is_absent for step in sequence.steps[number:]):
        return True
    return end <= world.at_us and not any(start < r["time_us"] <= end for r in found)


class Instant(int):
    """Microseconds of a moment: compared with a date by its local day."""


def compare(left: Any, operator: str, right: Any, world: World) -> bool:
    if left is None or right is None:
        return False
    if isinstance(left, Instant):
        left = world.date(left)
    if isinstance(right, Instant):
        right = world.date(right)
    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
    answers: dict[str, Callable[[], bool]] = {
        "=": lambda: left == right, "!=": lambda: left != right, "<": lambda: left < right, "<=": lambda: left <= right,
        ">": lambda: left > right, ">=": lambda: left >= right,
    }  # fmt: skip
    return bool(answers[operator]())


def evaluate(operand: tree.Operand, facts: Facts, world: World, row: Row | None) -> Any:
    """The value of an operand, None when unknown."""
    match operand:
        case tree.Text(value=text):
            return text
        case tree.Boolean(value=boolean):
            return boolean
        case tree.Date(value=date):
            return date
        case tree.Number(value=number):
            return Fraction(number)
        case tree.FieldName(parts=parts):
            assert row is not None
            return row["fields"].get(".".join(parts))
        case tree.AttributeName(parts=parts):
            if parts[0] != "person" and ".".join(parts) in BASKET:
                return of_basket(".".join(parts), world)
            return attribute(parts[1:] if parts[0] == "person" else parts, facts, world)
        case tree.Aggregate():
            return aggregate(operand, facts, world)
        case tree.AgeOfEvent(function=function, which=which, of=of):
            times = [r["time_us"] for r in selected(of, facts, world, by_time=True)]
            if not times:
                return None
            edge = min(times) if which == "first" else max(times)
            if function == "hours_since":
                return Fraction(world.at_us - edge, 3_600_000_000)
            return Fraction((world.today - world.date(edge)).days)
        case tree.AgeOfAttribute(function=function, of=name):
            return age(function, evaluate(name, facts, world, row), world)
        case tree.Arithmetic(left=left, operator=operator, right=right):
            return reckon(evaluate(left, facts, world, row), operator, evaluate(right, facts, world, row))
    raise TypeError(type(operand))


def reckon(left: Any, operator: str, right: Any) -> Any:
    """A number of four places, half-even, unless it is a float; None when it is unknown or as large as no fact may be."""
    if left is None or right is None or (operator == "/" and right == 0):
        return None
    if operator == "/" or isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
    result = {"+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right, "/": lambda: left / right}[
        operator
    ]()
    if isinstance(result, Fraction):
        result = round(result, 4)  # Python rounds fractions half-even
    return result if abs(result) < 9 * 10**14 else None


def attribute(parts: tuple[str, ...], facts: Facts, world: World) -> Any:
    name = ".".join(parts)
    if name == "registered_at":
        then = [us for us in facts.registered_us if us <= world.at_us]
        return Instant(min(then)) if then else None
    if parts[0] == "consent":
        return consent(parts[1], parts[2], facts, world)
    if parts[0] == "reachable":
        return reachable(parts[1:], facts, world)
    if parts[0] == "contact" and parts[-1] == "is_known":
        return any(kind == parts[1] for kind, _ in facts.addresses)
    wanted = name.removeprefix("trait.")
    changes = [c for c in facts.traits if c["name"] == wanted and c["time_us"] <= world.at_us]
    return max(changes, key=_trait_order)["value"] if changes else None


def _trait_order(change: Row) -> tuple[int, int]:
    return (change["time_us"] if change["precedence_us"] is None else change["precedence_us"], change["event_key"])


def of_basket(name: str, world: World) -> Any:
    local = (EPOCH + dt.timedelta(microseconds=world.at_us)).astimezone(world.zone)
    if name == "now.hour":
        return Fraction(local.hour)
    return Fraction(local.isoweekday()) if name == "now.weekday" else world.basket[name]


def words(channel: str, purpose: str, facts: Facts, world: World) -> dict[str, tuple[int, bool]]:
    """When each address of a person spoke last, and whether it said yes; a refusal at the same moment wins."""
    kind = {"email": "email", "sms": "phone", "phone": "phone"}[channel]
    latest: dict[str, tuple[int, bool]] = {}
    for address in {value for k, value in facts.addresses if k == kind}:
        records = [
            c for c in world.consents
            if (c["channel"], c["purpose"], c["address"]) == (channel, purpose, address) and c["time_us"] <= world.at_us
        ]  # fmt: skip
        if records:
            last = max(c["time_us"] for c in records)
            latest[address] = (last, all(c["given"] for c in records if c["time_us"] == last))
    return latest


def consent(channel: str, purpose: str, facts: Facts, world: World) -> bool | None:
    said = words(channel, purpose, facts, world)
    return any(given for _time, given in said.values()) if said else None


def reachable(parts: tuple[str, ...], facts: Facts, world: World) -> Any:
    states = {channel: standing(channel, facts, world) for channel in ("email", "sms")}
    if parts == ("channels",):
        return Fraction(list(states.values()).count("reachable"))
    return states[parts[0]] if parts[1:] else states[parts[0]] == "reachable"


def standing(channel: str, facts: Facts, world: World) -> str:
    kind = {"email": "email", "sms": "phone"}[channel]
    addresses = {value for k, value in facts.addresses if k == kind}
    stopped = {s["address"] for s in world.suppressions if s["channel"] == channel and s["time_us"] <= world.at_us}
    said = words(channel, "marketing", facts, world)
    refusals = [time for time, given in said.values() if not given]
    agreed = [time for address, (time, given) in said.items() if given and address not in stopped]
    if any(all(time > refusal for refusal in refusals) for time in agreed):
        return "reachable"
    if addresses - stopped:
        return "refused" if refusals else "unasked"
    return "stopped" if addresses else "no_address"


def age(function: str, value: Any, world: World) -> Fraction | None:
    if value is None:
        return None
    date = world.date(value) if isinstance(value, Instant) else value
    if function == "days_since":
        return Fraction((world.today - date).days)
    if function == "days_until":
        return Fraction((date - world.today).days)
    kept = [kept_on(year, date) for year in (world.today.year, world.today.year + 1)]
    return Fraction(min((one - world.today).days for one in kept if one >= world.today))


def kept_on(year: int, date: dt.date) -> dt.date:
    return dt.date(year, date.month, min(date.day, calendar.monthrange(year, date.month)[1]))


def selected(selection: tree.Selection, facts: Facts, world: World, *, by_time: bool = False) -> list[Row]:
    """The rows of a selection as of the moment. A record need not have happened by then unless it is asked when it did."""
    rows = list(collection(selection, facts, world))
    if selection.collection != "items" and (selection.record is None or selection.window is not None or by_time):
        rows = [r for r in rows if r["time_us"] is not None and r["time_us"] <= world.at_us]
    if selection.window is not None:
        rows = [r for r in rows if in_window(selection.window, r["time_us"], world)]
    if selection.where is not None:
        rows = [r for r in rows if holds(selection.where, facts, world, r)]
    return rows


def collection(selection: tree.Selection, facts: Facts, world: World) -> Iterable[Row]:
    name = selection.collection
    if name == "items":
        return list(world.basket["items"])
    if selection.record is not None:
        rows = [r for r in facts.records if r["type"] == selection.record]
        return [r for r in rows if r["valid_from_us"] <= world.at_us < r["valid_to_us"]]
    if name in ("orders", "lines"):
        return [r for r in getattr(facts, name) if r["valid_from_us"] <= world.at_us < r["valid_to_us"]]
    if name in ("returns", "visits"):
        return list(getattr(facts, name))
    event = selection.event or EVENTS[name]
    rows = [r for r in facts.events if r["name"] == event]
    return [r for r in rows if r["fields"].get("by_machine") is not True] if name in ("opens", "clicks") else rows


def in_window(window: tree.Window, time_us: int, world: World) -> bool:
    day, today, since_us = world.date(time_us), world.today, world.at_us - time_us
    match window:
        case tree.Last(amount=n, unit=unit):
            return 0 <= since_us < n * SECONDS[unit] * 10**6 if unit in SECONDS else back(today, n, unit) <= day <= today
        case tree.Ago(from_amount=a, to_amount=b, unit=unit):
            if unit in SECONDS:
                return b * SECONDS[unit] * 10**6 <= since_us < a * SECONDS[unit] * 10**6
            return back(today, a, unit) <= day <= back(today, b, unit)
        case tree.Before(amount=n, unit=unit):
            return since_us >= n * SECONDS[unit] * 10**6 if unit in SECONDS else day < back(today, n, unit)
        case tree.Since(first=first):
            return day >= first
        case tree.FromTo(first=first, last=last):
            return first <= day <= last
        case tree.Month(which=which):
            month = back(today.replace(day=1), 1, "months") if which == "previous" else today
            return (day.year, day.month) == (month.year, month.month)
    raise TypeError(type(window))


def back(date: dt.date, amount: int, unit: str) -> dt.date:
    if unit in ("days", "weeks"):
        return date - dt.timedelta(days=amount * (7 if unit == "weeks" else 1))
    year, month = date.year, date.month
    for _ in range(amount * (12 if unit == "years" else 1)):
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    return dt.date(year, month, min(date.day, calendar.monthrange(year, month)[1]))


def aggregate(node: tree.Aggregate, facts: Facts, world: World) -> Any:
    by_time = node.function in ("days", "gap", "streak", "last_streak", "first", "last")
    rows = selected(node.of, facts, world, by_time=by_time)
    if node.function == "count":
        return Fraction(len(rows))
    if not by_time:
        return of_values(node, rows)
    days = sorted({world.date(r["time_us"]) for r in rows})
    if node.function == "days":
        return Fraction(len(days))
    if node.function == "gap":
        return median([Fraction((b - a).days) for a, b in pairwise(days)])
    if node.function in ("streak", "last_streak"):
        assert node.span_days is not None
        runs = [0]
        for before, day in zip([None, *days], days, strict=False):
            runs = [*runs, 1] if before is None or (day - before).days > node.span_days else [*runs[:-1], runs[-1] + 1]
        return Fraction(max(runs) if node.function == "streak" else runs[-1])
    return of_values(node, rows)


def of_values(node: tree.Aggregate, rows: list[Row]) -> Any:
    assert node.field is not None
    name = ".".join(node.field)
    if node.function in ("first", "last"):
        order = sorted(rows, key=lambda r: (r["time_us"], r["event_key"], r.get("line", 0)))
        return order[0 if node.function == "first" else -1]["fields"].get(name) if order else None
    values = [r["fields"][name] for r in rows if r["fields"].get(name) is not None]
    match node.function:
        case "sum":
            return sum(values, Fraction(0))
        case "distinct":
            return Fraction(len(set(values)))
        case "avg":
            return float(sum(values, Fraction(0))) / len(values) if values else None
        case "median":
            return median(values)
        case "min":
            return min(values, default=None)
        case "max":
            return max(values, default=None)
    raise TypeError(node.function)


def median(values: list[Fraction]) -> float | None:
    ordered, middle = sorted(values), len(values) // 2
    if not ordered:
        return None
    return float(ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)

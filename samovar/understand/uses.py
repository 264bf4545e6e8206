"""Who rests on a segment: other segments by their rules, and what rooms to the right say here, so that no segment is put away
under what it feeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from samovar import rules
from samovar.kit.errors import Refusal
from samovar.rules import tree
from samovar.rules.errors import RuleError
from samovar.understand.models import Segment

__all__ = [
    "Check",
    "Fed",
    "Segment",
    "check_acyclic",
    "check_footing",
    "check_unused",
    "counts",
    "register",
    "rested_on_by",
    "resting_on",
]


class SegmentInUse(Refusal):
    """Other segments rest on it, or it would rest on one that is put away."""

    status = 409


Check = Callable[[Segment], None]
Fed = Callable[[], Mapping[str, int]]
_checks: list[Check] = []
_fed: list[Fed] = []


def register(check: Check, fed: Fed) -> None:
    """`check(segment)` raises a `Refusal` that names what the segment feeds; `fed()` is {slug: how many things it feeds}."""
    if check not in _checks:
        _checks.append(check)
        _fed.append(fed)


def counts() -> Counter[str]:
    """How many segments and things of other rooms rest on each segment, by slug."""
    found: Counter[str] = Counter(slug for row in _segments() for slug in named(row.tree) - {row.slug})
    for fed in _fed:
        found.update(fed())
    return found


def check_unused(segment: Segment) -> None:
    """Raise the refusal of whoever rests on a segment."""
    if resting := [row.name for row in resting_on(segment)]:
        told = _("“%(segment)s” is named by the rule of: %(others)s. Change it first.")
        message = told % {"segment": segment.name, "others": ", ".join(resting)}
        raise SegmentInUse("segment_in_use", message, segment=segment.slug, segments=resting)
    for check in _checks:
        check(segment)


def check_footing(segment: Segment) -> None:
    """Raise the refusal of taking a segment back into use while its rule names one that is put away."""
    if away := [row.name for row in rested_on_by(segment) if row.is_archived]:
        told = _("The rule of “%(segment)s” names what is archived: %(others)s. Take it back into use first.")
        message = told % {"segment": segment.name, "others": ", ".join(away)}
        raise SegmentInUse("rests_on_archived", message, segment=segment.slug, segments=away)


def resting_on(segment: Segment) -> list[Segment]:
    """The segments in use whose rules name this one, by name."""
    return [row for row in _segments() if row.slug != segment.slug and segment.slug in named(row.tree)]


def rested_on_by(segment: Segment) -> list[Segment]:
    """The segments that this one's rule names, by name; one that is not there is left out."""
    return list(Segment.objects.filter(slug__in=named(segment.tree)).order_by("name"))


def check_acyclic(slug: str, rule: rules.Rule) -> None:
    """Raise `RuleError` with the path if a segment of this rule would rest on itself through others."""
    others = {row.slug: row.tree for row in _segments()}
    waiting = [[name] for name in _named_in(rule.condition)]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path[-1] == slug:
            raise RuleError("segment_cycle", path=" → ".join([slug, *path]))
        if path[-1] not in seen and path[-1] in others:
            seen.add(path[-1])
            condition = rules.from_json(others[path[-1]]).condition
            waiting += [[*path, name] for name in _named_in(condition)]


def named(stored: dict[str, Any]) -> set[str]:
    """The segments that a stored rule names, those whose record of entries it reads among them."""
    nodes = tree.walk(rules.from_json(stored).condition)
    return {node.segment for node in nodes if isinstance(node, tree.InSegment | tree.EnteredSegment)}


def _named_in(condition: tree.Condition) -> list[str]:
    return [node.segment for node in tree.walk(condition) if isinstance(node, tree.InSegment)]


def _segments() -> list[Segment]:
    """Segments in use whose rules name others."""
    return list(Segment.objects.filter(is_archived=False, rule_text__icontains=' segment "').order_by("name"))

"""Reading readiness: what a text or a rule wants of what comes, and whether the days that were counted had it all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _

from samovar import rules
from samovar.collect.quality.models import QualityDay, QualityStream
from samovar.collect.quality.readiness import Gap, Readiness, Step, gap, nothing
from samovar.collect.quality.reading import Read, event_of, reads, reads_selection
from samovar.kit.clock import day_date
from samovar.kit.errors import Refusal
from samovar.rules import tree
from samovar.rules.parser import parse_steps


class BadPeriod(Refusal):
    """A period that ends before it begins."""

    status = 422


def wanted(text: str) -> list[tuple[str, frozenset[Read]]]:
    """What a text wants, step by step: `views then cart_adds then orders` as in rules, or any condition as one step.

    A word alone is a step, or a trait that somebody has; any other is a step that does not exist. Raises `rules.RuleError`.
    """
    words = rules.builtin_catalogue()
    try:
        found: tree.Condition = parse_steps(text)
        rules.check_rule(rules.Rule(condition=found), words)
    except rules.RuleError as no_steps:
        found = rules.parse(text, words).condition
        if isinstance(found, tree.Holds) and not _is_known(found):
            raise no_steps from None
    if isinstance(found, tree.Sequence):
        return [(event_of(step.of), reads_selection(step.of)) for step in found.steps if not step.is_absent]
    return [(text, reads(found))]


def _is_known(found: tree.Holds) -> bool:
    """Whether anything ever came of a word that is asked as yes or no."""
    return any(QualityStream.objects.filter(event=read.event, field=read.field).exists() for read in reads(found))


def readiness(wants: Sequence[tuple[str, Iterable[Read]]], *, from_day: int, to_day: int) -> Readiness:
    """Whether all that some steps (name, what each reads) want was there from one local day to another, both inclusive.

    Raises `BadPeriod`.
    """
    if from_day > to_day:
        told = {"first": day_date(from_day), "last": day_date(to_day)}
        raise BadPeriod("bad_period", _("The first day, %(first)s, lies after the last, %(last)s.") % told, field="from")
    steps = []
    for name, read in wants:
        gaps = [_gap(one, from_day, to_day) for one in sorted(read)]
        steps.append(Step(name, [one for one in gaps if one is not None] or [nothing(name)]))
    return Readiness(steps, from_day, to_day)


def _gap(read: Read, from_day: int, to_day: int) -> Gap | None:
    """What is missing of an event or field, over all sources; None for a field nobody ever sent: its event tells of it."""
    rows = QualityDay.objects.filter(stream__event=read.event, stream__field=read.field, day__lte=to_day)
    days: dict[int, int] = {row["day"]: row["seen"] for row in rows.values("day").annotate(seen=Sum("seen"))}
    if read.field and not days:
        return None
    return gap(read.event, read.field, days, from_day=from_day, to_day=to_day, first_day=min(days, default=None))


def readiness_as_json(found: Readiness) -> dict[str, Any]:
    """For machines; days are ISO dates, `lost`, `low` and `high` shares of 1, `bend` by how much to multiply a conversion."""
    return {
        "verdict": found.verdict, "from": day_date(found.from_day).isoformat(), "to": day_date(found.to_day).isoformat(),
        "steps": [
            {
                "step": step.name, "lost": round(step.lost[0], 4), "low": round(step.lost[1], 4), "high": round(step.lost[2], 4),
                "bend": None if (bend := found.bend(place)) is None else [round(bend[0], 4), round(bend[1], 4)],
                "wants": [_gap_as_json(one) for one in step.gaps],
            }
            for place, step in enumerate(found.steps)
        ],
    }  # fmt: skip


def _gap_as_json(one: Gap) -> dict[str, Any]:
    return {
        "event": one.event, "field": one.field, "seen": one.seen, "missing": one.is_missing, "lost": round(one.lost, 4),
        "low": round(one.low, 4), "high": round(one.high, 4),
        "first_day": None if one.first_day is None else day_date(one.first_day).isoformat(),
        "holes": [
            {"day": day_date(hole.day).isoformat(), "seen": hole.seen, "expected": round(hole.expected, 1)} for hole in one.holes
        ],
    }  # fmt: skip

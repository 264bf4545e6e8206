"""How segments overlap: the combinations of two to six of them as bars, each pair as a share, one click from the people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from samovar.engine.warehouse.client import current
from samovar.rules import Rule, to_text
from samovar.rules.sentence import LANGUAGES
from samovar.rules.tree import And, InSegment, Not
from samovar.staff.permissions import needs
from samovar.understand import queries
from samovar.understand.models import Segment
from samovar.understand.overlaps import SEGMENTS_MAX, SEGMENTS_MIN, Combinations, people_in
from samovar.understand.rules import NAME_MAX
from samovar.understand.sayings import spoken
from samovar.webkit.requests import OfficeRequest

_LETTERS = "ABCDEF"


@dataclass(frozen=True)
class Chosen:
    """A segment that is compared: its letter on the page, how many are in it and in no other, and the page without it."""

    segment: Segment
    letter: str
    people: int
    alone: int
    without: str


@needs("segments:read")
def overlap(request: OfficeRequest) -> HttpResponse:
    """The chosen segments, the bars of their combinations and the shares of pairs; those chosen stand in the address."""
    every = queries.segments()
    asked = list(dict.fromkeys(request.GET.getlist("s")))
    by_slug = {row.slug: row for row in every}
    rows = [by_slug[slug] for slug in asked if slug in by_slug][:SEGMENTS_MAX]
    context: dict[str, Any] = {
        "slugs": [row.slug for row in rows], "rows": rows, "is_full": len(rows) == SEGMENTS_MAX,
        "others": [row for row in every if row not in rows], "most": SEGMENTS_MAX,
    }  # fmt: skip
    if len(rows) >= SEGMENTS_MIN:
        context |= _compared(rows, queries.overlap_of(rows, current()))
    else:
        context["chosen"] = [Chosen(row, _LETTERS[n], row.people or 0, 0, _without(rows, n)) for n, row in enumerate(rows)]
    is_part = request.headers.get("HX-Target") == "overlap"
    return render(request, "understand/overlap_part.html" if is_part else "understand/overlap.html", context)


def _compared(rows: Sequence[Segment], found: Combinations) -> dict[str, Any]:
    union, most = sum(found.values()), max(found.values(), default=0)
    sizes = [people_in(found, 1 << n) for n in range(len(rows))]
    shared = sum(people for code, people in found.items() if code.bit_count() > 1)
    return {
        "union": union, "shared": shared, "shared_share": shared / union if union else None, "most": most,
        "chosen": [
            Chosen(row, _LETTERS[n], sizes[n], found.get(1 << n, 0), _without(rows, n)) for n, row in enumerate(rows)
        ],
        "bars": [
            {
                "people": people, "share": people / union, "address": _people_of(rows, code, is_exact=True),
                "dots": [bool(code >> n & 1) for n in range(len(rows))],
                "label": _combination(rows, code, is_exact=True),
            }
            for code, people in sorted(found.items(), key=lambda one: (-one[1], one[0]))
        ],
        "pairs": [
            {"first": row, "letter": _LETTERS[n], "cells": [_pair(rows, sizes, found, n, m) for m in range(len(rows))]}
            for n, row in enumerate(rows)
        ],
    }  # fmt: skip


def _pair(rows: Sequence[Segment], sizes: list[int], found: Combinations, first: int, second: int) -> dict[str, Any] | None:
    """Of the people of the first segment, how many are in the second too."""
    if first == second:
        return None
    both = 1 << first | 1 << second
    people = people_in(found, both)
    return {
        "people": people, "share": people / sizes[first] if sizes[first] else None, "address": _people_of(rows, both),
        "label": _combination(rows, both),
    }  # fmt: skip


def _people_of(rows: Sequence[Segment], code: int, *, is_exact: bool = False) -> str:
    """The editor of a new segment with the people of a combination; `is_exact` leaves out those who are in others as well."""
    named = [InSegment(segment=row.slug) for row in rows]
    tests = [test if code >> n & 1 else Not(item=test) for n, test in enumerate(named) if is_exact or code >> n & 1]
    rule = Rule(condition=And(items=tuple(tests)) if len(tests) > 1 else tests[0])
    name = _combination(rows, code, is_exact=is_exact)
    return f"{reverse('new_segment')}?{urlencode({'rule': to_text(rule), 'name': name[:NAME_MAX]})}"


def _combination(rows: Sequence[Segment], code: int, *, is_exact: bool = False) -> str:
    """A combination in words: “A” and “B”, not “C”."""
    names = [LANGUAGES[spoken()].quoted(row.name) for row in rows]
    inside = [name for n, name in enumerate(names) if code >> n & 1]
    outside = [name for n, name in enumerate(names) if not code >> n & 1]
    told = inside[0] if len(inside) == 1 else _("%(first)s and %(last)s") % _parted(inside)
    if not is_exact or not outside:
        return told
    others = outside[0] if len(outside) == 1 else pgettext("in none of", "%(first)s or %(last)s") % _parted(outside)
    return _("%(inside)s, not %(outside)s") % {"inside": told, "outside": others}


def _parted(names: Sequence[str]) -> dict[str, str]:
    return {"first": ", ".join(names[:-1]), "last": names[-1]}


def _without(rows: Sequence[Segment], place: int) -> str:
    kept = [("s", row.slug) for n, row in enumerate(rows) if n != place]
    return f"{reverse('segment_overlap')}?{urlencode(kept)}"

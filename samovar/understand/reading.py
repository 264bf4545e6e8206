"""What each segment reads of what comes, through the segments it names too: so that a fall of data marks it by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse

from samovar import rules
from samovar.collect.quality.reading import Read, reads
from samovar.collect.quality.unsafe import Resting
from samovar.rules import tree
from samovar.understand.models import Segment


def resting() -> list[Resting]:
    """The segments in use with all that they read."""
    rows = list(Segment.objects.filter(is_archived=False).order_by("name"))
    conditions = _conditions()
    return [
        Resting(
            "segment", row.slug, row.name, reverse("segment", args=[row.slug]), _all_reads(conditions[row.slug], conditions)
        )
        for row in rows
    ]  # fmt: skip


def reads_of_rules(stored: Mapping[str, Mapping[str, Any]], slugs: Iterable[str] = ()) -> dict[str, frozenset[Read]]:
    """All that some stored rules read, by their keys, and segments by their slugs; through the segments they name."""
    conditions = _conditions()
    found = {key: _all_reads(rules.from_json(dict(one)).condition, conditions) for key, one in stored.items()}
    return found | {slug: _all_reads(conditions[slug], conditions) for slug in slugs if slug in conditions}


def reads_of_conditions(several: Mapping[str, Iterable[tree.Condition]]) -> dict[str, frozenset[Read]]:
    """All that some conditions read together, by their keys; through the segments they name."""
    conditions = _conditions()
    return {key: frozenset().union(*(_all_reads(one, conditions) for one in some)) for key, some in several.items()}


def _conditions() -> dict[str, tree.Condition]:
    rows = Segment.objects.filter(is_archived=False).values_list("slug", "tree")
    return {slug: rules.from_json(stored).condition for slug, stored in rows}


def _all_reads(condition: tree.Condition, segments: Mapping[str, tree.Condition]) -> frozenset[Read]:
    found, waiting, seen = set(reads(condition)), [condition], set[str]()
    while waiting:
        for node in tree.walk(waiting.pop()):
            if isinstance(node, tree.InSegment | tree.EnteredSegment) and node.segment in segments and node.segment not in seen:
                seen.add(node.segment)
                found |= reads(segments[node.segment])
                waiting.append(segments[node.segment])
    return frozenset(found)

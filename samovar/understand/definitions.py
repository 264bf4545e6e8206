"""Segments as text: name, description, rule, and the words of the rule that this shop's data taught, each with its kind, so that
another shop can say what it does not know of them. Counts are figures, not definitions."""

from __future__ import annotations

from typing import Any

from samovar import rules
from samovar.engine.definitions import Kind
from samovar.staff.actors import Actor
from samovar.understand import operations, words
from samovar.understand.carried import bring, carried, unknown
from samovar.understand.models import Segment
from samovar.understand.operations import BadSegment

_FIELDS = ("name", "description", "rule", "words", "is_archived")


def export_segments() -> dict[str, dict[str, Any]]:
    """{slug: fields} of every segment."""
    return {
        row.slug: {
            "name": row.name, "description": row.description, "rule": row.rule_text,
            "words": carried(rules.from_json(row.tree)), "is_archived": row.is_archived or None,
        }
        for row in Segment.objects.order_by("slug")
    }  # fmt: skip


def unknown_words(values: dict[str, Any]) -> list[str]:
    """What this shop's data does not know of the words that a segment's text brings."""
    return unknown(_rule(values), values.get("words"))


def _rule(values: dict[str, Any]) -> rules.Rule:
    # Names are not compared with data here: a policy may be applied to a workspace before its first event.
    return rules.parse(str(values.get("rule") or ""), words.open_catalogue())


def apply_segment(slug: str, values: dict[str, Any], actor: Actor, at_us: int) -> None:
    """Create a segment or publish what differs. Raises `RuleError`, `BadSegment`, `BadWords`."""
    if others := sorted(set(values) - set(_FIELDS)):
        raise BadSegment("unknown_field", f"A segment has no field “{others[0][:60]}”.", field=others[0][:60])
    name, description = str(values.get("name") or slug), str(values.get("description") or "")
    rule = _rule(values)
    bring(rule, values.get("words"))
    row = Segment.objects.filter(slug=slug).first()
    if row is None:
        row = operations.create(slug=slug, name=name, description=description, rule=rule, actor=actor, at_us=at_us)
    else:
        row = operations.publish(segment=row, name=name, description=description, rule=rule, actor=actor, at_us=at_us)
    if values.get("is_archived"):
        operations.archive(segment=row, actor=actor, at_us=at_us)
    else:
        operations.restore(segment=row, actor=actor, at_us=at_us)


KINDS = (Kind("segments", order=10, export=export_segments, apply=apply_segment, unknown=unknown_words),)

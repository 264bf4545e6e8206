"""Segments as text: name, description, rule, and the words of the rule that this shop's data taught, each with its kind, so that
another shop can say what it does not know of them. Counts are figures, not definitions."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from samovar import rules
from samovar.engine.definitions import Kind
from samovar.rules import vocabulary
from samovar.staff.actors import Actor
from samovar.understand import operations, queries, words
from samovar.understand.models import Segment
from samovar.understand.operations import BadSegment

_FIELDS = ("name", "description", "rule", "words", "is_archived")


def export_segments() -> dict[str, dict[str, Any]]:
    """{slug: fields} of every segment."""
    brought = queries.vocabulary().brought
    return {
        row.slug: {
            "name": row.name, "description": row.description, "rule": row.rule_text, "words": _words(row.tree, brought),
            "is_archived": row.is_archived or None,
        }
        for row in Segment.objects.order_by("slug")
    }  # fmt: skip


def _words(stored: dict[str, Any], brought: dict[str, str]) -> dict[str, str]:
    """What data taught of a rule's words, else what came with a definition."""
    named = vocabulary.named_words(rules.from_json(stored).condition, words.open_catalogue())
    known = {**brought, **words.learned(stored)} if named else {}
    return {word: known[word] for word in named if word in known}


def unknown_words(values: dict[str, Any]) -> list[str]:
    """What this shop's data does not know of the words that a segment's text brings."""
    told = _brought(values)
    known = words.learned(rules.to_json(_rule(values))) if told else {}
    sentence = gettext("nothing here is called %(word)s (%(kind)s) yet: the segment waits until something is.")
    return [sentence % {"word": word, "kind": kind} for word, kind in told.items() if word not in known]


def _rule(values: dict[str, Any]) -> rules.Rule:
    # Names are not compared with data here: a policy may be applied to a workspace before its first event.
    return rules.parse(str(values.get("rule") or ""), words.open_catalogue())


def _brought(values: dict[str, Any]) -> dict[str, str]:
    """The words of a text. Raises `BadSegment` unless each is a word with one of the kinds."""
    told = values.get("words") or {}
    is_good = isinstance(told, dict) and all(isinstance(part, str) for pair in told.items() for part in pair)
    if not is_good or not vocabulary.KINDS.issuperset(told.values()):
        kinds = ", ".join(sorted(vocabulary.KINDS))
        raise BadSegment(
            "bad_words", gettext("“words” holds names, each with one of: %(kinds)s.") % {"kinds": kinds}, field="words"
        )
    return told


def _check_words(rule: rules.Rule, told: dict[str, str]) -> None:
    """Raise `BadSegment` where a word is of another kind here: the rule would mean nothing."""
    known = words.learned(rules.to_json(rule)) if told else {}
    for word, kind in told.items():
        if known.get(word, kind) != kind:
            message = gettext("“%(word)s” is %(kind)s where this segment comes from, and %(here)s here.")
            raise BadSegment("other_kind", message % {"word": word, "kind": kind, "here": known[word]}, field="words", word=word)


def apply_segment(slug: str, values: dict[str, Any], actor: Actor, at_us: int) -> None:
    """Create a segment or publish what differs. Raises `RuleError`, `BadSegment`."""
    if unknown := sorted(set(values) - set(_FIELDS)):
        raise BadSegment("unknown_field", f"A segment has no field “{unknown[0][:60]}”.", field=unknown[0][:60])
    name, description = str(values.get("name") or slug), str(values.get("description") or "")
    rule, told = _rule(values), _brought(values)
    _check_words(rule, told)
    if told:
        operations.bring_words(words=told)
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

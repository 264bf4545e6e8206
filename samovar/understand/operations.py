"""Writing segments: create, publish a new version, archive. Each is one transaction with one audit row and one outbox event."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext as _

from samovar import rules
from samovar.engine import store
from samovar.engine.definitions import SLUG
from samovar.engine.outbox import Announcement, emit, take_numbers
from samovar.kit.errors import Refusal
from samovar.staff import audit
from samovar.staff.actors import Actor
from samovar.understand import uses
from samovar.understand.live.moves import Move
from samovar.understand.models import Segment, Vocabulary
from samovar.understand.queries import as_json
from samovar.understand.rules import ADDRESS_WORDS, DESCRIPTION_MAX, NAME_MAX, slug_of

POPULATED = "Segment Populated"
MOVES = "segment-moves"  # the name their numbers go by
_COUNTED = "UPDATE understand_segment SET people = %s, counted_us = %s WHERE id = %s AND version = %s"
_SIZED = (
    "INSERT INTO understand_segment_size (segment_id, day, people) "
    "SELECT id, %s, %s FROM understand_segment WHERE id = %s AND version = %s "
    "ON CONFLICT (segment_id, day) DO UPDATE SET people = excluded.people"
)


class SlugTaken(Refusal):
    """Another segment has this slug."""

    status = 409


class BadSegment(Refusal):
    """A field holds what it may not."""

    status = 422


class PublishedMeanwhile(Refusal):
    """Somebody published another version since this one was read."""

    status = 409


class NothingToChange(Refusal):
    """The segment is already as asked."""

    status = 409


def create(*, name: str, rule: rules.Rule, actor: Actor, at_us: int, slug: str = "", description: str = "") -> Segment:
    """A new segment. Without a slug the name gives one. Raises `SlugTaken`, `BadSegment`."""
    name, description = _name(name), _description(description)
    slug = _slug(slug) if slug else free_slug(name)
    uses.check_acyclic(slug, rule)
    with store.transaction():
        try:
            with store.transaction():
                segment = Segment.objects.create(
                    slug=slug, name=name, description=description, rule_text=rules.to_text(rule), tree=rules.to_json(rule),
                    created_us=at_us, published_us=at_us,
                )  # fmt: skip
        except IntegrityError as error:
            message = _("There is a segment “%(slug)s” already.") % {"slug": slug}
            raise SlugTaken("slug_taken", message, field="slug", slug=slug) from error
        _tell(segment, "Segment Created", "segment.create", actor, at_us, None)
    return segment


def publish(
    *, segment: Segment, actor: Actor, at_us: int, rule: rules.Rule | None = None, name: str | None = None,
    description: str | None = None,
) -> Segment:  # fmt: skip
    """A new version with what is given changed; the same as before changes nothing. Raises `PublishedMeanwhile`, `BadSegment`."""
    changed: dict[str, Any] = {}
    if name is not None:
        changed["name"] = _name(name)
    if description is not None:
        changed["description"] = _description(description)
    if rule is not None and rules.to_json(rule) != segment.tree:
        uses.check_acyclic(segment.slug, rule)
        # The count belongs to the old rule; the worker counts anew.
        changed |= {"rule_text": rules.to_text(rule), "tree": rules.to_json(rule), "people": None, "counted_us": None}
    if all(getattr(segment, field) == value for field, value in changed.items()):
        return segment
    return _move(segment, "Segment Published", "segment.publish", {**changed, "published_us": at_us}, actor, at_us)


def archive(*, segment: Segment, actor: Actor, at_us: int) -> Segment:
    """Put a segment away: it is counted no more and stands in no list. Raises `PublishedMeanwhile`, and of who rests on it."""
    if segment.is_archived:
        return segment
    check_archive(segment)
    return _move(segment, "Segment Archived", "segment.archive", {"is_archived": True}, actor, at_us)


def check_archive(segment: Segment) -> None:
    """Raise the refusal of putting a segment away: it is away already, or something rests on it."""
    if segment.is_archived:
        raise NothingToChange("archived_already", _("“%(name)s” is archived already.") % {"name": segment.name})
    uses.check_unused(segment)


def check_restore(segment: Segment) -> None:
    """Raise the refusal of taking a segment back into use: it is in use already, or it would rest on one that is not."""
    if not segment.is_archived:
        raise NothingToChange("in_use_already", _("“%(name)s” is in use already.") % {"name": segment.name})
    uses.check_footing(segment)


def restore(*, segment: Segment, actor: Actor, at_us: int) -> Segment:
    """Take an archived segment back into use. Raises `PublishedMeanwhile`.

    It may rest on one that is taken back after it, as a folder of definitions does; who takes one alone asks `check_footing`.
    """
    if not segment.is_archived:
        return segment
    return _move(segment, "Segment Restored", "segment.restore", {"is_archived": False}, actor, at_us)


def announce_moves(moves: Sequence[Move]) -> None:
    """Tell who entered and who left segments, or whom they began with, in one transaction, under numbers that are given once.

    What is told before a crash is not told again: who comes after it compares with what the outbox has told.
    """
    told = [(move, *one) for move in moves for one in _told_of(move)]
    with store.transaction():
        number = take_numbers(MOVES, len(told))
        emit(
            Announcement(f"segment/{move.rule.id}/{move.rule.version}/{number + n}", name, move.time_us, payload, person)
            for n, (move, name, person, payload) in enumerate(told)
        )


def _told_of(move: Move) -> Iterator[tuple[str, int | None, dict[str, Any]]]:
    """What each announcement of a move says: its name, whom it is about, its payload."""
    about = {"segment": move.rule.slug, "segment_id": move.rule.id, "version": move.rule.version}
    if move.is_first:
        members = base64.b64encode(move.entered.serialize()).decode()
        yield POPULATED, None, {**about, "people": len(move.entered), "members": members}
        return
    for person in move.entered:
        yield "Segment Entered", person, about
    for person in move.left:
        yield "Segment Left", person, about


def store_counts(*, counts: Mapping[int, tuple[int, int]], at_us: int, day: int) -> None:
    """Keep what the worker counted: {segment id: (version, people)}; a count of a version replaced meanwhile is dropped.

    Counts are figures and not decisions of anybody: they have no audit row and announce nothing.
    """
    with store.transaction():
        store.execute_many(_COUNTED, [(people, at_us, id_, version) for id_, (version, people) in counts.items()])
        store.execute_many(_SIZED, [(day, people, id_, version) for id_, (version, people) in counts.items()])


def store_words(*, words: Mapping[str, Any], at_us: int) -> None:
    """Keep what the worker counted of the words of rules. Figures like counts: no audit row, no event."""
    with store.transaction():
        Vocabulary.objects.update_or_create(id=1, defaults={"words": dict(words), "counted_us": at_us})


def bring_words(*, words: Mapping[str, str]) -> None:
    """Remember the words that a definition brought with it, {word: kind}, until data says what they are."""
    with store.transaction():
        row, _made = Vocabulary.objects.get_or_create(id=1)
        row.brought = dict(sorted({**row.brought, **words}.items()))
        row.save(update_fields=["brought"])


def _move(segment: Segment, event: str, action: str, changed: Mapping[str, Any], actor: Actor, at_us: int) -> Segment:
    """One conditional UPDATE from the version that was read."""
    old = as_json(segment)
    with store.transaction():
        rows = Segment.objects.filter(id=segment.id, version=segment.version)
        if not rows.update(**changed, version=segment.version + 1):
            message = _("“%(name)s” was changed by somebody else meanwhile. Open it again.") % {"name": segment.name}
            raise PublishedMeanwhile("published_meanwhile", message, slug=segment.slug)
        segment = Segment.objects.get(id=segment.id)
        _tell(segment, event, action, actor, at_us, old)
    return segment


def _tell(segment: Segment, event: str, action: str, actor: Actor, at_us: int, old: dict[str, Any] | None) -> None:
    shown = ("slug", "name", "description", "rule", "version", "is_archived")
    new = as_json(segment)
    audit.record(
        actor=actor, action=action, subject=f"segment:{segment.id}", at_us=at_us,
        old={k: old[k] for k in shown} if old else None, new={k: new[k] for k in shown},
    )  # fmt: skip
    payload = {"segment_id": segment.id, "slug": segment.slug, "version": segment.version}
    emit([Announcement(f"segment/{segment.id}/{segment.version}", event, at_us, payload)])


def _name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= NAME_MAX or "\0" in cleaned:
        message = _("Give the segment a name of up to %(limit)s characters.") % {"limit": NAME_MAX}
        raise BadSegment("bad_name", message, field="name", limit=NAME_MAX)
    return cleaned


def _description(description: str) -> str:
    cleaned = " ".join(description.split())
    if len(cleaned) > DESCRIPTION_MAX or "\0" in cleaned:
        message = _("The description may have up to %(limit)s characters.") % {"limit": DESCRIPTION_MAX}
        raise BadSegment("bad_description", message, field="description", limit=DESCRIPTION_MAX)
    return cleaned


def _slug(slug: str) -> str:
    if not SLUG.match(slug) or slug in ADDRESS_WORDS:
        message = _("A slug is of small Latin letters, digits, dots, hyphens and underscores, and not one of: %(words)s.")
        message = message % {"words": ", ".join(sorted(ADDRESS_WORDS))}
        raise BadSegment("bad_slug", message, field="slug")
    return slug


def free_slug(name: str) -> str:
    """A slug that no segment has, from a name."""
    base = slug_of(name)
    taken = ADDRESS_WORDS | set(Segment.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug

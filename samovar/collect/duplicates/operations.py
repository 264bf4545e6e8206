"""Writes of duplicates: pairs found, merged, refused. The room's own operation merges; here it is said what survives."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from samovar.collect import operations as room
from samovar.collect.duplicates import groups, queries, rules
from samovar.collect.duplicates.labels import field_label
from samovar.collect.duplicates.models import Duplicate, Search
from samovar.collect.duplicates.survivorship import Value
from samovar.collect.erasure.queries import erased_among, person_of
from samovar.engine import store
from samovar.engine.warehouse.client import Asker
from samovar.kit.errors import Refusal
from samovar.staff import audit
from samovar.staff.actors import Actor

BATCH_PAIRS = 250  # of one transaction, so that it stays below the 50 ms others may be kept waiting


class NoSuchChoice(Refusal):
    """A value to be kept that none of the two has."""

    status = 422


class PairDecided(Refusal):
    """The pair was merged or refused before."""

    status = 409


def start_search(*, at_us: int) -> Search:
    """Note that a look over everybody begins."""
    return Search.objects.create(started_us=at_us)


def finish_search(*, search: Search, figures: Mapping[str, Any], error: str = "", at_us: int) -> None:
    """Note how a look ended."""
    search.figures, search.error, search.finished_us = dict(figures), error, at_us
    search.save(update_fields=["figures", "error", "finished_us"])


def store_found(*, pairs: pa.Table, fields: Sequence[str], least: float, actor: Actor, at_us: int) -> int:
    """Keep the pairs of a look (`model.Found`): new ones are open, open ones are told anew, those found no more are gone.

    What was merged or refused stays as it was decided, whatever is found now. Returns how many pairs are open.
    """
    refused = queries.refused_people()
    told = [row for row in pairs.to_pylist() if (row["one"], row["other"]) not in refused]
    gone = erased_among({row[side] for row in told for side in ("one", "other")})
    rows = [_row(row, fields, least, at_us) for row in told if row["one"] not in gone and row["other"] not in gone]
    kept = {(row[0], row[1]) for row in rows}
    stale = [
        pk for pk, *pair in Duplicate.objects.filter(state="open").values_list("pk", "one", "other") if tuple(pair) not in kept
    ]
    json_type = "jsonb" if store.is_postgres() else "text"
    for batch in _cut(rows):
        with store.transaction():
            store.execute_many(
                "INSERT INTO collect_duplicate (one, other, probability, is_sure, reasons, state, found_us, decided_by) "
                f"VALUES (%s, %s, %s, %s, CAST(%s AS {json_type}), 'open', %s, '') ON CONFLICT (one, other) DO UPDATE SET "
                "probability = excluded.probability, is_sure = excluded.is_sure, reasons = excluded.reasons "
                "WHERE collect_duplicate.state = 'open'",
                batch,
            )
    for ids in _cut(stale):
        Duplicate.objects.filter(pk__in=ids, state="open").delete()
    new = {"pairs": len(rows)}
    audit.record(actor=actor, action="duplicates.find", subject="duplicates", at_us=at_us, new=new)
    return Duplicate.objects.filter(state="open").count()


def _row(row: Mapping[str, Any], fields: Sequence[str], least: float, at_us: int) -> tuple[Any, ...]:
    is_sure = rules.is_sure(row["probability"], rules.levels_of(row, fields), least)
    return row["one"], row["other"], row["probability"], is_sure, json.dumps(rules.reasons_of(row, fields)), at_us


def _cut(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[place : place + BATCH_PAIRS] for place in range(0, len(rows), BATCH_PAIRS))


def check_undecided(pair: Duplicate, *, anyway: bool = False) -> bool:
    """Whether the two are two people still. Raises `PairDecided`, `Erased` where nothing can be decided of the pair any more;
    with `anyway` one that was refused can."""
    if pair.state == "merged" or (pair.state == "refused" and not anyway):
        raise PairDecided("pair_decided", _("This pair was decided before."))
    return person_of(pair.one) != person_of(pair.other)


def check_open(pair: Duplicate, *, anyway: bool = False) -> None:
    """Raises as `check_undecided`, and `MergeRefused` where they are one already."""
    if not check_undecided(pair, anyway=anyway):
        raise room.MergeRefused("already_one", _("These are one person already."))


def merge_pair(
    *, pair: Duplicate, chosen: Mapping[str, int], warehouse: Asker, actor: Actor, at_us: int, anyway: bool = False
) -> int:
    """Make one person of a pair; the survivor. `chosen` is `{field: person}`, the rest is chosen by policy.

    With `anyway` a member takes back what was refused. Raises `PairDecided`, `NotFound`, `Erased`, `MergeRefused`,
    `groups.Apart`, `NoSuchChoice`, `WarehouseBusy`.
    """
    check_open(pair, anyway=anyway)
    return merge_people(
        one=pair.one, other=pair.other, chosen=chosen, warehouse=warehouse, actor=actor, at_us=at_us, reason="duplicate",
        anyway=anyway, pair=pair,
    )  # fmt: skip


def merge_people(
    *, one: int, other: int, chosen: Mapping[str, int], warehouse: Asker, actor: Actor, at_us: int, reason: str = "person",
    anyway: bool = False, pair: Duplicate | None = None,
) -> int:  # fmt: skip
    """Make one person of two, found as duplicates (by `pair`) or not; the survivor. Raises as `merge_pair`."""
    people = {one: person_of(one), other: person_of(other)}
    if people[one] == people[other]:
        raise room.MergeRefused("already_one", _("These are one person already."))
    values = queries.values_of(warehouse=warehouse, people=list(people.values()), at_us=at_us)
    kept = queries.survivors(values, min(people.values()), _chosen(chosen, people, values))
    with store.transaction():
        if not anyway:
            groups.check_refused(one, other)
        survivor = room.merge(profile=one, other=other, actor=actor, at_us=at_us, kept=kept, reason=reason)
        if pair is not None:
            note_merged(pair=pair, actor=actor, at_us=at_us)
    return survivor


def _chosen(chosen: Mapping[str, int], people: Mapping[int, int], values: Sequence[Value]) -> dict[str, int]:
    """The choices as `{field: person}` of those who stand for the two. Raises `NoSuchChoice`."""
    told = {(value.name, value.person) for value in values}
    meant = {name: people.get(person, person) for name, person in chosen.items()}
    for name, person in meant.items():
        if (name, person) not in told:
            words = {"person": chosen[name], "field": field_label(name)}
            sentence = _(
                "Customer %(person)s is none of the two or says nothing of “%(field)s”, so that this value cannot be kept."
            )
            raise NoSuchChoice("no_such_choice", sentence % words, field=f"keep.{name}")
    return meant


def note_merged(*, pair: Duplicate, actor: Actor, at_us: int) -> None:
    """Keep of a pair that its two are one now, though the merge was of those they stood under and took the pair away."""
    told = {"probability": pair.probability, "is_sure": pair.is_sure, "reasons": pair.reasons, "found_us": pair.found_us}
    decided = {"state": "merged", "decided_us": at_us, "decided_by": actor.name}
    Duplicate.objects.update_or_create(one=pair.one, other=pair.other, defaults=decided, create_defaults=told | decided)


def merge_sure(*, least: float, warehouse: Asker, actor: Actor, at_us: int) -> tuple[int, int]:
    """Merge every open pair that is sure and at least so likely; how many were merged, and how many left to people because it
    would make one of two who are not (`groups.py`). A person is merged once a look: the next one looks at what she is then."""
    done: set[int] = set()
    merged = left = 0
    sure = Duplicate.objects.filter(state="open", is_sure=True, probability__gte=least).order_by("-probability", "pk")
    for batch in _cut(list(sure)):
        ready = []
        for pair in batch:
            if pair.one not in done and pair.other not in done:
                ready.append(pair)
                done |= {pair.one, pair.other}
        people = [person for pair in ready for person in (pair.one, pair.other)]
        values: dict[int, list[Value]] = {}
        for value in queries.values_of(warehouse=warehouse, people=people, at_us=at_us):
            values.setdefault(value.person, []).append(value)
        together = groups.Evidence([(pair.one, pair.other) for pair in ready], warehouse=warehouse, at_us=at_us)
        for pair in ready:
            kept = queries.survivors(_by_field(values.get(pair.one, []), values.get(pair.other, [])), pair.one, {})
            try:
                together.check(pair.one, pair.other)
                with store.transaction():
                    groups.check_refused(pair.one, pair.other)
                    room.merge(profile=pair.one, other=pair.other, actor=actor, at_us=at_us, kept=kept, reason="duplicate")
            except groups.Apart:
                left += 1
            except Refusal:  # merged or erased by somebody since it was found
                continue
            else:
                merged += 1
    return merged, left


def _by_field(one: Sequence[Value], other: Sequence[Value]) -> list[Value]:
    return sorted([*one, *other], key=lambda value: (value.name, value.person))


def refuse(*, pair: Duplicate, actor: Actor, at_us: int) -> None:
    """Say that the two are not the same person; they are not proposed again. Raises `PairDecided`."""
    with store.transaction():
        open_pair = Duplicate.objects.filter(pk=pair.pk, state="open")
        if not open_pair.update(state="refused", decided_us=at_us, decided_by=actor.name):
            raise PairDecided("pair_decided", _("This pair was decided before."))
        audit.record(
            actor=actor, action="duplicate.refuse", subject=f"duplicate:{pair.pk}", at_us=at_us,
            old={"state": "open"}, new={"one": pair.one, "other": pair.other},
        )  # fmt: skip

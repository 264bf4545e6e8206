"""Who each event of a batch belongs to: the first stage, and the only one that decides by what was decided before.

`Resolver.decide` takes a batch and returns a `Decision` that holds everything to be written; `operations.commit_decision`
writes it in one transaction. Nothing here changes the store, and the caches learn only from what is decided, so a crash
between the two forgets both.

0. An event that speaks of a person erased since is nobody's, and nothing of it is kept (`erasure`).
1. An event seen before (same source and message id) is a duplicate.
2. Known identifiers, in the order of `identifiers.KNOWN`, name the profile; the first that has an owner wins, unless the
   event brings an account, number or card that is new while this owner has another of that kind, or a new e-mail with the
   phone of an owner who has another e-mail: an e-mail or phone that a family or a shop shares merges nobody. Others
   that have no owner become its own; others that have one stay where they are.
3. An event with a known identifier and a device links the device to the profile from its time on. The visitor a device had
   before its first link joins the first profile linked, and never moves again.
4. An event with a device only belongs to the person last linked at its time; before the first link, to the first linked;
   with no link, to the device's visitor.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from samovar.collect.batches import DUPLICATE, ERASED, FEEDBACK, NOBODY, QUARANTINED, Batch, Incoming, MessageId
from samovar.collect.dedupe import SeenMessages
from samovar.collect.erasure.tombstones import Tombstones
from samovar.collect.identifiers import ANONYMOUS, KNOWN
from samovar.collect.queries import group_of, merge_pointers
from samovar.collect.traits import person_name
from samovar.engine import store

# Two of one of these kinds are two people, whatever weaker they share.
TELLING_KINDS = frozenset({"user_id", "external_id", "card", "email"})
CACHED_MAX = 2_000_000
IN_LIST_MAX = 900


@dataclass
class Decided:
    """What a batch changes. `profiles` has one entry an event; the rest are rows to insert."""

    first_position: int
    next_position: int
    profiles: NDArray[np.int64]
    created: list[tuple[int, bool, int]] = field(default_factory=list)  # profile, is customer, created_us
    attached: list[tuple[int, str, str, int]] = field(default_factory=list)  # profile, kind, value, since_us
    links: list[tuple[str, int, int]] = field(default_factory=list)  # anonymous id, time_us, profile
    merges: list[tuple[int, int, str, int]] = field(default_factory=list)  # profile, into, reason, event key
    names: dict[int, str] = field(default_factory=dict)


class Resolver:
    """Keeps who is known, lets the store fill in what it forgot. One instance, in the worker."""

    def __init__(
        self, seen: SeenMessages, confirm: Callable[[list[Incoming]], set[MessageId]], erased: Callable[[], Tombstones]
    ) -> None:
        self._seen, self._confirm, self._read_erased = seen, confirm, erased
        self.erased = erased()
        self._owners: dict[str, dict[str, int]] = {kind: {} for kind in (*KNOWN, ANONYMOUS)}
        self._visitors = self._owners[ANONYMOUS]
        self._links: dict[str, list[tuple[int, int]]] = {}
        self._sole: dict[str, int] = {}  # devices that were only ever one profile's, linked to it or its visitor
        self._roots = merge_pointers()
        self._last_id = int(store.fetch("SELECT coalesce(max(id), 0) FROM collect_profile")[0][0])

    def survivor(self, profile: int) -> int:
        """Follow merge pointers to the end."""
        while (into := self._roots.get(profile)) is not None:
            profile = into
        return profile

    def forget(self) -> None:
        """Drop what is cached: somebody else changed identities, or a decision was not committed."""
        self.__init__(self._seen, self._confirm, self._read_erased)  # type: ignore[misc]

    def decide(self, batch: Batch) -> Decided:
        """Decide a whole batch, in order."""
        events, settled = batch.events, self._settled(batch.events)
        repeated = self._repeated(events)
        decided = Decided(batch.first_position, batch.next_position, np.array(settled, dtype=np.int64))
        decided.profiles[list(repeated)] = DUPLICATE
        decided.profiles[list(erased := self._erased(events))] = ERASED
        open_places = [place for place, profile in enumerate(settled) if not profile and place not in erased]
        self._load([events[place] for place in open_places])
        for place in open_places:
            if events[place].refusal is not None:
                decided.profiles[place] = QUARANTINED
            elif place not in repeated:
                decided.profiles[place] = self._place(events[place], decided)
        return decided

    def learn(self, batch: Batch, decided: Decided) -> None:
        """After the commit: these ids are seen, those that the warehouse will hold."""
        kept = (decided.profiles > 0) | (decided.profiles == NOBODY)
        offsets = np.fromiter((e.offset for e in batch.events), dtype=np.int64, count=len(batch.events))
        self._seen.add_from(_keys(batch.events)[kept], offsets[kept])

    def _erased(self, events: list[Incoming]) -> set[int]:
        """The events that speak of somebody erased since; nearly all are later than the last erasure."""
        until_us, cover = self.erased.until_us, self.erased.cover
        return {p for p, e in enumerate(events) if e.time_us <= until_us and cover(e.known, e.anonymous, e.time_us)}

    # Duplicates
    def _repeated(self, events: list[Incoming]) -> set[int]:
        """The places of events that came before, in another batch or in this one. A hash shared by two ids repeats nothing."""
        keys = _keys(events)
        hits = np.flatnonzero(self._seen.contains(keys)).tolist()
        known = self._confirm([events[i] for i in hits]) if hits else set()
        repeated = {i for i in hits if events[i].id in known}
        _, place, count = np.unique(keys, return_inverse=True, return_counts=True)
        for i in np.flatnonzero(count[place] > 1).tolist():
            if events[i].id in known:
                repeated.add(i)
            known.add(events[i].id)
        return repeated

    # People
    def _settled(self, events: list[Incoming]) -> list[int]:
        """The profile of each event that changes nothing about who is who, as the caches know it; 0 where `_place` must look.

        Most events are such: all their identifiers have owners, and their device has nobody else. An event whose device is
        named by one that must be looked at waits for its turn behind it, because that one may change whose device it is.
        """
        settled = [self._at_a_glance(event) for event in events]
        open_events = [event for event, profile in zip(events, settled, strict=True) if not profile]
        contested = {event.anonymous for event in open_events} | {event.previous for event in open_events}
        contested.discard(None)
        if not contested:
            return settled
        return [0 if event.anonymous in contested else profile for event, profile in zip(events, settled, strict=True)]

    def _at_a_glance(self, event: Incoming) -> int:
        if event.traits or event.previous or event.refusal is not None or event.source == FEEDBACK:
            return 0
        known, device = event.known, event.anonymous
        if not known:
            return self._sole.get(device, 0) if device is not None else 0
        kind, value = known[0]
        profile = self._owners[kind].get(value, 0)
        if len(known) > 1 and not all(value in self._owners[kind] for kind, value in known):
            return 0
        return profile if device is None or self._sole.get(device) == profile else 0

    def _place(self, event: Incoming, decided: Decided) -> int:
        if event.source == FEEDBACK:
            return int((event.properties or {}).get("profile_id") or NOBODY)
        if not event.known:
            return self._by_device(event, decided) if event.anonymous else NOBODY
        profile = self._owner(event, decided) or self._create(True, event, decided)
        self._attach(profile, event, decided)
        if event.anonymous:
            self._link(event.anonymous, profile, event, decided)
        if event.kind == "alias" and event.previous:
            self._alias(event.previous, profile, event, decided)
        if event.traits and (name := person_name(event.traits)):
            decided.names[profile] = name
        return profile

    def _owner(self, event: Incoming, decided: Decided) -> int:
        new_kinds: list[str] = []
        for kind, value in event.known:
            owner = self._owners[kind].get(value)
            if owner is None:
                new_kinds.append(kind)
            elif not any(new in TELLING_KINDS and self._person_has_kind(owner, new, decided) for new in new_kinds):
                return owner
        return 0

    def _create(self, is_customer: bool, event: Incoming, decided: Decided) -> int:
        self._last_id += 1
        decided.created.append((self._last_id, is_customer, event.received_us))
        return self._last_id

    def _attach(self, profile: int, event: Incoming, decided: Decided) -> None:
        for kind, value in event.known:
            if value in self._owners[kind]:
                continue
            # A browser may name an address for a profile that has none of its kind; it may not add a second one.
            if not event.is_trusted and kind != "user_id" and self._has_kind(profile, kind, decided):
                continue
            self._owners[kind][value] = profile
            decided.attached.append((profile, kind, value, event.time_us))

    def _person_has_kind(self, profile: int, kind: str, decided: Decided) -> bool:
        return any(self._has_kind(member, kind, decided) for member in {profile, *group_of(self.survivor(profile))})

    def _has_kind(self, profile: int, kind: str, decided: Decided) -> bool:
        if any(p == profile and k == kind for p, k, _, _ in decided.attached):
            return True
        return bool(store.fetch("SELECT 1 FROM collect_identifier WHERE profile_id = %s AND kind = %s LIMIT 1", [profile, kind]))

    # Devices
    def _by_device(self, event: Incoming, decided: Decided) -> int:
        device = event.anonymous
        assert device is not None
        links = self._links.get(device)
        if links:
            in_time = sorted(links)
            place = bisect_right(in_time, event.time_us, key=lambda link: link[0])
            if place:
                return in_time[place - 1][1]
            return links[0][1]
        visitor = self._visitors.get(device)
        if visitor is None:
            visitor = self._sole[device] = self._visitors[device] = self._create(False, event, decided)
            decided.attached.append((visitor, ANONYMOUS, device, event.time_us))
        return visitor

    def _link(self, device: str, profile: int, event: Incoming, decided: Decided) -> None:
        links = self._links.setdefault(device, [])
        if len(links) == 1 and links[0][1] == profile:
            return
        if links:
            # Whom the device has at this moment; before its first link in time, whoever that link names.
            holder = max((link for link in links if link[0] <= event.time_us), default=min(links))
            if holder[1] == profile or holder[0] == event.time_us:
                return
        links.append((event.time_us, profile))
        decided.links.append((device, event.time_us, profile))
        self._see_whose(device)
        visitor = self._visitors.get(device)
        if len(links) == 1 and visitor is not None and self.survivor(visitor) != self.survivor(profile):
            self._point(visitor, profile, "device", event, decided)

    def _alias(self, previous: str, profile: int, event: Incoming, decided: Decided) -> None:
        """The two ids of an alias are one person: a device is linked; two known people are merged only on a server's word."""
        known = self._owners["user_id"].get(previous) or self._owners["external_id"].get(previous)
        if known is None:
            self._link(previous, profile, event, decided)
        elif event.is_trusted:
            one, other = self.survivor(known), self.survivor(profile)
            if one != other:
                self._point(max(one, other), min(one, other), "alias", event, decided)

    def _point(self, profile: int, into: int, reason: str, event: Incoming, decided: Decided) -> None:
        self._roots[profile] = into
        decided.merges.append((profile, into, reason, event.key))

    # Caches
    def _load(self, events: Iterable[Incoming]) -> None:
        if sum(map(len, self._owners.values())) > CACHED_MAX:
            for owned in self._owners.values():
                owned.clear()
            self._links.clear()
            self._sole.clear()
        # A device whose links are known has been asked for: its visitor is known too, if it has one.
        owners, links = self._owners, self._links
        values: set[str] = set()
        devices: set[str] = set()
        for event in events:
            for kind, value in event.known:
                if value not in owners[kind]:
                    values.add(value)
            if event.anonymous and event.anonymous not in links:
                devices.add(event.anonymous)
            if event.previous:
                values.add(event.previous)
                if event.previous not in links:
                    devices.add(event.previous)
        asked = list(values | devices)
        for chunk in (asked[i : i + IN_LIST_MAX] for i in range(0, len(asked), IN_LIST_MAX)):
            marks = ",".join(["%s"] * len(chunk))
            for kind, value, profile in store.fetch(
                f"SELECT kind, value, profile_id FROM collect_identifier WHERE value IN ({marks})", chunk
            ):
                owners[kind][value] = profile
        unknown = list(devices)
        for chunk in (unknown[i : i + IN_LIST_MAX] for i in range(0, len(unknown), IN_LIST_MAX)):
            self._links.update((device, []) for device in chunk)
            marks = ",".join(["%s"] * len(chunk))
            for device, time_us, profile in store.fetch(
                f"SELECT anonymous_id, time_us, profile_id FROM collect_device_link WHERE anonymous_id IN ({marks}) ORDER BY id",
                chunk,
            ):
                self._links[device].append((time_us, profile))
            for device in chunk:
                self._see_whose(device)

    def _see_whose(self, device: str) -> None:
        links = self._links[device]
        profile = links[0][1] if len(links) == 1 else None if links else self._visitors.get(device)
        if profile is None:
            self._sole.pop(device, None)
        else:
            self._sole[device] = profile


def _keys(events: list[Incoming]) -> NDArray[np.int64]:
    return np.fromiter((e.key for e in events), dtype=np.int64, count=len(events))

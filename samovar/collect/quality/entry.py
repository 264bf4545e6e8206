"""Discipline of entry: what each member of staff and each token brought in, how full it was, how much had to be put right, and
what the members of a role may do and nobody did. Read from the audit trail, imports and the quarantine."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from samovar.collect.imports.models import ImportRun, QuarantineRow
from samovar.kit.clock import DAY_US
from samovar.staff import queries as staff
from samovar.staff.permissions import may
from samovar.staff.queries import Act

DAYS, DAYS_MAX = 90, 730
SINGLES = (
    "record.put",
    "record.remove",
    "consent.change",
    "profile.merge",
    "rate.state",
    "source.create",
)  # each enters one thing
_SETTLES = ("quarantine.replay", "quarantine.dismiss")
# What a permission to write is for: the actions that show it was used.
USES: dict[str, tuple[str, ...]] = {
    "segments:write": ("segment.create", "segment.publish"),
    "campaigns:write": ("campaign.create", "campaign.edit", "letter.save"),
    "campaigns:launch": ("campaign.launch",),
    "imports:write": ("import.upload", "import.start"),
    "quarantine:write": ("quarantine.replay", "quarantine.dismiss", "quality_alarm.acknowledge"),
    "customers:write": ("profile.merge", "profile.unmerge", "record.put", "record.remove"),
    "consents:write": ("consent.change",),
    "sources:write": ("source.create", "source.revoke"),
    "settings:write": ("setting.change", "record_type.declare", "rate.state"),
    "tokens:write": ("token.create", "token.revoke"),
}


@dataclass(frozen=True)
class Entered:
    """What somebody entered in the period. `rows` are of imported files, `singles` one at a time; `refused` rows went into
    quarantine, of which `settled` were put right or dismissed by anybody; `undone` merges were taken back.

    `settles` is how many refused rows this person put right.
    """

    name: str
    kind: str
    role: str
    rows: int
    singles: int
    refused: int
    settled: int
    undone: int
    settles: int
    reasons: list[tuple[str, int]]
    last_us: int | None

    @property
    def completeness(self) -> float | None:
        """The share of what was entered that counted at once; None where nothing was."""
        entered = self.rows + self.refused + self.singles
        return None if not entered else 1 - self.refused / entered

    @property
    def correction_rate(self) -> float | None:
        """The share of what was entered that was put right later."""
        entered = self.rows + self.refused + self.singles
        return None if not entered else (self.settled + self.undone) / entered


@dataclass(frozen=True)
class Unused:
    """A permission of a role whose functions none of its `members` used in the period."""

    role: str
    permission: str
    members: int


@dataclass(frozen=True)
class Discipline:
    """Everybody who entered something, those with most to put right first, and what no member of a role used."""

    people: list[Entered]
    unused: list[Unused]
    days: int


def discipline(*, at_us: int, days: int = DAYS) -> Discipline:
    """How the last days were entered."""
    since_us = at_us - days * DAY_US
    done, roles = staff.acts(since_us=since_us, until_us=at_us), staff.active_roles()
    found = [one for one in _people(done, roles, since_us) if one.rows + one.singles + one.refused + one.settles]
    found.sort(key=lambda one: (-(one.correction_rate or 0.0), one.name))
    return Discipline(found, list(_unused(done, roles)), days)


def _people(done: list[Act], roles: Mapping[str, str], since_us: int) -> Iterable[Entered]:
    actions: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    last: dict[tuple[str, str, str], int] = {}
    for act in done:
        who = (act.kind, act.actor_id, act.name)
        actions[who][act.action] += 1
        last[who] = act.at_us
    undone, files = _undone(done), _files(since_us)
    for (kind, id_, name), counted in actions.items():
        rows, refused, settled, reasons = files.get(name, (0, 0, 0, []))
        role = roles.get(id_, "") if kind == "staff" else ""
        yield Entered(
            name, kind, role, rows, sum(counted[action] for action in SINGLES), refused, settled, undone[name],
            sum(counted[action] for action in _SETTLES), reasons, last[kind, id_, name],
        )  # fmt: skip


def _undone(done: list[Act]) -> Counter[str]:
    """How many merges of each person somebody took back, by the survivor they name."""
    merged: dict[str, str] = {}
    found: Counter[str] = Counter()
    for act in done:
        if act.action == "profile.merge":
            merged[act.subject] = act.name
        elif act.action == "profile.unmerge" and act.subject in merged:
            found[merged.pop(act.subject)] += 1
    return found


def _files(since_us: int) -> dict[str, tuple[int, int, int, list[tuple[str, int]]]]:
    """(rows, refused, settled, reasons) of the files each person brought in."""
    runs = ImportRun.objects.filter(started_us__gte=since_us).exclude(actor_name="")
    rows: Counter[str] = Counter()
    for name, sealed in runs.values_list("actor_name", "sealed_rows"):
        rows[name] += sealed
    refused, settled, reasons = Counter[str](), Counter[str](), defaultdict[str, Counter[str]](Counter)
    quarantine = QuarantineRow.objects.filter(run__in=runs).values("run__actor_name", "reason")
    for row in quarantine.annotate(n=Count("id"), settled=Count("id", filter=~Q(status="open"))):
        name = row["run__actor_name"]
        refused[name] += row["n"]
        settled[name] += row["settled"]
        reasons[name][row["reason"]] += row["n"]
    return {name: (rows[name], refused[name], settled[name], reasons[name].most_common(3)) for name in rows}


def _unused(done: list[Act], roles: Mapping[str, str]) -> Iterable[Unused]:
    used: dict[str, set[str]] = defaultdict(set)
    for act in done:
        if act.kind == "staff" and act.actor_id in roles:
            used[roles[act.actor_id]].add(act.action)
    for role, count in sorted(Counter(roles.values()).items()):
        for permission, actions in USES.items():
            if may(role, permission) and not used[role] & set(actions):
                yield Unused(role, permission, count)


def as_json(found: Discipline) -> dict[str, Any]:
    """For machines; shares are of 1."""
    return {
        "days": found.days,
        "people": [
            {
                "name": one.name, "kind": one.kind, "role": one.role, "rows": one.rows, "singles": one.singles,
                "refused": one.refused, "settled": one.settled, "undone": one.undone, "settles": one.settles,
                "completeness": one.completeness, "correction_rate": one.correction_rate, "reasons": dict(one.reasons),
            }
            for one in found.people
        ],
        "unused": [{"role": one.role, "permission": one.permission, "members": one.members} for one in found.unused],
    }  # fmt: skip

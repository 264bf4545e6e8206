"""What can be done to many pairs at once: make one person of each, or say that they are two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from samovar.collect.duplicates import operations, queries
from samovar.collect.duplicates.groups import Evidence, Groups, called, numbered
from samovar.collect.duplicates.labels import likelihood
from samovar.collect.duplicates.models import Duplicate
from samovar.collect.queries import survivor_of
from samovar.engine.warehouse import client
from samovar.staff.actors import Actor
from samovar.webkit.bulk import Bulk


def _merge(pair: Duplicate, actor: Actor, at_us: int) -> None:
    """Make one person of a pair; where other pairs of this run did so already, only keep that this one is decided with them."""
    if survivor_of(pair.one) == survivor_of(pair.other):
        operations.note_merged(pair=pair, actor=actor, at_us=at_us)
    else:
        operations.merge_pair(pair=pair, chosen={}, warehouse=client.current(), actor=actor, at_us=at_us)


def _together(pairs: Sequence[Duplicate], at_us: int) -> Callable[[Duplicate], None]:
    """A check of one pair after another: whether it makes one of two who are not, through what was merged before it."""
    joined = Evidence([(pair.one, pair.other) for pair in pairs], warehouse=client.current(), at_us=at_us)
    before = {pair.pk for pair in pairs if not joined.across(pair.one, pair.other)}

    def check(pair: Duplicate) -> None:
        if pair.pk in before:
            operations.check_open(pair)
        joined.check(pair.one, pair.other)
        joined.join(pair.one, pair.other)

    return check


def _become(pairs: Sequence[Duplicate]) -> list[str]:
    """Who becomes one person by some pairs, a line each: the largest first, sure where every pair of hers is."""
    joined = Groups([(pair.one, pair.other) for pair in pairs])
    for pair in pairs:
        joined.join(pair.one, pair.other)
    people: dict[int, list[Duplicate]] = {}
    for pair in pairs:
        people.setdefault(joined.person(pair.one), []).append(pair)
    lines = []
    for told in sorted(people.values(), key=lambda told: -len(told)):
        members = sorted({survivor_of(profile) for pair in told for profile in (pair.one, pair.other)})
        lines.append(_marked(" + ".join(numbered(member) for member in members), all(pair.is_sure for pair in told)))
    return lines


def _marked(text: str, is_sure: bool) -> str:
    return f"{text} · {_('sure') if is_sure else _('to be looked at')}"


def _refuse(pair: Duplicate, actor: Actor, at_us: int) -> None:
    operations.refuse(pair=pair, actor=actor, at_us=at_us)


def title(pair: Duplicate) -> str:
    """Both names of a pair, how likely it is and whether it is sure."""
    return _marked(f"{called(pair.one)} · {called(pair.other)} · {likelihood(pair.probability)}", pair.is_sure)


_action = partial(
    Bulk[Duplicate], permission="customers:write", find=queries.pairs_of, row_id=lambda pair: pair.pk, title=title,
)  # fmt: skip
ACTIONS = [
    _action(
        name="merge", label=lazy("Merge"),
        question=lambda n: ngettext("Merge %(count)d pair?", "Merge %(count)d pairs?", n) % {"count": n},
        done=lambda n: ngettext(
            "%(count)d pair is merged. It can be taken back on the card.",
            "%(count)d pairs are merged. Each merge can be taken back on the card.", n,
        ) % {"count": n},
        check=lambda pair, actor, at_us: operations.check_undecided(pair), carry_out=_merge, together=_together,
        outlined=lazy("Who becomes one person"), outline=_become,
    ),
    _action(
        name="refuse", label=lazy("Not the same person"),
        question=lambda n: ngettext(
            "Say of %(count)d pair that they are two people?", "Say of %(count)d pairs that they are two people?", n
        ) % {"count": n},
        done=lambda n: ngettext(
            "%(count)d pair is not proposed again.", "%(count)d pairs are not proposed again.", n
        ) % {"count": n},
        check=lambda pair, actor, at_us: operations.check_open(pair), carry_out=_refuse,
    ),
]  # fmt: skip

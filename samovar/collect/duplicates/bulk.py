"""What can be done to many pairs at once: make one person of each, or say that they are two."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from samovar.collect import people
from samovar.collect.duplicates import operations, queries
from samovar.collect.duplicates.labels import likelihood
from samovar.collect.duplicates.models import Duplicate
from samovar.engine.warehouse import client
from samovar.staff.actors import Actor
from samovar.webkit.bulk import Bulk


def _merge(pair: Duplicate, actor: Actor, at_us: int) -> None:
    operations.merge_pair(pair=pair, chosen={}, warehouse=client.current(), actor=actor, at_us=at_us)


def _refuse(pair: Duplicate, actor: Actor, at_us: int) -> None:
    operations.refuse(pair=pair, actor=actor, at_us=at_us)


def called(person: int) -> str:
    """A person's name in a list, else her number."""
    return people.called(person) or _("Customer %(id)s") % {"id": person}


def title(pair: Duplicate) -> str:
    """Both names of a pair and how likely it is."""
    return f"{called(pair.one)} · {called(pair.other)} · {likelihood(pair.probability)}"


_action = partial(
    Bulk[Duplicate], permission="customers:write", find=queries.pairs_of, row_id=lambda pair: pair.pk, title=title,
    check=lambda pair, actor, at_us: operations.check_open(pair),
)  # fmt: skip
ACTIONS = [
    _action(
        name="merge", label=lazy("Merge"),
        question=lambda n: ngettext("Merge %(count)d pair?", "Merge %(count)d pairs?", n) % {"count": n},
        done=lambda n: ngettext(
            "%(count)d pair is one person now. It can be taken back on the card.",
            "%(count)d pairs are one person each now. Each can be taken back on the card.", n,
        ) % {"count": n},
        carry_out=_merge,
    ),
    _action(
        name="refuse", label=lazy("Not the same person"),
        question=lambda n: ngettext(
            "Say of %(count)d pair that they are two people?", "Say of %(count)d pairs that they are two people?", n
        ) % {"count": n},
        done=lambda n: ngettext(
            "%(count)d pair is not proposed again.", "%(count)d pairs are not proposed again.", n
        ) % {"count": n},
        carry_out=_refuse,
    ),
]  # fmt: skip

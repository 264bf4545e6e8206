"""What can be done to many members at once: keep them out, let them in."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from samovar.kit.errors import Refusal
from samovar.staff import operations, queries
from samovar.staff.actors import Actor
from samovar.staff.models import Member
from samovar.webkit.bulk import Bulk


def _set(is_active: bool, row: Member, actor: Actor, at_us: int) -> None:
    operations.set_active(member_id=row.pk, is_active=is_active, actor=actor, at_us=at_us)


def _check(is_active: bool, row: Member, actor: Actor, at_us: int) -> None:
    if row.is_active == is_active:
        said = _("%(login)s signs in already.") if is_active else _("%(login)s is kept out already.")
        raise Refusal("nothing_to_change", said % {"login": row.username})
    if not is_active and (actor.kind, actor.id) == ("staff", str(row.pk)):
        raise Refusal("yourself", _("You cannot keep yourself out."))


_action = partial(
    Bulk[Member], permission="staff:write", find=queries.members_by_ids, row_id=lambda row: row.pk,
    title=lambda row: row.username,
)  # fmt: skip
ACTIONS = [
    _action(
        name="keep-out", label=lazy("Keep out"), is_danger=True,
        question=lambda n: ngettext("Keep %(count)d member out?", "Keep %(count)d members out?", n) % {"count": n},
        done=lambda n: ngettext(
            "%(count)d member is kept out from the next page on.", "%(count)d members are kept out from the next page on.", n
        ) % {"count": n},
        check=partial(_check, False), carry_out=partial(_set, False),
    ),
    _action(
        name="let-in", label=lazy("Let in"),
        question=lambda n: ngettext("Let %(count)d member in?", "Let %(count)d members in?", n) % {"count": n},
        done=lambda n: ngettext("%(count)d member can sign in.", "%(count)d members can sign in.", n) % {"count": n},
        check=partial(_check, True), carry_out=partial(_set, True),
    ),
]  # fmt: skip

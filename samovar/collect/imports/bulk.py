"""What can be done to many refused rows at once: try them again as they stand, leave them out for good."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from samovar.collect.imports import operations, queries
from samovar.collect.imports.models import QuarantineRow
from samovar.collect.imports.office import append, workspace
from samovar.collect.imports.reasons import sentence
from samovar.staff.actors import Actor
from samovar.webkit.bulk import Bulk


def _replay(row: QuarantineRow, actor: Actor, at_us: int) -> None:
    operations.correct_and_replay(
        workspace=workspace(), row_id=row.pk, corrected=row.raw, actor=actor, at_us=at_us, append=append
    )


def _dismiss(row: QuarantineRow, actor: Actor, at_us: int) -> None:
    operations.dismiss(row_id=row.pk, actor=actor, at_us=at_us)


_action = partial(
    Bulk[QuarantineRow], permission="quarantine:write", find=queries.rows_of, row_id=lambda row: row.pk,
    title=lambda row: f"№ {row.pk}: {sentence(row.reason, row.field)}",
)  # fmt: skip
ACTIONS = [
    _action(
        name="replay", label=lazy("Try again as they stand"),
        question=lambda n: ngettext("Try %(count)d row again?", "Try %(count)d rows again?", n) % {"count": n},
        done=lambda n: ngettext(
            "%(count)d row is in. Figures follow within seconds.", "%(count)d rows are in. Figures follow within seconds.", n
        ) % {"count": n},
        check=lambda row, actor, at_us: operations.check_replay(workspace(), row, at_us), carry_out=_replay,
    ),
    _action(
        name="dismiss", label=lazy("Dismiss"), is_danger=True,
        question=lambda n: ngettext("Leave %(count)d row out for good?", "Leave %(count)d rows out for good?", n) % {"count": n},
        done=lambda n: ngettext(
            "%(count)d row stays out. It can still be read here.", "%(count)d rows stay out. They can still be read here.", n
        ) % {"count": n},
        check=lambda row, actor, at_us: operations.check_open(row), carry_out=_dismiss,
    ),
]  # fmt: skip

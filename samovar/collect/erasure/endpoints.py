"""The REST API of erasure: a customer is erased, and it is told how far that has come."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from samovar.collect.erasure import operations
from samovar.collect.erasure.models import Erasure
from samovar.collect.erasure.queries import erasure_of
from samovar.collect.queries import survivor_of
from samovar.kit.clock import iso
from samovar.kit.errors import NotFound
from samovar.staff.access import Allowed

router = Router(tags=["customers"])


class ErasureOut(Schema):
    """`state` is `asked` (nobody finds her any more), `swept` (no file and no table names her), `done` (nor the warehouse).

    `profiles` are those that stood under the person.
    """

    id: int
    profiles: list[int]
    state: str = Field(pattern="^(asked|swept|done)$")
    asked_at: str
    done_at: str | None


@router.post(
    "/customers/{person_id}/erase", auth=Allowed("customers:erase"), response=ErasureOut,
    summary="Erase a customer for good; figures of the past stay",
)  # fmt: skip
def erase_customer(request: Any, person_id: int) -> Any:
    """It holds at once; the worker then goes through everything stored, which `GET …/erasure` tells. It cannot be taken back."""
    return _erasure(
        operations.erase(workspace=django_settings.WORKSPACE, person=person_id, actor=request.actor, at_us=request.at_us)
    )


@router.get(
    "/customers/{person_id}/erasure", auth=Allowed("customers:read"), response=ErasureOut,
    summary="How far the erasure of a customer has come",
)  # fmt: skip
def get_erasure(request: Any, person_id: int) -> Any:
    row = erasure_of(survivor_of(person_id))
    if row is None:
        raise NotFound("not_erased", _("Customer %(id)s was not erased.") % {"id": person_id})
    return _erasure(row)


def _erasure(row: Erasure) -> dict[str, Any]:
    return {
        "id": row.person_id, "profiles": row.profiles, "state": row.state, "asked_at": iso(row.asked_us),
        "done_at": iso(row.done_us) if row.done_us else None,
    }  # fmt: skip

"""Actions on many rows of a list: choose, see how many would change and what would be refused and why, confirm.

A room declares `Bulk` actions; its list (`webkit.tables`) draws their buttons and the page of confirmation, and `serve` gives
the REST API the same with a dry run. Each row is changed by the room's own operation, in a transaction and with an audit row
of its own; a row refused holds nobody else up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.utils.functional import Promise
from ninja import Router, Schema
from pydantic import Field

from samovar.kit.errors import Refusal
from samovar.staff.access import Allowed
from samovar.staff.actors import Actor
from samovar.staff.permissions import known

Row = TypeVar("Row")
BULK_ROWS_MAX = 1_000


@dataclass(frozen=True)
class Bulk(Generic[Row]):
    """One action. `check` raises a `Refusal` where the action would; `carry_out` does it to one row and may refuse still.

    `question(n)` and `done(n)` are sentences of `n` rows: "Archive 3 segments?", "3 segments are archived."

    Where what becomes of a row hangs on the rows before it, `together(rows, at_us)` makes of all that were found a check of one
    row after another, which takes each row it lets pass for changed. `outline(rows)` says in lines, under `outlined`, what all
    that would change come to.
    """

    name: str  # in addresses
    label: str | Promise
    question: Callable[[int], str]
    done: Callable[[int], str]
    permission: str
    find: Callable[[Sequence[int]], Sequence[Row]]
    row_id: Callable[[Row], int]
    title: Callable[[Row], str]
    check: Callable[[Row, Actor, int], object]
    carry_out: Callable[[Row, Actor, int], object]
    is_danger: bool = False
    together: Callable[[Sequence[Row], int], Callable[[Row], None]] | None = None
    outlined: str | Promise = ""
    outline: Callable[[Sequence[Row]], Sequence[str]] | None = None

    def __post_init__(self) -> None:
        known(self.permission)


@dataclass
class Outcome(Generic[Row]):
    """What became, or would become, of the rows asked about; `gone` are ids that name nothing any more."""

    changed: list[Row] = field(default_factory=list)
    refused: list[tuple[Row, Refusal]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


def rehearse(action: Bulk[Row], ids: Sequence[int], actor: Actor, at_us: int) -> Outcome[Row]:
    """What would become of the rows; nothing is changed."""
    return _each(action, ids, at_us, lambda row: action.check(row, actor, at_us), lambda row: None)


def carry_out(action: Bulk[Row], ids: Sequence[int], actor: Actor, at_us: int) -> Outcome[Row]:
    """Change each row that is not refused."""
    return _each(action, ids, at_us, lambda row: action.check(row, actor, at_us), lambda row: action.carry_out(row, actor, at_us))


def _each(
    action: Bulk[Row], ids: Sequence[int], at_us: int, check: Callable[[Row], object], change: Callable[[Row], object]
) -> Outcome[Row]:
    wanted = list(dict.fromkeys(ids))[:BULK_ROWS_MAX]
    found = {action.row_id(row): row for row in action.find(wanted)}
    outcome: Outcome[Row] = Outcome(gone=[row_id for row_id in wanted if row_id not in found])
    rows = [found[row_id] for row_id in wanted if row_id in found]
    check_beside = action.together(rows, at_us) if action.together else lambda row: None
    for row in rows:
        try:
            check(row)
            check_beside(row)
            change(row)
        except Refusal as refusal:
            outcome.refused.append((row, refusal))
        else:
            outcome.changed.append(row)
    return outcome


class BulkIn(Schema):
    """The rows by their ids; with `dry_run` nothing is changed and the answer says what would be."""

    ids: list[int] = Field(min_length=1, max_length=BULK_ROWS_MAX)
    dry_run: bool = False


class RefusedRow(Schema):
    id: int
    code: str
    message: str


class BulkOut(Schema):
    """`gone` are ids that name nothing."""

    changed: list[int]
    refused: list[RefusedRow]
    gone: list[int]


def serve(router: Router, noun: str, actions: Sequence[Bulk[Any]]) -> None:
    """Give a room's router `POST /bulk/<noun>/<action>` for each of its actions."""
    for action in actions:
        summary = f"{action.name.replace('-', ' ').capitalize()} many {noun}"
        route = router.post(
            f"/bulk/{noun}/{action.name}", auth=Allowed(action.permission), response=BulkOut, summary=summary,
            operation_id=f"bulk_{noun}_{action.name.replace('-', '_')}",
        )  # fmt: skip
        route(_endpoint(action))


def _endpoint(action: Bulk[Any]) -> Callable[..., Any]:
    def answer(request: Any, body: BulkIn) -> Any:
        if body.dry_run:
            outcome = rehearse(action, body.ids, request.actor, request.at_us)
        else:
            outcome = carry_out(action, body.ids, request.actor, request.at_us)
        return {
            "changed": [action.row_id(row) for row in outcome.changed],
            "refused": [{"id": action.row_id(row), "code": r.code, "message": r.message} for row, r in outcome.refused],
            "gone": outcome.gone,
        }  # fmt: skip

    answer.__doc__ = "Rows that cannot be changed are named with their reasons; the others are."
    return answer

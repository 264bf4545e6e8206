"""From a campaign to its recipients: the rule of its audience, the people in batches, each with his group and context."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from samovar.decide import actions, queries
from samovar.decide.models import Campaign
from samovar.decide.rules import assign
from samovar.engine.warehouse.client import Asker
from samovar.kit.clock import day_date
from samovar.kit.numbers import SCALE

NAMES = ("first_name", "last_name", "name", "city")  # traits every letter may speak of
SERVICE_PURPOSE = "service"  # letters a person needs: no record of consent is asked for


def needs_consent(purpose: str) -> bool:
    """Whether a purpose needs a given consent; service messages do not."""
    return purpose != SERVICE_PURPOSE


def recipients(*, campaign: Campaign, warehouse: Asker, tree: Any, at_us: int, after: int, limit: int) -> list[actions.Recipient]:
    """Up to `limit` people after a person id, in order of id, assigned."""
    action = actions.get(campaign.action["name"])
    names = sorted({*NAMES, *action.variables(queries.facts(campaign))})
    table = warehouse.query(
        "decide.recipients", tree=tree, at_us=at_us, after=after, limit=limit, names=names, channel=campaign.channel,
        purpose=campaign.purpose,
    )  # fmt: skip
    return list(_assigned(campaign, table.to_pylist()))


def _assigned(campaign: Campaign, rows: Iterable[dict[str, Any]]) -> Iterable[actions.Recipient]:
    weights = campaign.weights()
    for row in rows:
        variant, is_control = assign(campaign.salt, row["person_id"], campaign.control_share, weights)
        yield actions.Recipient(row["person_id"], row["address"], variant, is_control, _context(row))


def _context(row: dict[str, Any]) -> dict[str, Any]:
    """What a letter may say of a person; what is unknown is absent."""
    context: dict[str, Any] = {"email": row["address"], "orders": row["orders"]} if row["address"] else {"orders": row["orders"]}
    for trait in row["traits"] or ():
        if (value := _value(trait)) is not None:
            context[trait["name"]] = value
    if row["last_order_day"] is not None:
        context["last_order_on"] = day_date(row["last_order_day"]).isoformat()
        context["last_order_minor"] = row["last_order_minor"]
    return context


def _value(trait: dict[str, Any]) -> str | int | float | bool | None:
    kind = trait["kind"]
    if kind == "number" and trait["number"] is not None:
        whole, rest = divmod(trait["number"], SCALE)
        return trait["number"] / SCALE if rest else int(whole)
    if kind == "date" and trait["date_day"] is not None:
        return day_date(trait["date_day"]).isoformat()
    value: str | bool | None = trait["boolean"] if kind == "boolean" else trait["text"]
    return value

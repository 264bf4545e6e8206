"""Campaigns as text. What happened to a campaign (its status, its people) is no definition: it comes in as a draft."""

from __future__ import annotations

from typing import Any

from samovar import rules
from samovar.decide import operations
from samovar.decide.fields import FIELDS, BadField
from samovar.decide.models import Campaign
from samovar.decide.rules import PER_WHOLE, Status
from samovar.engine.definitions import Kind
from samovar.kit.clock import BadMoment, Zone, iso, parse_moment
from samovar.staff.actors import Actor
from samovar.understand import words
from samovar.understand.carried import bring, carried, unknown


def export_campaigns() -> dict[str, dict[str, Any]]:
    """{slug: fields} of every campaign."""
    return {row.slug: _values(row) for row in Campaign.objects.order_by("slug")}


def _values(row: Campaign) -> dict[str, Any]:
    return {
        "name": row.name, "kind": row.kind, "goal": row.goal, "segment": row.audience_segment, "audience": row.audience_text,
        "words": carried(rule) if (rule := _audience(row.audience_text)) is not None else None,
        "purpose": row.purpose, "channel": row.channel, "control_share": row.control_share / PER_WHOLE,
        "variants": row.variants, "start": iso(row.start_us) if row.start_us is not None else None,
        "window_days": row.window_days, "action": row.action["name"], "params": row.action.get("params") or {},
    }  # fmt: skip


def _audience(text: str) -> rules.Rule | None:
    """The rule of an audience; a draft may have none, or a text that is none yet."""
    try:
        return rules.parse(text, words.open_catalogue()) if text else None
    except rules.RuleError:
        return None


def unknown_words(values: dict[str, Any]) -> list[str]:
    """What this shop's data does not know of the words that a campaign's audience brings."""
    rule = _audience(str(values.get("audience") or ""))
    return [] if rule is None else unknown(rule, values.get("words"))


def apply_campaign(slug: str, values: dict[str, Any], actor: Actor, at_us: int) -> None:
    """Create a draft or edit one; a launched campaign may only be applied unchanged. Raises `BadField`, `WrongStatus`,
    `BadWords`."""
    rule = _audience(str(values.get("audience") or ""))
    if rule is not None:
        bring(rule, values.get("words"))
    fields = _fields(values)
    row = Campaign.objects.filter(slug=slug).first()
    if row is None:
        operations.create_draft(slug=slug, actor=actor, at_us=at_us, **fields)
    elif row.status == Status.DRAFT or _fields(_values(row)) != fields:
        operations.edit(campaign=row, values=fields, actor=actor, at_us=at_us)


def _fields(values: dict[str, Any]) -> dict[str, Any]:
    """The fields of a text, with what is absent at its empty value."""
    fields = {name: default for name, (_column, default, _clean) in FIELDS.items() if name not in ("start_us", "action")}
    known = {*fields, "words", "start", "action", "params"}
    if others := sorted(set(values) - known):
        raise BadField("unknown_field", f"A campaign has no field “{others[0][:60]}”.", field=others[0][:60])
    fields |= {name: values[name] for name in fields if name in values}
    fields["action"] = {"name": values.get("action", "send_email"), "params": values.get("params") or {}}
    try:
        fields["start_us"] = parse_moment(values["start"], Zone("UTC")) if values.get("start") else None
    except (BadMoment, AttributeError) as error:
        raise BadField("bad_start", str(error), field="start") from error
    return fields


KINDS = (Kind("campaigns", order=20, export=export_campaigns, apply=apply_campaign, unknown=unknown_words),)

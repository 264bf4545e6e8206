"""The registry of actions: what a campaign can do with the people it chose (send a letter, later grant points or open a task).

A room to the right registers an `Action` in its own `actions.py`; the registry reads these modules of the installed rooms
when it is first asked. `decide` knows nothing of what an action does: it hands over assigned people in batches, inside its
own transaction, and asks how many rows are still open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.utils.module_loading import autodiscover_modules

from samovar.decide import params
from samovar.kit.errors import NotFound


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """What an action may know of a campaign. `params` are the action's own, valid under its schema."""

    id: int
    slug: str
    name: str
    purpose: str
    channel: str
    variants: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One assigned person; an empty `address` means there is none. `variant` is also given to control people: the one they
    would have got. `context` holds what a letter may say of them, captured at planning.
    """

    profile_id: int
    address: str
    variant: str
    is_control: bool
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a campaign cannot be launched: a stable code, the step of the page it belongs to and a sentence for the reader."""

    code: str
    message: str
    step: str  # who, what, when, measure


@dataclass(frozen=True, slots=True)
class Preview:
    """What one person would get. `html` was written by people: show it only in a sandboxed frame."""

    subject: str
    html: str
    text: str


def _no_problems(campaign: CampaignFacts) -> Sequence[Problem]:
    return ()


def _no_names(campaign: CampaignFacts) -> Sequence[str]:
    return ()


@dataclass(frozen=True)
class Action:
    """A step that does something with people.

    run(campaign, recipients, at_us) plans their rows, treated and control alike, and returns how many were new; it is
    called inside the caller's transaction and may be called again with the same people.
    remaining(campaign_id) counts rows without an outcome. close(campaign_id, reason, limit, at_us) gives up to `limit`
    rows that were not begun a final outcome and returns how many. check(campaign) names what is missing; preview(campaign,
    variant, recipient) shows one person's; variables(campaign) names the traits the templates speak of.
    """

    name: str
    title: str
    schema: Mapping[str, Any]
    run: Callable[[CampaignFacts, Sequence[Recipient], int], int]
    remaining: Callable[[int], int]
    close: Callable[[int, str, int, int], int]
    check: Callable[[CampaignFacts], Sequence[Problem]] = _no_problems
    variables: Callable[[CampaignFacts], Sequence[str]] = _no_names
    preview: Callable[[CampaignFacts, Recipient], Preview] | None = None


_actions: dict[str, Action] = {}


class NameTaken(ValueError):
    """Two actions claim one name."""


def register(action: Action) -> Action:
    """Add an action; a module imported twice may register it again. Raises `NameTaken`, `SchemaTooRich`."""
    params.readable(action.schema)
    known = _actions.get(action.name)
    if known is not None and known.run.__module__ != action.run.__module__:
        raise NameTaken(f"Two actions are called “{action.name}”.")
    _actions[action.name] = action
    return action


@cache
def _discover() -> None:
    autodiscover_modules("actions")


def get(name: str) -> Action:
    """The action of a name. Raises `NotFound`."""
    _discover()
    if (action := _actions.get(name)) is None:
        raise NotFound("unknown_action", f"There is no action “{name}”.", name=name)
    return action


def all_actions() -> tuple[Action, ...]:
    """Every action, by name."""
    _discover()
    return tuple(_actions[name] for name in sorted(_actions))

"""What the simulated customers do with the letters they got, told to the log as the edge tells it: one row a reaction.

Who was written to is read from the message ledger; what he does about it was drawn with the shop (`reaction`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from samovar.communicate.hot import is_machine
from samovar.communicate.queries import SentMessage
from samovar.doors.demo.acts import Slice
from samovar.doors.demo.people import SLICE, Ints
from samovar.doors.demo.reaction import Response, respond
from samovar.engine.log import Row
from samovar.kit.clock import SECOND_US

PERSON_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
PROXY_AGENT = "Mozilla/5.0"  # how Apple's mail privacy proxy calls itself
SOURCE = "feedback"


@dataclass(frozen=True)
class Reactions:
    """Log rows of opens, clicks and goodbyes in time order, and the extra orders as slices to render."""

    rows: list[Row]
    extra: list[Slice]

    def until(self, from_us: int, until_us: int) -> list[Row]:
        """The rows with from_us <= time < until_us."""
        return [row for row in self.rows if from_us <= row.received_us < until_us]


def person_of(address: str) -> int:
    """The number, from 0, of the simulated person an address belongs to."""
    return int(address.removeprefix("buyer").partition("@")[0]) - 1


def react(seed: int, sent: Sequence[SentMessage], *, discount_percent: int, url: str) -> Reactions:
    """The answers to these letters; `url` is what their readers click on."""
    index = np.array([person_of(message.address) for message in sent], dtype=np.int64)
    rows: list[Row] = []
    extra: list[Slice] = []
    for part in np.unique(index // SLICE).tolist():
        own = [message for message, number in zip(sent, index, strict=True) if number // SLICE == part]
        places = index[index // SLICE == part] % SLICE
        sent_us = np.zeros(SLICE, dtype=np.int64)
        sent_us[places] = [message.sent_us for message in own]
        response = respond(seed, part, sent_us, discount_percent=discount_percent)
        rows.extend(_rows(response, own, places, url))
        extra.append(response.extra)
    return Reactions(sorted(rows, key=lambda row: row.received_us), extra)


def _rows(response: Response, sent: Sequence[SentMessage], places: Ints, url: str) -> Iterator[Row]:
    for message, place in zip(sent, places.tolist(), strict=True):
        told = (
            ("prefetched", "Message Opened", int(response.prefetched_us[place]), "GET", PROXY_AGENT, ""),
            ("opened", "Message Opened", int(response.opened_us[place]), "GET", PERSON_AGENT, ""),
            ("clicked", "Message Clicked", int(response.clicked_us[place]), "GET", PERSON_AGENT, url),
            ("left", "Message Unsubscribed", int(response.left_us[place]), "POST", PERSON_AGENT, ""),
        )
        for what, name, at_us, method, agent, target in told:
            if at_us:
                properties = {
                    "message_id": message.id, "profile_id": message.profile_id, "campaign_id": message.campaign_id, "url": target,
                    "method": method, "user_agent": agent,
                    "by_machine": is_machine(
                        method=method, user_agent=agent, since_sent_s=(at_us - message.sent_us) / SECOND_US
                    ),
                }  # fmt: skip
                event = {"type": "track", "event": name, "messageId": f"{what}-{message.id}", "properties": properties}
                yield Row(at_us, SOURCE, "events", 1, None, json.dumps([event]).encode())

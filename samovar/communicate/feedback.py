"""What people do with our letters: opens, clicks and unsubscriptions, written to the ledger's rows once each.

The first time of each counts, machines apart from people; a repeat changes nothing, so the worker may apply a batch again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from samovar.collect.consent import Statement
from samovar.engine import store

OPENED, CLICKED, UNSUBSCRIBED = "Message Opened", "Message Clicked", "Message Unsubscribed"
SOURCE = "one-click"
IDS_MAX = 500

_COLUMNS = {
    (OPENED, False): "opened_us",
    (OPENED, True): "machine_opened_us",
    (CLICKED, False): "clicked_us",
    (CLICKED, True): "machine_clicked_us",
    (UNSUBSCRIBED, False): "unsubscribed_us",
    (UNSUBSCRIBED, True): "unsubscribed_us",
}


def apply(events: Iterable[Mapping[str, Any]]) -> list[Statement]:
    """Write reactions to the ledger; call inside a transaction.

    An event has `name`, `time_us`, `key` and `properties` with `message_id` (the ledger's row) and `by_machine`. Returns the
    withdrawals of consent that unsubscriptions mean, for the caller to record: the message's purpose on its address.
    """
    first: dict[tuple[str, int], int] = {}
    withdrawn: dict[int, tuple[int, int]] = {}
    for event in events:
        properties = event.get("properties") or {}
        row_id = _row_id(properties.get("message_id"))
        column = _COLUMNS.get((str(event.get("name")), bool(properties.get("by_machine"))))
        if row_id is None or column is None:
            continue
        time_us = int(event["time_us"])
        first[column, row_id] = min(time_us, first.get((column, row_id), time_us))
        if event["name"] == UNSUBSCRIBED:
            withdrawn[row_id] = min((time_us, int(event["key"])), withdrawn.get(row_id, (time_us, int(event["key"]))))
    for (column, row_id), time_us in sorted(first.items()):
        # `column` is one of the names above, never a stranger's text.
        store.execute(
            f"UPDATE communicate_message SET {column} = %s WHERE id = %s AND ({column} IS NULL OR {column} > %s)",
            [time_us, row_id, time_us],
        )
    return _withdrawals(withdrawn)


def _withdrawals(withdrawn: Mapping[int, tuple[int, int]]) -> list[Statement]:
    statements = []
    ids = sorted(withdrawn)
    for start in range(0, len(ids), IDS_MAX):
        chunk = ids[start : start + IDS_MAX]
        rows = store.fetch(
            "SELECT id, profile_id, address, purpose, campaign_id FROM communicate_message "
            f"WHERE id IN ({', '.join(['%s'] * len(chunk))}) ORDER BY id",
            chunk,
        )
        for row_id, profile_id, address, purpose, campaign_id in rows:
            time_us, _key = withdrawn[row_id]
            statements.append(
                Statement(
                    key=f"unsubscribe:{row_id}:{time_us}", channel="email", address=address, purpose=purpose, given=False,
                    time_us=time_us, source=SOURCE, text_version=f"campaign {campaign_id}", profile_id=profile_id,
                )
            )  # fmt: skip
    return statements


def _row_id(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        value = int(value)
    return value if isinstance(value, int) and 0 < value < 2**63 else None

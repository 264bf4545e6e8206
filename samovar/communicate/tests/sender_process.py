"""A sender in a process of its own, for tests that kill it: `python sender_process.py plan|send|states DATA [ARGUMENT]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from samovar.doors.session import migrate, set_up_django
from samovar.engine.workspace import Workspace

T0 = 1_790_000_000_000_000


def plan(workspace: Workspace, count: int, port: int) -> None:
    """Make the tables, a campaign to `count` people and the settings of a server on `port` (0: the built-in mailbox)."""
    migrate()
    from samovar.collect import consent
    from samovar.communicate import ledger
    from samovar.communicate.models import Letter
    from samovar.decide.models import Campaign
    from samovar.engine import store
    from samovar.engine.models import Setting

    server = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"} if port else {}
    for name, value in server.items():
        Setting.objects.create(name=name, value=value)
    campaign = Campaign.objects.create(
        slug="c", name="C", salt="s", variants=[{"name": "A", "weight": 1}], action={"name": "send_email"}, status="running",
        created_us=T0,
    )  # fmt: skip
    letter = Letter.objects.create(campaign=campaign, variant="A", version=1, subject="s", html="<p>h</p>", created_us=T0)
    people = [ledger.PlannedRow(n, f"p{n}@x.example", "A", False, letter.id, {}) for n in range(1, count + 1)]
    with store.transaction():
        ledger.plan(campaign_id=campaign.id, purpose="marketing", rows=people, due_us=T0, at_us=T0)
        consent.state(
            [consent.Statement(p.address, "email", p.address, "marketing", True, T0 - 1, "test") for p in people]
        )  # fmt: skip


def states() -> dict[str, list[str]]:
    """State -> addresses, and under “told” those announced as sent."""
    from samovar.communicate.models import Message
    from samovar.engine.models import Outbox

    found: dict[str, list[str]] = {}
    addresses = dict(Message.objects.values_list("id", "address"))
    for state, address in Message.objects.order_by("id").values_list("state", "address"):
        found.setdefault(state, []).append(address)
    payloads = Outbox.objects.filter(name="Message Sent").values_list("payload", flat=True)
    found["told"] = sorted(addresses[payload["message_id"]] for payload in payloads)
    return found


def main(verb: str, data: str, *arguments: str) -> None:
    workspace = Workspace.open(Path(data))
    set_up_django(workspace)
    if verb == "plan":
        plan(workspace, int(arguments[0]), int(arguments[1]))
    elif verb == "send":
        from samovar.communicate.delivery import deliver_due

        deliver_due(workspace=workspace, at_us=T0 + int(arguments[0]))
    else:
        sys.stdout.write(json.dumps(states()))


if __name__ == "__main__":
    main(*sys.argv[1:])

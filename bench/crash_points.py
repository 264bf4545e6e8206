"""A crash at every n-th commit, fsync and wire call of a fixed workload, at least 1,000 points, and the books afterwards.

    python bench/crash_points.py [--every 1] [--people 150] [--workers 2] [--first 1] [--last 0]

The workload takes orders, launches a campaign, sends it to an SMTP sink in another process, and lets months pass, so that
log and outbox are sealed. A child runs it and kills itself with SIGKILL at the n-th point; another child opens what is left,
and then:

1. every order that was acknowledged is counted;
2. all orders are sent again under the same message ids: each is counted once;
3. the campaign is brought to its end: everybody has exactly one outcome, at most 64 are in doubt, the sink took no letter
   twice, and everybody said to be sent to is in the sink;
4. months pass, every closed one is sealed, and a warehouse made again has every order and every outcome.

What is tried and how stands in samovar/doors/tests/crashing.py; the wire calls of a sender are points too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import crashes

from samovar.doors.tests.crashing import Kill, Story, Writer

HERE = Path(__file__).resolve()

BATCHES, BATCH = 8, 20
IN_DOUBT_MAX = 64
START = "2026-03-01T10:00"
MINUTE_US = 60_000_000
MONTHS_US = 70 * 24 * 60 * MINUTE_US
CAMPAIGN = "spring"


def orders(batch: int) -> bytes:
    """One batch of orders as it lies in the log."""
    return json.dumps([
        {
            "type": "track", "userId": f"p{n}@example.com", "messageId": f"o-{batch}-{n}", "event": "Order Completed",
            "timestamp": "2026-02-20T10:00:00Z", "properties": {"order_id": f"o-{batch}-{n}", "revenue": 10.5, "currency": "RUB"},
        }
        for n in range(BATCH)
    ]).encode()  # fmt: skip


def people(count: int) -> bytes:
    """Everybody and their consent."""
    events: list[dict[str, Any]] = []
    for n in range(count):
        mail, at = f"p{n}@example.com", "2026-02-01T10:00:00Z"
        events.append({"type": "identify", "userId": mail, "messageId": f"i{n}", "timestamp": at, "traits": {"email": mail}})
        said = {
            "channel": "email",
            "address": mail,
            "purpose": "marketing",
            "given": True,
            "source": "bench",
            "text_version": "1",
        }
        events.append({
            "type": "track", "userId": mail, "messageId": f"c{n}", "timestamp": at, "event": "Consent Changed", "properties": said
        })  # fmt: skip
    return json.dumps(events).encode()


# The sink


async def run_sink(took: Path) -> None:
    """Take every mail, write its recipients to a file, then answer; print the port."""
    from samovar.communicate.channels.email.mailbox import ReceivedMail, serve

    def receive(mail: ReceivedMail) -> None:
        with took.open("a") as out:
            out.write("".join(f"{recipient}\n" for recipient in mail.recipients))
        mail.answer("250 taken")

    server, port = await serve(receive)
    print(port, flush=True)
    await server.serve_forever()


@contextmanager
def sink(took: Path) -> Iterator[int]:
    """A sink in a process of its own; its port."""
    process = subprocess.Popen([sys.executable, HERE, "--sink", str(took)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


# What a child does


def prepare(data: Path, port: int, count: int) -> None:
    """Make the workspace every run starts from: people with consent, a campaign's draft, the sink as its mail server."""
    from samovar.doors.cli.init import make
    from samovar.doors.session import open_session
    from samovar.staff.actors import Actor

    make(data, currency="RUB", timezone="Europe/Moscow", virtual=True, at=START)
    with open_session(data, command="run", exclusive=True) as session:
        from samovar.doors import policy

        session.append_log([_row(people(count), 2 * count, session.clock.now_us())])
        session.settle()
        folder = data.parent / "policy"
        _write_policy(folder, port)
        policy.apply_from(folder, actor=Actor.system("bench"), at_us=session.clock.now_us())


def _write_policy(folder: Path, port: int) -> None:
    values = {
        "samovar.yaml": {"format": 1},
        f"campaigns/{CAMPAIGN}.yaml": {"name": "Spring", "kind": "information", "audience": "count(orders) >= 0"},
        f"letters/{CAMPAIGN}.yaml": {"A": {"subject": "Spring tea", "html": "<p>Tea, {{ email }}.</p>", "text": "Tea."}},
    }
    settings = {
        "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "smtp_connections": 2, "contact_cap_messages": 0,
        "public_url": "https://shop.example", "from_address": "shop@shop.example",
    }  # fmt: skip
    values |= {f"settings/{name}.yaml": {"value": value} for name, value in settings.items()}
    for name, content in values.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))  # JSON is YAML


def _row(body: bytes, count: int, at_us: int) -> Any:
    from samovar.engine.log import Row

    return Row(received_us=at_us, source="server", kind="events", count=count, sent_us=None, body=body)


def workload(data: Path, begins: Callable[[str], None]) -> None:
    """What is crashed: orders, each acknowledged batch noted outside the workspace, the campaign to its end, the sealing."""
    from samovar.doors.session import open_session

    begins("orders")
    with open_session(data, command="run", exclusive=True) as session:
        for batch in range(BATCHES):
            session.append_log([_row(orders(batch), BATCH, session.clock.now_us())])
            with (data.parent / "acknowledged").open("a") as noted:
                noted.write(f"{batch}\n")
            session.settle()
        begins("campaign")
        finish_campaign(session)
        begins("months")
        let_months_pass(session)


def let_months_pass(session: Any) -> None:
    """Jump to where all that happened lies in closed months, and seal them."""
    session.clock.advance_to(session.clock.now_us() + MONTHS_US)
    session.settle()
    session.sealer.finish(session.clock.now_us())


def finish_campaign(session: Any) -> None:
    """Launch the campaign unless it is, and let time pass until every lease has run out and every letter has an outcome."""
    from samovar.decide import operations, queries
    from samovar.doors import advance
    from samovar.staff.actors import Actor

    campaign = queries.campaign(CAMPAIGN)
    if campaign.status == "draft":
        operations.launch(
            campaign=campaign, warehouse=session.warehouse, actor=Actor.system("bench"), at_us=session.clock.now_us()
        )
    for _ in range(3):
        advance.advance(session, session.clock.now_us() + MINUTE_US)


def recover(data: Path, count: int) -> list[str]:
    """Open what is left, go on, and say what is wrong."""
    from samovar.doors.session import open_session

    wrong: list[str] = []
    noted = data.parent / "acknowledged"
    acknowledged = BATCH * len(noted.read_text().split()) if noted.exists() else 0
    with open_session(data, command="run", exclusive=True) as session:
        session.settle()
        if (counted := _orders_counted(session)) < acknowledged:
            wrong.append(f"{acknowledged} orders were acknowledged and {counted} are counted")
        for batch in range(BATCHES):
            session.append_log([_row(orders(batch), BATCH, session.clock.now_us())])
        session.settle()
        if (counted := _orders_counted(session)) != BATCHES * BATCH:
            wrong.append(f"{BATCHES * BATCH} orders were sent and {counted} are counted")
        finish_campaign(session)
        let_months_pass(session)
        told = _told(session)
    return wrong + _outcomes(data, count) + _rebuilt(data, told)


def _rebuilt(data: Path, told: list[Any]) -> list[str]:
    """What is wrong with the sealed months: rows that are still live, or a warehouse made again from them that differs."""
    from samovar.doors.session import open_session
    from samovar.engine.warehouse.owner import discard
    from samovar.engine.workspace import Workspace

    with closing(sqlite3.connect(data / "log.sqlite3")) as log:
        live = log.execute("SELECT count(*) FROM log").fetchone()[0]
    wrong = [f"{live} rows of closed months are still in the log"] if live else []
    discard(Workspace.open(data).warehouse_path)
    with open_session(data, command="rebuild", exclusive=True) as session:
        session.settle()
        if (again := _told(session)) != told:
            wrong.append(f"the warehouse held {told}, and made again {again}")
    return wrong


def _told(session: Any) -> list[Any]:
    """Orders, events and outcomes as the warehouse counts them."""
    counts = "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM events), (SELECT count(*) FROM campaign_people)"
    return list(session.owner.loop.execute(counts).fetchall())


def _orders_counted(session: Any) -> int:
    return int(session.owner.loop.execute("SELECT count(*) FROM orders").fetchall()[0][0])


def _outcomes(data: Path, count: int) -> list[str]:
    connection = sqlite3.connect(data / "ops.sqlite3")
    rows = connection.execute("SELECT address, state FROM communicate_message").fetchall()
    connection.close()
    took = Counter((data.parent / "took").read_text().split()) if (data.parent / "took").exists() else Counter()
    states = Counter(state for _, state in rows)
    sent = {address for address, state in rows if state == "sent"}
    doubtful = {address for address, state in rows if state == "in_doubt"}
    wrong = []
    if len(rows) != count or set(states) - {"sent", "held_out", "in_doubt"}:
        wrong.append(f"{count} people and these outcomes: {dict(states)}")
    if len(doubtful) > IN_DOUBT_MAX:
        wrong.append(f"{len(doubtful)} are in doubt")
    if twice := [address for address, times in took.items() if times > 1]:
        wrong.append(f"{len(twice)} got the letter twice, such as {twice[0]}")
    if missing := sent - set(took):
        wrong.append(f"{len(missing)} are called sent and got nothing")
    if untold := set(took) - sent - doubtful:
        wrong.append(f"{len(untold)} got a letter and are not called sent or in doubt")
    return wrong


class CampaignStory:
    """The workload to be crashed, with the sink of its letters on a port."""

    def __init__(self, port: int, people_count: int) -> None:
        self._port, self._count = port, people_count

    def prepare(self, data: Path) -> None:
        prepare(data, self._port, self._count)

    def writers(self) -> Sequence[Writer]:
        from samovar.communicate.channels.email.exchange import Exchange

        return [(Exchange, "deliver"), (Exchange, "data_received"), (Exchange, "_begin_content")]

    def run(self, data: Path, begins: Callable[[str], None]) -> None:
        workload(data, begins)

    def recover(self, data: Path) -> list[str]:
        return recover(data, self._count)


@contextmanager
def told(home: Path, options: argparse.Namespace) -> Iterator[tuple[Story, list[tuple[Story, Kill]]]]:
    """The story in a home, while its sink runs."""
    with sink(home / "took") as port:
        yield CampaignStory(port, options.people), []


def main() -> int:
    options = crashes.parser(__doc__, people=150)
    options.add_argument("--sink", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.sink:
        asyncio.run(run_sink(chosen.sink))
        return 0
    return crashes.main(str(HERE), chosen, told, least=1000)


if __name__ == "__main__":
    sys.exit(main())

"""A campaign's letters to a local SMTP sink: each body its own, links tracked, DKIM-signed, intent and outcome durable.

    .venv/bin/python bench/mail.py [--letters 100000] [--no-text]

The sink is our own asyncio server in a process of its own and answers at once; the time runs from the first claim to the last
outcome on disk. Planning is not counted. `--no-text` leaves the text part to be made from the HTML, which costs more.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing as mp
import os
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

SUBJECT = "{{ first_name | default: 'Здравствуйте' }}, чай, который вы любите"
HTML = """<html><head><style>td{padding:8px;font:14px sans-serif} a{color:#0f5c5c}</style></head><body>
<table><tr><td><h1>Добрый день{% if first_name %}, {{ first_name }}{% endif %}!</h1>
<p>Вы давно не заходили: последний заказ на {{ last_amount }} ₽ был {{ last_on }}.
Для города {{ city }} доставка бесплатна.</p></td></tr>
{% for tea in teas %}<tr><td><a href="https://tea.example/p/{{ tea.sku }}?from=letter">{{ tea.name }}</a>
{{ tea.price }} ₽</td></tr>
{% endfor %}<tr><td><a href="https://tea.example/sale">Все скидки</a></td></tr>
<tr><td><a href="{{ unsubscribe_url }}">Отписаться</a> <a href="{{ preferences_url }}">Настроить</a></td></tr>
</table></body></html>"""
TEXT = """Добрый день, {{ first_name }}! Последний заказ на {{ last_amount }} ₽ был {{ last_on }}.
Для города {{ city }} доставка бесплатна. Подборка для вас: https://tea.example/sale
Отписаться: {{ unsubscribe_url }}"""
CHUNK = 1_000
LETTERS_PER_S_MIN = 1_000
T0 = 1_790_000_000_000_000


def main() -> int:
    """Run and print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--no-text", action="store_true")
    options = parser.parse_args()
    here, there = mp.Pipe()
    sink = mp.get_context("spawn").Process(target=_sink, args=(there,), daemon=True)
    sink.start()
    port = here.recv()
    with tempfile.TemporaryDirectory(prefix="samovar-bench-") as home:
        figures = _measure(Path(home) / "workspace", port, options.letters, TEXT if not options.no_text else "")
    here.send("count")
    figures["received"], sink_s = here.recv()
    figures["sink_cpu_us_per_letter"] = round(sink_s / options.letters * 1e6)
    sink.terminate()
    figures["ok"] = figures["received"] == figures["sent"] == options.letters and figures["letters_per_s"] >= LETTERS_PER_S_MIN
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if figures["ok"] else 1


def _sink(pipe: Connection) -> None:
    import uvloop

    from samovar.communicate.channels.email.mailbox import ReceivedMail, serve

    received = 0

    def receive(mail: ReceivedMail) -> None:
        nonlocal received
        received += 1
        mail.answer("250 Taken")

    async def run() -> None:
        _server, port = await serve(receive)
        begun = time.process_time()
        pipe.send(port)
        while not pipe.poll():
            await asyncio.sleep(0.05)
        pipe.recv()
        pipe.send((received, time.process_time() - begun))
        await asyncio.sleep(60)

    uvloop.run(run())


def _measure(root: Path, port: int, letters: int, text: str) -> dict[str, Any]:
    from samovar.engine.workspace import Workspace

    workspace = Workspace.create(root, currency="RUB", timezone="Europe/Moscow", at_us=T0)
    os.environ["SAMOVAR_DATA"] = str(root)
    from samovar.doors.session import migrate, set_up_django

    set_up_django(workspace)
    migrate()
    _plan(port, letters, text)
    from samovar.communicate.delivery import deliver_due

    began, cpu = time.monotonic(), time.process_time()
    counts = deliver_due(workspace=workspace, at_us=T0 + 1, now=lambda: T0 + 1 + int((time.monotonic() - began) * 1e6))
    seconds = time.monotonic() - began
    return {
        "letters": letters, "sent": counts.sent, "seconds": round(seconds, 2), "letters_per_s": round(letters / seconds),
        "cpu_us_per_letter": round((time.process_time() - cpu) / letters * 1e6),
        "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


def _plan(port: int, letters: int, text: str) -> None:
    from samovar.collect.models import Consent
    from samovar.communicate import ledger
    from samovar.communicate.models import Letter
    from samovar.decide.models import Campaign
    from samovar.engine import store
    from samovar.engine.models import Setting

    for name, value in {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none", "smtp_connections": 8}.items():
        Setting.objects.create(name=name, value=value)
    campaign = Campaign.objects.create(
        slug="bench", name="Bench", salt="b", variants=[{"name": "A", "weight": 1}], created_us=T0, status="running",
        action={"name": "send_email", "params": {}},
    )  # fmt: skip
    letter = Letter.objects.create(
        campaign=campaign, variant="A", version=1, subject=SUBJECT, html=HTML, text=text, created_us=T0
    )
    teas = [{"sku": f"T{i}", "name": f"Чай № {i}", "price": 100 * i} for i in range(1, 7)]
    for start in range(1, letters + 1, CHUNK):
        people = range(start, min(start + CHUNK, letters + 1))
        with store.transaction():
            rows = [
                ledger.PlannedRow(
                    n, f"person{n}@mail.example", "A", False, letter.id,
                    {"first_name": f"Имя{n}", "city": "Казань", "last_amount": n % 9_000, "last_on": "5 октября", "teas": teas},
                )
                for n in people
            ]  # fmt: skip
            ledger.plan(campaign_id=campaign.id, purpose="marketing", rows=rows, due_us=T0, at_us=T0)
            Consent.objects.bulk_create(
                Consent(
                    key=f"b{n}", channel="email", address=f"person{n}@mail.example", purpose="marketing", given=True,
                    time_us=T0 - 1, source="bench",
                )
                for n in people
            )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())

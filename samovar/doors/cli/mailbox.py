"""`samovar mailbox`: what the built-in mailbox received."""

from __future__ import annotations

from pathlib import Path

import click

from samovar.doors.cli.parts import data_option, json_option, say_json
from samovar.doors.session import open_session
from samovar.kit.clock import iso


@click.group("mailbox")
def command() -> None:
    """Mails the built-in mailbox received."""


@command.command("list")
@data_option
@json_option
def list_(data: Path, as_json: bool) -> None:
    """The mails kept, oldest first; `count` is how many ever came."""
    with open_session(data, command="mailbox"):
        from samovar.communicate import mailbox

        count, mails = mailbox.count(), mailbox.mails()[::-1]
    if as_json:
        lines = [{"n": m.n, "to": m.to, "subject": m.subject, "at": iso(m.at_us)} for m in mails]
        say_json({"count": count, "mails": lines})
        return
    click.echo(f"{count:,} came, {len(mails):,} are kept")
    for mail in mails:
        click.echo(f"{mail.n:>7}  {iso(mail.at_us)}  {mail.to:<40}  {mail.subject}")


@command.command("show")
@click.argument("n", type=int)
@data_option
@json_option
def show(n: int, data: Path, as_json: bool) -> None:
    """One mail: as it came, the links of its HTML part and its one-click address."""
    with open_session(data, command="mailbox"):
        from samovar.communicate import mailbox

        mail = mailbox.read(n)
    if as_json:
        say_json({"raw": mail.raw, "links": mail.links, "unsubscribe": mail.unsubscribe})
        return
    click.echo(mail.raw)

"""One letter of the house with a file, over the wire and the mail server that campaigns use.

What it is about, and that it goes once, is kept by who sends it: intent before, outcome after.
"""

from __future__ import annotations

import time

from samovar.communicate import mailbox
from samovar.communicate.channels.email import attached
from samovar.communicate.channels.email.attached import FileLetter
from samovar.communicate.channels.email.exchange import Delivery, Parcel
from samovar.communicate.channels.email.mailbox import ReceivedMail
from samovar.communicate.channels.email.mime import BadAddress
from samovar.communicate.delivery import wire_for
from samovar.communicate.options import sending_options
from samovar.communicate.signing import ensure_signer
from samovar.engine import store
from samovar.engine.workspace import Workspace
from samovar.kit.clock import SECOND_US

EXCHANGE_S_MAX = 25.0


def post(
    *, workspace: Workspace, to: str, subject: str, text: str, file_name: str, file_type: str, file: bytes, key: str, at_us: int
) -> Delivery:
    """Send it and wait for what becomes of it, up to `EXCHANGE_S_MAX` seconds; silence is doubt. `key` names it for ever."""
    options = sending_options()
    domain = options.from_address.rpartition("@")[2]
    letter = FileLetter(
        sender=options.from_address, sender_name=options.from_name, to=to, subject=subject, text=text, file_name=file_name,
        file_type=file_type, file=file, message_id=f"{key}@{domain}", at_s=at_us // SECOND_US,
    )  # fmt: skip
    try:
        content = attached.build(letter, ensure_signer(workspace, domain))
    except BadAddress:
        return Delivery(0, "failed", "bad_address")
    deadline = time.monotonic() + EXCHANGE_S_MAX
    with wire_for(workspace, options) as wire:
        wire.submit([Parcel(0, options.from_address, to, content)])
        while time.monotonic() < deadline and wire.is_alive:
            news = wire.news(wait_s=0.2)
            mails = [one for one in news if isinstance(one, ReceivedMail)]
            if mails:
                with store.transaction():
                    mailbox.keep(mails, at_us=at_us)
                wire.answer(mails, "250 Kept")
            for one in news:
                if isinstance(one, Delivery):
                    return one
    return Delivery(0, "in_doubt", "no answer")

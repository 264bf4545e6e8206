"""The DKIM keys of this workspace, one for each sending domain, kept among its secrets."""

from __future__ import annotations

from samovar.communicate.channels.email.dkim import Signer, new_key
from samovar.engine.workspace import Workspace

SELECTOR = "samovar"


def ensure_signer(workspace: Workspace, domain: str) -> Signer:
    """The signer of a domain; its key is made when the domain sends for the first time."""
    keys = dict(workspace.keys.get("dkim", {}))
    if domain not in keys:
        keys[domain] = {"selector": SELECTOR, "private_key": new_key()}
        workspace.save_keys(dkim=keys)
    return Signer.load(domain=domain, selector=keys[domain]["selector"], pem=keys[domain]["private_key"])

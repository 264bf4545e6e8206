"""Every action that the code writes into the audit trail has words for people."""

from __future__ import annotations

import re
from pathlib import Path

from samovar.doors.office.audit_words import WORDS

PACKAGE = Path(__file__).parents[3]
ACTION = re.compile(r'action="([a-z_]+\.[a-z_]+)"|"((?:campaign|segment)\.[a-z_]+)"')


def test_no_action_is_shown_raw() -> None:
    sources = [path.read_text() for path in PACKAGE.rglob("*.py") if "tests" not in path.parts and path.name != "audit_words.py"]
    said = {one or other for text in sources for one, other in ACTION.findall(text)}
    assert len(said) > 20
    assert said - {"campaign.html"} <= set(WORDS)

"""What holds for every template of the house, whoever wrote it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2]
TEMPLATES = [path for path in sorted(PACKAGE.rglob("templates/**/*.html")) if "tests" not in path.parts]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_it_holds_nothing_that_the_security_policy_stops(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<[^>{]*\sstyle=", text), "an inline style does nothing; write a class"
    assert not re.search(r"<[^>{]*\son\w+=", text), "an inline handler does nothing"
    assert not re.search(r"(?:src|href|action)=[\"']?(?:https?:)?//", text), "nothing loads from another host"
    assert not re.search(r"<script(?![^>]*(?:\ssrc=|application/json))", text), "a script has a file of its own"

"""The documents keep up with the code: lists are as the code says, events are told, links lead somewhere, rooms have a page."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from samovar.doors.rooms import ROOMS
from tools import reference
from tools.scratch import scratch_django
from tools.tree import ROOT, files

EVENT_NAME = re.compile(r"[A-Z][a-z-]+(?: [A-Z][A-Za-z-]+)+")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
FENCE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)


def events_of(source: str) -> set[str]:
    """Names of events a module announces: in a module that uses the outbox, every text written like an event's name."""
    if "outbox" not in source:
        return set()
    texts = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return {text for text in texts if EVENT_NAME.fullmatch(text)}


def untold_events(told: str) -> Iterator[str]:
    """Events that docs/events.md does not name."""
    for path in files("samovar/*.py"):
        if "tests" not in path.parts:
            for name in sorted(events_of(path.read_text())):
                if f"`{name}`" not in told:
                    yield f"docs/events.md: the event `{name}` of {path.relative_to(ROOT)} is not told"


def broken_links(path: Path) -> Iterator[str]:
    """Relative links of a document that lead nowhere."""
    text = FENCE.sub("", path.read_text())
    for target in LINK.findall(text):
        if not target.startswith(("http:", "https:", "mailto:")) and not (path.parent / target).exists():
            yield f"{path.relative_to(ROOT)}: the link {target} leads nowhere"


def rooms_without_page() -> Iterator[str]:
    """Rooms whose README is missing."""
    for room in ("kit", "rules", *ROOMS):
        if not (ROOT / "samovar" / room / "README.md").is_file():
            yield f"samovar/{room}/README.md is missing: the words of the room, the path of one unit, the events it announces"


def stale_lists() -> Iterator[str]:
    """Lists under docs/ that differ from the code."""
    for name, write in reference.WRITERS.items():
        path = reference.DOCS / name
        if not path.exists() or path.read_text() != reference.in_english(write):
            yield f"docs/{name} differs from the code. Run: .venv/bin/python -m tools.reference --write"


def unlisted_pages() -> Iterator[str]:
    """Documents that the index does not name."""
    index = (reference.DOCS / "README.md").read_text()
    for path in files("docs/*.md"):
        if path.parent == reference.DOCS and path.name != "README.md" and f"({path.name})" not in index:
            yield f"docs/README.md does not name {path.name}"


def findings() -> list[str]:
    """Everything that is wrong with the documents."""
    told = (reference.DOCS / "events.md").read_text()
    links = [line for path in files("*.md") for line in broken_links(path)]
    return [*stale_lists(), *untold_events(told), *rooms_without_page(), *unlisted_pages(), *links]


def main() -> int:
    """Print every finding; 1 when there is one."""
    with scratch_django():
        found = findings()
    print("\n".join(found) or "The documents keep up.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""No lock, file or document names the host of a package registry: where packages come from is the machine's own business."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tools.tree import ROOT, files

HOST = re.compile(
    r"\b(?:files\.pythonhosted\.org|(?:test\.)?pypi\.(?:org|python\.org)|registry\.(?:npmjs|yarnpkg|npmmirror)\.(?:org|com)"
    r"|(?:deb|security|archive)\.(?:debian|ubuntu)\.(?:org|com)|proxy\.golang\.org|static\.crates\.io|index\.crates\.io)\b"
)
INDEX_LINE = re.compile(r"^\s*(?:-i|--index-url|--extra-index-url|--find-links|--trusted-host)\b|\"resolved\":", re.MULTILINE)
LOCKS = frozenset(["requirements/runtime.txt", "requirements/test.txt", "package-lock.json"])


def findings(name: str, text: str) -> list[str]:
    """What one file says that it should not, as `file:line: what`."""
    found = [(match.start(), f"names the host {match[0]}") for match in HOST.finditer(text)]
    if name in LOCKS:
        found += [(match.start(), f"a lock holds “{match[0].strip()}”") for match in INDEX_LINE.finditer(text)]
    return [f"{name}:{text.count(chr(10), 0, at) + 1}: {what}" for at, what in sorted(found)]


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="replace")


def main() -> int:
    """Print every finding; 1 when there is one."""
    found = [line for path in files() for line in findings(str(path.relative_to(ROOT)), _text(path))]
    print("\n".join(found) or "No file names a registry.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""The licences of what runs: none of them GPL, every one named in NOTICE.

`python -m tools.check_licences` compares, `--write` writes NOTICE anew. Python packages are those of the runtime lock, as
their metadata says; npm packages are those of package-lock.json that are not only for building.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTICE = ROOT / "NOTICE"
HEAD = """Samovar
Copyright 2026 The Samovar authors

Licensed under the Apache License, Version 2.0 (see LICENSE).

Samovar runs with the packages below. They are installed from their own registries and are not part of this source tree.
psycopg and others marked LGPL or MPL are used unmodified, as libraries that can be replaced.
"""
LOCKED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
COPYLEFT = re.compile(r"(?<!L)(?:A?GPL)(?![a-z])|GNU (?:Affero )?General Public", re.IGNORECASE)
WEAK = re.compile(r"LGPL|Lesser General Public", re.IGNORECASE)
# Packages whose metadata carries no licence, or one too long or too vague to print, or a choice of several as a plain list; read
# from the files they ship.
READ_BY_HAND = {"pyphen": "GPL-2.0-or-later OR LGPL-2.1-or-later OR MPL-1.1"}


def is_forbidden(licence: str) -> bool:
    """Whether a licence is GPL or AGPL with no other choice; LGPL and MPL are not."""
    choices = re.split(r"\bOR\b", licence)
    return all(COPYLEFT.search(WEAK.sub("", choice)) for choice in choices)


def python_licence(name: str) -> str:
    """What a package's metadata says of its licence, "" when it says nothing."""
    if name in READ_BY_HAND:
        return READ_BY_HAND[name]
    facts = metadata.metadata(name)
    if expression := facts.get_all("License-Expression"):
        return str(expression[0])
    classifiers = [line.rsplit(" :: ", 1)[-1] for line in facts.get_all("Classifier") or [] if line.startswith("License :: ")]
    if named := [line for line in classifiers if line != "OSI Approved"]:
        return "; ".join(named)
    return str((facts.get_all("License") or [""])[0]).strip().split("\n")[0]


def python_packages(lock: str) -> dict[str, str]:
    """Licence by package of a pip lock."""
    return {name: python_licence(name) for name in LOCKED.findall(lock)}


def npm_packages(lock: str) -> dict[str, str]:
    """Licence by package of an npm lock, those only for building left out."""
    packages = json.loads(lock)["packages"].items()
    return {
        path.rsplit("node_modules/", 1)[-1]: str(facts.get("license", ""))
        for path, facts in packages
        if path and not facts.get("dev")
    }


def notice(python: dict[str, str], npm: dict[str, str]) -> str:
    """The text of NOTICE."""

    def lines(title: str, packages: dict[str, str]) -> list[str]:
        return ["", title, "", *(f"  {name}: {licence}" for name, licence in sorted(packages.items()))]

    return "\n".join([HEAD.rstrip(), *lines("Python packages", python), *lines("npm packages, bundled for the browser", npm), ""])


def findings(python: dict[str, str], npm: dict[str, str], text: str) -> list[str]:
    """What is wrong with a set of packages and a NOTICE."""
    packages = {**python, **npm}
    found = [
        f"{name}: its metadata names no licence; read it and add it to READ_BY_HAND"
        for name, said in packages.items()
        if not said
    ]
    found += [f"{name}: {said} may not be in the runtime lock" for name, said in packages.items() if said and is_forbidden(said)]
    if text != notice(python, npm):
        found.append("NOTICE does not name the packages of the locks. Run: .venv/bin/python -m tools.check_licences --write")
    return found


def main(arguments: list[str]) -> int:
    """Print every finding; 1 when there is one."""
    python = python_packages((ROOT / "requirements" / "runtime.txt").read_text())
    npm = npm_packages((ROOT / "package-lock.json").read_text())
    if "--write" in arguments:
        NOTICE.write_text(notice(python, npm))
    found = findings(python, npm, NOTICE.read_text() if NOTICE.exists() else "")
    print("\n".join(found) or f"The licences of {len(python) + len(npm)} packages hold.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

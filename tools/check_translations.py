"""Every text for people has its Russian: none missing, none left over, placeholders the same, three plural forms.

`python -m tools.check_translations --write` brings the catalogues in line first: new texts come in empty, unused ones leave.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po

from tools.translations import Key, Text, catalogue_path, read_catalogue, rooms, texts
from tools.tree import ROOT

PLURAL_FORMS = 3
NAMED = re.compile(r"%\((\w+)\)[sd]")
UNNAMED = re.compile(r"(?<!%)%(?:%%)*[sd]")


def problems(room: Path) -> list[str]:
    """What is wrong with a room's catalogue, each with its place."""
    said, catalogue = texts(room), read_catalogue(room)
    where = catalogue_path(room).relative_to(ROOT)
    known = {(message.context or "", _singular(message)): message for message in catalogue if message.id}
    found = [f"{text.places[0]}: no Russian for “{text.singular}” in {where}" for key, text in said.items() if key not in known]
    found += [f"{where}: nothing says “{singular}” any more" for _context, singular in known.keys() - said.keys()]
    for key, text in said.items():
        if key in known:
            found += [f"{text.places[0]}: “{text.singular}”: {fault}" for fault in _faults(text, known[key])]
    return found


def _singular(message: Message) -> str:
    return str(message.id[0] if isinstance(message.id, tuple | list) else message.id)


def _faults(text: Text, message: Message) -> list[str]:
    forms = list(message.string) if isinstance(message.string, tuple | list) else [message.string]
    faults = []
    if UNNAMED.search(text.singular):
        faults.append("placeholders must be named")
    if message.fuzzy:
        faults.append("the translation is marked fuzzy")
    if not all(forms):
        faults.append("the translation is empty")
    if text.plural and len(forms) != PLURAL_FORMS:
        faults.append(f"{len(forms)} plural forms, Russian has {PLURAL_FORMS}")
    if not text.plural and len(forms) != 1:
        faults.append("plural forms for a text without a plural")
    wanted = set(NAMED.findall(text.singular + text.plural))
    for form in forms:
        if form and set(NAMED.findall(form)) != wanted:
            faults.append(f"placeholders of “{form}” differ")
    return faults


def write(room: Path) -> None:
    """Rewrite a room's catalogue: what it says now, in order of the sources, with the Russian it already has."""
    said, old = texts(room), read_catalogue(room)
    path = catalogue_path(room)
    if not said:
        path.unlink(missing_ok=True)
        return
    new = Catalog(locale="ru", project="Samovar", fuzzy=False)
    new.header_comment = f"# Russian texts of {room.name}."
    for key, text in said.items():
        _carry(new, old, key, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        write_po(stream, new, omit_header=False, width=120, sort_output=False)
    path.write_text(
        re.sub(
            r'^"(POT-Creation|PO-Revision)-Date:.*\n|^"(Last-Translator|Generated-By|Report-Msgid).*\n',
            "",
            path.read_text(),
            flags=re.M,
        )
    )


def _carry(new: Catalog, old: Catalog, key: Key, text: Text) -> None:
    before = old.get(text.singular, text.context or None)
    string = before.string if before else ""
    if text.plural and not isinstance(string, tuple | list):
        string = ("",) * PLURAL_FORMS
    message_id = (text.singular, text.plural) if text.plural else text.singular
    flags = {"python-format"} if NAMED.search(text.singular + text.plural) else set()
    new.add(message_id, string, flags=flags, context=text.context or None)


def main() -> int:
    """1 when something is wrong."""
    if "--write" in sys.argv:
        only = [Path(name) for name in sys.argv[1:] if name != "--write"]
        for room in rooms():
            if not only or room.relative_to(ROOT) in only:
                write(room)
    found = [problem for room in rooms() for problem in problems(room)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

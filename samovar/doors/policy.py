"""The policy of a business as a folder of text: `samovar.yaml` and one folder a kind with one file a definition.

An export of an applied export is the same bytes. Applying is one transaction: one bad file and nothing changes. Campaigns
come in as drafts; secrets are no definitions and never leave.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from samovar.doors.rooms import ROOMS
from samovar.engine import settings, store
from samovar.engine.definitions import SLUG, BadDefinition, Kind, from_text, load_kinds, to_text
from samovar.kit.errors import Refusal
from samovar.staff.actors import Actor
from samovar.staff.settings_operations import change_settings

MANIFEST = "samovar.yaml"
FORMAT = 1
FILES_MAX = 20_000


def _settings() -> dict[str, dict[str, Any]]:
    return {name: {"value": value} for name, value in settings.changed().items()}


def _apply_setting(name: str, values: dict[str, Any], actor: Actor, at_us: int) -> None:
    if set(values) != {"value"}:
        raise BadDefinition("bad_setting_text", "A setting's file holds one key, `value`, such as: value: 990.")
    change_settings(values={name: values["value"]}, actor=actor, at_us=at_us)


def kinds() -> tuple[Kind, ...]:
    """Every kind of definition, in the order they are applied."""
    return Kind("settings", order=5, export=_settings, apply=_apply_setting), *load_kinds(ROOMS)


class FolderTaken(Refusal):
    """The folder holds something that no export made."""


def export_to(folder: Path) -> dict[str, int]:
    """Write every definition; a folder of an earlier export is replaced. Returns how many of each kind. Raises `FolderTaken`."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MANIFEST).is_file())):
        raise FolderTaken("folder_taken", f"{folder} holds something else. Choose an empty folder or an earlier export.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(to_text({"format": FORMAT}))
    counts: dict[str, int] = {}
    for kind in kinds():
        definitions = kind.export()
        _write(folder / kind.name, definitions)
        if definitions:
            counts[kind.name] = len(definitions)
    return counts


def _write(folder: Path, definitions: dict[str, dict[str, Any]]) -> None:
    """Make a folder hold exactly these definitions; a kind without any has no folder."""
    if definitions:
        folder.mkdir(exist_ok=True)
    for slug, values in definitions.items():
        if not SLUG.match(slug):
            raise BadDefinition("bad_slug", f"“{slug[:60]}” cannot be the name of a file.")
        (folder / f"{slug}.yaml").write_text(to_text(values), encoding="utf-8", newline="\n")
    if folder.is_dir():
        for path in folder.glob("*.yaml"):
            if path.stem not in definitions:
                path.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()


def apply_from(folder: Path, *, actor: Actor, at_us: int) -> dict[str, int]:
    """Create or edit every definition of a folder, all or none. Returns how many of each kind. Raises `BadDefinition`."""
    known = {kind.name: kind for kind in kinds()}
    found = _read(folder, known)
    counts: dict[str, int] = {}
    with store.transaction():
        for kind in known.values():
            for slug, values in found.get(kind.name, {}).items():
                _apply_one(kind, slug, values, actor, at_us)
            if kind.name in found:
                counts[kind.name] = len(found[kind.name])
    return counts


def unknown_in(folder: Path) -> dict[str, list[str]]:
    """{file: sentences}: what this workspace does not know of what a folder's definitions name. They came in all the same."""
    known = {kind.name: kind for kind in kinds() if kind.unknown is not None}
    found: dict[str, list[str]] = {}
    for name, kind in known.items():
        for path in sorted((folder / name).glob("*.yaml")):
            assert kind.unknown is not None
            if told := kind.unknown(from_text(_text(path, path.name), name=path.name)):
                found[f"{name}/{path.name}"] = told
    return found


def _apply_one(kind: Kind, slug: str, values: dict[str, Any], actor: Actor, at_us: int) -> None:
    try:
        kind.apply(slug, values, actor, at_us)
    except Refusal as refusal:
        place = f"{kind.name}/{slug}.yaml"
        raise BadDefinition("definition_refused", f"{place}: {refusal.message}", field=refusal.field, file=place) from refusal


def _read(folder: Path, known: dict[str, Kind]) -> dict[str, dict[str, dict[str, Any]]]:
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise BadDefinition("no_manifest", f"{folder} has no {MANIFEST}: it is not a folder that “samovar export” made.")
    if (version := from_text(_text(manifest, MANIFEST), name=MANIFEST).get("format")) != FORMAT:
        raise BadDefinition("unknown_format", f"{MANIFEST} is of format {version}; this Samovar reads format {FORMAT}.")
    found: dict[str, dict[str, dict[str, Any]]] = {}
    files = 0
    for sub in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        if sub.name not in known:
            raise BadDefinition("unknown_kind", f"{sub.name}/: there is no such kind. Known: {', '.join(sorted(known))}.")
        for path in sorted(sub.glob("*.yaml")):
            name = f"{sub.name}/{path.name}"
            files += 1
            if not SLUG.match(path.stem) or files > FILES_MAX:
                raise BadDefinition("bad_file", f"{name}: the name must be a slug, and a folder holds at most {FILES_MAX} files.")
            found.setdefault(sub.name, {})[path.stem] = from_text(_text(path, name), name=name)
    return found


def _text(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadDefinition("definition_unreadable", f"{name}: the file cannot be read as UTF-8.", name=name) from error

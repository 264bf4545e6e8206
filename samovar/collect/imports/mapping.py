"""What a file's columns become: the mapping, its text form (YAML), its checks with the place of each error.

A mapping is data: the presets of the house are mappings in `presets/<name>/mapping.yaml`, and a shop writes its own. Its JSON
Schema is published as docs/import-mapping.schema.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from django.utils.translation import gettext as _

from samovar.collect.consent import ADDRESS_KINDS
from samovar.collect.identifiers import ANONYMOUS, KNOWN
from samovar.kit.clock import BadMoment, Zone
from samovar.kit.errors import NotFound, Refusal
from samovar.kit.text import normal

MAPPING_BYTES_MAX = 256 * 1024
COLUMNS_MAX = 1_000
DEPTH_MAX = 10
PRESETS = Path(__file__).parent / "presets"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Text = Annotated[str, msgspec.Meta(max_length=1000)]
IDENTIFIERS = (*KNOWN, ANONYMOUS)
ORDER_FIELDS = (
    "order_id",
    "time",
    "status",
    "sku",
    "name",
    "category",
    "brand",
    "price",
    "quantity",
    "amount",
    "total",
    "currency",
    "channel",
)
FIELDS: dict[str, tuple[str, ...]] = {
    "people": (*IDENTIFIERS, "time", "registered_at"),
    "orders": (*IDENTIFIERS, *ORDER_FIELDS),
    "events": (*IDENTIFIERS, "event", "time", "message_id"),
    "goods": ("sku", "name", "category", "brand", "price", "currency", "time"),
    "records": (*IDENTIFIERS, "record_type", "record_id", "time"),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "people": (), "orders": ("order_id", "time"), "events": ("event", "time"), "goods": ("sku",),
    "records": ("record_type", "record_id"),
}  # fmt: skip
BAGS = {"people": "trait.", "orders": "trait.", "events": "property.", "records": "field."}
# What a file's author may write in a time format; the text becomes part of a query, so nothing else gets in.
_TIME_FORMAT = re.compile(r"(?:%[YymdHMSfBbp]|[0-9A-Za-z .,:/_-])+\Z")


class BadMapping(Refusal):
    """A mapping that cannot be used; `params` holds line and column, counted from 1, where they are known."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of the mapping; an unknown field is an error, not a silence."""


class Layout(Strict, frozen=True):
    """How the file is written. What is empty is detected."""

    encoding: str = ""
    delimiter: Annotated[str, msgspec.Meta(max_length=1)] = ""
    sheet: str = ""


class Numbers(Strict, frozen=True):
    """How numbers are written."""

    decimal: Literal[".", ","] = "."
    thousands: Literal["", " ", ",", ".", "'"] = ""


class Times(Strict, frozen=True):
    """How times are written: strptime formats tried in order (ISO 8601 when none), and the zone of naive ones."""

    formats: tuple[Name, ...] = ()
    zone: str = ""


class ConsentRule(Strict, frozen=True, kw_only=True):
    """A column that says whether a person agreed, to what, where, and under which text."""

    channel: Annotated[
        Literal["email", "sms", "phone"],
        msgspec.Meta(description="`sms` is writing to a phone, `phone` calling it: two consents for one address."),
    ]
    purpose: Name = "marketing"
    column: Name
    given: tuple[Text, ...]
    refused: tuple[Text, ...] = ()
    source: Name
    text_version: Name

    @property
    def address(self) -> str:
        """The identifier that is the channel's address."""
        return ADDRESS_KINDS.get(self.channel, self.channel)


class RefusedOrders(Strict, frozen=True):
    """Orders whose id begins so are not orders: their rows go to quarantine for this reason."""

    order_id_prefix: Name
    reason: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,39}$")]


class Statuses(Strict, frozen=True):
    """Which words of the column `status` mean what; a word in none of the lists sends the row to quarantine."""

    completed: tuple[Text, ...] = ()
    cancelled: tuple[Text, ...] = ()
    refunded: tuple[Text, ...] = ()


class Mapping(Strict, frozen=True, kw_only=True):
    """Everything needed to read one kind of file."""

    kind: Literal["people", "orders", "events", "goods", "records"]
    source: Name = "import"
    columns: dict[Name, Name | tuple[Name, ...]]
    constants: dict[Name, Text] = {}
    types: dict[Name, Literal["text", "number", "boolean", "date", "time"]] = {}
    file: Layout = Layout()
    numbers: Numbers = Numbers()
    times: Times = Times()
    region: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] = "RU"
    empty: tuple[Text, ...] = ("NULL", "null", "N/A", "n/a", "-")
    rows: Literal["line", "order"] = "line"
    statuses: Statuses = Statuses()
    refund_prefix: Annotated[str, msgspec.Meta(max_length=20)] = ""
    refused_orders: tuple[RefusedOrders, ...] = ()
    consents: tuple[ConsentRule, ...] = ()

    def sources_of(self) -> dict[str, str]:
        """Target → column of the file."""
        return {
            target: column
            for column, targets in self.columns.items()
            for target in ((targets,) if isinstance(targets, str) else targets)
        }

    def targets(self) -> set[str]:
        """Every target that has a column or a constant."""
        return set(self.sources_of()) | set(self.constants)

    def bag_names(self) -> list[str]:
        """Targets that are traits, properties or fields of a record, in the order of the mapping."""
        prefix = BAGS.get(self.kind)
        return [] if prefix is None else [t for t in (*self.sources_of(), *self.constants) if t.startswith(prefix)]


def parse(text: str) -> Mapping:
    """Read a mapping from YAML. Raises `BadMapping` with the line and column of what is wrong."""
    if len(text.encode("utf-8", "surrogatepass")) > MAPPING_BYTES_MAX:
        raise BadMapping(
            "mapping_too_large", _("The mapping is larger than %(kilobytes)d KB.") % {"kilobytes": MAPPING_BYTES_MAX // 1024}
        )
    root, data = _load(text)
    try:
        mapping = msgspec.convert(data, Mapping, strict=False)
    except msgspec.ValidationError as error:
        message, _at, path = str(error).partition(" - at ")
        raise _fault(root, path.strip("`"), message) from error
    _check(mapping, root)
    return mapping


def _load(text: str) -> tuple[yaml.Node | None, Any]:
    # Every scalar stays a text (`yes`, `01`, `1e3` in a shop's list of words are words); msgspec then asks for the right type.
    try:
        _look_through(text)
        return yaml.compose(text, Loader=yaml.BaseLoader), yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes only texts
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise _refusal(error.problem or "", mark.line + 1 if mark else 1, mark.column + 1 if mark else 1) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _refusal(str(error).splitlines()[0][:200] if str(error) else "", 1, 1) from error


def _look_through(text: str) -> None:
    """Refuse what would cost too much to build: aliases, which multiply, and deep nesting, whose cost is quadratic."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        if isinstance(event, yaml.AliasEvent):
            raise BadMapping("mapping_alias", _("A mapping has no aliases. Write the value out."))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            mark = event.start_mark
            raise _refusal(_("nested too deep"), mark.line + 1 if mark else 1, mark.column + 1 if mark else 1)


def _refusal(problem: str, line: int, column: int) -> BadMapping:
    return BadMapping(
        "bad_mapping",
        _("The mapping is wrong at line %(line)d, column %(column)d: %(problem)s.")
        % {"line": line, "column": column, "problem": problem.rstrip(".")},
        line=line, column=column,
    )  # fmt: skip


_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]|\[\.\.\.\]")


def _fault(root: yaml.Node | None, path: str, problem: str) -> BadMapping:
    """A refusal with the place of a path such as `$.consents[0].channel`; the deepest node that exists is named."""
    node = root
    for name, index in _STEP.findall(path):
        child = _child(node, name, index)
        if child is None:
            break
        node = child
    mark = node.start_mark if node is not None else None
    return _refusal(problem, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1)


def _child(node: yaml.Node | None, name: str, index: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode) and name:
        return next((value for key, value in node.value if key.value == name), None)
    if isinstance(node, yaml.SequenceNode) and index and int(index) < len(node.value):
        item: yaml.Node = node.value[int(index)]
        return item
    return None


def _check(mapping: Mapping, root: yaml.Node | None) -> None:
    def refuse(part: str, key: str, problem: str) -> BadMapping:
        return _key_fault(root, part, key, problem)

    if len(mapping.columns) > COLUMNS_MAX:
        raise refuse("columns", "", _("at most %(count)d columns") % {"count": COLUMNS_MAX})
    known = FIELDS[mapping.kind]
    for part, targets in (("columns", _pairs(mapping)), ("constants", [(t, t) for t in mapping.constants])):
        for key, target in targets:
            if not _is_target(mapping.kind, target):
                near = get_close_matches(target, known, n=1, cutoff=0.5)
                hint = _(" Did you mean “%(near)s”?") % {"near": near[0]} if near else ""
                raise refuse(
                    part,
                    key,
                    _("“%(target)s” is not something that %(kind)s have.") % {"target": target, "kind": mapping.kind} + hint,
                )
    named = [target for _key, target in _pairs(mapping)] + list(mapping.constants)
    for target in named:
        if named.count(target) > 1:
            raise refuse("columns", "", _("“%(target)s” is set twice") % {"target": target})
    for target in REQUIRED[mapping.kind]:
        if target not in named:
            raise refuse("columns", "", _("no column becomes “%(target)s”") % {"target": target})
    if mapping.kind in ("people", "records") and not set(named) & set(IDENTIFIERS):
        raise refuse("columns", "", _("no column becomes an identifier of the person"))
    if mapping.kind == "orders" and mapping.rows == "order" and not {"total", "amount"} & set(named):
        raise refuse("columns", "", _("a row for each order needs a column for “total”"))
    if mapping.kind == "orders" and mapping.rows == "line" and not {"price", "amount", "total"} & set(named):
        raise refuse("columns", "", _("order lines need a column for “price”, “amount” or “total”"))
    if mapping.consents and mapping.kind != "people":
        raise refuse("consents", "", _("only a file of people can set consents"))
    for consent in mapping.consents:
        if consent.address not in named:
            raise refuse(
                "consents",
                "",
                _("consent for “%(channel)s” needs a column that becomes “%(address)s”")
                % {"channel": consent.channel, "address": consent.address},
            )
    for target in mapping.types:
        if target not in mapping.bag_names():
            raise refuse(
                "types", target, _("“%(target)s” is not a trait, property or field of this mapping") % {"target": target}
            )
    _check_formats(mapping, refuse)


def _check_formats(mapping: Mapping, refuse: Any) -> None:
    for form in mapping.times.formats:
        if not _TIME_FORMAT.match(form):
            raise refuse(
                "times", "formats", _("“%(form)s” is not a time format; write it as %%d.%%m.%%Y %%H:%%M") % {"form": form}
            )
    if mapping.times.zone:
        try:
            Zone(mapping.times.zone)
        except BadMoment as error:
            raise refuse("times", "zone", str(error)) from error
    if mapping.numbers.decimal == mapping.numbers.thousands:
        raise refuse("numbers", "decimal", _("the decimal sign and the thousands sign are the same"))


def _pairs(mapping: Mapping) -> list[tuple[str, str]]:
    return [
        (column, target)
        for column, targets in mapping.columns.items()
        for target in ((targets,) if isinstance(targets, str) else targets)
    ]


def _is_target(kind: str, target: str) -> bool:
    if target in FIELDS[kind]:
        return True
    prefix = BAGS.get(kind)
    return prefix is not None and target.startswith(prefix) and len(target) > len(prefix)


def _key_fault(root: yaml.Node | None, part: str, key: str, problem: str) -> BadMapping:
    """A refusal placed at a key of one part of the mapping, at the part, or at the top."""
    place = root
    if isinstance(root, yaml.MappingNode):
        for part_key, part_node in root.value:
            if part_key.value == part:
                place = part_key
                for inner_key, _value in part_node.value if isinstance(part_node, yaml.MappingNode) else ():
                    if inner_key.value == key:
                        place = inner_key
    mark = place.start_mark if place is not None else None
    return _refusal(problem, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1)


def to_yaml(mapping: Mapping) -> str:
    """The mapping as text that `parse` reads back to the same mapping."""
    return yaml.safe_dump(msgspec.to_builtins(mapping), allow_unicode=True, sort_keys=False)


def to_json(mapping: Mapping) -> dict[str, Any]:
    """The mapping as plain JSON values, for storing."""
    return dict(msgspec.to_builtins(mapping))


def from_json(data: dict[str, Any]) -> Mapping:
    """A mapping stored by `to_json`. Raises `BadMapping`."""
    try:
        mapping = msgspec.convert(data, Mapping, strict=False)
    except msgspec.ValidationError as error:
        raise _refusal(str(error), 1, 1) from error
    _check(mapping, None)
    return mapping


def draft_from_json(data: dict[str, Any]) -> Mapping:
    """A stored mapping that may not be complete yet: its parts are of the right kind, what is missing is not asked."""
    return msgspec.convert(data, Mapping, strict=False)


def json_schema() -> dict[str, Any]:
    """The published JSON Schema of a mapping."""
    schema = msgspec.json.schema(Mapping)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Samovar import mapping",
        **json.loads(msgspec.json.encode(schema)),
    }


def presets() -> list[str]:
    """Names of the house's own mappings."""
    return sorted(folder.name.replace("_", "-") for folder in PRESETS.iterdir() if (folder / "mapping.yaml").is_file())


def preset(name: str) -> Mapping:
    """A mapping of the house by name. Raises `NotFound`."""
    if name not in presets():
        raise NotFound(
            "unknown_preset",
            _("There is no preset “%(name)s”. There are: %(names)s.") % {"name": name, "names": ", ".join(presets())},
            field="preset",
        )
    return parse((PRESETS / name.replace("-", "_") / "mapping.yaml").read_text())


def find_columns(mapping: Mapping, header: Iterable[str]) -> dict[str, int]:
    """Column name of the mapping → its place in the file, for every column it names. Raises `BadMapping` for an absent one."""
    places = {normal(name).strip(): place for place, name in reversed(list(enumerate(header)))}
    wanted = [*mapping.columns, *(consent.column for consent in mapping.consents)]
    found = {}
    for name in wanted:
        place = places.get(normal(name).strip())
        if place is None:
            near = get_close_matches(name, list(places), n=3, cutoff=0.4) or list(places)[:10]
            raise BadMapping(
                "unknown_column",
                _("The file has no column “%(name)s”. It has: %(names)s.")
                % {"name": name, "names": ", ".join(f"“{n}”" for n in near)},
                field="columns", column=name,
            )  # fmt: skip
        found[name] = place
    return found

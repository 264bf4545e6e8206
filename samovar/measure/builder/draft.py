"""A report as it stands in the builder's form: its controls into parameters, and parameters into its controls. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from samovar.measure.reports.custom import spec
from samovar.rules import RuleError
from samovar.rules.parser import parse_text, parse_where
from samovar.rules.printer import quoted

ROWS, CONDITIONS = 3, 3
WAYS = ("share", "people", "count", "days")
KNOWN = ("is known", "is unknown")
PLAIN = ("of", "period", "compare", "among", "where", "sort", "limit")


@dataclass(frozen=True)
class Draft:
    """`params` are those of the report `custom`; `chart` how it is drawn; `fault` is that of a text which cannot be read alone,
    before it is joined with what the controls say: its words and places are the reader's own."""

    params: dict[str, str]
    chart: str = "table"
    fault: RuleError | None = None


def read(form: Mapping[str, str], kinds: Mapping[str, str]) -> Draft:
    """What a form says; `kinds` are those of the collection's fields, for how a value is written."""
    given = {name: form.get(name, "").strip() for name in PLAIN}
    first, last = form.get("from", "").strip(), form.get("to", "").strip()
    if first:
        given["period"] = f"from {first} to {last}" if last else f"since {first}"
    rows = [form.get(f"row{place}", "").strip() for place in range(1, ROWS + 1)]
    conditions = [_condition(form, place, kinds) for place in range(1, CONDITIONS + 1)]
    segment = form.get("segment", "").strip()
    faults = [
        _fault("where", given["where"], parse_where), _fault("among", given["among"], parse_text),
        *(_fault("where", text, parse_where) for text in conditions),
    ]  # fmt: skip
    given["where"] = _joined(given["where"], *conditions)
    given["among"] = _joined(given["among"], f"in segment {quoted(segment)}" if segment else "")
    params = {
        **given, "rows": "; ".join(dict.fromkeys(row for row in rows if row)), "columns": form.get("column", "").strip(),
        "measures": "; ".join(dict.fromkeys(_measures(form))),
    }  # fmt: skip
    fault = next((one for one in faults if one is not None), None)
    return Draft({name: text for name, text in params.items() if text}, form.get("chart", "") or "table", fault)


def _fault(param: str, text: str, parse: Callable[[str], object]) -> RuleError | None:
    """What is wrong with a text that somebody wrote, as far as the grammar knows."""
    try:
        if text:
            parse(text)
    except RuleError as error:
        error.field = param
        return error
    return None


def _joined(*texts: str) -> str:
    """All of some conditions, what was written first."""
    said = [text for text in texts if text]
    return " and ".join(f"({text})" for text in said) if len(said) > 1 else "".join(said)


def _measures(form: Mapping[str, str]) -> list[str]:
    found = []
    for place in range(1, spec.MEASURES_MAX + 1):
        basic, way = form.get(f"measure{place}", "").strip(), form.get(f"way{place}", "").strip()
        if not basic:
            continue
        found.append(f"share of {basic}" if way == "share" else f"{basic} / {way}" if way in WAYS else basic)
    return found


def _condition(form: Mapping[str, str], place: int, kinds: Mapping[str, str]) -> str:
    """A line of the filter as the rule language writes it; nothing where it is not whole."""
    field, operator = form.get(f"field{place}", "").strip(), form.get(f"operator{place}", "").strip()
    value = form.get(f"value{place}", "").strip()
    if not field or not operator:
        return ""
    if operator in KNOWN:
        return f"{field} {operator}"
    if not value:
        return ""
    is_text = operator == "contains" or kinds.get(field, "text") in ("text", "any")
    return f"{field} {operator} {quoted(value) if is_text else value.replace(',', '.')}"


@dataclass(frozen=True)
class Line:
    """A measure's two controls."""

    place: int
    basic: str = ""
    way: str = ""


def lines(params: Mapping[str, str]) -> list[Line]:
    """The measures as the form shows them, and one more to fill."""
    found = []
    for place, one in enumerate(spec.measures(params.get("measures") or "count"), start=1):
        way = "share" if one.is_share else one.per.text if one.per and one.per.text in WAYS else ""
        found.append(Line(place, one.basic.text, way))
    return [*found, Line(len(found) + 1)] if len(found) < spec.MEASURES_MAX else found


def rows(params: Mapping[str, str]) -> list[tuple[int, str]]:
    """The parts of rows as the form shows them."""
    texts = [one.name for one in spec.parts(params.get("rows") or "")]
    return [(place, texts[place - 1] if place <= len(texts) else "") for place in range(1, ROWS + 1)]

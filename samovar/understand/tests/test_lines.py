"""Rules as the builder shows them: every test with its text, and lines that are read by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from samovar import rules
from samovar.rules.errors import RuleError
from samovar.understand.lines import lined, read_line

RULE = (
    'count(orders where amount > 1000 and (channel = "site" or not currency = "RUB") in last 90 days) >= 2 '
    'and not (city in ("Москва", "Казань") or did views then not orders where amount > 3 within 2 days) '
    "and consent.email.marketing"
)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if name != "line"}
    return [plain(one) for one in value] if isinstance(value, list) else value


def test_every_test_carries_its_text_and_without_them_it_is_the_stored_form():
    rule = rules.parse(RULE, rules.builtin_catalogue())
    found = lined(rule)
    assert rules.from_json({"condition": plain(found)}) == rule
    first, second, third = found["items"]
    assert first["line"].startswith("count(orders where amount > 1000 and (") and third["line"] == "consent.email.marketing"
    inside = first["left"]["of"]["where"]["items"]
    assert inside[0]["line"] == "amount > 1000"
    assert inside[1]["items"][1] == {"type": "not", "item": {**inside[1]["items"][1]["item"], "line": 'currency = "RUB"'}}
    assert "line" not in second and second["item"]["items"][1]["steps"][1]["of"]["where"]["line"] == "amount > 3"


def test_a_line_of_a_where_is_read_as_fields():
    outside, inside = read_line("amount > 3", is_within=False), read_line("amount > 3 # a remark", is_within=True)
    assert outside["left"]["type"] == "attribute" and inside["left"]["type"] == "field"
    assert read_line("amount > 3 or person.city = 'Казань'", is_within=True)["items"][1]["left"]["parts"] == ["person", "city"]


@pytest.mark.parametrize(
    "line",
    ["amount >", "amount > 1)) > 0 and (count(orders where (amount > 1", "amount > 1 in last 3 days", "", "in segment 'x'"],
)
def test_a_line_of_a_where_cannot_reach_out_of_it(line):
    with pytest.raises(RuleError):
        read_line(line, is_within=True)


def test_the_fault_of_a_line_stands_at_its_own_column():
    for is_within in (True, False):
        with pytest.raises(RuleError) as fault:
            read_line("amount > > 1", is_within=is_within)
        assert (fault.value.line, fault.value.column) == (1, 10)

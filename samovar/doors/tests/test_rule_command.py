"""`samovar rule` needs no workspace: it checks a rule, says it as a sentence, and says where it is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from samovar import rules
from samovar.doors.cli.rule import command
from tests.system import environment


def check(text: str, tmp_path: Path, *options: str, stdin: str | None = None, name: str = "check") -> Result:
    return CliRunner().invoke(command, [name, text, "--data", str(tmp_path / "none"), *options], input=stdin)


def test_it_prints_the_canonical_text(tmp_path):
    answer = check("COUNT", tmp_path, "--json")
    assert answer.exit_code == 0  # a name nobody has seen yet may be a yes or no
    answer = check("count( orders )>=1 AND city='Казань'", tmp_path, "--json")
    assert json.loads(answer.stdout) == {"ok": True, "text": 'count(orders) >= 1 and city = "Казань"'}


def test_it_reads_a_long_rule_from_stdin(tmp_path):
    rule = "city in (" + ", ".join(f'"{n}"' for n in range(6000)) + ")"
    assert check("-", tmp_path, stdin=rule).stdout.strip() == rule
    answer = check("-", tmp_path, "--json", stdin='city = "' + "x" * 70_000)
    assert (answer.exit_code, json.loads(answer.stdout)["ok"]) == (1, False)


def test_a_fault_has_its_place_and_the_nearest_names(tmp_path):
    answer = check("count(ordrs) >= 1", tmp_path, "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout) == {
        "ok": False, "message": "There is nothing called “ordrs” to count.", "line": 1, "column": 7, "suggestions": ["orders"]
    }  # fmt: skip
    spoken = check("count(orders) > 0\n and count(ordrs) >= 1", tmp_path)
    assert spoken.exit_code == 1
    assert spoken.stderr.splitlines()[1:4] == ["line 2, column 12:", "   and count(ordrs) >= 1", " " * 13 + "^"]


def test_a_rule_is_said_in_the_language_asked_for(tmp_path):
    rule = "count(orders where amount > 1000 in last 90 days) >= 2"
    answer = check(rule, tmp_path, "--lang", "ru", "--json", name="say")
    assert json.loads(answer.stdout) == {
        "ok": True, "sentence": "сделал не меньше 2 заказов на сумму больше 1\u00a0000 за последние 90 дней"
    }  # fmt: skip
    spoken = check("-", tmp_path, stdin=rule, name="say")
    assert spoken.stdout == "has at least 2 orders with an amount over 1,000 in the last 90 days\n"
    assert check(rule, tmp_path, "--lang", "de", name="say").exit_code == 2
    wrong = check("count(ordrs) >= 1", tmp_path, "--json", name="say")
    assert (wrong.exit_code, json.loads(wrong.stdout)["suggestions"]) == (1, ["orders"])


def test_the_schema_of_the_stored_form_is_printed():
    for options in ([], ["--json"]):
        answer = CliRunner().invoke(command, ["schema", *options])
        assert (answer.exit_code, json.loads(answer.stdout)) == (0, rules.json_schema())


def test_a_rule_of_a_basket_is_read_as_one_only_where_it_is_said_to_be(tmp_path):
    rule = "basket.total>1000 and now.weekday in (6,7)"
    assert check(rule, tmp_path, "--basket").stdout == "basket.total > 1000 and now.weekday in (6, 7)\n"
    said = check(rule, tmp_path, "--basket", "--lang", "ru", name="say").stdout
    assert said == "сумма корзины больше 1\u00a0000, и день недели — суббота или воскресенье\n"
    for name in ("check", "say"):
        refused = check(rule, tmp_path, name=name)
        assert refused.exit_code == 1 and "asked of people" in refused.stderr


@pytest.mark.parametrize("bomb", ["(" * 20_000 + "count(orders) >= 1" + ")" * 20_000, "not " * 15_000 + "x"])
def test_a_bomb_is_refused(bomb, tmp_path):
    answer = check("-", tmp_path, "--json", stdin=bomb)
    assert answer.exit_code == 1
    assert "200" in json.loads(answer.stdout)["message"]


def test_a_workspace_without_data_warns_of_known_names_and_the_answer_is_as_ever_without_warnings(tmp_path):
    def samovar(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "samovar.doors.cli.main", *arguments]
        return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=120)

    data = str(tmp_path / "shop")
    assert samovar("init", data).returncode == 0
    answer = json.loads(samovar("rule", "check", "count(orders)>=1", "--data", data, "--json").stdout)
    assert answer["ok"] and answer["text"] == "count(orders) >= 1"
    assert [(one["code"], one["line"], one["column"]) for one in answer["warnings"]] == [("nothing_happened", 1, 7)]
    spoken = samovar("rule", "check", "count(orders)>=1", "--data", data)
    assert (spoken.returncode, spoken.stdout) == (0, "count(orders) >= 1\n")
    assert spoken.stderr == "line 1, column 7: Nothing called “orders” has happened yet.\n"
    said = samovar("rule", "say", "sum(orders.amount) > 1000.5", "--data", data, "--json")
    assert json.loads(said.stdout)["sentence"] == "the total amount of orders is over 1,000.50"
    answer = samovar("rule", "check", 'lifecycle = "lost"', "--data", data, "--json")
    assert json.loads(answer.stdout) == {"ok": True, "text": 'lifecycle = "lost"'}

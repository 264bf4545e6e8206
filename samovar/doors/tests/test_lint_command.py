"""`samovar segments lint` needs no workspace, answers one finding a paragraph or one JSON value, and exits 1 with findings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from samovar.doors.cli.segments import command
from tests.system import environment

FAULTY = """
stages:
  - name: new  # a comment
    says: в первый месяц
    rule: count(orders) = 0 or days_since(first orders) < 30
  - name: old
    rule: days_since(first orders) > 30
"""
WHOLE = """
stages:
  - {name: active, rule: count(orders in last 30 days) >= 1}
  - {name: away, rule: count(orders in last 30 days) = 0}
"""


@pytest.fixture
def lint(tmp_path: Path):
    def run(text: str, *options: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "stages.yaml").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "samovar.doors.cli.main", "segments", "lint", str(tmp_path / "stages.yaml"), *options]
        return subprocess.run(command, env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=120)

    return run


def test_findings_are_one_json_value_and_exit_1(lint):
    answer = lint(FAULTY, "--json")
    assert answer.returncode == 1, answer.stderr
    [gap, stuck, note] = json.loads(answer.stdout)["findings"]
    assert (gap["kind"], gap["stages"]) == ("gap", [])
    assert gap["history"] == [{"what": "registered", "days_ago": 30}, {"what": "orders", "days_ago": 30}]
    assert gap["sentence"] == "No stage takes a person with days_since(first orders): 30."
    assert (stuck["kind"], stuck["stages"]) == ("no_exit", ["new"])
    assert (note["kind"], note["stages"], note["history"]) == ("note", ["new"], [])


def test_the_plain_answer_is_a_paragraph_a_finding_in_the_language_asked_for(lint):
    english = lint(FAULTY)
    assert english.returncode == 1
    assert english.stdout.split("\n\n")[0] == (
        "No stage takes a person with days_since(first orders): 30.\n  registered 30 days ago; orders 30 days ago"
    )
    assert lint(FAULTY, "--lang", "ru").stdout.startswith(
        "Ни одна стадия не берёт человека, у которого: days_since(first orders): 30."
    )


def test_a_set_without_findings_exits_0(lint):
    answer = lint(WHOLE, "--json")
    assert (answer.returncode, json.loads(answer.stdout)) == (0, {"findings": []})
    assert lint(WHOLE).stdout == "Every history that was tried stands in exactly one stage.\n"


def test_a_rules_fault_names_the_stage_and_shows_the_place(lint):
    bad = FAULTY.replace("count(orders)", "count(ordrs)")
    answer = lint(bad, "--json")
    assert answer.returncode == 1
    assert json.loads(answer.stdout) == {
        "ok": False, "message": "Stage “new”, line 1, column 7: There is nothing called “ordrs” to count.",
        "line": 1, "column": 7, "suggestions": ["orders"],
    }  # fmt: skip
    assert "\n  count(ordrs) = 0 or" in lint(bad).stderr


@pytest.mark.parametrize("text", ["stages: 5", "stage: []", "a: [1,\n}", "stages: [1]"])
def test_what_is_no_file_of_stages_is_refused(lint, text):
    answer = lint(text, "--json")
    assert (answer.returncode, json.loads(answer.stdout)["ok"]) == (1, False)


def test_a_file_that_is_not_there_is_a_refusal(tmp_path):
    answer = CliRunner().invoke(command, ["lint", str(tmp_path / "none.yaml"), "--json"])
    assert answer.exit_code == 1
    assert "none.yaml cannot be read" in json.loads(answer.stdout)["message"]


def test_where_there_is_a_workspace_its_names_are_the_names_known(lint, tmp_path):
    data = str(tmp_path / "shop")
    made = [sys.executable, "-m", "samovar.doors.cli.main", "init", data]
    assert subprocess.run(made, env=environment(), capture_output=True, timeout=120).returncode == 0
    unknown = 'stages: [{name: a, rule: citty = "x"}]'
    assert lint(unknown).returncode == 1
    answer = lint(unknown, "--data", data, "--json")
    assert json.loads(answer.stdout)["suggestions"] == ["city"]
    assert json.loads(lint(FAULTY, "--data", data, "--json").stdout) == json.loads(lint(FAULTY, "--json").stdout)

"""Rules of the house that an import linter cannot see."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from samovar.doors.rooms import ROOMS
from tools.tree import ROOT, files

LINES_MAX = 600
TABLE_IN_SQL = re.compile(rf"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+\"?((?:{'|'.join(ROOMS)})_[a-z_]+)")
CLOCKS = {
    ("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"),
    ("date", "today"), ("timezone", "now"), ("dt", "now"),
}  # fmt: skip
# Engines that build objects or run code from bytes: one of them near a stranger's input is a way in.
DANGEROUS = {"pickle", "marshal", "shelve", "dill"}


@cache
def sources() -> dict[Path, ast.Module]:
    """Every module of the product, tests left out."""
    paths = [path for path in files("samovar/*.py") if "tests" not in path.parts and "migrations" not in path.parts]
    return {path: ast.parse(path.read_text()) for path in paths}


def room_of(path: Path) -> str:
    return path.relative_to(ROOT / "samovar").parts[0]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_outgrows_six_hundred_lines():
    long = {name(path): lines for path in files("*.py", "*.ts") if (lines := path.read_text().count("\n")) > LINES_MAX}
    assert long == {}


def test_a_table_is_touched_by_sql_of_its_own_room_only():
    found = []
    for path, tree in sources().items():
        texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
        for table in {table for text in texts for table in TABLE_IN_SQL.findall(text)}:
            if not table.startswith(f"{room_of(path)}_"):
                found.append(f"{name(path)}: {table}")
    assert found == []


def test_only_doors_and_the_clock_itself_read_the_time():
    found = []
    for path, tree in sources().items():
        if room_of(path) == "doors" or name(path) == "samovar/kit/clock.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
                owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
                if (owner, node.attr) in CLOCKS:
                    found.append(f"{name(path)}:{node.lineno}: {owner}.{node.attr}")
    assert found == []


def test_every_write_names_its_actor_and_moment_by_keyword():
    found = []
    for path, tree in sources().items():
        if path.name != "operations.py" and "operations" not in path.parts:
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                by_keyword = {argument.arg for argument in node.args.kwonlyargs}
                every = by_keyword | {argument.arg for argument in node.args.args}
                if "actor" in every and (node.args.args or not {"actor", "at_us"} <= by_keyword):
                    found.append(f"{name(path)}:{node.lineno}: {node.name}")
    assert found == []


def test_nothing_that_runs_code_from_bytes_is_imported():
    """But for rules as functions: their source is written from formulas, and every constant of a rule is a name in it."""
    found = []
    for path, tree in sources().items():
        for node in ast.walk(tree):
            modules = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import)
                else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            )  # fmt: skip
            if DANGEROUS & {module.split(".")[0] for module in modules}:
                found.append(f"{name(path)}:{node.lineno}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"):
                found.append(f"{name(path)}:{node.lineno}")
    assert [place.split(":")[0] for place in found] == ["samovar/rules/closure.py"]


@pytest.mark.parametrize("module", ["samovar.doors.edge.app", "samovar.communicate.hot", "samovar.collect.hot"])
def test_no_django_at_the_edge_not_even_indirectly(module):
    check = f"import sys, {module}; print(sorted(m for m in sys.modules if m.split('.')[0] in ('django', 'duckdb')))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_grammar_and_the_rules_import_in_a_bare_process():
    check = "import sys, samovar.rules, samovar.kit.clock; print('django' in sys.modules, 'duckdb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split() == ["False", "False"], done.stderr

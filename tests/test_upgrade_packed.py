"""A packed directory of every schema there was is opened, upgraded after a backup, and answers as it did when it was packed."""

from __future__ import annotations

import json
import tarfile

import pytest

from samovar.engine.workspace import SCHEMA_VERSION, Workspace
from tests.system import System, samovar
from tools.pack_schema import PACKED_BYTES_MAX, facts
from tools.tree import ROOT

PACKAGES = sorted((ROOT / "tests" / "data").glob("schema-*.tar.xz"))


def test_the_present_schema_is_packed_too():
    assert f"schema-{SCHEMA_VERSION}.tar.xz" in [package.name for package in PACKAGES]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_directory_of_this_schema_answers_as_when_it_was_packed(package, tmp_path):
    assert package.stat().st_size < PACKED_BYTES_MAX
    data = tmp_path / "shop"
    with tarfile.open(package) as archive:
        archive.extractall(data, filter="data")
    for sub in ("run", "tmp"):
        (data / sub).mkdir(exist_ok=True)
    packed_version = Workspace.open(data).facts.schema_version
    wanted = json.loads(package.with_suffix("").with_suffix(".json").read_text())
    assert facts(data) == wanted
    assert Workspace.open(data).facts.schema_version == SCHEMA_VERSION
    assert (data / "backups").exists() == (packed_version < SCHEMA_VERSION)


def test_a_directory_of_a_later_release_is_refused_by_name(tmp_path):
    data = tmp_path / "shop"
    samovar("init", data)
    written = json.loads((data / "workspace.json").read_text())
    (data / "workspace.json").write_text(json.dumps({**written, "schema_version": SCHEMA_VERSION + 1, "made_by": "9.0"}))
    before = (data / "ops.sqlite3").read_bytes()
    with pytest.raises(RuntimeError, match=r"9\.0"):
        samovar("report", "summary", "--data", data)
    with pytest.raises(RuntimeError, match="ended"):
        System(data, "none", tmp_path / "log").start()
    assert (data / "ops.sqlite3").read_bytes() == before

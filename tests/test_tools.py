"""The checks of the tree find what they are for; a check that never fails says nothing."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tools import check_hosts, check_licences
from tools.tree import ROOT


@pytest.mark.parametrize(
    ("licence", "forbidden"),
    [
        ("GPL-3.0-only", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("AGPL-3.0-or-later", True),
        ("MIT AND GPL-2.0-only", True),
        ("LGPL-3.0-only", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", False),
        ("MPL-2.0", False),
        ("MIT OR GPL-3.0-or-later", False),
        ("Apache-2.0", False),
    ],
)
def test_a_licence_is_forbidden_only_when_every_choice_is_gpl(licence, forbidden):
    assert check_licences.is_forbidden(licence) is forbidden


def test_a_gpl_package_and_an_unlisted_one_fail_the_licence_check():
    good = {"click": "BSD-3-Clause"}
    text = check_licences.notice(good, {})
    assert check_licences.findings(good, {}, text) == []
    found = check_licences.findings({**good, "html2text": "GPL-3.0-or-later", "odd": ""}, {}, text)
    assert len(found) == 3
    assert any("html2text" in line and "may not" in line for line in found)
    assert any("odd" in line and "no licence" in line for line in found)


def test_npm_packages_only_for_building_need_no_notice():
    lock = {"packages": {"": {"license": "Apache-2.0"}, "node_modules/a": {"license": "MIT"}, "node_modules/b": {"dev": True}}}
    assert check_licences.npm_packages(json.dumps(lock)) == {"a": "MIT"}


def test_a_lock_that_names_a_host_is_found_with_its_line():
    host = ".".join(["registry", "npmjs", "org"])
    text = f'{{\n  "resolved": "https://{host}/a.tgz"\n}}'
    found = check_hosts.findings("package-lock.json", text)
    assert [line.split(": ")[0] for line in found] == ["package-lock.json:2", "package-lock.json:2"]
    assert check_hosts.findings("docs/a.md", "Install it with pip.") == []
    assert check_hosts.findings("requirements/test.txt", "--index-url x\n") != []


def _fake(directory, name, script):
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_set_up_names_everything_that_is_missing(tmp_path):
    """A machine with Debian 12's Node 18, an old Python and no npm is told all three at once, and nothing is made."""
    checkout, programs = tmp_path / "checkout", tmp_path / "bin"
    (checkout / "tools").mkdir(parents=True)
    programs.mkdir()
    (checkout / "tools" / "setup.sh").write_bytes((ROOT / "tools" / "setup.sh").read_bytes())
    for name in ("dirname", "git", "sh"):
        (programs / name).symlink_to(f"/usr/bin/{name}" if name != "sh" else "/bin/sh")
    _fake(programs, "node", 'case "$1" in --version) echo v18.20.4 ;; *) exit 1 ;; esac')
    _fake(programs, "python3", "exit 1")
    done = subprocess.run(
        ["/bin/sh", checkout / "tools" / "setup.sh"], env={"PATH": str(programs)}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
    assert "v18.20.4, the one Debian 12 packages" in done.stderr
    assert "npm, which comes with Node" in done.stderr
    assert os.listdir(checkout) == ["tools"]


def test_a_skipped_test_fails_where_everything_is_installed(tmp_path):
    """The rule of conftest.py, tried on a suite of one test that skips."""
    suite = tmp_path / "test_one.py"
    suite.write_text("import pytest\n\n\ndef test_it():\n    pytest.skip('no reason')\n")
    command = [os.sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml", "--rootdir", ROOT]
    run = [*command, "--confcutdir", ROOT, "-p", "conftest", suite]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    passing = subprocess.run(run, cwd=ROOT, env={**environment, "CI": "false"}, capture_output=True, text=True)
    failing = subprocess.run(run, cwd=ROOT, env={**environment, "CI": "true"}, capture_output=True, text=True)
    assert passing.returncode == 0
    assert "1 skipped" in passing.stdout
    assert failing.returncode == 1
    assert "A test may not skip here. Skipped: no reason" in failing.stdout

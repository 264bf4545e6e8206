"""The check of the documents finds what is missing from them."""

from __future__ import annotations

import click
import pytest

from samovar.doors.rooms import ROOMS
from tools import check_docs, reference
from tools.tree import ROOT

ANNOUNCING = """
from samovar.engine import outbox

def _tell(name): outbox.emit([outbox.Announcement("k", name, 0, {})])

def add(): _tell("Tea Brewed")
label = "Save the tea"
"""


def test_an_event_announced_through_a_variable_is_found():
    assert check_docs.events_of(ANNOUNCING) == {"Tea Brewed"}
    assert check_docs.events_of(ANNOUNCING.replace("outbox", "inbox")) == set()


def test_a_link_that_leads_nowhere_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(check_docs, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("[here](page.md) [web](https://example.com) [gone](gone.md) `[code](x.md)` ![picture](none.png)")
    assert list(check_docs.broken_links(page)) == ["page.md: the link gone.md leads nowhere"]


def test_every_event_of_the_house_is_told():
    assert list(check_docs.untold_events((reference.DOCS / "events.md").read_text())) == []


def test_an_untold_event_is_found():
    assert any("`Consent Changed`" in line for line in check_docs.untold_events("# Events"))


def test_commands_are_walked_to_the_last_subcommand():
    @click.group()
    def house():
        """House."""

    @house.group()
    def room():
        """Room."""

    @room.command()
    @click.option("--lamp", default=2, help="How many | lamps.")
    def light(lamp):
        """Light it."""

    assert [path for path, _ in reference.commands(house, "samovar")] == ["samovar room", "samovar room light"]
    assert "How many \\| lamps." in reference.table(("a", "b"), ("How many | lamps.", "2"))


def test_metrics_are_found_where_they_are_made(tmp_path):
    module = tmp_path / "m.py"
    module.write_text("from prometheus_client import Counter\nREQUESTS = Counter('samovar_requests', 'Requests.', ['path'])\n")
    assert list(reference.metric_calls(module)) == [("Counter", "samovar_requests", "Requests.")]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_its_page(room):
    assert (ROOT / "samovar" / room / "README.md").read_text().startswith("# ")

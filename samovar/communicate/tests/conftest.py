"""One campaign, one letter and people with consents: what the tests of this room start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings

from samovar.collect.models import Consent
from samovar.communicate import ledger
from samovar.communicate.models import Letter, Message
from samovar.decide.models import Campaign
from samovar.engine.workspace import Workspace

T0 = 1_790_000_000_000_000
HTML = (
    '<html><body><p>Hello {{ first_name | default: "friend" }}</p>'
    '<a href="https://tea.example/p?a=1&amp;b=2">Buy</a></body></html>'
)


@pytest.fixture
def workspace(db: None) -> Iterator[Workspace]:
    found: Workspace = settings.WORKSPACE
    yield found
    if found.keys.get("smtp_password"):
        found.save_keys(smtp_password="")


@pytest.fixture
def campaign(db: None) -> Campaign:
    row = Campaign.objects.create(
        slug="tea", name="Tea", salt="s", variants=[{"name": "A", "weight": 1}], action={"name": "send_email", "params": {}},
        status="running", created_us=T0,
    )  # fmt: skip
    Letter.objects.create(
        campaign=row, variant="A", version=1, subject="Tea for {{ first_name }}", html=HTML, text="", created_us=T0
    )
    return row


@pytest.fixture
def planned(campaign: Campaign) -> Callable[..., list[Message]]:
    """Plans `count` people with consents; `control` of them in the control group."""

    def plan(
        count: int, *, control: int = 0, consent: bool = True, purpose: str = "marketing", **context: object
    ) -> list[Message]:
        start = Message.objects.count()
        letter = Letter.objects.get(campaign=campaign)
        rows = [
            ledger.PlannedRow(n, f"p{n}@mail.example", "A", n <= start + control, letter.id, {"first_name": f"N{n}", **context})
            for n in range(start + 1, start + count + 1)
        ]
        ledger.plan(campaign_id=campaign.id, purpose=purpose, rows=rows, due_us=T0, at_us=T0)
        if consent:
            for row in rows:
                agree(row.address, purpose)
        return list(Message.objects.filter(profile_id__gt=start).order_by("id"))

    return plan


def agree(address: str, purpose: str = "marketing", given: bool = True, time_us: int = T0 - 1) -> Consent:
    return Consent.objects.create(
        key=f"{address}:{purpose}:{time_us}:{given}", channel="email", address=address, purpose=purpose, given=given,
        time_us=time_us, source="test",
    )  # fmt: skip


@pytest.fixture
def data_dir() -> Path:
    """The shared data beside the checkout."""
    found = next((p / "shared" / "data" for p in Path(__file__).parents if (p / "shared" / "data").is_dir()), None)
    if found is None:
        pytest.skip("the folder shared/data is not beside the checkout")
    return found

"""What tests of watching share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from samovar.engine.models import Outbox


@pytest.fixture
def announced(db: None) -> Callable[[str], int]:
    """How many announcements of a name there are."""
    return lambda name: Outbox.objects.filter(name=name).count()

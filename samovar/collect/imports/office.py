"""What screens, endpoints and bulk actions of imports share: the workspace, and the way to the log while a system is up."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from samovar.engine.log import LogUnavailable, Row
from samovar.engine.log_client import RemoteLog
from samovar.engine.workspace import Workspace
from samovar.kit.errors import Refusal


def workspace() -> Workspace:
    """The workspace this office serves."""
    return settings.WORKSPACE


def append(rows: Sequence[Row]) -> list[int]:
    """Write rows to the log through the edge. Raises `Refusal` while it cannot; the same rows may be sent again."""
    try:
        return RemoteLog(workspace().socket_path("edge")).append_now(rows)
    except (OSError, LogUnavailable) as error:
        raise Refusal("log_unavailable", _("The event log cannot be written now. Try again in a moment."), status=503) from error

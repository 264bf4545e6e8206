"""The WSGI application, and what its process does beside answering: tell its state, end with its parent."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils import translation

from samovar.doors.process import HealthFile, log_json_lines, start_clock
from samovar.engine.warehouse import client
from samovar.engine.workspace import Workspace

TELL_S = 0.5


def application() -> WSGIHandler:
    """The office over the worker's warehouse."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samovar.doors.office.settings")
    handler = get_wsgi_application()
    from samovar.engine.settings import check_stored

    check_stored()
    client.use(client.SocketAsker(settings.WORKSPACE.socket_path("worker")))
    return handler


def serving() -> WSGIHandler:
    """The application inside the server's process, once its housekeeping runs."""
    log_json_lines("office")
    os.environ.setdefault("SAMOVAR_DATA", str(Path("samovar-data").absolute()))
    handler = application()
    start_clock(settings.WORKSPACE)
    _warm_up()
    threading.Thread(target=_keep_house, args=(settings.WORKSPACE, os.getppid()), name="housekeeping", daemon=True).start()
    return handler


def _warm_up() -> None:
    """Read every room's screens and both languages now: the first visitor would wait for them, and ready means ready."""
    len(get_resolver().url_patterns)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("Home")


def _keep_house(workspace: Workspace, parent: int) -> None:
    health = HealthFile(workspace, "office")
    while os.getppid() == parent:
        health.tell(ready=True, now=True)
        time.sleep(TELL_S)
    os._exit(0)

"""Django's settings, made from the workspace named by SAMOVAR_DATA. Every process that touches the operational store loads them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from samovar.doors.rooms import ROOMS
from samovar.engine.workspace import Workspace

WORKSPACE = Workspace.open(Path(os.environ.get("SAMOVAR_DATA", "samovar-data")))

SECRET_KEY = WORKSPACE.keys["secret_key"]
DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "samovar.doors.office.urls"
WSGI_APPLICATION = "samovar.doors.office.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "staff.Member"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    *(f"samovar.{room}" for room in ROOMS),
]


def sqlite(path: Path) -> dict[str, Any]:
    """The embedded operational store: durable on commit, writers in line."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY;"
                "PRAGMA cache_size=-20000;PRAGMA mmap_size=134217728;PRAGMA journal_size_limit=67108864;"
            ),
        },
    }


def postgres(url: str) -> dict[str, Any]:
    """The operational store on PostgreSQL: `postgresql://user:password@host:port/name?option=value`."""
    parts = urlsplit(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "") or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": options,
    }


_DATABASE_URL = os.environ.get("SAMOVAR_DATABASE_URL")
DATABASES = {"default": postgres(_DATABASE_URL) if _DATABASE_URL else sqlite(WORKSPACE.ops_path)}

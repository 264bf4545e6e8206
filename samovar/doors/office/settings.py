"""Django's settings, made from the workspace named by SAMOVAR_DATA; loaded by every process that touches the store."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from samovar.doors.office.hosts import AllowedHosts
from samovar.doors.rooms import ROOMS
from samovar.engine.workspace import Workspace

WORKSPACE = Workspace.open(Path(os.environ.get("SAMOVAR_DATA", "samovar-data")))

SECRET_KEY = WORKSPACE.keys["secret_key"]
DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "samovar.doors.office.urls"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Who may come in. The hosts are read at each request: `public_url` may change while the office runs.
ALLOWED_HOSTS = AllowedHosts(WORKSPACE)
AUTH_USER_MODEL = "staff.Member"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_NAME = "samovar_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "samovar_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "samovar.doors.office.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024  # a form; files stream to disk
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

MIDDLEWARE = [
    "samovar.doors.office.middleware.public_address",
    "samovar.doors.office.middleware.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "samovar.doors.office.middleware.api_errors",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "samovar.doors.office.middleware.visitor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "samovar.doors.office.middleware.refusals",
    "samovar.doors.office.middleware.LoginRequired",
]

# Screens
LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", "Русский"), ("en", "English")]
USE_I18N = True
LANGUAGE_COOKIE_NAME = "samovar_language"
LOCALE_PATHS = [str(Path(__file__).parents[1] / "locale"), str(Path(__file__).parents[2] / "rules" / "locale")]
FORM_RENDERER = "samovar.webkit.form.Renderer"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [str(Path(__file__).parent / "templates")],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["samovar.webkit.templatetags.webkit", "django.templatetags.i18n", "django.templatetags.static"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "samovar.doors.office.shell.shell",
            ],
        },
    }
]
STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(WORKSPACE.uploads_dir)}},
    "staticfiles": {"BACKEND": "samovar.webkit.assets.VersionedFiles"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

LOGGING_CONFIG = None  # the door that runs the process sets up its log

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    *(f"samovar.{room}" for room in ROOMS),
]


def sqlite(path: Path) -> dict[str, Any]:
    """The embedded operational store: durable on commit, writers in line."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA temp_store=MEMORY;"
                "PRAGMA secure_delete=ON;"  # what an erasure takes away leaves no bytes in free pages
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

"""The Django application of screen parts: templates, template tags and static files."""

from django.apps import AppConfig


class WebkitConfig(AppConfig):
    name = "samovar.webkit"
    label = "webkit"

"""Samovar: an open-source marketing CRM."""

__version__ = "0.1.0"

"""Contacts judged: e-mail, phone, name, address, birthday; each with what came, a value, a verdict and findings (README.md)."""

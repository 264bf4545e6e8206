"""Duplicates: pairs of people who may be one, found with reasons, looked at by members, merged and parted. See README.md."""

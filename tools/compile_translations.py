"""Make the binary catalogues that the office reads from the text ones that people write."""

from __future__ import annotations

import sys

from babel.messages.mofile import write_mo

from tools.translations import catalogue_path, read_catalogue, rooms


def main() -> int:
    """Write one .mo beside each .po."""
    for room in rooms():
        path = catalogue_path(room)
        if path.exists():
            with path.with_suffix(".mo").open("wb") as stream:
                write_mo(stream, read_catalogue(room))
    return 0


if __name__ == "__main__":
    sys.exit(main())

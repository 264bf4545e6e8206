"""Work that is done again and again in a thread of its own, beside a process's loop."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from django.db import close_old_connections

log = logging.getLogger("samovar.keeper")


class Keeper(ABC):
    """One such work: `turn` does it and says in how many seconds it is due again.

    A turn that fails (a full disk, a database that restarts, a warehouse that closes) is logged and tried again after `pause_s`.
    A subclass sets what its turns need before it calls `__init__`, which starts the thread.
    """

    def __init__(self, name: str, *, start_s: float, pause_s: float) -> None:
        self._name, self._start_s, self._pause_s = name, start_s, pause_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @abstractmethod
    def turn(self) -> float:
        """Do what is due; the seconds until the next turn."""

    def is_stopped(self) -> bool:
        """Whether the turn under way should leave off."""
        return self._stopped.is_set()

    def rest(self, seconds: float) -> bool:
        """Wait inside a turn; True when it should leave off."""
        return self._stopped.wait(seconds)

    def close(self) -> None:
        """Stop after what is under way."""
        self._stopped.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        pause_s = self._start_s
        while not self._stopped.wait(pause_s):
            try:
                pause_s = self.turn()
            except Exception:  # the cause may pass
                pause_s = self._pause_s
                if not self._stopped.is_set():
                    log.exception("%s failed", self._name)
            close_old_connections()

"""Token buckets: how fast one key, or one address, may send. Pure but for what they remember; the moment comes in as seconds."""

from __future__ import annotations

import ipaddress
import math

ADDRESSES_MAX = 50_000  # remembered at once


class Buckets:
    """A bucket for each name: it holds `burst` and refills by `per_s`. A request passes while one is left."""

    def __init__(self, *, per_s: int, burst: int) -> None:
        self._per_s, self._burst = per_s, burst
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, name: str, amount: int, at_s: float) -> int:
        """Take `amount`; 0, or the whole seconds after which to come again when the bucket is empty."""
        level, filled_s = self._levels.get(name, (float(self._burst), at_s))
        level = min(self._burst, level + (at_s - filled_s) * self._per_s)
        if level < 1:
            return max(1, math.ceil((1 - level) / self._per_s))
        if name not in self._levels and len(self._levels) >= ADDRESSES_MAX:
            self._forget(at_s)
        self._levels[name] = (level - amount, at_s)
        return 0

    def _forget(self, at_s: float) -> None:
        """Drop the buckets that are full again; if that is not half of them, the oldest too."""
        self._levels = {
            name: (level, filled_s)
            for name, (level, filled_s) in self._levels.items()
            if level + (at_s - filled_s) * self._per_s < self._burst
        }
        for name in list(self._levels)[: max(0, len(self._levels) - ADDRESSES_MAX // 2)]:
            del self._levels[name]


def address_name(address: str) -> str:
    """The name an address is counted under: an IPv6 one by its /64, of which one sender owns all."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))

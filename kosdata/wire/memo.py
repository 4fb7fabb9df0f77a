"""What was made of answers, kept as long as the answers hold."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime
from typing import Any, Final

__all__ = ["Memo"]

_ROOM: Final = 256 * 1024 * 1024  # bytes


class Memo:
    """A small store in this process: the least used goes first, and nothing outlives what it was made of.

    Parameters
    ----------
    room : int
        Bytes that everything may take together.
    """

    def __init__(self, room: int = _ROOM) -> None:
        self._room = room
        self._free = room
        self._kept: OrderedDict[Hashable, tuple[Any, datetime, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, now: datetime) -> Any:
        """Return what is kept under a key, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            value, expires, _ = found
            if expires <= now:
                self._drop(key)
                return None
            self._kept.move_to_end(key)
            return value

    def put(self, key: Hashable, value: Any, expires: datetime, size: int) -> None:
        """Keep a value of so many bytes until it expires."""
        with self._lock:
            self._drop(key)
            if size > self._room:
                return
            self._kept[key] = (value, expires, size)
            self._free -= size
            while self._free < 0:
                self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._free = self._room

    def _drop(self, key: Hashable) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._free += found[2]

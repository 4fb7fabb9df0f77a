"""Streams that are open, which end with the interpreter."""

from __future__ import annotations

import atexit
import os
import weakref
from typing import Protocol

__all__ = ["close_at_exit"]


class _Open(Protocol):
    def close(self) -> None:
        """End."""


_alive: weakref.WeakSet[_Open] = weakref.WeakSet()


def close_at_exit(stream: _Open) -> None:
    """Have a stream closed when the interpreter ends, if it is still referred to."""
    _alive.add(stream)


def _close_all() -> None:
    for stream in list(_alive):
        stream.close()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    # The threads are the parent's, and so are its locks and files.
    os.register_at_fork(after_in_child=_alive.clear)

"""What the options of a fault may be, said in words where they are not."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from kosdata.errors import ArgumentError

__all__ = ["is_count", "is_number", "is_wait", "made", "require", "require_pattern"]

T = TypeVar("T")


def require(holds: bool, name: str, meaning: str, value: object) -> None:
    """Refuse a value that is not what it must be."""
    if not holds:
        raise ArgumentError(f"{name} is {meaning}, not {value!r}.")


def require_pattern(path: object) -> None:
    """Refuse what is no regular expression."""
    try:
        re.compile(path)  # type: ignore[call-overload]  # anything may stand in a file
    except (re.error, TypeError):
        raise ArgumentError(f"path is a regular expression, not {path!r}.") from None


def is_number(value: object) -> bool:
    """Return whether a value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_count(value: object) -> bool:
    """Return whether a value is a whole number of at least 0."""
    return type(value) is int and value >= 0


def is_wait(value: Any) -> bool:
    """Return whether a value is a number of seconds to wait."""
    return is_number(value) and 0 <= value < math.inf


def made(cls: Callable[..., T], options: Mapping[str, Any]) -> T:
    """Return the dataclass of these options, or name the one that it does not have."""
    known = [option.name for option in fields(cls)]  # type: ignore[arg-type]  # a dataclass is also a callable
    if unknown := options.keys() - known:
        raise ArgumentError(f"No option is called {', '.join(sorted(unknown))}. Options: {', '.join(known)}.")
    return cls(**options)

"""What a call would cost, before it is made."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

import pandas as pd

from kosdata.errors import ArgumentError, ConfigError, KosError
from kosdata.wire.client import Client, current
from kosdata.wire.quota import Quota
from kosdata.wire.rehearsal import Rehearsal

__all__ = ["plan"]

_HOME = __name__.rpartition(".")[0]


def plan(function: Callable[..., Any], *args: Any, client: Client | None = None, **arguments: Any) -> pd.Series[Any]:
    """Return what a call would cost: requests, answers that the cache has, days of quota. Nothing is sent.

    Parameters
    ----------
    function : callable
        A function of kosdata that asks the API, for example ``kd.history``.
    *args : Any
        Its arguments, in their places.
    client : Client, optional
        Client that would be asked through. The current one by default.
    **arguments : Any
        Its arguments by name.

    Returns
    -------
    Series
        Named ``plan``: ``requests`` that would be sent; answers that are ``cached``; calls ``left`` today (missing
        before the first answer of the API); ``days`` of quota that it takes: 0 if nothing would be sent, 1 if today's
        rest is enough, else today and as many whole days as it needs (missing where the daily limit is not known);
        and whether it ``fits`` into today.

    Raises
    ------
    ArgumentError
        If `function` is none that asks the API, or refuses its arguments.
    ConfigError
        If the client has no key.

    See Also
    --------
    quota : The day's budget.

    Notes
    -----
    The call is rehearsed: whatever the cache does not answer comes back without rows. Requests that follow from the
    rows of an earlier answer cannot be seen so: the contracts of `option_chain`, `futures_curve` and `continuous` as
    long as their lists are not in the cache, pages that begin before a code was listed, the KONEX list, second tries.
    For those `requests` is a lower bound. How many codes of each market there are is not known before the lists of
    the day have been asked for either, which matters where more than a hundred codes ask for their last day; from
    forty minutes after the close on, a closing row is counted for each of them.

    Examples
    --------
    >>> cost = kd.plan(kd.history, "K1", "2020", "2023")
    >>> int(cost["requests"]), cost["fits"]
    (12, True)
    """
    if not _asks(function):
        raise ArgumentError(
            f"{_name(function)} is no function that asks the API: write kosdata.plan(kosdata.history, '005930', '2020')"
            ", the function first and then its arguments."
        )
    asked = client or current()
    rehearsal = Rehearsal(asked)
    if "progress" in signature(function).parameters:
        arguments["progress"] = False
    try:
        function(*args, **arguments, client=rehearsal)
    except (ArgumentError, ConfigError):
        raise
    except KosError:
        pass  # that which is not there yet cannot be read
    return pd.Series(_cost(rehearsal, asked.quota()), dtype="object", name="plan")


def _asks(function: object) -> bool:
    home = getattr(function, "__module__", None) or ""
    return callable(function) and home.startswith(f"{_HOME}.") and "client" in signature(function).parameters


def _cost(rehearsal: Rehearsal, quota: Quota) -> dict[str, Any]:
    needed = rehearsal.requests
    # Before the first answer of a day, the limit that was told on another stands for what is left.
    left = quota.limit if quota.remaining is None else quota.remaining
    fits = left is None or needed <= left
    return {
        "requests": needed,
        "cached": rehearsal.kept,
        "left": quota.remaining,
        "days": min(needed, 1) if fits else _days(needed - (left or 0), quota.limit),
        "fits": fits,
    }


def _days(rest: int, limit: int | None) -> int | None:
    """Return the days that it takes, today included, if so many requests go beyond today."""
    return 1 - (-rest // limit) if limit else None


def _name(function: object) -> str:
    return getattr(function, "__name__", None) or f"{type(function).__name__} object"

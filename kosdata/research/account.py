"""What a key may still do today, and what is kept of its answers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pandas as pd

from kosdata.wire.client import Client, current


def quota(*, client: Client | None = None) -> pd.Series[Any]:
    """Return the day's budget of calls, as the gateway last told it.

    Parameters
    ----------
    client : Client, optional
        Client whose budget it is. The current one by default.

    Returns
    -------
    Series
        ``limit`` and ``remaining`` calls (missing before the first answer), calls ``used`` by this client, and
        ``reset_at``: the day of the gateway turns at 00:00 GMT, which is 09:00 in Seoul.

    Examples
    --------
    >>> kd.quota().index.tolist()
    ['limit', 'remaining', 'used', 'reset_at']
    """
    return pd.Series(asdict((client or current()).quota()), dtype="object", name="quota")


def capabilities(*, client: Client | None = None) -> pd.DataFrame:
    """Return which licence groups the key's contract covers, by one cheap call to each.

    Parameters
    ----------
    client : Client, optional
        Client whose key it is. The current one by default.

    Returns
    -------
    DataFrame
        One row a licence group, indexed by ``licence``: its Korean name, ``state`` (``granted``, ``denied`` or
        ``unknown``) and the endpoint that was asked.

    Raises
    ------
    KosError
        If the gateway cannot be reached or refuses the key.

    Examples
    --------
    >>> kd.capabilities()["state"].unique().tolist()
    ['granted']
    """
    found = [asdict(capability) for capability in (client or current()).capabilities()]
    return pd.DataFrame(found, columns=["licence", "licence_ko", "state", "endpoint"], dtype="str").set_index("licence")


def cache_info(*, client: Client | None = None) -> pd.Series[Any]:
    """Return where answers are kept, how many there are and how often they served.

    Parameters
    ----------
    client : Client, optional
        Client whose cache it is. The current one by default.

    Returns
    -------
    Series
        Path (missing where the cache is in memory), entries, bytes, hits and misses.

    Examples
    --------
    >>> int(kd.cache_info()["entries"]) >= 0
    True
    """
    return pd.Series((client or current()).cache_info(), dtype="object", name="cache")


def clear_cache(*, client: Client | None = None) -> int:
    """Forget every kept answer of the client's key and address.

    Parameters
    ----------
    client : Client, optional
        Client whose cache it is. The current one by default.

    Returns
    -------
    int
        How many answers were forgotten.

    Examples
    --------
    >>> kd.clear_cache() >= 0
    True
    """
    return (client or current()).clear_cache()

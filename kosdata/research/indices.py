"""Indices: what their members are worth, and the level that an auction would make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from kosdata.catalogue import codes as tables
from kosdata.catalogue import endpoint
from kosdata.errors import ArgumentError, KosError
from kosdata.research.asking import Lang, Manner, OnError, Part, blank, settled
from kosdata.research.groups import (
    Routes,
    answers,
    finished,
    instants,
    instruments_of,
    questions,
    rows,
    unresolved,
    zoned,
)
from kosdata.research.instruments import codes_of, resolve
from kosdata.wire.client import Client

__all__ = ["expected_index", "market_cap"]

_TIME: Final = "expected_time"


def market_cap(
    codes: str | Sequence[str],
    *,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return what the members of indices are worth now.

    Parameters
    ----------
    codes : str or sequence of str
        Codes of indices, such as ``"K1"`` or ``"Q1"``.
    market : str, optional
        Market of all of them, for example ``"kospi"``. Looked up by default.
    on_error : {"raise", "collect"}, default "raise"
        ``"collect"`` goes on without the codes that fail; `failures` lists them.
    allow_partial : bool, default False
        Begin even if fewer calls are left today than are needed.
    refresh : bool, default False
        Ask even for what was answered within the second.
    progress : bool, optional
        Show a bar. By default when it takes over two seconds, on a terminal or in a notebook.
    lang : {"en", "ko"}, default "en"
        Language of the column names.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        One row an index, by ``code`` in the order asked for: ``issue_count``, ``volume`` and ``listed_shares`` in
        shares, ``value`` and ``market_cap`` in won; all Int64.

    Raises
    ------
    ArgumentError
        If an argument is wrong, or a code is no index.
    KosError
        If an index cannot be had: never a shorter frame.

    See Also
    --------
    quote : The level.

    Notes
    -----
    The service counts in thousand shares and million won; both are scaled. One call an index.

    Endpoint: ``marketcap``.

    Examples
    --------
    >>> kd.market_cap("K1").columns.tolist()
    ['issue_count', 'volume', 'value', 'market_cap', 'listed_shares']
    """
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    given, parts = _asked("market_cap", codes, manner, market)
    return finished(parts, blank(endpoint("v3_realtime_index_marketcap")), given, manner)


def expected_index(
    codes: str | Sequence[str],
    *,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return the level of indices that an auction would make.

    Parameters
    ----------
    codes : str or sequence of str
        Codes of indices, such as ``"K1"`` or ``"Q1"``.
    market : str, optional
        Market of all of them, for example ``"kospi"``. Looked up by default.
    on_error : {"raise", "collect"}, default "raise"
        ``"collect"`` goes on without the codes that fail; `failures` lists them.
    allow_partial : bool, default False
        Begin even if fewer calls are left today than are needed.
    refresh : bool, default False
        Ask even for what was answered within the second.
    progress : bool, optional
        Show a bar. By default when it takes over two seconds, on a terminal or in a notebook.
    lang : {"en", "ko"}, default "en"
        Language of the column names.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        One row an index, by ``code`` in the order asked for: ``expected_price`` and ``expected_change`` in points,
        ``expected_change_code``, ``expected_volume_cum`` in shares and ``expected_value_cum`` in won (Int64), and
        ``expected_time`` (Asia/Seoul). Missing as long as no auction was called.

    Raises
    ------
    ArgumentError
        If an argument is wrong, or a code is no index.
    KosError
        If an index cannot be had: never a shorter frame.

    See Also
    --------
    quote : The level of the last trades.

    Notes
    -----
    The change bears its sign; its code is ``"69"`` whatever the direction. One call an index.

    Endpoint: ``prospectindex``.

    Examples
    --------
    >>> str(kd.expected_index("K1")["expected_time"].dtype)
    'datetime64[us, Asia/Seoul]'
    """
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    given, parts = _asked("expected_index", codes, manner, market)

    def timed(part: Part) -> Part:
        return part.having(part.frame.assign(**{_TIME: instants(part.frame[_TIME], part.newest_at, manner.days)}))

    parts = {code: timed(part) if isinstance(part, Part) else part for code, part in parts.items()}
    return finished(parts, zoned(blank(endpoint("v3_realtime_index_prospectindex")), _TIME), given, manner)


def _asked(
    name: str, codes: str | Sequence[str], manner: Manner, market: str | None
) -> tuple[list[str], dict[str, Part | KosError]]:
    given, _ = codes_of(codes)
    known = tables.lookup("index_codes")
    if others := [code for code in given if code not in known]:
        raise ArgumentError(
            f"{', '.join(others)}: no index has that code, and only indices can be asked about here. "
            "kosdata.code_table('index_codes') lists them; 'K1' is KOSPI, 'Q1' KOSDAQ."
        )

    def work(manner: Manner) -> dict[str, Part | KosError]:
        found = resolve(given, manner, market, only=("index",))
        asked, refused = questions(instruments_of(found), Routes(name), manner)
        return unresolved(found) | refused | rows(answers(asked, Routes(name), manner), manner)

    return given, settled(manner, work)

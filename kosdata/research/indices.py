"""Indices: what their members are worth, and the level that an auction would make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from kosdata.catalogue.codes import lookup
from kosdata.errors import ArgumentError
from kosdata.research.asking import blank
from kosdata.research.by_code import by_code
from kosdata.research.instruments import Instrument, codes_of
from kosdata.research.manner import Lang, Manner, OnError
from kosdata.research.parts import Part
from kosdata.research.routes import Product, shape
from kosdata.research.shaping import instants, zoned
from kosdata.wire.client import Client

__all__ = ["expected_index", "market_cap"]

_ONLY: Final[tuple[Product, ...]] = ("index",)
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
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
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
    given = _indices(codes)
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    return by_code(
        "market_cap", given, manner, lambda _: blank(shape("market_cap", "index")), market=market, only=_ONLY
    )


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
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
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
    given = _indices(codes)
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    like = zoned(blank(shape("expected_index", "index")), _TIME)

    def timed(part: Part, _: Instrument) -> Part:
        return part.having(part.frame.assign(**{_TIME: instants(part.frame[_TIME], part.newest_at, manner.days)}))

    return by_code("expected_index", given, manner, lambda _: like, timed, market=market, only=_ONLY)


def _indices(codes: str | Sequence[str]) -> list[str]:
    """Return codes of indices, each once.

    Raises
    ------
    ArgumentError
        If one is none.
    """
    given, _ = codes_of(codes)
    if others := [code for code in given if code not in lookup("index_codes")]:
        raise ArgumentError(
            f"{', '.join(others)}: no index has that code, and only indices can be asked about here. "
            "kosdata.code_table('index_codes') lists them; 'K1' is KOSPI, 'Q1' KOSDAQ. "
            "kosdata.board('kospi')['market_cap'] is that of stocks."
        )
    return given

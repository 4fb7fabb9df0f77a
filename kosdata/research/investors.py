"""What each type of investor sold and bought."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import pandas as pd

from kosdata.catalogue import codes, endpoint
from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.codes import DERIVATIVES, STOCKS
from kosdata.catalogue.contracts import OPTION_MARKETS, PRODUCTS, market_of
from kosdata.catalogue.model import Endpoint
from kosdata.catalogue.spelling import choice, suggestion
from kosdata.errors import ArgumentError, KosError
from kosdata.research.asking import blank
from kosdata.research.by_code import in_order
from kosdata.research.instruments import Instrument, instruments_of, resolve, several, unresolved
from kosdata.research.manner import Lang, Manner, OnError, settled
from kosdata.research.multi_issue import answers, questions, rows
from kosdata.research.parts import Part, each_part
from kosdata.research.routes import shape
from kosdata.wire import arguments as args
from kosdata.wire.client import Client

__all__ = ["by_investor", "investors", "session_of"]

ContractKind: TypeAlias = Literal["futures", "options"]

_TOTALS: Final = ("08", "11", "12")
_THOUSAND: Final = 1_000
_NO_CODE: Final = "00"
_WORD: Final = re.compile(r"[a-z]{3}[a-z0-9_]*")


def investors(
    code_or_market: str | Sequence[str],
    *,
    kind: Literal["futures", "options"] | None = None,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return what each type of investor sold and bought in a session.

    Parameters
    ----------
    code_or_market : str or sequence of str
        A stock or fund (``"005930"``), a stock market (``"kospi"``, ``"kosdaq"``), an index (``"K1"``, ``"Q203"``) or
        a market of futures and options (``"kospi200"``, ``"usd"``). A list gives the frame a leading level ``code``.
    kind : {"futures", "options"}, optional
        Contracts of a market of futures and options: ``"futures"`` by default.
    market : str, optional
        Market of all codes, for example ``"kosdaq"``. Looked up by default.
    on_error : {"raise", "collect"}, default "raise"
        ``"collect"`` goes on without the codes that fail; `failures` lists them.
    allow_partial : bool, default False
        Begin even if fewer calls are left today than are needed.
    refresh : bool, default False
        Ask even for what the cache has.
    progress : bool, optional
        Show a bar. By default when it takes over two seconds, on a terminal or in a notebook.
    lang : {"en", "ko"}, default "en"
        Language of the columns and of the investors.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        One row a type of investor, indexed by ``investor`` in the order of ``kd.code_table("investors")``:
        ``sell_volume``, ``buy_volume`` and ``net_volume`` (bought less sold) in shares or contracts, ``sell_value``,
        ``buy_value`` and ``net_value`` in won. Options have the six for calls, ``call_sell_volume`` to
        ``call_net_value``, then the six for puts. All Int64. A code that is not in the table stands for itself.

    Raises
    ------
    ArgumentError
        If an argument is wrong; nothing was sent.
    NotFoundError
        If no market lists a code.
    NotReadyError
        If it is too early: figures of stocks come at 15:30, those of whole markets at 15:40.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If the figures cannot be had otherwise.

    See Also
    --------
    members : The members of the exchange that traded most.

    Notes
    -----
    Rows overlap: ``institutions total``, ``foreigners``, ``grand total`` and ``other total`` are sums of others, so do
    not add up all rows. ``attrs`` says of which ``session`` and ``time`` the figures are, and in ``sums`` whether the
    totals agree with their parts. Figures that came without investor codes, as before the first snapshot of a day,
    are put in the order of the table if there are sixteen; ``attrs`` says so in ``labels``.

    The service has the newest session alone, and no date can be asked for. While a session lasts it refuses until
    15:30; those of the day before are gone then.

    Endpoints: ``investors`` of an issue, a market, an index, futures or options.

    Examples
    --------
    >>> kd.investors("005930").columns.tolist()
    ['sell_volume', 'buy_volume', 'net_volume', 'sell_value', 'buy_value', 'net_value']
    >>> kd.investors("kospi").attrs["kosdata"]["sums"]
    'agree'
    >>> int(kd.investors("kospi200", kind="options").loc["grand total", "call_net_volume"])
    0
    """
    choice("kind", kind, (None, "futures", "options"))
    subjects, single = _subjects(code_or_market, kind)
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    markets = [each for each in subjects if isinstance(each, Instrument)]

    def work(manner: Manner) -> dict[str, Part | KosError]:
        shares, contracts = ([each for each in markets if (each.product == "stock") == is_stock] for is_stock in (1, 0))
        asked, parts = questions("market_investors", shares, manner)
        found = resolve([each for each in subjects if isinstance(each, str)], manner, market, only=("stock", "index"))
        more, refused = questions("investors", [*contracts, *instruments_of(found)], manner)
        parts |= unresolved(found) | refused | rows(answers([*asked, *more], manner), manner)
        return each_part(parts, lambda part: _told(by_investor(part, manner)))

    like = figures_of(blank(shape("investors", "options" if kind == "options" else "stock")))
    names = [each if isinstance(each, str) else each.code for each in subjects]
    return in_order(settled(manner, work), like, names, manner, single=single)


def by_investor(part: Part, manner: Manner) -> Part:
    """Return figures by the name of the investor, in the order of the table, and what is to be said of them."""
    table, frame = codes.lookup("investors"), part.frame
    aside: dict[str, Any] = {}
    sent = ["" if pd.isna(code) else str(code) for code in frame.index]
    known = [code.zfill(2) if code.isdecimal() else code for code in sent]
    if set(known) == {_NO_CODE}:
        known = list(table) if len(sent) == len(table) else sent
        aside["labels"] = "rows came without investor codes: " + (
            "they are taken to be in the order of the table"
            if known is not sent
            else f"there are {len(sent)} of them, and nothing tells whose they are"
        )
    figures = figures_of(frame)
    aside["sums"] = _sums(figures, known)
    if len(figures) and not figures.fillna(0).to_numpy(dtype=np.int64).any():
        aside["note"] = "every figure is 0: there was no trade, or the service was not ready to tell"
    at = _time(frame)
    aside["time"] = at.isoformat() if at else None
    aside["session"] = session_of(endpoint(part.endpoint), part.newest_at, manner.days, at).isoformat()
    names = [
        table[code][f"name_{manner.lang}"] if code in table else raw for code, raw in zip(known, sent, strict=True)
    ]
    places = {code: place for place, code in enumerate(table)}
    order = sorted(range(len(known)), key=lambda n: places.get(known[n], len(places)))
    figures.index = pd.Index(names, dtype="str", name="investor")
    return part.having(figures.take(order), aside=aside)


def figures_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what was sold, what was bought, and the difference."""
    found: dict[str, pd.Series[Any]] = {}
    for prefix in ("call_", "put_") if "call_sell_volume" in frame else ("",):
        for what in ("volume", "value"):
            sold, bought = frame[f"{prefix}sell_{what}"], frame[f"{prefix}buy_{what}"]
            found |= {f"{prefix}sell_{what}": sold, f"{prefix}buy_{what}": bought, f"{prefix}net_{what}": bought - sold}
    return pd.DataFrame(found).rename_axis("investor")


def session_of(of: Endpoint, came: datetime, days: Calendar, at: time | None = None) -> date:
    """Return the session that figures are of: closing ones change at their hour, live ones bear a time that is past."""
    session = days.latest_session(came.date())
    if session != came.date():
        return session
    if of.published.how == "close" and of.published.at is not None:
        is_of_today = came.time() >= max(of.published.at, days.hours(session, of.floor).close)
    else:
        is_of_today = at is None or at <= came.time()
    return session if is_of_today else days.previous_session(session)


def _told(part: Part) -> Part:
    """Return a part that says in its notes what stands beside its figures."""
    return part.noting(**{name: text for name, text in part.aside.items() if text is not None})


def _subjects(given: object, kind: ContractKind | None) -> tuple[list[Instrument | str], bool]:
    """Return whose investors a user wants, each once, and whether it was one as a string."""
    values, single = several(given)
    found = list(dict.fromkeys(_subject(value, kind) for value in values))
    if not found:
        raise ArgumentError("code_or_market is empty: name at least one code or market.")
    return found, single


def _subject(value: object, kind: ContractKind | None) -> Instrument | str:
    """Return a market, under its own name, or a code."""
    name = value.strip().lower() if isinstance(value, str) else ""
    if name in DERIVATIVES:
        if kind == "options" and name in PRODUCTS and name not in OPTION_MARKETS:
            raise ArgumentError(f"kind='options' does not fit {name}, which has futures only.")
        return Instrument(name, kind or "futures", name)
    if kind is not None:
        raise ArgumentError(
            f"kind={kind!r} does not fit {value!r}, which is no market of futures and options: leave it out, or name "
            f"one of {', '.join(DERIVATIVES)}."
        )
    if name in STOCKS:
        return Instrument(name, "stock", name)
    if _WORD.fullmatch(name):
        known = (*STOCKS[:2], *DERIVATIVES)
        raise ArgumentError(
            f"{value!r} is neither a code nor a market with investors.{suggestion(name, known)} "
            f"Markets: {', '.join(known)}."
        )
    code = args.short_code(value, "code_or_market")
    if contracts := market_of(code):
        raise ArgumentError(f"{code} is one contract; investors are those of its market: write {contracts!r}.")
    return code


def _sums(figures: pd.DataFrame, known: Sequence[str]) -> str | None:
    """Return whether totals are what their parts come to; values are printed in thousands, each of them rounded."""
    if figures.empty:
        return None
    table = codes.lookup("investors")
    wrong: list[str] = []
    lacking: set[str] = set()
    for total in _TOTALS:
        parts = table[total]["aggregate_of"].split("+")
        if missing := {code for code in (total, *parts) if known.count(code) != 1}:
            lacking |= missing
            continue
        here, there = figures.take([known.index(total)]), figures.take([known.index(code) for code in parts])
        apart: dict[Any, Any] = (here.iloc[0] - there.sum(skipna=False)).to_dict()
        for column in (name for name in apart if "net_" not in name):
            slack = _THOUSAND * len(parts) if column.endswith("value") else 0
            if pd.isna(apart[column]):
                lacking.add(total)
            elif abs(apart[column]) > slack:
                wrong.append(f"{column} of {table[total]['name_en']} is off its parts by {apart[column]}")
    if wrong:
        return "; ".join(wrong)
    names = ", ".join(table[code]["name_en"] for code in table if code in lacking)
    return f"not checked: no one figure of {names}" if lacking else "agree"


def _time(frame: pd.DataFrame) -> time | None:
    if "time" not in frame or frame.empty or pd.isna(frame["time"].iloc[0]):
        return None
    seconds, rest = divmod(frame["time"].iloc[0] // timedelta(microseconds=1), 1_000_000)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60, rest)

"""Many figures of one code in one frame, and from when on each row was known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kosdata.catalogue import endpoint
from kosdata.catalogue.model import Endpoint
from kosdata.catalogue.seoul import SEOUL
from kosdata.catalogue.spelling import suggestion
from kosdata.errors import ArgumentError, KosError, NotReadyError
from kosdata.frame.wide import nullable
from kosdata.research.asking import ask, blank
from kosdata.research.columns import CONTRACT_BAR, DAILY_BAR
from kosdata.research.daily import BESIDES_BARS, Outcomes, published
from kosdata.research.instruments import Instrument, codes_of, instruments_of, resolve
from kosdata.research.investors import by_investor
from kosdata.research.manner import Lang, Manner, OnError, call_for, settled
from kosdata.research.parts import Part, Parts, finish, whole
from kosdata.research.prices import daily
from kosdata.research.routes import Product, route, routed, shape
from kosdata.research.spans import Date, Span, closed_through, span
from kosdata.wire.client import Client
from kosdata.wire.hours import out_at

__all__ = ["FIGURES", "join"]

_AT: Final = "available_at"
_INVESTORS: Final = {"individuals": "individuals", "foreigners": "foreigners", "institutions": "institutions total"}
_NETS: Final = {
    f"{name}_{net}": (investor, net) for name, investor in _INVESTORS.items() for net in ("net_volume", "net_value")
}
_CONTRACTS: Final[tuple[Product, ...]] = ("futures", "options")
# Part to the question about days that it is.
_BY_DAY: Final = {"short": "short_selling", "foreign": "foreign_holding", "nav": "nav_history"}
# Part to its columns; only contracts have open interest. The close of a fund belongs to its bars.
FIGURES: Final[dict[str, tuple[str, ...]]] = {
    "ohlcv": CONTRACT_BAR,
    "flows": tuple(_NETS),
    **{name: tuple(c for c in BESIDES_BARS[of] if c != "close") for name, of in _BY_DAY.items()},
}
_OF: Final[dict[str, tuple[Product, ...]]] = {
    "ohlcv": ("stock", "index", "futures", "options"),
    "flows": ("stock", "index"),
    **dict.fromkeys(_BY_DAY, ("stock",)),
}
_NEWEST_ONLY: Final = "the service has the newest session alone"


def join(
    code: str | Sequence[str],
    parts: str | Sequence[str] = ("ohlcv", "flows", "short", "foreign"),
    start: Date | None = None,
    end: Date | None = None,
    *,
    period: str | None = None,
    market: str | None = None,
    on_error: OnError = "raise",
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return figures of several kinds about a code by day, and from when on each row was known.

    Parameters
    ----------
    code : str or sequence of str
        Short code. A list gives the frame a leading level ``code``.
    parts : sequence of str, default ("ohlcv", "flows", "short", "foreign")
        What to put side by side: ``"ohlcv"`` (daily bars), ``"flows"`` (net purchases of investors), ``"short"`` (short
        sales and lending), ``"foreign"`` (what foreigners hold), ``"nav"`` (net asset value of a fund).
    start : str, date or Timestamp, optional
        First day, included. Needed unless `period` is given.
    end : str, date or Timestamp, optional
        Last day, included. The newest that is published by default.
    period : str, optional
        Instead of `start`: so much time up to `end`, as ``"5d"`` (calendar days), ``"2w"``, ``"6m"``, ``"1y"``.
    market : str, optional
        Market of all codes, for example ``"kosdaq"``. Looked up by default.
    on_error : {"raise", "collect"}, default "raise"
        ``"collect"`` goes on without the codes of which a part fails; `failures` lists them.
    allow_partial : bool, default False
        Begin even if fewer calls are left today than are needed.
    refresh : bool, default False
        Ask even for what the cache has.
    progress : bool, optional
        Show a bar. By default when it takes over two seconds, on a terminal or in a notebook.
    lang : {"en", "ko"}, default "en"
        Language of the column names.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        One row a day that any part has, oldest first, indexed by ``date``. The columns of the parts in the order given,
        prices and ratios float64, counts and won Int64: those of `history`; ``individuals_net_volume`` and
        ``individuals_net_value``, the same of ``foreigners`` and ``institutions``; those of `short_selling` and of
        `foreign_holding`; ``nav`` and ``nav_change``. Then ``available_at`` (datetime64[us, Asia/Seoul]): from when on
        everything in the row was published.

    Raises
    ------
    ArgumentError
        If a part is unknown or a code has no such part, or another argument is wrong; nothing was sent.
    NotFoundError
        If no market lists a code.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a page cannot be had.

    See Also
    --------
    panel : One figure of many codes.

    Notes
    -----
    The service tells flows of the newest session alone: they stand in one row, and every other row lacks them. Before
    their hour there are none. ``attrs`` says so.

    A test that reads a row before ``available_at`` looks into the future. The hours are the published ones: bars 15:40
    of their day (futures and options 15:50), flows 15:30, short sales 18:00, later on days that close late; foreign
    holding, net asset value and open interest 06:30 of the next day. Flows of an index run with the day: theirs is
    when they were asked for. Prices are as re-based since: a split after the row changes them.

    Endpoints: those of `history`, `short_selling`, `foreign_holding` and `nav_history`; ``investors``.

    Examples
    --------
    >>> df = kd.join("005930", ["ohlcv", "short", "foreign"], "2024-01-11", "2024-01-12")
    >>> df["available_at"].dt.strftime("%m-%d %H:%M").tolist()
    ['01-12 06:30', '01-12 18:00']
    >>> df["foreign_ratio"].isna().tolist()
    [False, True]
    """
    chosen = _chosen(parts)
    given, single = codes_of(code, "code")
    manner = Manner.of(
        client, refresh=refresh, on_error=on_error, allow_partial=allow_partial, progress=progress, lang=lang
    )
    span(start, end, period, manner.client.now().date())
    only = [product for product in _OF["ohlcv"] if all(product in _OF[name] for name in chosen)]

    def work(manner: Manner) -> tuple[Outcomes, pd.DataFrame]:
        within = span(start, end, period, manner.client.now().date())
        found = resolve(given, manner, market, only=only)
        instruments = instruments_of(found)
        like = _like(chosen, instruments)
        figures = {name: _figures(name, instruments, within, manner) for name in chosen}
        return {
            code: _together({name: figures[name][code] for name in chosen}, each, like, manner)
            if isinstance(each, Instrument)
            else each
            for code, each in found.items()
        }, like

    made, like = settled(manner, work)
    return finish(whole(made, like, single=single), made, manner, joined=" ".join(chosen))


def _chosen(parts: object) -> list[str]:
    values = [parts] if isinstance(parts, str) else list(parts) if isinstance(parts, Sequence) else [parts]
    for value in values:
        if value not in _OF:
            hint = suggestion(str(value).lower(), _OF, most=1, cutoff=0.5)
            raise ArgumentError(f"parts: {value!r} is not one of {', '.join(_OF)}.{hint}")
    if not values:
        raise ArgumentError(f"parts is empty: name at least one of {', '.join(_OF)}.")
    return list(dict.fromkeys(values))


def _like(chosen: Sequence[str], instruments: Sequence[Instrument]) -> pd.DataFrame:
    """Return a joined frame without rows."""
    columns: dict[str, Any] = {}
    for name in chosen:
        if name == "flows":
            columns |= {column: pd.array([], dtype="Int64") for column in _NETS}
            continue
        has_interest = any(each.product in _CONTRACTS for each in instruments)
        frame = blank(shape("history", "futures") if name == "ohlcv" else shape(_BY_DAY[name]))
        wanted = FIGURES[name] if name != "ohlcv" or has_interest else DAILY_BAR
        columns |= {column: nullable(frame[column]).array for column in wanted}
    days = pd.DatetimeIndex([], name="date").as_unit("us")
    return pd.DataFrame({**columns, _AT: days.tz_localize(SEOUL).array}, index=days)


# What answers each part -------------------------------------------------------------------------------------------


def _figures(name: str, instruments: Sequence[Instrument], within: Span, manner: Manner) -> Outcomes:
    if name == "ohlcv":
        return daily(instruments, within, manner)
    if name == "flows":
        return _flows(instruments, within, manner)
    return published(_BY_DAY[name], instruments, within, manner)


def _flows(instruments: Sequence[Instrument], within: Span, manner: Manner) -> Outcomes:
    """Return the net purchases of the newest session whose figures are out, one row each."""
    now = manner.client.now()
    routes = routed("investors", instruments, manner)
    outcomes: Outcomes = {code: of for code, of in routes.items() if isinstance(of, KosError)}
    there = {each: of for each in instruments if isinstance(of := routes[each.code], Endpoint)}
    if within.last < manner.days.previous_session(now.date()):
        return outcomes | {each.code: _no_flows(of.id, now, _NEWEST_ONLY) for each, of in there.items()}
    calls = [call_for(manner, of, each.market, each.code) for each, of in there.items()]
    for (each, of), outcome in zip(there.items(), ask(calls, manner.collecting()), strict=True):
        if isinstance(outcome, NotReadyError):
            outcomes[each.code] = _no_flows(of.id, now, "the figures of the day are not out yet")
        elif isinstance(outcome, KosError):
            if manner.is_strict:
                raise outcome
            outcomes[each.code] = outcome
        else:
            # Investors are told apart by their English names.
            outcomes[each.code] = _net(by_investor(outcome, replace(manner, lang="en")), each, within, manner)
    return outcomes


def _net(part: Part, of: Instrument, within: Span, manner: Manner) -> Part:
    """Return figures of investors as one row of a session that is over; none where they tell nothing."""
    session = date.fromisoformat(part.aside["session"])
    closing = route(manner.client, "close", of.product, of.market)
    is_live = endpoint(part.endpoint).published.how != "close"
    figures: pd.DataFrame | None = None
    if part.frame.empty or part.aside.get("note"):
        said = part.aside.get("note")
    elif not within.first <= session <= within.last:
        said = _NEWEST_ONLY
    elif is_live and session > closed_through(closing, part.newest_at, manner.days):
        said = f"{session} is not over yet"
    else:
        said, figures = f"{session}: {_NEWEST_ONLY}", part.frame
    row = _flow_row(session if figures is not None else None, figures)
    return part.having(row, notes={"flows": said} if said else {})


def _flow_row(session: date | None, figures: pd.DataFrame | None) -> pd.DataFrame:
    index = pd.DatetimeIndex([] if session is None else [session], name="date").as_unit("us")
    values: dict[str, Any] = {column: pd.array([], dtype="Int64") for column in _NETS}
    if figures is not None:
        there = figures[~figures.index.duplicated(keep=False)]
        values = {name: there[net].reindex([investor]).array for name, (investor, net) in _NETS.items()}
    return pd.DataFrame(values, index=index)


def _no_flows(endpoint_id: str, now: datetime, reason: str) -> Part:
    return Part.none(_flow_row(None, None), endpoint_id, now, reason).noting(flows=reason)


# Rows and their hours ---------------------------------------------------------------------------------------------


def _together(figures: Parts, of: Instrument, like: pd.DataFrame, manner: Manner) -> Part | KosError:
    """Return the parts of a code side by side, or the first error."""
    found: dict[str, Part] = {}
    for name, outcome in figures.items():
        if isinstance(outcome, KosError):
            return outcome
        found[name] = outcome
    parts = list(found.values())
    index = pd.DatetimeIndex(np.unique(np.concatenate([part.frame.index.to_numpy() for part in parts])), name="date")
    known = np.zeros(len(index), dtype="datetime64[us]")
    nothing = np.full(len(index), -1, dtype=np.intp)
    columns: dict[str, Any] = {str(name): like[name].array.take(nothing, allow_fill=True) for name in like.columns}
    for name, part in found.items():
        at = index.get_indexer(part.frame.index)
        takes = nothing.copy()
        takes[at] = np.arange(len(at))
        for column in part.frame.columns.intersection(list(FIGURES[name])):
            columns[str(column)] = nullable(part.frame[column]).array.take(takes, allow_fill=True)
        known[at] = np.maximum(known[at], _out(name, part, of, manner))
    columns[_AT] = pd.DatetimeIndex(known).tz_localize(SEOUL).array
    return Part.of(parts, pd.DataFrame(columns, index=index))


def _out(name: str, part: Part, of: Instrument, manner: Manner) -> NDArray[np.datetime64]:
    """Return when the rows of a part came out, in Seoul, without a zone."""
    days = pd.DatetimeIndex(part.frame.index).date
    hour = _hour(name, part, of, manner)
    out = np.array([hour(day) for day in days], dtype="datetime64[us]")
    if "open_interest" in part.frame:
        # No closing row has it: it comes with the history of the next morning.
        history = route(manner.client, "history", of.product, of.market)
        late = np.array([out_at(history, day, manner.days) for day in days], dtype="datetime64[us]")
        out = np.where(part.frame["open_interest"].notna(), late, out)
    return out


def _hour(name: str, part: Part, of: Instrument, manner: Manner) -> Callable[[date], datetime]:
    """Return what tells when the row of a day comes out."""
    days = manner.days
    if name == "ohlcv":
        closing = route(manner.client, "close", of.product, of.market)
        return lambda day: out_at(closing, day, days)
    answering = endpoint(part.endpoint.split()[0])
    if name != "flows":
        return lambda day: out_at(answering, day, days)
    if answering.published.how != "close":
        return lambda day: part.newest_at.replace(tzinfo=None)
    at = answering.published.at or time.min
    return lambda day: datetime.combine(day, max(at, days.hours(day, answering.floor).close))

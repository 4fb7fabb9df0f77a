"""Figures of investors: named, ordered, netted, and their totals compared with what they are totals of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from kosdata.catalogue import codes, endpoint
from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.model import Endpoint
from kosdata.errors import KosError
from kosdata.research.asking import Manner, Part

__all__ = ["by_investor", "figures_of", "said_of", "session_of"]

_TOTALS: Final = ("08", "11", "12")
_THOUSAND: Final = 1_000
_NO_CODE: Final = "00"


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


def said_of(parts: Mapping[str, Part | KosError], name: str) -> str | None:
    """Return what is said of all parts, or what is said of each where it is not the same."""
    said = {code: part.aside.get(name) for code, part in parts.items() if isinstance(part, Part)}
    if len(set(said.values())) <= 1:
        return next(iter(said.values()), None)
    return "; ".join(f"{code}: {text}" for code, text in said.items() if text is not None)


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

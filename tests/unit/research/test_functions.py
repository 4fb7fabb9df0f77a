"""The table of functions against what the functions ask and return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue.codes import markets
from kosdata.research import asking
from kosdata.research.functions import FUNCTIONS
from kosdata.research.routes import ROUTES
from tests.questions import QUESTIONS
from tests.unit.research.markets import MARKET, at

EVENING, RUNNING = "2024-01-12T18:30", "2024-01-12T14:00"
MANY = [issue.code for issue in MARKET.listed("kospi", date(2024, 1, 12))]
TWO = ["005930", "000660"]
START = "2024-01-11"
# Their columns are chosen by the question.
CHOSEN = {"panel"}

Ask = Callable[[], pd.DataFrame]
ASKED: dict[str, list[Ask]] = {
    "history": [
        partial(kd.history, "005930", START),
        partial(kd.history, "101V3000", START),
        partial(kd.history, MANY[:101], START),
        partial(kd.history, ["005930", "K1", "101V3000"], START, partial=True),
        partial(kd.history, TWO, START, partial=True),
    ],
    "intraday": [partial(kd.intraday, code, "10min") for code in ("005930", "K1", "101V3000")],
    "quote": [
        partial(kd.quote, "005930"),
        partial(kd.quote, TWO),
        partial(kd.quote, ["K1", "101V3000"]),
        partial(kd.quote, TWO, whole_market=True),
    ],
    "order_book": [partial(kd.order_book, "005930"), partial(kd.order_book, TWO)],
    "board": [partial(kd.board, "kospi", kind) for kind in ("price", "ohlc", "after_hours", "quote")],
    "close": [partial(kd.close, "005930"), partial(kd.close, ["K1", "101V3000"])],
    "listing": [kd.listing, partial(kd.listing, "kospi200")],
    "master": [partial(kd.master, "005930"), partial(kd.master, "005930", ["prev_close"])],
    "investors": [partial(kd.investors, "005930"), partial(kd.investors, "kospi")],
    "members": [partial(kd.members, "005930")],
    "short_selling": [partial(kd.short_selling, "005930", START)],
    "foreign_holding": [partial(kd.foreign_holding, "005930", "2024-01-10")],
    "nav_history": [partial(kd.nav_history, "069500", "2024-01-10")],
    "nav": [partial(kd.nav, "069500"), partial(kd.nav, "069500", close=True)],
    "constituents": [partial(kd.constituents, "069500")],
    "search": [partial(kd.search, "삼성전자")],
    "panel": [
        partial(kd.panel, "close", MANY[:101], START),
        partial(kd.panel, "short_volume", TWO, START),
        partial(kd.panel, "foreign_ratio", TWO, "2024-01-10"),
        partial(kd.panel, "nav", ["069500"], "2024-01-10"),
    ],
    "join": [
        partial(kd.join, "069500", ["ohlcv", "flows", "short", "foreign", "nav"], START),
        partial(kd.join, MANY[:101], "ohlcv", START),
        partial(kd.join, "101V3000", "ohlcv", START),
    ],
    "futures_curve": [partial(kd.futures_curve, "ktb3"), partial(kd.futures_curve, "ktb3", quotes=False)],
    "option_chain": [partial(kd.option_chain, "kosdaq150")],
    "continuous": [
        partial(kd.continuous, "ktb3", START),
        partial(kd.continuous, "ktb3", START, partial=True),
    ],
}
# Of contracts they have other columns besides; of a kind or of fields their own.
OTHERWISE = {("board", 1), ("board", 2), ("board", 3), ("master", 1)}


@contextmanager
def spied(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Yield the ids of the endpoints that are asked."""
    found: set[str] = set()
    collect_each = asking.collect_each

    def collected(client: Any, calls: Any, **given: Any) -> Any:
        found.update(call.endpoint.id for call in calls)
        return collect_each(client, calls, **given)

    with monkeypatch.context() as patch:
        patch.setattr(asking, "collect_each", collected)
        yield found


def routes_of(name: str) -> dict[str, set[str]]:
    """Return the question to the ids of v3 that answer it."""
    return {
        question: {v3.format(market=market) for v3, _ in ROUTES[question].values() for market in markets("stock")}
        for question in FUNCTIONS[name].routes
    }


def test_every_function_has_a_question() -> None:
    assert set(FUNCTIONS) <= set(QUESTIONS)
    assert set(ASKED) <= set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_asks_and_returns_what_its_row_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = FUNCTIONS[name]
    endpoints = set(kd.functions().loc[name, "endpoints"].split())
    seen: set[str] = set()
    asked: set[str] = set()
    for number, ask in enumerate(ASKED.get(name, [QUESTIONS[name]])):
        is_partial = getattr(ask, "keywords", {}).get("partial", False)
        with at(RUNNING if is_partial else EVENING, cache=False), spied(monkeypatch) as ids:
            frame = ask()
        assert not frame.empty
        assert [each for each in frame.index.names if each != "code" or "code" in said.rows] == list(said.rows)
        assert ids <= endpoints
        assert set(frame.attrs["kosdata"]["endpoint"].split()) <= ids
        asked |= ids
        if name in CHOSEN or (name, number) in OTHERWISE:
            continue
        columns = tuple(frame.columns.drop("final", errors="ignore"))
        assert columns == tuple(column for column in said.columns if column in columns)
        seen |= set(columns)
    assert name in CHOSEN or seen == set(said.columns)
    assert not {question for question, ids in routes_of(name).items() if not ids & asked}

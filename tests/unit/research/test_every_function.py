"""What holds for every function: it begins nothing that the day's quota does not allow, and speaks Korean if asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import signature
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.research.functions import FUNCTIONS
from kosdata.simulator import Simulator
from kosdata.wire.client import Client, use
from tests.questions import QUESTIONS
from tests.unit.research.markets import DERIVATIVES, MARKET

NOW = "2024-01-12T18:30"
CODES = [issue.code for issue in MARKET.listed("kospi", pd.Timestamp(NOW).date())[:40]]
INDICES = [f"K{n}" for n in range(1, 41) if f"K{n}" in MARKET.indices]
CONTRACTS = [c.code for c in DERIVATIVES.contracts("options", "kospi200", pd.Timestamp(NOW).date())][:40]
COMMON = ("market", "on_error", "allow_partial", "refresh", "progress", "lang", "client")
# A market is what these are asked about.
SUBJECTS = {(name, "market") for name in ("board", "listing", "futures_curve", "option_chain", "continuous")}
SPAN = ("2023-01-02", "2024-01-11")

# The markets of the codes are to be looked up as well.
MANY: dict[str, Callable[..., pd.DataFrame]] = {
    "history": lambda: kd.history(CODES, *SPAN),
    "intraday": lambda: kd.intraday(CODES, "1min", date="2024-01-12"),
    "quote": lambda: kd.quote([*CODES, *CONTRACTS]),
    "order_book": lambda: kd.order_book([*CODES, *CONTRACTS]),
    "close": lambda: kd.close(CODES),
    "listing": lambda: kd.listing(["kospi", "kosdaq", "konex", "kospi200"]),
    "master": lambda: kd.master(CODES, ["per", "week52_high"]),
    "investors": lambda: kd.investors(["kospi", *CODES]),
    "members": lambda: kd.members(CODES),
    "short_selling": lambda: kd.short_selling(CODES, *SPAN),
    "foreign_holding": lambda: kd.foreign_holding(CODES, *SPAN),
    "nav": lambda: kd.nav(CODES),
    "nav_history": lambda: kd.nav_history(CODES, *SPAN),
    "constituents": lambda: kd.constituents(CODES),
    "market_cap": lambda: kd.market_cap(INDICES),
    "expected_index": lambda: kd.expected_index(INDICES),
    "search": lambda: kd.search("삼성"),
    "panel": lambda: kd.panel("close", CODES, *SPAN),
    "join": lambda: kd.join(CODES, ["ohlcv", "short", "foreign"], *SPAN),
    "continuous": lambda: kd.continuous("ktb3", *SPAN),
}
# What there is of these is only known from the lists, and how many those are.
LISTS = {"futures_curve": ("ktb3", 1), "option_chain": ("kosdaq150", 2), "continuous": ("ktb3", 1)}


@pytest.mark.parametrize("left", [0, 1, 3])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_needs_more_than_is_left_of_the_day_sends_nothing(name: str, left: int) -> None:
    market, lists = LISTS.get(name, ("index", 0))
    with Simulator(now=NOW, speed=0, quota=left + lists + 1) as sim, sim.client() as client:
        use(client)
        kd.listing(market)
        kd.fetch("v3_extra_holiday", nation="KR")
        before = sim.count
        assert client.quota().remaining == left
        try:
            MANY.get(name, QUESTIONS[name])()
        except kd.QuotaError:
            assert sim.count == before
        else:
            assert sim.count - before <= left


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_every_function_takes_stands_in_the_same_order(name: str) -> None:
    function = getattr(kd, name)
    given = list(signature(function).parameters)
    common = [each for each in COMMON if each in given and (name, each) not in SUBJECTS]
    assert given[-len(common) :] == common
    assert ("allow_partial" in given) == ("QuotaError" in (function.__doc__ or ""))


def test_a_code_of_a_market_that_has_no_such_thing_is_collected(client: Client) -> None:
    konex = MARKET.listed("konex", pd.Timestamp(NOW).date())[0].code
    for ask in (kd.quote, kd.order_book, kd.members, kd.nav, kd.constituents):
        frame = ask([konex, "069500"], on_error="collect")
        assert frame.index.get_level_values("code").unique().tolist() == ["069500"]
        failed = kd.failures(frame)
        assert (failed.index.tolist(), failed["error"].tolist()) == ([konex], ["ArgumentError"])
        with pytest.raises(kd.ArgumentError, match="konex"):
            ask([konex, "069500"])
    frame = kd.investors(["konex", "K1"], on_error="collect")
    assert kd.failures(frame)["error"].to_dict() == {"konex": "ArgumentError"}


@pytest.mark.parametrize("name", QUESTIONS)
def test_names_are_korean_if_asked(name: str, client: Client) -> None:
    frame = QUESTIONS[name](lang="ko")
    names = [*frame.index.names, *frame.columns.names, *([] if name == "panel" else frame.columns)]
    assert [each for each in names if each is not None and not re.search("[가-힣]", str(each))] == []


OTHERS: dict[str, Callable[[], Any]] = {
    "board": lambda: kd.board("kospi", "after_hours", lang="ko"),
    "investors": lambda: kd.investors("kospi200", kind="options", lang="ko"),
    "join": lambda: kd.join("005930", ["ohlcv", "flows", "nav"], "2024-01-08", lang="ko"),
    "listing": lambda: kd.listing(["konex", "kospi200", "index"], lang="ko"),
    "master": lambda: kd.master(["005930", "K2FA001"], lang="ko"),
    "order_book": lambda: kd.order_book(["005930", "K2FA001"], lang="ko"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_so_are_those_of_other_products(name: str, client: Client) -> None:
    frame = OTHERS[name]()
    assert [name for name in (*frame.index.names, *frame.columns) if not re.search("[가-힣]", str(name))] == []

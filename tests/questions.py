"""One small question for every function."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

import kosdata as kd

# The codes are few, so that cassettes stay small.
QUESTIONS: dict[str, Callable[[], pd.DataFrame]] = {
    "history": lambda: kd.history("005930", "2024-01-08"),
    "history_of_an_index": lambda: kd.history("K1", "2024-01-08", "2024-01-11"),
    "history_of_a_future": lambda: kd.history("K2FA001", "2024-01-08", "2024-01-11"),
    "history_of_weeks": lambda: kd.history(["005930"], "2023-12", freq="W", market="kospi"),
    "intraday": lambda: kd.intraday("005930", "30min", date="2024-01-12", market="kospi"),
    "quote": lambda: kd.quote(["005930", "000660"], market="kospi"),
    "order_book": lambda: kd.order_book("005930", market="kospi"),
    "board": lambda: kd.board("kosdaq", "ohlc"),
    "close": lambda: kd.close("005930", market="kospi"),
    "listing": lambda: kd.listing("konex"),
    "master": lambda: kd.master("005930", ["prev_close", "week52_high"], market="kospi"),
    "investors": lambda: kd.investors("kospi"),
    "members": lambda: kd.members("005930", market="kospi"),
    "short_selling": lambda: kd.short_selling("005930", "2024-01-08", "2024-01-12", market="kospi"),
    "foreign_holding": lambda: kd.foreign_holding("005930", "2024-01-08", "2024-01-11", market="kospi"),
    "nav": lambda: kd.nav("069500", market="kospi"),
    "nav_history": lambda: kd.nav_history("069500", "2024-01-08", "2024-01-11", market="kospi"),
    "constituents": lambda: kd.constituents("069500", market="kospi"),
    "holidays": kd.holidays,
    "market_cap": lambda: kd.market_cap(["K1", "Q1"]),
    "expected_index": lambda: kd.expected_index("K1"),
    "search": lambda: kd.search("삼성전자", market="kospi"),
    "panel": lambda: kd.panel("close", ["005930", "000660"], "2024-01-08", "2024-01-11", market="kospi"),
    "join": lambda: kd.join("005930", ["ohlcv", "short", "foreign"], "2024-01-08", "2024-01-11", market="kospi"),
    "futures_curve": lambda: kd.futures_curve("ktb3"),
    "option_chain": lambda: kd.option_chain("kosdaq150", quotes=False),
    "continuous": lambda: kd.continuous("ktb3", "2023-12-11", "2023-12-22"),
}

"""One small question for every function."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

import kosdata as kd

# The codes are few, so that cassettes stay small.
QUESTIONS: dict[str, Callable[..., pd.DataFrame]] = {
    "history": lambda **given: kd.history("005930", "2024-01-08", **given),
    "history_of_an_index": lambda **given: kd.history("K1", "2024-01-08", "2024-01-11", **given),
    "history_of_a_future": lambda **given: kd.history("K2FA001", "2024-01-08", "2024-01-11", **given),
    "history_of_weeks": lambda **given: kd.history(["005930"], "2023-12", freq="W", market="kospi", **given),
    "intraday": lambda **given: kd.intraday("005930", "30min", date="2024-01-12", market="kospi", **given),
    "quote": lambda **given: kd.quote(["005930", "000660"], market="kospi", **given),
    "order_book": lambda **given: kd.order_book("005930", market="kospi", **given),
    "board": lambda **given: kd.board("kosdaq", "ohlc", **given),
    "close": lambda **given: kd.close("005930", market="kospi", **given),
    "listing": lambda **given: kd.listing("konex", **given),
    "master": lambda **given: kd.master("005930", ["prev_close", "week52_high"], market="kospi", **given),
    "investors": lambda **given: kd.investors("kospi", **given),
    "members": lambda **given: kd.members("005930", market="kospi", **given),
    "short_selling": lambda **given: kd.short_selling("005930", "2024-01-08", "2024-01-12", market="kospi", **given),
    "foreign_holding": lambda **given: kd.foreign_holding(
        "005930", "2024-01-08", "2024-01-11", market="kospi", **given
    ),
    "nav": lambda **given: kd.nav("069500", market="kospi", **given),
    "nav_history": lambda **given: kd.nav_history("069500", "2024-01-08", "2024-01-11", market="kospi", **given),
    "constituents": lambda **given: kd.constituents("069500", market="kospi", **given),
    "holidays": kd.holidays,
    "market_cap": lambda **given: kd.market_cap(["K1", "Q1"], **given),
    "expected_index": lambda **given: kd.expected_index("K1", **given),
    "search": lambda **given: kd.search("삼성전자", market="kospi", **given),
    "panel": lambda **given: kd.panel(
        "close", ["005930", "000660"], "2024-01-08", "2024-01-11", market="kospi", **given
    ),
    "join": lambda **given: kd.join(
        "005930", ["ohlcv", "short", "foreign"], "2024-01-08", "2024-01-11", market="kospi", **given
    ),
    "futures_curve": lambda **given: kd.futures_curve("ktb3", **given),
    "option_chain": lambda **given: kd.option_chain("kosdaq150", quotes=False, **given),
    "continuous": lambda **given: kd.continuous("ktb3", "2023-12-11", "2023-12-22", **given),
}

"""Frames of a few rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

SEOUL = "Asia/Seoul"
COLUMNS = ["open", "high", "low", "close", "volume", "value", "count"]


def ticks(moments: Any, prices: Any, sizes: Any, codes: Any = None) -> pd.DataFrame:
    index = pd.DatetimeIndex(np.array(moments, dtype="datetime64[us]"), name="time").tz_localize(SEOUL)
    frame = pd.DataFrame({"price": np.array(prices, float), "size": np.array(sizes, np.int64)}, index=index)
    if codes is not None:
        frame.insert(0, "code", codes if isinstance(codes, pd.Categorical) else pd.Categorical(codes))
    return frame


def days(*dates: str, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns, index=pd.DatetimeIndex(dates, name="date").as_unit("us"))

"""Frames by code brought into one shape."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from kosdata.catalogue.calendar import KRX
from kosdata.research.shaping import conformed, instants, unique, zoned

LIKE = pd.DataFrame(
    {"price": pd.array([], dtype="float64"), "volume": pd.array([], dtype="Int64")},
    index=pd.Index([], dtype="str", name="code"),
)


def test_a_frame_gets_the_columns_that_it_lacks_and_loses_others() -> None:
    frame = pd.DataFrame({"more": [1], "price": [2.0]}, index=pd.Index(["005930"], dtype="str", name="code"))
    found = conformed(frame, LIKE)
    assert found.columns.tolist() == ["price", "volume"]
    assert found.dtypes.equals(LIKE.dtypes)
    assert found["volume"].isna().all()


def test_the_last_of_equal_rows_is_kept() -> None:
    frame = pd.DataFrame({"price": [1.0, 2.0, 3.0]}, index=pd.Index(["a", "b", "a"], name="code"))
    assert unique(frame)["price"].to_dict() == {"b": 2.0, "a": 3.0}


def test_a_time_that_is_still_to_come_is_of_the_session_before() -> None:
    times = pd.Series(np.array([9 * 3600, 13 * 3600, "NaT"], dtype="timedelta64[s]").astype("timedelta64[us]"))
    found = instants(times, datetime(2024, 1, 15, 12), KRX)
    expected = ["2024-01-15 09:00", "2024-01-12 13:00", None]
    assert [None if pd.isna(each) else f"{each:%Y-%m-%d %H:%M}" for each in found] == expected
    assert found.dtype == zoned(LIKE, "time")["time"].dtype

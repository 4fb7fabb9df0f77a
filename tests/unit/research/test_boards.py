"""Snapshots of whole markets."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from tests.unit.research.markets import MARKET, at
from tests.unit.wire import fakes

NOWS = ["2024-01-12T08:00", "2024-01-12T10:03:20", "2024-01-12T18:30", "2024-01-13T11:00"]


@pytest.mark.parametrize("api", ["v3", "v2"])
@pytest.mark.parametrize("now", NOWS)
@pytest.mark.parametrize("kind", ["price", "ohlc", "after_hours", "quote"])
def test_a_board_is_the_whole_market(kind: Any, now: str, api: str) -> None:
    moment = datetime.fromisoformat(now)
    with at(now, api=api):
        frame = kd.board("kosdaq", kind)
    truth = MARKET.snapshot("kosdaq", moment)
    assert frame.index.tolist() == truth["code"]
    prefix = "after_hours_" if kind == "after_hours" else ""
    for name in ("price", "open", "high", "low", "volume", "value", "ask_size_1"):
        if name in frame:
            np.testing.assert_equal(frame[name].to_numpy(float), truth[prefix + name].astype(float))
    assert str(frame["date"].dtype) == "datetime64[us]"
    assert frame["date"].unique().tolist() == [pd.Timestamp("2024-01-12")]
    assert str(frame["time"].dtype) == "datetime64[us, Asia/Seoul]"
    assert frame["time"].dt.strftime("%H:%M").unique().tolist() == [now[11:16]]
    if kind == "price":
        assert frame["market_cap"].isna().all() == (api == "v2")


def test_a_board_of_a_market_that_has_none_is_refused() -> None:
    service = fakes.Service(lambda *_: fakes.no(500))
    with fakes.client(service) as client:
        for market, kind in (("konex", "price"), ("kospi200", "price"), ("kospi", "prices"), (None, "price")):
            with pytest.raises(kd.ArgumentError):
                kd.board(market, kind, client=client)  # type: ignore[arg-type]
    assert not service.sent


def test_a_board_without_rows_has_its_columns() -> None:
    body = {"trdDd": "20240306", "trdTm": "120000", "isuLists": []}
    with fakes.client(lambda *_: fakes.ok(body)) as client:
        frame = kd.board("kospi", "quote", client=client)
    assert frame.empty
    assert str(frame["time"].dtype) == "datetime64[us, Asia/Seoul]"
    assert frame.attrs["kosdata"]["reason"]

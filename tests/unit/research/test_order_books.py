"""Orders that wait."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue import endpoint
from kosdata.frame.normalize import to_frame
from tests.conftest import examples
from tests.unit.research.markets import DERIVATIVES, MARKET, at
from tests.unit.wire import fakes

FUTURE = "101V3000"
NOWS = ["2024-01-12T08:00", "2024-01-12T10:03:20", "2024-01-12T18:30", "2024-01-13T11:00"]
DURING = NOWS[1]


def assert_row(frame: pd.DataFrame, code: str, truth: dict[str, Any], *apart: str) -> None:
    """Assert that a row has every column of the truth."""
    for name, column in truth.items():
        if name not in ("code", *apart):
            np.testing.assert_equal(float(frame.loc[code, name]), float(column[0]), err_msg=name)


@pytest.mark.parametrize("api", ["v3", "v2"])
@pytest.mark.parametrize("now", NOWS)
def test_a_book_is_what_the_market_says(now: str, api: str) -> None:
    moment = datetime.fromisoformat(now)
    with at(now, api=api):
        codes = [issue.code for issue in MARKET.listed("kospi", moment.date())][:21]
        frame = kd.order_book(codes, market="kospi")
    assert frame.index.tolist() == codes
    assert frame.attrs["kosdata"]["requests"] == 2
    assert frame.columns.tolist() == to_frame([], endpoint("v3_realtime_kospi_orderbook").record).columns.tolist()
    for code in codes:
        assert_row(frame, code, MARKET.book(code, moment))


@pytest.mark.parametrize("now", NOWS)
def test_the_columns_are_those_of_the_products_asked_about(now: str) -> None:
    moment = datetime.fromisoformat(now)
    with at(now):
        contracts, both = kd.order_book([FUTURE, "K2FA001"]), kd.order_book([FUTURE, "005930"])
        stock = kd.order_book("005930")
    assert "ask_price_6" not in contracts
    assert "ask_count_1" not in stock
    assert set(both.columns) == set(contracts.columns) | set(stock.columns)
    truth = DERIVATIVES.book("futures", "kospi200", FUTURE, moment)
    for frame, code in ((contracts, FUTURE), (contracts, "K2FA001"), (both, FUTURE)):
        assert_row(frame, code, truth, "order_time")
    expected = pd.Timestamp("2024-01-12") + pd.Timedelta(truth["order_time"][0])
    if pd.isna(expected):
        assert contracts["order_time"].isna().all()
    else:
        assert contracts["order_time"].iloc[0] == expected.tz_localize("Asia/Seoul")
    for frame in (contracts, both):
        assert str(frame["order_time"].dtype) == "datetime64[us, Asia/Seoul]"
        assert {str(frame[name].dtype) for name in frame if "price" in name} == {"float64"}
        assert {str(frame[name].dtype) for name in frame if "size" in name or "count" in name} == {"Int64"}
    assert both.loc["005930", ["ask_count_1", "order_time"]].isna().all()
    assert both.loc[FUTURE, ["ask_price_10", "expected_volume"]].isna().all()


def test_a_halted_share_has_an_empty_book() -> None:
    with at("2023-11-22T11:00"):
        row = kd.order_book(["650110", "005930"]).loc["650110"]
    assert row[["ask_price_1", "bid_price_1"]].isna().all()
    assert row[["ask_size_1", "bid_size_total"]].tolist() == [0, 0]


def test_indices_and_konex_have_no_book() -> None:
    service = fakes.Service(lambda *_: fakes.no(500))
    with fakes.client(service) as client:
        for given in ({"codes": "K1"}, {"codes": ["005930", "K1"]}, {"codes": "000001", "market": "konex"}):
            with pytest.raises(kd.ArgumentError):
                kd.order_book(**given, client=client)
    assert not service.sent


@pytest.mark.parametrize("documented", examples(200))
def test_documented_books_of_several_codes_are_read(documented: Any) -> None:
    if "multiquote_orderbook" not in documented["endpoint_id"]:
        return
    rows = documented["body"]["result"]["isulist"]
    codes = [row["isuSrtCd"] for row in rows]
    market = "kosdaq" if "kosdaq" in documented["endpoint_id"] else "kospi"
    with fakes.client(lambda *_: fakes.ok(documented["body"]), api=documented["endpoint_id"][:2]) as client:
        frame = kd.order_book(codes, market=market, client=client)
    assert frame["ask_price_1"].tolist() == [row["askStep1BstordPrc"] or np.nan for row in rows]
    assert frame["bid_size_10"].tolist() == [row["bidStep10BstordRqty"] for row in rows]

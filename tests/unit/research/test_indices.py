"""What the members of indices are worth, and the level that an auction would make."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

import kosdata as kd
from tests.unit.research.markets import MARKET, at
from tests.unit.wire import fakes

CODES = ["Q1", "K1", "K2"]
NOWS = ["2024-01-12T08:00", "2024-01-12T08:50", "2024-01-12T10:03:20", "2024-01-12T18:30", "2024-01-13T11:00"]


@pytest.mark.parametrize("api", ["v3", "v2"])
@pytest.mark.parametrize("now", NOWS)
def test_market_cap_is_in_won_and_shares(now: str, api: str) -> None:
    with at(now, api=api):
        frame = kd.market_cap(CODES)
    assert frame.index.tolist() == CODES
    assert frame.columns.tolist() == ["issue_count", "volume", "value", "market_cap", "listed_shares"]
    assert frame.dtypes.astype(str).unique().tolist() == ["Int64"]
    units = {"volume": 1000, "listed_shares": 1000, "value": 1_000_000, "market_cap": 1_000_000}
    for code in CODES:
        truth = MARKET.index_cap(code, datetime.fromisoformat(now))
        for name in frame:
            unit = units.get(str(name), 1)
            assert frame.loc[code, name] == truth[name][0] // unit * unit


@pytest.mark.parametrize("api", ["v3", "v2"])
@pytest.mark.parametrize("now", NOWS)
def test_an_expected_index_has_an_instant(now: str, api: str) -> None:
    with at(now, api=api):
        frame = kd.expected_index(CODES)
    assert str(frame["expected_time"].dtype) == "datetime64[us, Asia/Seoul]"
    for code in CODES:
        truth = MARKET.index_expected(code, datetime.fromisoformat(now))
        row, time = frame.loc[code], truth["expected_time"][0]
        if pd.isna(time):
            assert row[["expected_price", "expected_change", "expected_time"]].isna().all()
            continue
        assert row[["expected_price", "expected_change"]].tolist() == [
            truth["expected_price"][0],
            truth["expected_change"][0],
        ]
        expected = pd.Timestamp("2024-01-12") + pd.Timedelta(time)
        assert row["expected_time"] == expected.tz_localize("Asia/Seoul")


def test_only_indices_have_them() -> None:
    service = fakes.Service(lambda *_: fakes.no(500))
    with fakes.client(service) as client:
        for function in (kd.market_cap, kd.expected_index):
            for wrong in ("005930", ["K1", "101V3000"], "K2FA001", []):
                with pytest.raises(kd.ArgumentError):
                    function(wrong, client=client)
            with pytest.raises(kd.ArgumentError):
                function("K1", market="kosdaq", client=client)
    assert not service.sent


def test_what_fails_is_collected() -> None:
    with fakes.client(lambda *_: fakes.no(403)) as client:
        frame = kd.market_cap(["K1", "Q1"], on_error="collect", client=client)
        expected = kd.expected_index(["K1"], on_error="collect", client=client)
    assert frame.empty
    assert kd.failures(frame).index.tolist() == ["K1", "Q1"]
    assert frame.dtypes.astype(str).unique().tolist() == ["Int64"]
    assert str(expected["expected_time"].dtype) == "datetime64[us, Asia/Seoul]"

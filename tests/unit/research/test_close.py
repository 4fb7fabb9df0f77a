"""The official close of the day, and whose day it is."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

import kosdata as kd
from tests.unit.research.markets import DERIVATIVES, MARKET, at
from tests.unit.wire import fakes

FUTURE = "101V3000"
COLUMNS = ["date", "open", "high", "low", "close", "volume", "value", "change"]


def assert_typed(frame: pd.DataFrame) -> None:
    assert frame.columns.tolist() == COLUMNS
    assert frame.dtypes.astype(str).tolist() == ["datetime64[us]", *["float64"] * 4, "int64", "int64", "float64"]


@pytest.mark.parametrize("api", ["v3", "v2"])
@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2024-01-12T08:00", date(2024, 1, 11)),
        ("2024-01-12T15:50", date(2024, 1, 12)),
        ("2024-01-13T11:00", date(2024, 1, 12)),
        ("2024-01-15T06:00", date(2024, 1, 12)),
    ],
)
def test_a_close_is_of_the_session_that_is_over(now: str, day: date, api: str) -> None:
    option = next(c.code for c in DERIVATIVES.contracts("options", "kospi200", day))
    with at(now, api=api):
        frame = kd.close(["005930", "247540", "K1", FUTURE, "K2FA001", option])
    assert_typed(frame)
    assert frame["date"].unique().tolist() == [pd.Timestamp(day)]
    future = DERIVATIVES.close("futures", "kospi200", FUTURE, day)
    truth = {
        "005930": MARKET.close("005930", day),
        "247540": MARKET.close("247540", day),
        "K1": MARKET.index_close("K1", day),
        FUTURE: future,
        "K2FA001": future,
        option: DERIVATIVES.close("options", "kospi200", option, day),
    }
    assert frame.index.tolist() == list(truth)
    for code, of in truth.items():
        for name in ("open", "high", "low", "close", "change"):
            assert frame.loc[code, name] == of[name][0], (code, name)
        scale = (1000, 1_000_000) if code == "K1" else (1, 1)
        assert frame.loc[code, "volume"] == of["volume"][0] // scale[0] * scale[0]
        assert frame.loc[code, "value"] == of["value"][0] // scale[1] * scale[1]


@pytest.mark.parametrize("now", ["2024-01-12T10:03:20", "2024-01-12T15:39:59"])
def test_before_its_hour_it_is_not_ready(now: str) -> None:
    with at(now):
        with pytest.raises(kd.NotReadyError, match="15:40"):
            kd.close("005930")
        with pytest.raises(kd.NotReadyError, match="15:40"):
            kd.close(["005930", "K1"])
        frame = kd.close(["005930", "K1"], on_error="collect")
    assert_typed(frame)
    assert frame.empty
    assert kd.failures(frame)["error"].tolist() == ["NotReadyError"] * 2


def test_contracts_come_ten_minutes_later() -> None:
    with at("2024-01-12T15:45"):
        frame = kd.close(["005930", FUTURE], on_error="collect")
    assert frame.index.tolist() == ["005930"]
    assert kd.failures(frame).index.tolist() == [FUTURE]


def test_on_a_day_that_ends_late_it_comes_late() -> None:
    exam = "2023-11-16"
    with at(f"{exam}T16:20"), pytest.raises(kd.NotReadyError, match="16:40"):
        kd.close("005930")
    with at(f"{exam}T16:40"):
        assert kd.close("005930")["date"].tolist() == [pd.Timestamp(exam)]


def test_a_halted_share_has_a_close_and_no_bar() -> None:
    with at("2023-11-22T18:00"):
        row = kd.close("650110").iloc[0]
    assert row["close"] > 0
    assert row[["open", "high", "low"]].isna().all()
    assert row["volume"] == 0


def test_a_code_that_is_not_there_is_named() -> None:
    with at("2024-01-12T18:30"):
        with pytest.raises(kd.NotFoundError, match="999999"):
            kd.close("999999", market="kospi")
        frame = kd.close(["999999", "005930"], market="kospi", on_error="collect")
        assert kd.plan(kd.close, ["005930", "K1"], market=None)["fits"]
    assert frame.index.tolist() == ["005930"]
    assert_typed(frame)


def test_nothing_is_sent_for_what_is_no_code() -> None:
    service = fakes.Service(lambda *_: fakes.no(500))
    with fakes.client(service) as client:
        for wrong in (5930, [], "so much more than a code"):
            with pytest.raises(kd.ArgumentError):
                kd.close(wrong, client=client)  # type: ignore[arg-type]
    assert not service.sent

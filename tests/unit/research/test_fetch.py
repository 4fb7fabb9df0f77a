"""fetch through the embedded gateway: what a call asks for is what its frame holds."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest

import kosdata as kd
from kosdata.wire.client import Client
from tests.unit.wire import fakes

pytestmark = pytest.mark.usefixtures("client")

INTRADAY = "v3_realtime_kospi_intraday"


@pytest.mark.parametrize(
    ("interval", "start", "end", "first", "rows"),
    [
        ("1min", "09:30", "10:00", "09:30", 31),
        ("1min", "10:39", "10:42", "10:39", 4),
        ("10s", "09:00", "09:02", "09:00", 12),
        ("10min", "10:00", "11:00", "10:00", 7),
        ("1min", "15:20", "15:30", "15:20", 11),
    ],
)
def test_a_stretch_is_cut_to_its_ends(interval: str, start: str, end: str, first: str, rows: int) -> None:
    frame = kd.fetch(INTRADAY, code="005930", interval=interval, date="2024-01-05", start=start, end=end)
    assert len(frame) == rows
    assert frame.index[-1].strftime("%H:%M") == end
    assert frame.index[0].strftime("%H:%M") >= first
    assert (
        len(kd.fetch(INTRADAY, code="005930", interval=interval, date="2024-01-05", start=start, end=end, raw=True))
        == rows
    )


def test_a_day_of_bars_adds_up_to_the_day() -> None:
    day = kd.fetch("v3_closed_kospi_history", code="005930", start="2024-01-05", end="2024-01-05").iloc[0]
    for interval in ("10s", "1min", "10min"):
        bars = kd.fetch(INTRADAY, code="005930", interval=interval, date="2024-01-05")
        assert bars["volume"].sum() == day["volume"]
        assert bars["value"].sum() == day["value"]
        assert (bars["high"].max(), bars["low"].min()) == (day["high"], day["low"])
        assert (bars["open"].iloc[0], bars["close"].iloc[-1]) == (day["open"], day["close"])


def test_lists_are_whole() -> None:
    listed = kd.fetch("v3_closed_kospi_lists")
    assert len(listed) > 100
    assert len(kd.fetch("v3_realtime_kospi_multiquote_lists")) == len(listed)
    options = kd.fetch("v3_closed_options_lists", market="kospi200")
    assert {code[0] for code in options.index} == {"2", "3"}
    basket = kd.fetch("v3_extra_kospi_pdf", code="069500")
    assert set(basket.index.dropna()) - set(listed["isin"]) <= {"CASH00000001"}


def test_several_groups_of_codes_keep_their_order() -> None:
    codes = kd.fetch("v3_closed_kospi_lists").index[:45].tolist()[::-1]
    assert kd.fetch("v3_realtime_kospi_multiquote_price", codes=codes).index.tolist() == codes


def test_an_empty_answer_says_why() -> None:
    name = "v3_closed_kospi_history"
    weekend = kd.fetch(name, code="005930", start="2024-01-06", end="2024-01-07")
    assert weekend.attrs["kosdata"]["reason"] == "holiday: there is no session from 2024-01-06 to 2024-01-07"
    unpublished = kd.fetch(name, code="005930", start="2024-01-12")
    assert "not published" in unpublished.attrs["kosdata"]["reason"]
    unlisted = kd.fetch(name, code="0037T0", start="2010-01", end="2010-01")
    assert unlisted.attrs["kosdata"]["reason"]


def test_the_limit_of_the_wire_is_one_request_for_the_newest_rows() -> None:
    frame = kd.fetch("v3_closed_kospi_history", code="005930", start="2020", limit=20)
    assert len(frame) == 20
    assert frame.attrs["kosdata"]["requests"] == 1
    assert frame.index[-1].strftime("%F") == "2024-01-11"


def test_weeks_and_months_are_dated_by_their_last_session() -> None:
    weeks = kd.fetch("v3_closed_kospi_history", code="005930", start="2023", end="2023-12", freq="W")
    months = kd.fetch("v3_closed_kospi_history", code="005930", start="2023", end="2023-12", freq="m")
    assert (len(weeks), len(months)) == (52, 12)
    assert months.index[-1].strftime("%F") == "2023-12-28"


def test_a_split_is_adjusted_and_its_volume_is_not() -> None:
    around = kd.fetch("v3_closed_kospi_history", code="005930", start="2018-04-25", end="2018-05-10")
    assert around["close"].pct_change().abs().max() < 0.31
    assert around["volume"].iloc[-1] > 10 * around["volume"].iloc[0]


def test_a_body_of_another_endpoint_is_refused() -> None:
    with pytest.raises(kd.SchemaError, match="none of the values"):
        kd.decode("v3_realtime_kospi_price", {"result": {"isuSrtCd": "005930", "hisLists": [{"trdDd": 20240102}]}})
    with pytest.raises(kd.ArgumentError, match="no body"):
        kd.decode("v3_realtime_kospi_price", [{"isuSrtCd": "005930"}])


def test_chosen_items_are_the_columns(client: Client) -> None:
    name = "v3_closed_kospi_selectivemaster"
    frame = kd.fetch(name, code="005930", fields=["prev_close", "wk52HgstPrc", "price_ma_20"])
    assert sorted(frame.columns) == ["prev_close", "price_ma_20", "week52_high"]
    everything = kd.fetch(name, code="005930")
    assert everything.attrs["kosdata"]["requests"] == 9
    assert everything["prev_close"].iloc[0] == frame["prev_close"].iloc[0]


def test_saved_messages_of_the_stream_decode() -> None:
    row = {"preset": "tick", "isuSrtCd": "005930", "trdPrc": 70000, "trdvol": 5, "trdTm": "9000001"}
    push = {"jsonrpc": "2.0", "method": "push", "params": row}
    assert kd.decode("ws_issue", push)[["price", "size"]].iloc[0].tolist() == [70000, 5]
    board = [{"isuSrtCd": "000210", "trdPrc": "81000", "trdVol": "5", "trdTm": "14340400"}]
    assert kd.decode("ws_all_kospi", board)["size"].tolist() == [5]
    with pytest.raises(kd.StreamError, match="47"):
        kd.decode("ws_issue", {"jsonrpc": "2.0", "error": {"message": "wrong", "code": 47}})
    assert kd.decode("ws_issue", {"jsonrpc": "2.0", "id": 1, "result": {"message": "ok"}}).empty
    with pytest.raises(kd.SchemaError):
        kd.decode("ws_issue", {"jsonrpc": "2.0"})


def test_prices_re_based_after_a_page_was_kept_are_asked_for_again() -> None:
    name, span = "v3_closed_kospi_history", {"code": "005930", "start": "2017-09", "end": "2018-06-20"}
    with kd.demo(now="2018-04-20T18:30", speed=0) as market:
        before = kd.fetch(name, **span | {"end": "2018-04-19"})
        market.simulator.clock.set(datetime(2018, 6, 29, 18, 30))
        joined, truth = kd.fetch(name, **span), kd.fetch(name, **span, refresh=True)
    pd.testing.assert_frame_equal(joined, truth)
    assert joined.attrs["kosdata"]["rebased"]
    assert before["close"].iloc[-1] > 10 * truth["close"].iloc[-1]


def test_codes_that_did_not_answer_are_named() -> None:
    body = {"result": {"isulist": [{"isuSrtCd": "005930", "trdPrc": 1}]}}
    with fakes.client(lambda *_: fakes.ok(body)) as asked:
        frame = kd.fetch("v3_realtime_kospi_multiquote_price", codes=["005930", "000660"], client=asked)
    assert frame.attrs["kosdata"]["absent"] == "000660"

"""Last trades and the day so far: what the market knows, whatever shape the service answers in."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from tests.unit.research.markets import DERIVATIVES, MARKET, at
from tests.unit.wire import fakes
from tests.unit.wire.fakes import Sent, no, ok

FUTURE = "101V3000"
COLUMNS = [
    "price",
    "open",
    "high",
    "low",
    "volume",
    "value",
    "change",
    "size",
    "bid_price",
    "ask_price",
    "time",
    "signal",
]
DTYPES = {
    **dict.fromkeys(("price", "open", "high", "low", "change", "bid_price", "ask_price"), "float64"),
    **dict.fromkeys(("volume", "value", "size"), "Int64"),
    "time": "datetime64[us, Asia/Seoul]",
    "signal": "str",
}
BEFORE, DURING, AFTER, WEEKEND = "2024-01-12T08:00", "2024-01-12T10:03:20", "2024-01-12T18:30", "2024-01-13T11:00"
WRONG = (400, {}, json.dumps({"error": "서브마켓/코드가 정상적이지 않습니다."}).encode())


def shares(market: str = "kospi", now: str = AFTER) -> list[str]:
    return [issue.code for issue in MARKET.listed(market, datetime.fromisoformat(now).date())]


def assert_typed(frame: pd.DataFrame) -> None:
    assert frame.columns.tolist() == COLUMNS
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == DTYPES
    assert (frame.index.name, str(frame.index.dtype)) == ("code", "str")


def assert_true(frame: pd.DataFrame, now: str) -> None:
    """Assert that the rows of stocks are what the market says."""
    day = KRX.latest_session(datetime.fromisoformat(now).date())
    for code, row in frame.iterrows():
        truth = MARKET.quote(str(code), datetime.fromisoformat(now))
        for name, of in ((n, f"{n}_1" if n in ("bid_price", "ask_price") else n) for n in COLUMNS[:10]):
            np.testing.assert_equal(float(row[name]), float(truth[of][0]), err_msg=f"{code} {name}")
        expected = pd.Timestamp(day) + pd.Timedelta(truth["time"][0])
        assert row["time"] is pd.NaT if pd.isna(expected) else row["time"] == expected.tz_localize("Asia/Seoul")


def codes_in(target: str) -> list[str]:
    return parse_qs(urlsplit(target).query)["isuCd"][0].split(",")


def row(code: str, **changes: Any) -> dict[str, Any]:
    base = {"isuSrtCd": code, "trdPrc": int(code), "opnprc": 0, "hgprc": 0, "lwprc": 0, "accTrdvol": 5, "trdvol": 1}
    return (
        base | {"accTrdval": 50, "cmpprevddPrc": -1, "trdTm": 10000000, "bidordPrc_1": 9, "askordPrc_1": 10} | changes
    )


def answering(list_of: Callable[[list[str]], Any]) -> Callable[[str, int], Sent]:
    """Return a service whose groups hold what is given for their codes; a code alone has its row."""

    def answer(target: str, _: int) -> Sent:
        if "multiquote" in target:
            return ok({"jsonrpc": "2.0", "result": {"isulist": list_of(codes_in(target))}})
        return ok({"jsonrpc": "2.0", "result": row(target.split("/")[-2])})

    return answer


ANSWER = answering(lambda codes: [row(code) for code in codes])


@pytest.mark.parametrize("now", [BEFORE, DURING, AFTER, WEEKEND])
def test_a_quote_is_what_the_market_says(now: str) -> None:
    with at(now):
        codes = [*shares(now=now)[:12], *shares("kosdaq", now)[:5]]
        frame = kd.quote(codes)
    assert_typed(frame)
    assert frame.index.tolist() == codes
    assert_true(frame, now)


@pytest.mark.parametrize("now", [BEFORE, DURING, AFTER, WEEKEND])
def test_products_go_together_and_lack_what_they_lack(now: str) -> None:
    moment = datetime.fromisoformat(now)
    with at(now):
        frame = kd.quote(["K1", FUTURE, "005930", "K2FA001"])
    assert_typed(frame)
    index, future = MARKET.index_quote("K1", moment), DERIVATIVES.quote("futures", "kospi200", FUTURE, moment)
    assert frame.loc["K1", ["price", "change"]].tolist() == [index["price"][0], index["change"][0]]
    assert frame.loc["K1", "volume"] == index["volume"][0] // 1000 * 1000
    assert frame.loc["K1", ["open", "size", "ask_price"]].isna().all()
    for code in (FUTURE, "K2FA001"):
        assert frame.loc[code, ["price", "volume", "value"]].tolist() == [
            future[name][0] for name in ("price", "volume", "value")
        ]
        assert pd.isna(frame.loc[code, "change"])
    assert_true(frame.loc[["005930"]], now)


def test_a_string_and_a_list_are_the_same_frame() -> None:
    with at(DURING):
        pd.testing.assert_frame_equal(kd.quote("005930"), kd.quote(["005930"]))


@pytest.mark.parametrize(("number", "calls"), [(1, 1), (2, 1), (20, 1), (21, 2), (41, 3)])
@pytest.mark.parametrize("api", ["v3", "v2"])
def test_twenty_codes_go_in_one_call(number: int, calls: int, api: str) -> None:
    with at(AFTER, api=api):
        codes = shares()[:number]
        frame = kd.quote(codes, market="kospi")
    assert frame.index.tolist() == codes
    assert frame.attrs["kosdata"]["requests"] == calls
    assert_true(frame, AFTER)


def test_no_code_stands_alone_in_a_group() -> None:
    service = fakes.Service(ANSWER)
    with fakes.client(service) as client:
        kd.quote([f"{n:06}" for n in range(1, 42)], market="kospi", client=client)
    assert sorted(len(codes_in(target)) for target in service.targets) == [13, 14, 14]


def test_a_halted_share_has_a_price_and_no_bar() -> None:
    now = "2023-11-22T11:00"
    with at(now):
        frame = kd.quote(["650110", "005930", "247540"])
    halted = frame.loc["650110"]
    assert halted["price"] > 0
    assert halted[["open", "high", "low"]].isna().all()
    assert (halted["volume"], halted["value"]) == (0, 0)
    assert_true(frame, now)


@pytest.mark.parametrize("number", [2, 20, 41])
def test_a_bad_code_in_a_group_is_found_and_the_others_are_answered(number: int) -> None:
    with at(AFTER):
        good = shares()[:number]
        codes = [*good[:1], "999999", *good[1:]]
        with pytest.raises(kd.NotFoundError, match="999999"):
            kd.quote(codes, market="kospi")
        frame = kd.quote(codes, market="kospi", on_error="collect")
    assert frame.index.tolist() == good
    assert kd.failures(frame).index.tolist() == ["999999"]
    assert_true(frame, AFTER)


def test_a_contract_that_is_not_there_is_named() -> None:
    with at(DURING), pytest.raises(kd.NotFoundError, match="101R3000"):
        kd.quote([FUTURE, "101R3000", "005930"])


@pytest.mark.parametrize("allow_partial", [False, True])
def test_what_is_left_of_the_day_is_looked_at_first(allow_partial: bool) -> None:
    told = {"X-RateLimit-Limit-Day": "100", "X-RateLimit-Remaining-Day": "2"}
    service = fakes.Service(lambda target, n: (200, told, ANSWER(target, n)[2]))
    codes = [f"{n:06}" for n in range(1, 62)]
    with fakes.client(service) as client:
        kd.quote("000001", market="kospi", client=client)
        before = len(service.sent)
        if allow_partial:
            assert len(kd.quote(codes, market="kospi", allow_partial=True, client=client)) == 61
        else:
            with pytest.raises(kd.QuotaError):
                kd.quote(codes, market="kospi", on_error="collect", client=client)
            assert len(service.sent) == before


def test_answers_are_matched_by_code() -> None:
    codes = [f"{n:06}" for n in range(1, 6)]
    for listed in (
        lambda asked: [row(code) for code in reversed(asked)],
        lambda asked: [row(code, isuSrtCd=f"{code}*001") for code in asked],
        lambda asked: [row(code) for code in [*asked, "900001"]],
        lambda asked: [row(asked[0], trdPrc=7), *(row(code) for code in asked)],
    ):
        with fakes.client(answering(listed)) as client:
            frame = kd.quote(codes, market="kospi", client=client)
        assert frame["price"].to_dict() == {code: int(code) for code in codes}
        assert_typed(frame)


def test_a_code_that_was_left_out_is_an_error_and_never_a_shorter_frame() -> None:
    codes = [f"{n:06}" for n in range(1, 6)]
    with fakes.client(answering(lambda asked: [row(code) for code in asked if code != "000003"])) as client:
        with pytest.raises(kd.NotFoundError, match="000003 was asked for"):
            kd.quote(codes, market="kospi", client=client)
        frame = kd.quote(codes, market="kospi", on_error="collect", client=client)
    assert frame.index.tolist() == ["000001", "000002", "000004", "000005"]
    assert kd.failures(frame).index.tolist() == ["000003"]


def test_an_object_in_place_of_the_list_is_one_row() -> None:
    with fakes.client(answering(lambda asked: row(asked[0]))) as client:
        frame = kd.quote(["000001", "000002"], market="kospi", on_error="collect", client=client)
    assert frame.index.tolist() == ["000001"]


def test_a_row_of_nulls_and_an_empty_list_spoil_a_group_as_a_refusal_does() -> None:
    nulls = {"isuSrtCd": [" -"], "trdPrc": None}
    codes = [f"{n:06}" for n in range(1, 8)]
    refusals: list[Callable[[list[str]], Any]] = [
        lambda asked: [nulls if code == "000006" else row(code) for code in asked],
        lambda asked: [] if "000006" in asked else [row(code) for code in asked],
    ]
    for refusal in refusals:
        service = answering(refusal)

        def answer(target: str, n: int, service: Any = service) -> Sent:
            return WRONG if "/000006/" in target else service(target, n)

        with fakes.client(answer) as client:
            frame = kd.quote(codes, market="kospi", on_error="collect", client=client)
        assert frame.index.tolist() == [code for code in codes if code != "000006"]
        assert kd.failures(frame).index.tolist() == ["000006"]


def test_a_service_that_refuses_everything_is_not_asked_code_by_code() -> None:
    service = fakes.Service(lambda *_: (400, {}, b'{"error": "nothing today"}'))
    with fakes.client(service) as client:
        frame = kd.quote([f"{n:06}" for n in range(1, 61)], market="kospi", on_error="collect", client=client)
    assert len(service.targets) == 3
    assert len(kd.failures(frame)) == 60
    assert frame.empty
    assert_typed(frame)


def test_a_stock_is_not_answered_by_another() -> None:
    with fakes.client(lambda *_: ok({"result": row("000660")})) as client, pytest.raises(kd.NotFoundError):
        kd.quote("005930", market="kospi", client=client)


@pytest.mark.parametrize(
    ("now", "sent", "expected"),
    [
        ("2024-03-06 12:00", 9544500, "2024-03-06 09:54:45"),
        ("2024-03-06 12:00", "12005900", "2024-03-06 12:00:59"),
        ("2024-03-06 12:00", 12020000, "2024-03-05 12:02:00"),
        ("2024-03-06 08:00", 15554100, "2024-03-05 15:55:41"),
        ("2024-03-09 12:00", 15554100, "2024-03-08 15:55:41"),
        ("2024-03-04 00:10", 17595900, "2024-02-29 17:59:59"),
        ("2024-03-06 12:00", 0, None),
        ("2024-03-06 17:00", 31000000, None),
    ],
)
def test_a_time_is_put_on_the_session_that_it_is_of(now: str, sent: Any, expected: str | None) -> None:
    with fakes.client(lambda *_: ok({"result": row("005930", trdTm=sent)}), fakes.Clock(fakes.kst(now))) as client:
        quoted = kd.quote("005930", market="kospi", client=client).iloc[0]
    if expected is None:
        assert quoted["time"] is pd.NaT
        assert quoted["signal"] == str(sent)
    else:
        assert quoted["time"] == pd.Timestamp(expected, tz="Asia/Seoul")


def test_many_codes_of_a_market_come_from_its_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    with at(DURING):
        codes = shares(now=DURING)
        asked = kd.quote(codes[:30], market="kospi")
        assert "whole_market" not in asked.attrs["kosdata"]
        frame = kd.quote([*codes[:30], "K1"], whole_market=True)
        monkeypatch.setattr("kosdata.research.quotes._MANY", 25)
        again = kd.quote([*codes[:30], "K1"])
        apart = kd.quote(codes[:30], whole_market=False)
    assert_typed(frame)
    pd.testing.assert_frame_equal(frame, again)
    assert frame.attrs["kosdata"]["requests"] == 4
    assert frame.attrs["kosdata"]["whole_market"].startswith("kospi from snapshots")
    stocks = frame.loc[codes[:30]]
    assert stocks[["change", "size", "time"]].isna().all().all()
    known = ["price", "open", "high", "low", "volume", "value", "bid_price", "ask_price"]
    pd.testing.assert_frame_equal(stocks[known], apart[known])
    assert "whole_market" not in apart.attrs["kosdata"]


def test_snapshots_that_cannot_be_had_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kosdata.research.quotes._MANY", 3)
    service = ANSWER

    def answer(target: str, n: int) -> Sent:
        return no(403, "You cannot consume this service") if target.endswith("lists") else service(target, n)

    with fakes.client(answer) as client:
        frame = kd.quote([f"{n:06}" for n in range(1, 6)], market="kospi", client=client)
        assert frame["change"].tolist() == [-1.0] * 5
        with pytest.raises(kd.LicenceError):
            kd.quote(["000001", "000002"], market="kospi", whole_market=True, client=client)


def test_a_code_that_no_snapshot_holds_is_not_found() -> None:
    with at(AFTER), pytest.raises(kd.NotFoundError, match="999999"):
        kd.quote(["005930", "999999"], market="kospi", whole_market=True)


def test_what_cannot_be_quoted_is_refused_before_anything_is_sent() -> None:
    service = fakes.Service(lambda *_: no(500))
    with fakes.client(service) as client:
        for wrong in ({"market": "konex"}, {"market": "nowhere"}, {"whole_market": "yes"}, {"on_error": "ignore"}):
            with pytest.raises(kd.ArgumentError):
                kd.quote("000001", client=client, **wrong)  # type: ignore[arg-type]
        with pytest.raises(kd.ArgumentError):
            kd.quote([], client=client)
        frame = kd.quote("000001", market="konex", on_error="collect", client=client)
    assert not service.sent
    assert kd.failures(frame)["error"].tolist() == ["ArgumentError"]
    assert_typed(frame)


def test_v2_quotes_konex_one_by_one() -> None:
    with at(AFTER, api="v2"):
        codes = shares("konex")[:2]
        frame = kd.quote(codes)
    assert_true(frame, AFTER)


def test_names_can_be_korean() -> None:
    with at(AFTER):
        assert kd.quote("005930", lang="ko").columns.tolist()[:2] == ["현재가", "시가"]


def test_what_it_would_cost_is_known_before() -> None:
    with at(DURING):
        codes = shares()[:41]
        for function, codes_, given, requests in (
            (kd.quote, codes, {"market": "kospi"}, 3),
            (kd.quote, codes, {"market": "kospi", "whole_market": True}, 3),
            (kd.quote, ["K1", FUTURE], {}, 2),
            (kd.order_book, [*codes[:21], FUTURE], {"market": None}, 2 + 1 + 2),  # and two lists
            (kd.close, ["K1", FUTURE], {}, 2),
            (kd.market_cap, ["K1", "Q1"], {}, 2),
            (kd.expected_index, ["K1", "Q1"], {}, 2),
            (kd.board, "kosdaq", {}, 1),
            (kd.history, "K1", {"start": "2024-01-12", "partial": True}, 2),
        ):
            assert kd.plan(function, codes_, **given)["requests"] == requests, function


@pytest.mark.parametrize("api", ["v3", "v2"])
@pytest.mark.parametrize("now", ["2024-01-12T09:03:10", DURING, "2024-01-12T15:35"])
def test_history_is_completed_with_the_running_day(api: str, now: str) -> None:
    moment = datetime.fromisoformat(now)
    with at(now, api=api):
        frame = kd.history(["005930", "K1", "Q1", FUTURE], "2024-01-11", partial=True)
    truth = {
        "005930": MARKET.quote("005930", moment),
        "K1": MARKET.index_state("K1", moment),
        "Q1": MARKET.index_state("Q1", moment),
        FUTURE: DERIVATIVES.quote("futures", "kospi200", FUTURE, moment),
    }
    assert frame.index.get_level_values("code").unique().tolist() == list(truth)
    for code, of in truth.items():
        last = frame.loc[code].iloc[-1]
        assert frame.loc[code].index[-1] == pd.Timestamp("2024-01-12")
        assert not last["final"]
        assert last[["open", "high", "low", "close"]].tolist() == [of[n][0] for n in ("open", "high", "low", "price")]
        scale = 1000 if code in ("K1", "Q1") else 1
        assert last["volume"] == of["volume"][0] // scale * scale


def test_the_running_day_of_many_codes_goes_in_groups_and_is_counted_once() -> None:
    with at(DURING):
        codes = shares(now=DURING)[:25]
        frame = kd.history(codes, "2024-01-12", partial=True)
    assert frame.attrs["kosdata"]["requests"] <= 2 + 2  # groups, and the lists of two markets
    bars = frame.reset_index("date").rename(columns={"close": "price"})
    for code in codes:
        assert bars.loc[code, "price"] == MARKET.quote(code, datetime.fromisoformat(DURING))["price"][0]


def test_a_day_in_which_a_share_is_halted_has_no_running_row() -> None:
    with at("2023-11-22T11:00"):
        frame = kd.history("650110", "2023-11-21", partial=True)
    assert frame["final"].all()

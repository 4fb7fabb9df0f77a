"""Investors: the simulator's own truth, documented bodies, and a service that misbehaves."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue import codes
from kosdata.errors import ArgumentError, LicenceError, NotFoundError, NotReadyError
from kosdata.simulator import Simulator
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client
from tests.conftest import needs_reference, reference
from tests.unit.wire import fakes

DAY = date(2024, 1, 12)
COLUMNS = ["sell_volume", "buy_volume", "net_volume", "sell_value", "buy_value", "net_value"]
NAMES = {row["code"]: row["name_en"] for row in codes.table("investors")}
TRUTH = Market()


def investor_rows(*codes_: str, **first: int) -> list[dict[str, Any]]:
    """Return wire rows; every part trades 1, so that the totals are what the table says."""
    sizes = {"08": 8, "11": 2, "12": 12}
    rows = [
        {"invstCd": code, "askTrdvol": n, "askTrdval": n, "bidTrdvol": n, "bidTrdval": n}
        for code in codes_
        for n in [sizes.get(code, 1)]
    ]
    rows[0] |= first
    return rows


def told(rows: object, **beside: object) -> Client:
    return fakes.client(lambda _, __: fakes.ok({"jsonrpc": "2.0", "result": {**beside, "invstLists": rows}}))


def said(frame: pd.DataFrame) -> dict[str, Any]:
    about: dict[str, Any] = frame.attrs["kosdata"]
    return about


@pytest.mark.parametrize("api", ["v3", "v2"])
@pytest.mark.parametrize(
    ("subject", "truth"),
    [
        ("005930", lambda: TRUTH.investors("005930", DAY)),
        ("KOSPI", lambda: TRUTH.market_investors("kospi", DAY)),
        ("kosdaq", lambda: TRUTH.market_investors("kosdaq", DAY)),
        ("Q203", lambda: TRUTH.index_investors("Q203", DAY)),
    ],
)
def test_figures_are_those_of_the_market(market: Simulator, api: str, subject: str, truth: Any) -> None:
    wanted = truth()
    with market.client(api=api) as client:
        frame = kd.investors(subject, client=client)
    assert frame.index.tolist() == [NAMES[code] for code in wanted["investor_code"]]
    assert frame.columns.tolist() == COLUMNS
    for name in ("sell_volume", "buy_volume", "sell_value", "buy_value"):
        assert frame[name].tolist() == wanted[name].tolist()
    assert (frame["net_value"] == frame["buy_value"] - frame["sell_value"]).all()
    assert said(frame)["sums"] == "agree"
    assert said(frame)["session"] == "2024-01-12"


def test_a_market_of_contracts_has_futures_and_options(client: Client) -> None:
    futures, options = kd.investors("kospi200"), kd.investors("kospi200", kind="options")
    assert futures.columns.tolist() == COLUMNS
    assert options.columns.tolist() == [f"{right}_{name}" for right in ("call", "put") for name in COLUMNS]
    assert set(map(str, options.dtypes)) == {"Int64"}
    assert said(futures)["time"] == "15:45:00"
    assert kd.investors("kospi200", kind="futures").equals(futures)


def test_a_list_leads_with_the_code_and_is_asked_at_once(client: Client, market: Simulator) -> None:
    before = market.count
    frame = kd.investors(["kospi", "K1", "usd"])
    assert market.count - before == 3
    assert frame.index.names == ["code", "investor"]
    assert frame.index.get_level_values("code").unique().tolist() == ["kospi", "K1", "usd"]
    assert kd.investors(["K1"]).index.names == ["code", "investor"]
    pd.testing.assert_frame_equal(frame.loc["usd"], kd.investors("usd"), check_like=False)


def test_korean_names_rows_and_columns(client: Client) -> None:
    frame = kd.investors("kospi", lang="ko")
    assert frame.index[:2].tolist() == ["금융투자", "보험"]
    assert frame.columns.tolist() == ["매도량", "매수량", "순매수량", "매도대금", "매수대금", "순매수대금"]
    assert frame.index.name == "투자자"


@pytest.mark.parametrize(
    ("given", "options", "text"),
    [
        ("005930", {"kind": "options"}, "no market of futures and options"),
        ("usd", {"kind": "options"}, "futures only"),
        ("kospi200", {"kind": "calls"}, "kind='calls'"),
        ("kospi300", {}, "kospi200"),
        ("101S6000", {}, "'kospi200'"),
        ("K2FA001", {}, "'kospi200'"),
        ("konex", {}, "no market investors of konex"),
        ([], {}, "empty"),
        (5930, {}, "005930"),
        ("kospi", {"lang": "fr"}, "lang"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(
    client: Client, market: Simulator, given: Any, options: dict[str, Any], text: str
) -> None:
    before = market.count
    with pytest.raises(ArgumentError, match=text):
        kd.investors(given, **options)
    assert market.count == before


def test_too_early_names_the_hour() -> None:
    with Simulator(now="2024-01-12T10:00", speed=0) as sim, sim.client() as client:
        with pytest.raises(NotReadyError, match="15:30"):
            kd.investors("005930", client=client)
        with pytest.raises(NotReadyError, match="15:40"):
            kd.investors("kospi", client=client)
        live = said(kd.investors("K1", client=client))
        assert (live["session"], live["time"]) == ("2024-01-12", "10:00:00")
        frame = kd.investors(["005930", "K1"], on_error="collect", client=client)
        assert frame.index.get_level_values("code").unique().tolist() == ["K1"]
        assert kd.failures(frame)["error"].tolist() == ["NotReadyError"]


def test_early_in_the_morning_figures_are_those_of_the_session_before() -> None:
    with Simulator(now="2024-01-12T07:00", speed=0) as sim, sim.client() as client:
        frame = kd.investors("005930", client=client)
    assert said(frame)["session"] == "2024-01-11"
    assert frame["sell_volume"].tolist() == TRUTH.investors("005930", date(2024, 1, 11))["sell_volume"].tolist()


def test_rows_without_codes_are_taken_in_the_order_of_the_table_if_all_are_there() -> None:
    rows = investor_rows(*NAMES)
    for row in rows:
        row["invstCd"] = "0"
    frame = kd.investors("kospi", client=told(rows, Tm="0", isuSrtCd="K1"))
    assert frame.index.tolist() == list(NAMES.values())
    assert said(frame)["sums"] == "agree"
    assert "order of the table" in said(frame)["labels"]
    assert "time" not in said(frame)


def test_too_few_rows_without_codes_are_kept_under_what_was_sent() -> None:
    rows = investor_rows("0", "0", askTrdvol=7)
    frame = kd.investors("kospi", client=told(rows, Tm="0", isuSrtCd="K1"))
    assert frame.index.tolist() == ["0", "0"]
    assert frame["sell_volume"].tolist() == [7, 1]
    assert "nothing tells whose" in said(frame)["labels"]
    assert said(frame)["sums"].startswith("not checked")


def test_codes_without_their_zero_any_order_and_unknown_ones_are_read() -> None:
    rows = investor_rows("99", *reversed([code.lstrip("0") for code in NAMES]))
    for row in rows:
        row["askTrdvol"] = {"8": 8}.get(row["invstCd"], row["askTrdvol"])
        row["askTrdval"] = row["bidTrdvol"] = row["bidTrdval"] = row["askTrdvol"]
    frame = kd.investors("kospi", client=told(rows, Tm="15303000", isuSrtCd="K1"))
    assert frame.index.tolist() == [*NAMES.values(), "99"]
    assert said(frame)["sums"] == "agree"
    assert said(frame)["time"] == "15:30:30"


def test_totals_that_are_off_are_named() -> None:
    rows = investor_rows(*NAMES)
    rows[11]["askTrdvol"] = 13
    frame = kd.investors("kospi", client=told(rows, Tm="9000000", isuSrtCd="K1"))
    assert said(frame)["sums"] == "sell_volume of grand total is off its parts by 1"


def test_a_lacking_value_is_missing_and_makes_the_net_missing() -> None:
    rows = investor_rows(*NAMES)
    del rows[9]["askTrdvol"]
    frame = kd.investors("kospi", client=told(rows, Tm="9000000", isuSrtCd="K1"))
    assert frame.loc["individuals", ["sell_volume", "net_volume"]].isna().all()
    assert set(map(str, frame.dtypes)) == {"Int64"}
    assert said(frame)["sums"].startswith("not checked")


def test_nothing_sent_has_every_column_and_a_reason() -> None:
    frame = kd.investors("kospi", client=told([], Tm="0", isuSrtCd="K1"))
    assert frame.columns.tolist() == COLUMNS
    assert set(map(str, frame.dtypes)) == {"Int64"}
    assert frame.index.dtype == "str"
    assert said(frame)["reason"]


def test_zeros_are_kept_and_remarked_on() -> None:
    rows = [dict.fromkeys(row, 0) | {"invstCd": row["invstCd"]} for row in investor_rows(*NAMES)]
    frame = kd.investors("005930", market="kospi", client=told(rows, isuSrtCd="005930"))
    assert (frame["sell_volume"] == 0).all()
    assert "every figure is 0" in said(frame)["note"]


@needs_reference
@pytest.mark.parametrize(
    ("example", "api", "subject", "kind", "rows"),
    [
        ("v3_investors_kospi_issue", "v3", "005930", None, 2),
        ("v3_investors_kospi_market", "v3", "kospi", None, 2),
        ("v2_stocks_market_investors", "v2", "kospi", None, 2),
        ("v2_stocks_investors", "v2", "005930", None, 16),
        ("v2_futures_investors", "v2", "kospi200", None, 3),
        ("v2_options_investors", "v2", "kospi200", "options", 3),
        ("v3_realtime_index_investors", "v3", "K1", None, 2),
    ],
)
def test_documented_bodies_are_read(example: str, api: str, subject: str, kind: Any, rows: int) -> None:
    body = reference(f"examples/{example}.json")["body"]
    client = fakes.client(lambda _, __: fakes.ok(body), api=api)
    market = "kospi" if subject == "005930" else None
    frame = kd.investors(subject, kind=kind, market=market, client=client)
    wire = body["result"]["invstLists"]
    assert len(frame) == rows == len(wire)
    sold = next(key for key in wire[0] if key.lower().endswith("asktrdval"))
    assert frame.iloc[:, 3].tolist() == [row[sold] * 1_000 for row in wire]


def test_what_fails_is_listed_or_ends_the_call(client: Client) -> None:
    with pytest.raises(NotFoundError):
        kd.members(["005930", "999999"])
    frame = kd.members(["005930", "999999"], on_error="collect")
    assert frame.index.get_level_values("code").unique().tolist() == ["005930"]
    assert kd.failures(frame).index.tolist() == ["999999"]
    assert kd.investors(["kospi", "999999"], on_error="collect").index.levels[0].tolist() == ["kospi"]


def test_a_missing_licence_is_said() -> None:
    with (
        Simulator(now="2024-01-12T18:30", speed=0, denied={"investors_kospi"}) as sim,
        sim.client() as client,
        pytest.raises(LicenceError, match="investors_kospi"),
    ):
        kd.investors("005930", client=client)


@pytest.mark.parametrize(
    ("function", "given", "requests"),
    [
        (kd.investors, (["kospi", "K1", "005930"],), 5),
        (kd.members, (["005930", "000660"],), 4),
        (kd.short_selling, ("005930", "2023-01-01", "2023-12-31"), 5),
    ],
)
def test_a_rehearsal_counts(market: Simulator, function: Any, given: Any, requests: int) -> None:
    with market.client() as client:
        before = market.count
        assert kd.plan(function, *given, client=client)["requests"] == requests
        assert market.count == before

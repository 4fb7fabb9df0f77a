"""Continuous futures, against the contracts they are made of and the calendar that rolls them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.contracts import PRODUCTS, Month, last_trade_date, month_of
from kosdata.simulator import Simulator
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.faults import Fault, Rule, Schedule
from kosdata.simulator.shares.market import Market
from kosdata.wire.client import Client
from kosdata.wire.rehearsal import Rehearsal
from tests.unit.wire import fakes

YEAR = ("2023-01", "2023-12")
HALF = ("2023-06", "2023-12")
PRICES = ["open", "high", "low", "close"]
COLUMNS = [*PRICES, "volume", "value", "change", "open_interest", "contract"]

pytestmark = pytest.mark.usefixtures("client")
every_rule = pytest.mark.parametrize("roll", ["expiry", "volume", "open_interest"])


@pytest.fixture(scope="module")
def truth() -> Derivatives:
    return Derivatives(0, KRX, Market(0, KRX).underlying)


def ends(name: str, code: str) -> date:
    month = month_of(code, 2023)
    assert month is not None
    return last_trade_date(PRODUCTS[name], month, KRX)


def back(day: date, sessions: int) -> date:
    for _ in range(sessions):
        day = KRX.previous_session(day)
    return day


@every_rule
@pytest.mark.parametrize("name", ["kospi200", "usd"])
def test_rows_are_those_of_the_contract_that_is_held(truth: Derivatives, name: str, roll: Any) -> None:
    bars = kd.continuous(name, *HALF, roll=roll)
    assert bars.columns.tolist() == COLUMNS
    assert [stamp.date() for stamp in bars.index] == KRX.sessions(date(2023, 6, 1), date(2023, 12, 31))
    for code, held in bars.groupby("contract"):
        own = truth.daily("futures", name, str(code), held.index[0].date(), held.index[-1].date())
        for column in COLUMNS[:-1]:
            np.testing.assert_array_equal(held[column].to_numpy(dtype=float), own[column].astype(float))
    assert "skipped" not in bars.attrs["kosdata"]
    assert "sessions_without_row" not in bars.attrs["kosdata"]


@pytest.mark.parametrize("days", [0, 1, 5])
@pytest.mark.parametrize("name", ["kospi200", "usd"])
def test_contracts_are_left_so_many_sessions_before_their_last(name: str, days: int) -> None:
    bars = kd.continuous(name, *HALF, days=days)
    table = kd.rolls(bars)
    for moment, row in table.iterrows():
        last_held = back(ends(name, row["from"]), days)
        assert moment.date() == KRX.next_session(last_held)
        assert bars.loc[str(last_held), "contract"] == row["from"]
        assert bars.loc[moment, "contract"] == row["to"]
    assert table["from"].tolist()[1:] == table["to"].tolist()[:-1]
    assert len(table) == bars["contract"].nunique() - 1


def test_without_days_the_series_is_that_of_the_connected_code() -> None:
    own = kd.continuous("kospi200", *YEAR, days=0)
    theirs = kd.history("K2FA001", *YEAR)
    pd.testing.assert_frame_equal(own.drop(columns="contract"), theirs)
    # One session earlier, they differ on the last trade dates alone.
    earlier = kd.continuous("kospi200", *YEAR).drop(columns="contract")
    different = (earlier["close"] != theirs["close"]).to_numpy()
    last = [last_trade_date(PRODUCTS["kospi200"], Month(2023, month), KRX) for month in (3, 6, 9, 12)]
    assert [stamp.date() for stamp in earlier.index[different]] == last


@every_rule
@pytest.mark.parametrize("adjust", ["back", "ratio"])
def test_adjusting_moves_prices_and_nothing_else(roll: Any, adjust: Any) -> None:
    plain = kd.continuous("usd", *HALF, roll=roll)
    moved = kd.continuous("usd", *HALF, roll=roll, adjust=adjust)
    others = [name for name in COLUMNS if name not in PRICES]
    pd.testing.assert_frame_equal(plain[others], moved[others])
    newest = plain["contract"] == plain["contract"].iloc[-1]
    pd.testing.assert_frame_equal(plain[newest], moved[newest])
    table = kd.rolls(moved)
    pd.testing.assert_frame_equal(table, kd.rolls(plain))
    for code, held in plain.groupby("contract"):
        later = table[table.index > held.index[-1]]
        expected = held[PRICES] + later["gap"].sum() if adjust == "back" else held[PRICES] * later["ratio"].prod()
        pd.testing.assert_frame_equal(moved.loc[moved["contract"] == code, PRICES], expected)


def test_over_a_roll_the_adjusted_series_moves_as_the_new_contract_did() -> None:
    by_ratio = kd.continuous("usd", *HALF, adjust="ratio")["close"]
    moved = kd.continuous("usd", *HALF, adjust="back")
    table = kd.rolls(moved)
    own = kd.history(table["to"].tolist(), *HALF)
    for moment, row in table.iterrows():
        close = own.loc[row["to"], "close"]
        at, at_own = moved.index.get_loc(moment), close.index.get_loc(moment)
        assert close.iloc[at_own - 1] == row["to_close"]
        assert moved["close"].diff().iloc[at] == pytest.approx(close.diff().iloc[at_own])
        assert by_ratio.pct_change().iloc[at] == pytest.approx(close.pct_change().iloc[at_own])
    np.testing.assert_allclose(table["gap"], table["to_close"] - table["from_close"])
    np.testing.assert_allclose(table["ratio"], table["to_close"] / table["from_close"])


@every_rule
@pytest.mark.parametrize("start", ["2023-09-13", "2023-09-14", "2023-09-15", "2023-11-20"])
def test_what_is_held_does_not_depend_on_the_span(roll: Any, start: str) -> None:
    whole = kd.continuous("kospi200", *HALF, roll=roll)
    part = kd.continuous("kospi200", start, "2023-12-20", roll=roll)
    pd.testing.assert_frame_equal(part, whole.loc[start:"2023-12-20"])


def test_the_last_day_comes_from_its_close() -> None:
    bars = kd.continuous("kospi200", period="1w")
    pd.testing.assert_frame_equal(bars.drop(columns="contract"), kd.history("101V3000", period="1w"))
    assert bars.index[-1] == pd.Timestamp("2024-01-12")


def test_a_close_that_is_not_out_is_told() -> None:
    body = json.dumps({"jsonrpc": "2.0", "error": {"code": 20040, "message": "미제공 시간"}})
    faults = Schedule([Rule(Fault("body", body=body), path="closeprice")])
    with (
        Simulator(now="2024-01-12T18:30", speed=0, faults=faults) as simulator,
        simulator.client(cache=False) as client,
    ):
        bars = kd.continuous("kospi200", "2024-01-08", client=client)
    assert bars.index[-1] == pd.Timestamp("2024-01-11")
    assert "not out yet" in bars.attrs["kosdata"]["last_day"]


def test_the_running_row_of_a_future_has_no_change() -> None:
    with Simulator(now="2024-01-12T14:00", speed=0) as simulator, simulator.client(cache=False) as client:
        bars = kd.continuous("kospi200", "2024-01-11", partial=True, client=client)
    assert bars["final"].tolist() == [True, False]
    assert bars["change"].isna().tolist() == [False, True]


def test_one_session_before_it_is_published_is_empty_and_says_why() -> None:
    with Simulator(now="2024-01-12T12:00", speed=0) as simulator, simulator.client(cache=False) as client:
        bars = kd.continuous("kospi200", "2024-01-12", client=client)
        assert bars.empty
        assert "not published" in bars.attrs["kosdata"]["reason"]
        assert "skipped" not in bars.attrs["kosdata"]


def test_v2_answers_alike() -> None:
    with Simulator(now="2024-01-12T18:30", speed=0) as simulator, simulator.client(api="v2", cache=False) as client:
        pd.testing.assert_frame_equal(kd.continuous("kospi200", *HALF, client=client), kd.continuous("kospi200", *HALF))


@pytest.mark.parametrize("partial", [False, True])
def test_nothing_has_every_column(client: Client, partial: bool) -> None:
    full = kd.continuous("kospi200", "2024-01-02", partial=partial)
    weekend = kd.continuous("kospi200", "2024-01-06", "2024-01-07", partial=partial)
    planned = kd.continuous("kospi200", *YEAR, partial=partial, client=Rehearsal(client))
    for empty in (weekend, planned):
        assert empty.empty
        pd.testing.assert_series_equal(empty.dtypes, full.dtypes)
        assert empty.index.dtype == full.index.dtype
        assert kd.rolls(empty).dtypes.tolist() == kd.rolls(kd.continuous("usd", *HALF)).dtypes.tolist()
    assert "holiday" in weekend.attrs["kosdata"]["reason"]


def test_a_market_before_its_time_is_empty() -> None:
    with fakes.client(Service()) as client:
        bars = kd.continuous("usd", "2021-02", "2021-02", client=client)
    assert bars.empty
    assert "no rows" in bars.attrs["kosdata"]["reason"]
    assert "175R2000" in bars.attrs["kosdata"]["skipped"]


def test_a_market_of_which_no_contract_is_known_is_empty_and_names_them() -> None:
    nobody = fakes.ok({"jsonrpc": "2.0", "result": {"isuSrtCd": [" -"], "hisLists": None}})
    with fakes.client(lambda *_: nobody) as client:
        bars = kd.continuous("usd", "2023-06", "2023-06", roll="volume", adjust="back", client=client)
    assert bars.empty
    assert bars.columns.tolist() == COLUMNS
    assert "175T6000" in bars.attrs["kosdata"]["reason"]


def test_the_running_day_is_added_and_marked() -> None:
    with Simulator(now="2024-01-12T10:00", speed=0) as simulator, simulator.client(cache=False) as client:
        bars = kd.continuous("kospi200", "2024-01-10", partial=True, client=client)
    assert bars.columns.tolist() == [*COLUMNS, "final"]
    assert bars["final"].tolist() == [True, True, False]
    assert bars["contract"].unique().tolist() == ["101V3000"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"market": "stock"}, "kospi200, mini_kospi200"),
        ({"market": 5}, "kospi200, mini_kospi200"),
        ({"roll": "oi"}, "expiry, volume, open_interest"),
        ({"adjust": "forward"}, "back, ratio"),
        ({"days": -1}, "from 0 to 10"),
        ({"days": 11}, "from 0 to 10"),
        ({"days": True}, "from 0 to 10"),
        ({"start": None}, "start is missing"),
        ({"end": "2022"}, "comes after"),
    ],
)
def test_a_wrong_call_sends_nothing(given: dict[str, Any], said: str) -> None:
    service = fakes.Service(lambda *_: AssertionError("sent"))
    arguments = {"market": "kospi200", "start": "2023"} | given
    with fakes.client(service) as client, pytest.raises(kd.ArgumentError, match=said):
        kd.continuous(client=client, **arguments)
    assert not service.sent


def test_rolls_wants_a_continuous_frame() -> None:
    for frame in (kd.history("K2FA001", "2024-01-11"), pd.DataFrame(), None):
        with pytest.raises(kd.ArgumentError, match="continuous"):
            kd.rolls(frame)  # type: ignore[arg-type]


class Service:
    """Futures on the dollar whose closes and figures are made up; some contracts and sessions are not there."""

    def __init__(
        self, *, unknown: tuple[str, ...] = (), gone: tuple[str, ...] = (), crossing: date = date(2023, 6, 12)
    ) -> None:
        self.unknown, self.gone, self.crossing = unknown, gone, crossing
        self.asked: list[str] = []

    def __call__(self, target: str, _: int) -> fakes.Sent:
        code = target.split("/history", maxsplit=1)[0].rpartition("/")[2]
        self.asked.append(code)
        if code in self.unknown or code[0] != "1":
            return fakes.ok({"jsonrpc": "2.0", "result": {"isuSrtCd": [" -"], "hisLists": None}})
        query = dict(pair.split("=") for pair in target.partition("?")[2].split("&"))
        first, last = (date.fromisoformat(query[name]) for name in ("inqStrtDd", "inqEndDd"))
        rows = list(self.rows(code, first, last))[::-1]
        return fakes.ok({"jsonrpc": "2.0", "result": {"isuSrtCd": code, "hisLists": rows}})

    def rows(self, code: str, first: date, last: date) -> Iterator[dict[str, Any]]:
        for day in KRX.sessions(max(first, date(2023, 1, 1)), min(last, ends("usd", code))):
            if f"{day}" in self.gone:
                continue
            close = 1000 + 10 * int(code[4], 16) + day.toordinal() % 7
            # July has more than June on one session alone; then it has less again.
            figure = 500 if code == "175T7000" and day == self.crossing else 100 - int(code[4], 16)
            yield {
                "trdDd": int(f"{day:%Y%m%d}"),
                **dict.fromkeys(("opnprc", "hgprc", "lwprc", "trdPrc"), close),
                **{"accTrdvol": figure, "accTrdval": 1, "cmpprevddPrc": 1, "opnintQty": figure},
            }


@pytest.mark.parametrize("roll", ["volume", "open_interest"])
def test_the_session_after_the_next_contract_had_more_is_its_first_and_it_is_kept(roll: Any) -> None:
    crossing = date(2023, 6, 12)
    with fakes.client(Service(crossing=crossing)) as client:
        bars = kd.continuous("usd", "2023-06-01", "2023-06-30", roll=roll, client=client)
        later = kd.continuous("usd", "2023-06-14", "2023-06-30", roll=roll, client=client)
    contracts = bars["contract"]
    assert contracts[: str(crossing)].unique().tolist() == ["175T6000"]
    assert contracts[str(crossing + timedelta(days=1)) :].unique().tolist() == ["175T7000"]
    assert kd.rolls(bars).index.tolist() == [pd.Timestamp("2023-06-13")]
    pd.testing.assert_frame_equal(later, bars["2023-06-14":])


def test_a_contract_that_is_unknown_is_left_out_and_named() -> None:
    service = Service(unknown=("175T7000",))
    with fakes.client(service) as client:
        bars = kd.continuous("usd", "2023-06-01", "2023-09-01", adjust="back", client=client)
    about = bars.attrs["kosdata"]
    assert about["skipped"] == "175T7000"
    assert "sessions_without_row" not in about
    assert bars["contract"].unique().tolist() == ["175T6000", "175T8000", "175T9000"]
    assert kd.rolls(bars).index[0].date() == ends("usd", "175T6000")
    assert bars["close"].notna().all()
    assert len(bars) == len(KRX.sessions(date(2023, 6, 1), date(2023, 9, 1)))


def test_a_contract_that_is_unknown_at_the_end_is_followed_by_the_next() -> None:
    with fakes.client(Service(unknown=("175T8000",))) as client:
        bars = kd.continuous("usd", "2023-07-03", "2023-08-01", client=client)
    assert bars["contract"].unique().tolist() == ["175T7000", "175T9000"]
    assert bars.index[-1] == pd.Timestamp("2023-08-01")


def test_sessions_that_are_missing_are_named_and_no_price_is_made_up() -> None:
    with fakes.client(Service(gone=("2023-06-07",))) as client:
        bars = kd.continuous("usd", "2023-06-01", "2023-06-30", adjust="back", client=client)
    assert bars.attrs["kosdata"]["sessions_without_row"] == "2023-06-07"
    assert bars["close"].notna().all()
    eve = f"{back(ends('usd', '175T6000'), 1)}"
    with fakes.client(Service(gone=(eve,))) as client:
        bars = kd.continuous("usd", "2023-06-01", "2023-06-30", adjust="back", client=client)
    roll = kd.rolls(bars).index[0]
    assert bars.attrs["kosdata"]["sessions_without_row"] == eve
    assert bars.attrs["kosdata"]["unbridged"] == f"{roll:%Y-%m-%d}"
    assert bars["close"].isna().tolist() == (bars.index < roll).tolist()


def test_a_roll_without_both_closes_is_named_and_older_prices_are_missing() -> None:
    class Late(Service):
        """July is there from the day on that it is held."""

        def rows(self, code: str, first: date, last: date) -> Iterator[dict[str, Any]]:
            begin = ends("usd", "175T6000") if code == "175T7000" else first
            yield from super().rows(code, max(first, begin), last)

    with fakes.client(Late()) as client:
        plain = kd.continuous("usd", "2023-06-01", "2023-06-30", client=client)
        moved = kd.continuous("usd", "2023-06-01", "2023-06-30", adjust="ratio", client=client)
    roll = kd.rolls(plain).index[0]
    for frame in (plain, moved):
        assert frame.attrs["kosdata"]["unbridged"] == f"{roll:%Y-%m-%d}"
        assert json.loads(frame.attrs["kosdata"]["rolls"])[0]["to_close"] is None
    assert kd.rolls(plain)["gap"].isna().all()
    assert plain["close"].notna().all()
    assert moved["close"].isna().tolist() == (moved.index < roll).tolist()


def test_codes_of_2026_are_tried_in_both_spellings() -> None:
    asked: list[str] = []

    def answer(target: str, _: int) -> fakes.Sent:
        asked.append(target.split("/history", maxsplit=1)[0].rpartition("/")[2])
        row = {"trdDd": 20260105, "trdPrc": 5, "opnprc": 5, "hgprc": 5, "lwprc": 5, "accTrdvol": 1, "accTrdval": 1}
        rows = [row] if "inqEndDd=20260104" not in target else []
        known = asked[-1] == "A0163000"
        result = {"isuSrtCd": asked[-1], "hisLists": rows} if known else {"isuSrtCd": [" -"], "hisLists": None}
        return fakes.ok({"result": result})

    with fakes.client(answer, fakes.Clock(fakes.kst("2026-01-06 12:00"))) as client:
        bars = kd.continuous("kospi200", "2026-01-05", "2026-01-05", client=client)
    assert bars["contract"].tolist() == ["A0163000"]
    assert set(asked) == {"A0163000"}
    with Simulator(now="2026-03-20T18:30", speed=0) as simulator, simulator.client(cache=False) as client:
        bars = kd.continuous("kospi200", "2026-03-09", "2026-03-13", client=client)
        assert bars["contract"].unique().tolist() == ["10163000", "10166000"]
        assert "skipped" not in bars.attrs["kosdata"]


def test_what_is_refused_is_raised() -> None:
    with fakes.client(lambda *_: fakes.no(403, "no licence")) as client, pytest.raises(kd.LicenceError):
        kd.continuous("kospi200", "2023", client=client)


def test_attrs_hold_single_values() -> None:
    about = kd.continuous("kospi200", "2023-12", adjust="ratio").attrs["kosdata"]
    assert all(isinstance(value, str | int | float | bool) for value in about.values())
    assert (about["roll"], about["days"], about["adjust"]) == ("expiry", 1, "ratio")

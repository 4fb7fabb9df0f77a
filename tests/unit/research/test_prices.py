"""End-of-day bars against the market that they come from."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from kosdata.simulator import Schedule, Simulator
from kosdata.simulator.derivatives.market import Derivatives
from kosdata.simulator.shares.listing import universe
from kosdata.simulator.shares.market import Market
from kosdata.wire import paging

FRIDAY = date(2024, 1, 12)
STOCK, KOSDAQ, INDEX, FUTURE, CONNECTED = "005930", "247540", "K1", "101V3000", "K2FA001"
BAR = ["open", "high", "low", "close", "volume", "value", "change"]


_SERVED: list[Simulator] = []


def views() -> Any:
    """Return what the gateway answers from: the truth, made once."""
    return _SERVED[-1]._server._answer._view  # type: ignore[attr-defined]


def market() -> Market:
    return views()._market


def derivatives() -> Derivatives:
    return views()._derivatives


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(now="2024-01-12T18:30", speed=0) as simulator:
        _SERVED.append(simulator)
        yield simulator


@pytest.fixture(autouse=True)
def _evening(sim: Simulator) -> None:
    sim.clock.set(datetime(2024, 1, 12, 18, 30))
    sim.faults = None


def at(sim: Simulator, moment: str) -> None:
    sim.clock.set(datetime.fromisoformat(moment))


def truth(code: str, first: date, last: date, asof: date | None = None, freq: Any = "D") -> pd.DataFrame:
    """Return the bars that the market has, as if all of them were published."""
    if code == INDEX:
        columns = market().index_daily(code, first, last, asof=asof or last, freq=freq)
        # The wire has thousands of shares and millions of won; weeks of days add up what it cut off.
        columns |= {"volume": columns["volume"] // 1_000 * 1_000, "value": columns["value"] // 1_000_000 * 1_000_000}
    elif code in (FUTURE, CONNECTED):
        columns = derivatives().daily("futures", "kospi200", code, first, last, freq=freq)
    else:
        columns = market().daily(code, first, last, asof=asof or last, freq=freq)
    index = pd.DatetimeIndex(columns["date"], name="date").as_unit("us")
    names = [*BAR, "open_interest"] if code in (FUTURE, CONNECTED) else BAR
    return pd.DataFrame({name: columns[name] for name in names}, index=index)


def same(found: pd.DataFrame, wanted: pd.DataFrame, *, interest: bool = True, rtol: float = 0) -> None:
    """Compare row for row; the close of a contract does not come with its open interest."""
    wanted = wanted.astype({"open_interest": "Int64"}) if "open_interest" in wanted else wanted
    if "open_interest" in wanted and not interest:
        found, wanted = found.drop(columns="open_interest"), wanted.drop(columns="open_interest")
    pd.testing.assert_frame_equal(found, wanted, check_exact=False, rtol=rtol, atol=1e-9, check_freq=False)


def about(frame: pd.DataFrame) -> dict[str, Any]:
    return frame.attrs["kosdata"]


# When what is out --------------------------------------------------------------------------------------------------

# The moment; the newest session of stocks and indices that is over; that of futures.
MOMENTS = [
    ("2024-01-12T05:00", date(2024, 1, 11), date(2024, 1, 11)),
    ("2024-01-12T08:00", date(2024, 1, 11), date(2024, 1, 11)),
    ("2024-01-12T14:00", date(2024, 1, 11), date(2024, 1, 11)),
    ("2024-01-12T15:35", date(2024, 1, 11), date(2024, 1, 11)),
    ("2024-01-12T15:45", FRIDAY, date(2024, 1, 11)),
    ("2024-01-12T16:00", FRIDAY, FRIDAY),
    ("2024-01-13T00:30", FRIDAY, FRIDAY),
    ("2024-01-13T07:00", FRIDAY, FRIDAY),
    ("2024-01-13T12:00", FRIDAY, FRIDAY),
    ("2024-01-14T12:00", FRIDAY, FRIDAY),
    ("2024-01-15T06:00", FRIDAY, FRIDAY),
    ("2024-01-15T07:00", FRIDAY, FRIDAY),
    ("2024-01-15T08:45", FRIDAY, FRIDAY),
]
FIRST = date(2023, 12, 20)


@pytest.mark.parametrize("api", ["v3", "v2"])
@pytest.mark.parametrize(("moment", "shares", "futures"), MOMENTS, ids=[m[0] for m in MOMENTS])
def test_the_newest_session_that_is_over_is_the_last_row(
    sim: Simulator, moment: str, shares: date, futures: date, api: str
) -> None:
    at(sim, moment)
    with sim.client(api=api) as client:
        for code, last in [(STOCK, shares), (KOSDAQ, shares), (INDEX, shares), (FUTURE, futures), (CONNECTED, futures)]:
            found = kd.history(code, FIRST, client=client)
            same(found, truth(code, FIRST, last), interest=False)


@pytest.mark.parametrize("moment", ["2024-01-12T16:00", "2024-01-13T00:30", "2024-01-14T12:00", "2024-01-15T06:00"])
def test_the_last_day_alone_can_be_asked_for(sim: Simulator, moment: str) -> None:
    at(sim, moment)
    with sim.client() as client:
        for code in (STOCK, INDEX, FUTURE):
            same(kd.history(code, FRIDAY, FRIDAY, client=client), truth(code, FRIDAY, FRIDAY), interest=False)


def test_the_row_of_the_last_day_is_its_official_close(sim: Simulator) -> None:
    with sim.client() as client:
        row = kd.history(STOCK, FRIDAY, client=client).iloc[0]
        official = market().close(STOCK, FRIDAY)
        assert {name: row[name] for name in BAR} == {name: official[name][0] for name in BAR}
        assert row["volume"] == kd.close(STOCK, client=client)["volume"].iloc[0]


@pytest.mark.parametrize(
    ("moment", "newest", "final"),
    [
        ("2024-01-12T08:00", date(2024, 1, 11), True),
        ("2024-01-12T14:00", FRIDAY, False),
        ("2024-01-12T15:35", FRIDAY, False),
        ("2024-01-12T16:00", FRIDAY, True),
        ("2024-01-13T12:00", FRIDAY, True),
    ],
)
def test_partial_adds_the_unfinished_day_and_says_so(sim: Simulator, moment: str, newest: date, final: bool) -> None:
    at(sim, moment)
    with sim.client() as client:
        for code in (STOCK, KOSDAQ, INDEX, FUTURE):
            found = kd.history(code, FIRST, partial=True, client=client)
            assert found.index[-1].date() == newest, code
            assert found["final"].dtype == bool
            assert found["final"].iloc[:-1].all() and found["final"].iloc[-1] == final
            whole = found[found["final"]].drop(columns="final")
            same(whole, truth(code, FIRST, whole.index[-1].date()), interest=False)
        quote = market().quote(STOCK, datetime.fromisoformat(moment))
        if not final:
            row = kd.history(STOCK, FRIDAY, partial=True, client=client).iloc[0]
            assert (row["close"], row["volume"]) == (quote["price"][0], quote["volume"][0])


def test_a_running_day_is_asked_for_anew_and_never_final_later(sim: Simulator) -> None:
    with sim.client(cache=True) as client:
        for moment in ("2024-01-12T10:00", "2024-01-12T14:00"):
            at(sim, moment)
            row = kd.history(STOCK, FIRST, partial=True, client=client).iloc[-1]
            assert not row["final"]
            assert row["volume"] == market().quote(STOCK, datetime.fromisoformat(moment))["volume"][0]
        at(sim, "2024-01-12T16:00")
        same(kd.history(STOCK, FIRST, client=client), truth(STOCK, FIRST, FRIDAY))


# Weeks and months --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("freq", ["W", "M"])
@pytest.mark.parametrize("code", [STOCK, INDEX, FUTURE])
@pytest.mark.parametrize("moment", ["2024-01-12T14:00", "2024-01-13T12:00", "2024-01-31T18:00", "2024-02-01T07:00"])
def test_published_weeks_and_months_are_those_of_the_days(sim: Simulator, moment: str, code: str, freq: Any) -> None:
    at(sim, moment)
    first, now = date(2023, 9, 18), datetime.fromisoformat(moment)
    with sim.client() as client:
        published = kd.history(code, first, freq=freq, client=client)
        made = kd.history(code, first, freq=freq, from_days=True, client=client)
    last = KRX.latest_session(now.date() - timedelta(days=1))
    wanted = truth(code, first, last, freq=freq)
    whole = wanted[[_is_over(day.date(), freq, last) for day in wanted.index]]
    same(published, whole)
    # The day's own close is one evening earlier than the published row.
    assert set(published.index) <= set(made.index)
    same(made.loc[published.index], whole, interest=False, rtol=1e-4 if code == INDEX else 0)


def _is_over(day: date, freq: str, last: date) -> bool:
    following = KRX.next_session(day)
    return day < last or (
        following.isocalendar()[:2] > day.isocalendar()[:2] if freq == "W" else following.month != day.month
    )


def test_a_week_made_of_days_is_there_on_its_last_evening(sim: Simulator) -> None:
    with sim.client() as client:
        made = kd.history(STOCK, "2024-01-01", freq="W", from_days=True, client=client)
        assert made.index[-1].date() == FRIDAY
        same(made, truth(STOCK, date(2024, 1, 1), FRIDAY, freq="W"))
        at(sim, "2024-01-11T18:30")
        made = kd.history(STOCK, "2024-01-01", freq="W", from_days=True, client=client)
        assert made.index[-1].date() == date(2024, 1, 5)
        running = kd.history(STOCK, "2024-01-01", freq="W", from_days=True, partial=True, client=client)
        assert running["final"].tolist() == [True, False]
        published = kd.history(STOCK, "2024-01-01", freq="W", partial=True, client=client)
        assert published["final"].all()


@pytest.mark.parametrize("partial", [False, True])
def test_a_week_that_the_span_cuts_is_left_out_both_ways(sim: Simulator, partial: bool) -> None:
    with sim.client() as client:
        spans = {"start": "2023-11-01", "end": "2023-12-20", "freq": "W", "partial": partial, "client": client}
        published, made = kd.history(STOCK, **spans), kd.history(STOCK, from_days=True, **spans)
    pd.testing.assert_frame_equal(published, made, check_freq=False)
    assert published.index[-1].date() == date(2023, 12, 15)


def test_what_trades_no_more_has_its_last_week(sim: Simulator) -> None:
    # Listed until Tuesday 2019-10-01.
    with sim.client() as client:
        for from_days in (False, True):
            found = kd.history("670290", "2019-09-02", freq="W", market="kosdaq", from_days=from_days, client=client)
            assert found.index[-1].date() == date(2019, 10, 1)


# What has no trade, and what does not exist ------------------------------------------------------------------------


def test_halted_sessions_have_their_row_and_no_prices_of_trades(sim: Simulator) -> None:
    with sim.client() as client:
        found = kd.history(STOCK, "2018-04-25", "2018-05-09", client=client)
        same(found, truth(STOCK, date(2018, 4, 25), date(2018, 5, 9), asof=FRIDAY))
        halted = found.loc["2018-04-30":"2018-05-03"]
        assert len(halted) == 3
        assert halted[["open", "high", "low"]].isna().all(axis=None) and (halted["volume"] == 0).all()
        assert halted["close"].notna().all()
        assert len(kd.history("670480", "2023-12-01", client=client)) == len(KRX.sessions(date(2023, 12, 1), FRIDAY))


def test_a_halted_last_day_has_its_row(sim: Simulator) -> None:
    at(sim, "2018-05-03T16:00")
    with sim.client() as client:
        found = kd.history(STOCK, "2018-04-25", client=client)
        same(found, truth(STOCK, date(2018, 4, 25), date(2018, 5, 3)))
        assert found["volume"].iloc[-1] == 0 and np.isnan(found["open"].iloc[-1])


def test_what_is_listed_no_more_ends_where_it_ended(sim: Simulator) -> None:
    with sim.client() as client:
        found = kd.history("670290", "2019-09-02", "2019-12-30", market="kosdaq", client=client)
        same(found, truth("670290", date(2019, 9, 2), date(2019, 10, 1), asof=FRIDAY))
        with pytest.raises(kd.NotFoundError):
            kd.history("670290", "2019-09-02", client=client)
        assert kd.history("670290", "2023-09-02", market="kosdaq", client=client).empty
        # Nobody was asked about days before this one: the answer about it counts.
        with pytest.raises(kd.NotFoundError):
            kd.history("000000", FRIDAY, market="kosdaq", client=client)


def test_an_empty_answer_has_every_column_and_says_why(sim: Simulator) -> None:
    with sim.client() as client:
        full = kd.history(STOCK, "2024-01-02", client=client)
        weekend = kd.history(STOCK, "2024-01-06", "2024-01-07", client=client)
        assert weekend.dtypes.equals(full.dtypes) and weekend.index.dtype == full.index.dtype
        assert about(weekend)["reason"].startswith("holiday")
        stacked = kd.history([STOCK], "2024-01-06", "2024-01-07", client=client)
        assert stacked.index.names == ["code", "date"] and stacked.dtypes.equals(full.dtypes)
        mixed = kd.history([STOCK, FUTURE], "2024-01-06", "2024-01-07", partial=True, client=client)
        assert mixed.dtypes.astype(str).tolist() == ["float64"] * 4 + ["int64"] * 2 + ["float64", "Int64", "bool"]
        for freq in ("W", "M"):
            for from_days in (False, True):
                given = {"freq": freq, "from_days": from_days, "partial": True, "client": client}
                empty = kd.history(STOCK, "2024-01-10", "2024-01-10", **given)
                assert empty.empty and empty.columns.tolist() == [*BAR, "final"]
                assert about(empty)["reason"]
        for from_days in (False, True):
            none = kd.history(STOCK, "2024-01-02", "2024-01-03", freq="W", from_days=from_days, client=client)
            assert about(none)["reason"] == "no week or month ends in this span"
        at(sim, "2024-01-12T14:00")
        reason = "not published yet: the row of 2024-01-12 comes on 2024-01-12 at 15:40 KST"
        assert about(kd.history(STOCK, FRIDAY, client=client))["reason"] == reason
        at(sim, "2024-01-13T12:00")
        assert about(kd.history(STOCK, "2024-01-13", client=client))["reason"].startswith("holiday")


# Codes and shapes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["KR7005930003", "A005930", "005930*001", " 005930 "])
def test_a_code_may_be_written_as_others_write_it(sim: Simulator, written: str) -> None:
    with sim.client() as client:
        found = kd.history([written], "2024-01-08", "2024-01-10", client=client)
        assert found.index.get_level_values("code").unique().tolist() == [STOCK]
        same(found.loc[STOCK], truth(STOCK, date(2024, 1, 8), date(2024, 1, 10), asof=FRIDAY))


def test_codes_may_hold_letters(sim: Simulator) -> None:
    at(sim, "2025-06-13T18:30")
    with sim.client() as client:
        found = kd.history("0037T0", "2025-06-02", client=client)
        same(found, truth("0037T0", date(2025, 6, 2), date(2025, 6, 13)))


def test_a_list_gives_a_level_of_codes_in_its_order(sim: Simulator) -> None:
    codes = [INDEX, KOSDAQ, FUTURE, STOCK]
    with sim.client() as client:
        found = kd.history(codes, FIRST, "2024-01-10", client=client)
        assert found.index.names == ["code", "date"]
        assert found.index.get_level_values("code").unique().tolist() == codes
        for code in codes:
            wanted = truth(code, FIRST, date(2024, 1, 10), asof=FRIDAY)
            part = found.loc[code]
            same(part if "open_interest" in wanted else part.drop(columns="open_interest"), wanted)
        assert found.loc[STOCK, "open_interest"].isna().all()


def test_a_code_that_no_list_has_is_told_and_others_go_on(sim: Simulator) -> None:
    with sim.client() as client:
        with pytest.raises(kd.NotFoundError, match="'005931'") as error:
            kd.history("005931", "2024-01-02", client=client)
        assert "005930" in str(error.value.hint)
        found = kd.history([STOCK, "005931"], "2024-01-02", on_error="collect", client=client)
        assert found.index.get_level_values("code").unique().tolist() == [STOCK]
        assert "005931" in about(found)["failures"]


@pytest.mark.parametrize(
    ("codes", "arguments"),
    [
        (5930, {"start": "2024-01-02"}),
        ("5930", {"start": "2024-01-02"}),
        ([], {"start": "2024-01-02"}),
        ([STOCK, None], {"start": "2024-01-02"}),
        (STOCK, {}),
        (STOCK, {"start": "soon"}),
        (STOCK, {"start": "2024-01-05", "end": "2024-01-02"}),
        (STOCK, {"start": "2025-01-02"}),
        (STOCK, {"start": "2024-01-02", "period": "1y"}),
        (STOCK, {"period": "1 moon"}),
        (STOCK, {"start": "2024-01-02", "freq": "Q"}),
        (STOCK, {"start": "2024-01-02", "adjust": "dividends"}),
        (STOCK, {"start": "2024-01-02", "market": "nasdaq"}),
        (STOCK, {"start": "2024-01-02", "on_error": "ignore"}),
        (STOCK, {"start": "2024-01-02", "lang": "fr"}),
    ],
)
def test_a_wrong_argument_sends_nothing(sim: Simulator, codes: Any, arguments: dict[str, Any]) -> None:
    before = sim.count
    with sim.client() as client, pytest.raises(kd.ArgumentError):
        kd.history(codes, client=client, **arguments)
    assert sim.count == before


def test_more_than_a_hundred_codes_take_three_snapshots(sim: Simulator) -> None:
    codes = [issue.code for issue in market().listed("kospi", FRIDAY)][:105]
    at(sim, "2024-01-12T15:50")
    with sim.client() as client:
        kd.history(codes[0], "2024-01-10", client=client)
        before = sim.count
        found = kd.history(codes, "2024-01-10", client=client)
    # A page a code, the three snapshots, and hardly a closing row.
    assert sim.count - before <= len(codes) + 3 + 5
    assert about(found)["last_day"].count("snapshots") == 1
    assert {"v3_realtime_kospi_multiquote_ohlclists", "v3_realtime_kospi_multiquote_lists"} <= set(
        about(found)["endpoint"].split()
    )
    assert about(found)["requests"] == sim.count - before
    last = found.xs(pd.Timestamp(FRIDAY), level="date")
    assert last.index.tolist() == codes
    assert (found.groupby(level="code", sort=False).size() == 3).all()
    volumes = market().snapshot("kospi", sim.clock.now())
    by_code = dict(zip(volumes["code"], volumes["volume"], strict=True))
    # What moved far may have been re-based, and has its closing row; the others have no change.
    told = last[last["change"].isna()]
    assert 0 < len(codes) - len(told) <= 5
    assert told["volume"].to_dict() == {code: by_code[code] for code in told.index}


@pytest.mark.parametrize("moment", ["15:50", "16:15", "18:30"])
def test_trades_after_hours_move_no_close(sim: Simulator, moment: str) -> None:
    codes = [issue.code for issue in market().listed("kospi", FRIDAY)][:101]
    at(sim, f"2024-01-12T{moment}")
    with sim.client(cache=True) as client:
        planned = kd.plan(kd.history, codes, "2024-01-10", market="kospi", client=client)["requests"]
        before = sim.count
        found = kd.history(codes, "2024-01-10", market="kospi", client=client)
        sent = sim.count - before
        assert found.attrs["kosdata"]["requests"] == sent
        assert len(codes) + 3 <= sent <= planned + 5
        last = found.xs(pd.Timestamp(FRIDAY), level="date")
        pd.testing.assert_series_equal(last["close"], kd.close(codes, client=client)["close"])


def test_a_row_from_a_snapshot_is_not_final(sim: Simulator) -> None:
    codes = [issue.code for issue in market().listed("kospi", FRIDAY)][:101]
    at(sim, "2024-01-12T15:50")
    with sim.client() as client:
        found = kd.history(codes, "2024-01-11", partial=True, client=client)
    last = found.xs(pd.Timestamp(FRIDAY), level="date")
    assert (last["final"] == last["change"].notna()).all()
    assert found.xs(pd.Timestamp("2024-01-11"), level="date")["final"].all()


def test_snapshots_that_are_kept_are_counted_once(sim: Simulator) -> None:
    codes = [issue.code for issue in market().listed("kospi", FRIDAY)][:105]
    at(sim, "2024-01-12T15:50")
    with sim.client(cache=True) as client:
        kd.history(codes, "2024-01-10", client=client)
        again = about(kd.history(codes, "2024-01-10", client=client))
    pages = again["requests"] + again["cached_pages"]
    assert len(codes) + 3 <= pages <= len(codes) + 3 + 5


# Splits ------------------------------------------------------------------------------------------------------------


def test_prices_that_were_rebased_between_kept_pages_and_the_close_are_all_asked_again(sim: Simulator) -> None:
    # 50 for one on 2018-05-04.
    with sim.client(cache=True) as client:
        at(sim, "2018-05-03T16:00")
        kd.history(STOCK, "2016-06-01", client=client)
        old = kd.history(STOCK, "2018-01-02", client=client)
        same(old, truth(STOCK, date(2018, 1, 2), date(2018, 5, 3)))
        call = paging_call(client, STOCK)
        for moment in ("2018-05-04T16:00", "2018-05-05T12:00"):
            at(sim, moment)
            new = kd.history(STOCK, "2018-01-02", client=client)
            same(new, truth(STOCK, date(2018, 1, 2), date(2018, 5, 4)))
        assert client.cached(paging.every(call, date(2018, 5, 4))) <= 2
        same(kd.history(STOCK, "2016-06-01", client=client), truth(STOCK, date(2016, 6, 1), date(2018, 5, 4)))


def paging_call(client: Any, code: str) -> Any:
    from kosdata.catalogue import endpoint
    from kosdata.wire import arguments as args

    given = {"code": code, "start": date(2016, 6, 1), "end": date(2018, 5, 4)}
    return args.call(endpoint("v3_closed_kospi_history"), given, today=date(2018, 5, 4), calendar=KRX)


def test_a_close_on_other_prices_than_kept_days_is_noticed(sim: Simulator) -> None:
    # 10 for one on 2022-04-15, after a halt. What was kept at noon of the day before holds over the next close if the
    # morning is not asked about.
    with sim.client(cache=True) as client:
        at(sim, "2022-04-15T05:00")
        first = kd.history("650710", "2022-03-02", client=client)
        at(sim, "2022-04-15T16:00")
        found = kd.history("650710", "2022-03-02", client=client)
    same(found, truth("650710", date(2022, 3, 2), date(2022, 4, 15)))
    assert first["close"].iloc[0] == pytest.approx(
        truth("650710", date(2022, 3, 2), date(2022, 3, 2), asof=date(2022, 4, 15))["close"].iloc[0], rel=0.01
    )


@pytest.mark.parametrize("moment", ["2018-05-04T10:00", "2018-05-04T14:00"])
def test_a_running_day_on_other_prices_is_noticed(sim: Simulator, moment: str) -> None:
    with sim.client(cache=True) as client:
        at(sim, "2018-05-03T16:00")
        kd.history(STOCK, "2017-09-01", client=client)
        at(sim, moment)
        found = kd.history(STOCK, "2017-09-01", partial=True, client=client)
        assert about(found)["rebased"]
    assert not found["final"].iloc[-1]
    same(
        found[found["final"]].drop(columns="final"),
        truth(STOCK, date(2017, 9, 1), date(2018, 5, 3), asof=date(2018, 5, 4)),
    )


@pytest.mark.parametrize("freq", ["D", "W"])
def test_volume_is_put_on_the_basis_of_prices_when_asked(sim: Simulator, freq: Any) -> None:
    with sim.client() as client:
        given = {"start": "2018-03-02", "end": "2018-06-29", "client": client, "freq": freq, "from_days": True}
        plain = kd.history([STOCK, INDEX, "000660"], **given)
        adjusted = kd.history([STOCK, INDEX, "000660"], adjust="volume", **given)
    assert about(adjusted)["volume_factors"] == "005930: 50 before 2018-05-04"
    assert "volume_factors" not in about(plain)
    pd.testing.assert_frame_equal(adjusted.loc[[INDEX, "000660"]], plain.loc[[INDEX, "000660"]])
    before = adjusted.loc[STOCK].loc[:"2018-04-27"]
    assert (before["volume"] == 50 * plain.loc[STOCK].loc[:"2018-04-27", "volume"]).all()
    assert (adjusted.loc[STOCK].loc["2018-05-14":, "volume"] == plain.loc[STOCK].loc["2018-05-14":, "volume"]).all()


# The store of finished frames --------------------------------------------------------------------------------------


def test_a_second_call_asks_nobody_and_a_fresh_one_does(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with sim.client(cache=True) as client:
        first = kd.history([STOCK, INDEX], "2022-01-03", client=client)
        before, info = sim.count, client.cache_info()
        second = kd.history([STOCK, INDEX], "2022-01-03", client=client)
        pd.testing.assert_frame_equal(first, second)
        assert sim.count == before and about(second)["requests"] == 0
        assert client.cache_info() == info
        kd.history([STOCK, INDEX], "2022-01-03", refresh=True, client=client)
        assert sim.count - before == about(first)["requests"]
        client.clear_cache()
        before = sim.count
        kd.history([STOCK, INDEX], "2022-01-03", client=client)
        assert sim.count - before == about(first)["requests"] + 2


@pytest.mark.parametrize("codes", [STOCK, [STOCK], [STOCK, INDEX], FUTURE, [FUTURE]])
def test_who_writes_to_a_frame_changes_no_other(sim: Simulator, codes: Any) -> None:
    with sim.client(cache=True) as client:
        first = kd.history(codes, "2023-12-01", "2024-01-10", client=client)
        kept = first.copy(deep=True)
        first.iloc[0, 0] = -1.0
        first.loc[first.index[1], "close"] = -1.0
        first["volume"] = 0
        first.attrs["kosdata"]["source"] = "me"
        with pytest.raises(ValueError, match="read-only"):
            first["low"].to_numpy()[0] = -1.0
        second = kd.history(codes, "2023-12-01", "2024-01-10", client=client)
        pd.testing.assert_frame_equal(second, kept)
        assert about(second)["source"] == "simulator"


def test_korean_names_do_not_stick(sim: Simulator) -> None:
    with sim.client(cache=True) as client:
        korean = kd.history(STOCK, "2024-01-08", lang="ko", client=client)
        assert korean.columns.tolist()[:4] == ["시가", "고가", "저가", "종가"] and korean.index.name == "일자"
        assert kd.history(STOCK, "2024-01-08", client=client).columns.tolist() == BAR


# Any question ------------------------------------------------------------------------------------------------------

CODES = [STOCK, KOSDAQ, INDEX, FUTURE, "670560"]
MORNING = datetime(2024, 1, 13, 12, 0)


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, date, date, str]:
    code = draw(st.sampled_from(CODES))
    # An index is made of all of its members, which takes long for years.
    last = FRIDAY if code == INDEX else draw(st.dates(date(2022, 6, 1), FRIDAY))
    days = draw(st.integers(0, 11 if code == INDEX else 700))
    return code, last - timedelta(days=days), last, draw(st.sampled_from("DDWM"))


def wanted(code: str, first: date, last: date, freq: str) -> pd.DataFrame:
    found = truth(code, first, last, asof=FRIDAY, freq=freq)
    return found[[freq == "D" or _is_over(day.date(), freq, FRIDAY) for day in found.index]] if len(found) else found


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(questions(), st.integers(0, 10**6))
def test_under_faults_the_frame_is_the_truth_or_an_error(
    sim: Simulator, question: tuple[str, date, date, str], seed: int
) -> None:
    at(sim, MORNING.isoformat())
    code, first, last, freq = question
    with sim.client(cache=True, sleep=lambda _: None, clock=sim.timestamp) as client:
        sim.faults = Schedule.random(seed, most_in_a_row=2)
        try:
            found = kd.history(code, first, last, freq=freq, client=client)
        except (kd.ApiError, kd.TransportError, kd.SchemaError):
            pass
        else:
            same(found, wanted(code, first, last, freq))
        finally:
            sim.faults = None
        same(kd.history(code, first, last, freq=freq, client=client), wanted(code, first, last, freq))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(questions(), st.lists(questions(), max_size=2), st.sampled_from([1, 8]))
def test_nothing_but_the_question_counts(
    sim: Simulator, question: tuple[str, date, date, str], before: list[tuple[str, date, date, str]], workers: int
) -> None:
    at(sim, "2024-01-12T18:30")
    code, first, last, freq = question
    with sim.client(cache=True, concurrency=workers) as client:
        for other in before:
            kd.history(code, other[1], other[2], freq=other[3], client=client)
        at(sim, MORNING.isoformat())
        kd.history(STOCK, "2000-01-04", "2000-01-04", client=client)  # the lists, anew
        count = sim.count
        found = kd.history(code, first, last, freq=freq, client=client)
        same(found, wanted(code, first, last, freq))
        least = len(list(paging.windows(first, last, freq)))
        assert sim.count - count <= max(1.25 * least, least + 1)
        count = sim.count
        again = kd.history(code, first, last, freq=freq, client=client)
        pd.testing.assert_frame_equal(again, found)
        assert sim.count == count


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "America/New_York", "Pacific/Kiritimati"])
def test_where_the_machine_stands_does_not_count(sim: Simulator, monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for moment in ("2024-01-12T05:00", "2024-01-12T23:50", "2024-01-13T00:10"):
            at(sim, moment)
            with sim.client() as client:
                found = kd.history(STOCK, "2023-12-20", client=client)
            last = FRIDAY if moment > "2024-01-12T16" else date(2024, 1, 11)
            same(found, truth(STOCK, FIRST, last))
    finally:
        monkeypatch.undo()
        time.tzset()


def test_of_the_market_many_codes_are_as_single_ones(sim: Simulator) -> None:
    codes = [issue.code for issue in universe() if issue.is_listed(FRIDAY)][::40]
    with sim.client(concurrency=8) as client:
        found = kd.history(codes, "2023-11-20", client=client)
    for code in codes:
        same(found.loc[code], truth(code, date(2023, 11, 20), FRIDAY))

"""The newest day, from services that answer otherwise than they should."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import kosdata as kd
from kosdata.catalogue.calendar import KRX
from tests.unit.wire.fakes import Clock, Sent, Service, client, kst, no, ok

SESSIONS = KRX.sessions(date(2022, 1, 3), date(2024, 12, 30))
NEW = date(2024, 3, 6)  # a Wednesday; prices are re-based from this day on


class Exchange:
    """One stock that closes at the number of its session; from a day on everything before is re-based.

    Attributes
    ----------
    clock : Clock
        The time.
    until : date
        Newest day that history has, finished or not.
    split : date or None
        From this day on the prices of all days before are a fiftieth.
    close : callable
        What answers a question for the closing row.
    lost : set of date
        Days that are left out once.
    """

    def __init__(self, now: str) -> None:
        self.clock = Clock(kst(now))
        self.until = date(2024, 3, 5)
        self.split: date | None = None
        self.cap = 100
        self.lost: set[date] = set()
        self.lost_for_good: set[date] = set()
        self.service = Service(self.answer)
        self.close: Callable[[], Sent] = lambda: ok({"jsonrpc": "2.0", "result": self.row(self.today, dated=False)})

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.seconds, kst("2024-01-01 00:00").tzinfo)

    @property
    def today(self) -> date:
        return KRX.latest_session(self.now.date())

    def price(self, day: date) -> float:
        price = 50_000 + 50 * SESSIONS.index(day)
        old = self.split is not None and day < self.split
        return (
            price / 50
            if old and self.now.date() >= (self.split or day)
            else price / (1 if old or not self.split else 50)
        )

    def row(self, day: date, *, dated: bool = True) -> dict[str, Any]:
        close, before = self.price(day), self.price(SESSIONS[SESSIONS.index(day) - 1])
        row = {"opnprc": close, "hgprc": close, "lwprc": close, "trdPrc": close, "cmpprevddPrc": close - before}
        return {
            **({"trdDd": int(f"{day:%Y%m%d}")} if dated else {}),
            **row,
            "accTrdvol": 10,
            "accTrdval": 10 * int(close),
        }

    def answer(self, target: str, _: int) -> Sent:
        if "closeprice" in target:
            return self.close()
        query = parse_qs(urlsplit(target).query)
        first, last = (int(query[name][0]) for name in ("inqStrtDd", "inqEndDd"))
        days = [d for d in SESSIONS if first <= int(f"{d:%Y%m%d}") <= last and d <= self.until]
        days = [d for d in days if d not in self.lost | self.lost_for_good][-self.cap :]
        self.lost -= set(days) | {d for d in self.lost if first <= int(f"{d:%Y%m%d}") <= last}
        return ok(
            {"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "hisLists": [self.row(d) for d in reversed(days)]}}
        )

    def history(self, asking: Any, start: str, **given: Any) -> Any:
        return kd.history("005930", start, market="kospi", client=asking, **given)


def prices(exchange: Exchange, frame: Any) -> bool:
    return frame["close"].tolist() == [exchange.price(day.date()) for day in frame.index]


def days(frame: Any) -> list[date]:
    return [day.date() for day in frame.index]


def sessions(first: str, last: date) -> list[date]:
    return KRX.sessions(date.fromisoformat(first), last)


def test_the_unfinished_row_that_a_service_sends_is_never_final(tmp_path: Path) -> None:
    exchange = Exchange("2024-03-06 11:00")
    exchange.until = NEW
    with client(exchange.service, exchange.clock, cache=tmp_path) as asking:
        assert days(exchange.history(asking, "2024-02-01")) == sessions("2024-02-01", date(2024, 3, 5))
        # A page that has nothing else says why it is empty.
        empty = exchange.history(asking, "2024-03-06")
        assert empty.empty and empty.attrs["kosdata"]["reason"]
        exchange.clock.set(kst("2024-03-06 16:00"))
        exchange.close = lambda: ok({"jsonrpc": "2.0", "result": {**exchange.row(NEW, dated=False), "accTrdvol": 77}})
        found = exchange.history(asking, "2024-02-01")
        assert days(found) == sessions("2024-02-01", NEW)
        assert found["volume"].iloc[-1] == 77, "the page of the morning is no close"
    with client(exchange.service, exchange.clock, cache=tmp_path) as another:
        assert exchange.history(another, "2024-02-01")["volume"].iloc[-1] == 77


@pytest.mark.parametrize("freq", ["W", "M"])
def test_the_unfinished_week_that_a_service_sends_is_marked_or_left_out(freq: Any) -> None:
    exchange = Exchange("2024-03-06 11:00")
    exchange.until = NEW
    with client(exchange.service, exchange.clock) as asking:
        # It dates its running bar on today; the days of this service are as good as weeks.
        assert exchange.history(asking, "2024-03-06", freq=freq).empty
        running = exchange.history(asking, "2024-03-06", freq=freq, partial=True)
        assert running["final"].tolist() == [False]


def test_a_close_that_is_not_out_yet_is_said() -> None:
    exchange = Exchange("2024-03-06 16:00")
    exchange.close = lambda: (400, {}, '{"error": "당일 종가 제공 시간이 아닙니다."}'.encode())
    with client(exchange.service, exchange.clock) as asking:
        found = exchange.history(asking, "2024-02-01")
        assert days(found) == sessions("2024-02-01", date(2024, 3, 5))
        assert found.attrs["kosdata"]["last_day"] == "the row of 2024-03-06 is not out yet"


def test_a_close_that_cannot_be_had_is_an_error_and_no_shorter_frame() -> None:
    exchange = Exchange("2024-03-06 16:00")
    exchange.close = lambda: no(403)
    with client(exchange.service, exchange.clock) as asking:
        with pytest.raises(kd.LicenceError):
            exchange.history(asking, "2024-02-01")
        found = exchange.history(asking, "2024-02-01", on_error="collect")
        assert found.empty and "LicenceError" in found.attrs["kosdata"]["failures"]


def test_a_day_that_history_has_late_comes_from_the_close() -> None:
    # On Saturday the row of Friday is not there yet.
    exchange = Exchange("2024-03-09 12:00")
    exchange.until = date(2024, 3, 7)
    with client(exchange.service, exchange.clock) as asking:
        assert days(exchange.history(asking, "2024-03-04")) == sessions("2024-03-04", date(2024, 3, 8))
        assert days(exchange.history(asking, "2024-03-08")) == [date(2024, 3, 8)]


# Prices that are re-based ------------------------------------------------------------------------------------------


def test_pages_of_one_call_on_two_bases_are_asked_again(tmp_path: Path) -> None:
    exchange = Exchange("2024-03-06 05:00")
    exchange.split = NEW
    exchange.clock.set(kst("2024-03-05 12:00"))
    exchange.until = date(2024, 3, 4)
    with client(exchange.service, exchange.clock, cache=tmp_path) as asking:
        old = exchange.history(asking, "2023-09-01", end="2023-12-28")
        assert prices(exchange, old)
        beyond = exchange.history(asking, "2022-01-10", end="2022-12-29")
        assert old.attrs["kosdata"].get("rebased") is None
        exchange.clock.set(kst("2024-03-07 12:00"))
        exchange.until = NEW
        found = exchange.history(asking, "2023-09-01")
        assert prices(exchange, found) and days(found) == sessions("2023-09-01", NEW)
        assert found.attrs["kosdata"]["rebased"] == "005930"
        # What else was kept of the code is forgotten.
        again = exchange.history(asking, "2022-01-10", end="2022-12-29")
        assert prices(exchange, again) and not again.equals(beyond)
        assert again.attrs["kosdata"]["requests"] > 0
        quiet = exchange.history(asking, "2023-09-01")
        assert quiet.equals(found) and quiet.attrs["kosdata"]["requests"] == 0


def test_kept_days_and_a_close_on_two_bases_are_asked_again(tmp_path: Path) -> None:
    exchange = Exchange("2024-03-06 06:45")
    # The service re-bases in the course of the day: what it sent in the morning is old.
    with client(exchange.service, exchange.clock, cache=tmp_path) as asking:
        exchange.history(asking, "2023-06-01", end="2024-03-05")
        exchange.split = NEW
        exchange.clock.set(kst("2024-03-06 16:00"))
        found = exchange.history(asking, "2024-02-01")
        assert prices(exchange, found) and days(found) == sessions("2024-02-01", NEW)
        assert found.attrs["kosdata"]["rebased"] == "005930"
        assert prices(exchange, exchange.history(asking, "2023-06-01"))


def test_prices_that_never_meet_are_told() -> None:
    exchange = Exchange("2024-03-06 16:00")
    exchange.close = lambda: ok(
        {"jsonrpc": "2.0", "result": {**exchange.row(NEW, dated=False), "cmpprevddPrc": -9_000}}
    )
    with client(exchange.service, exchange.clock) as asking:
        about = exchange.history(asking, "2024-02-01").attrs["kosdata"]
        assert about["last_day"] == "the last day stands on other prices than the days before it"
        assert "rebased" not in about
        assert about["requests"] == len(exchange.service.sent)


def test_a_page_that_is_full_is_split_and_a_row_that_was_lost_is_asked_for_once_more() -> None:
    exchange = Exchange("2024-03-06 12:00")
    exchange.cap = 20
    with client(exchange.service, exchange.clock) as asking:
        assert days(exchange.history(asking, "2023-03-02")) == sessions("2023-03-02", date(2024, 3, 5))
    exchange.cap, exchange.lost = 100, {date(2024, 2, 14), date(2024, 2, 15)}
    with client(exchange.service, exchange.clock) as asking:
        found = exchange.history(asking, "2024-02-01")
        assert days(found) == sessions("2024-02-01", date(2024, 3, 5))
        assert "rows_missing" not in found.attrs["kosdata"]
    exchange.lost_for_good = {date(2024, 2, 14)}
    with client(exchange.service, exchange.clock) as asking:
        found = exchange.history(asking, "2024-02-01")
        assert date(2024, 2, 14) not in days(found)
        assert found.attrs["kosdata"]["rows_missing"] == "005930"


@pytest.mark.parametrize("freq", ["W", "M"])
@pytest.mark.parametrize("from_days", [False, True])
@pytest.mark.parametrize("until", [date(2024, 3, 5), NEW])
def test_a_week_that_is_the_only_one_and_runs_says_so(freq: Any, until: date, *, from_days: bool) -> None:
    exchange = Exchange("2024-03-06 12:00")
    exchange.until = until
    with client(exchange.service, exchange.clock) as asking:
        found = exchange.history(asking, "2024-03-06", freq=freq, from_days=from_days)
    assert found.empty and found.attrs["kosdata"]["reason"].startswith("not finished yet")


def test_a_re_based_price_may_be_rounded_but_no_more() -> None:
    for moved, rebased in ((2, False), (9_000, True)):
        exchange = Exchange("2024-03-06 16:00")
        row = exchange.row(NEW, dated=False)
        body = {"jsonrpc": "2.0", "result": {**row, "cmpprevddPrc": row["cmpprevddPrc"] - moved}}
        exchange.close = lambda body=body: ok(body)  # type: ignore[misc]
        with client(exchange.service, exchange.clock) as asking:
            assert ("last_day" in exchange.history(asking, "2024-02-01").attrs["kosdata"]) is rebased

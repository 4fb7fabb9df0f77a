from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kosdata.catalogue import ENDPOINTS, endpoint
from kosdata.catalogue.calendar import KRX
from kosdata.catalogue.seoul import SEOUL
from kosdata.wire.arguments import Request
from kosdata.wire.lifetime import FOREVER, expires
from tests.unit.wire.fakes import history, kst, listing, price

MOMENT = timedelta(seconds=1)
MOMENTS = st.datetimes(
    kst("2020-01-02 00:00").replace(tzinfo=None), kst("2026-12-20 00:00").replace(tzinfo=None), timezones=st.just(SEOUL)
)

# 2024-03-06 is a Wednesday; the 8th a Friday, the 1st (Friday) a holiday. 2024-12-31 is closed.


def until(request: Request, at: str, *, is_empty: bool = False, newest: date | None = None) -> datetime:
    return expires(request, kst(at), KRX, is_empty=is_empty, newest=newest)


def shortsell(last: str) -> Request:
    return Request(
        endpoint("v3_closed_kospi_shortsell"), {"issuecode": "005930"}, (("inqStrtDd", "20240101"), ("inqEndDd", last))
    )


def bars(day: str | None, last: str = "1530", name: str = "v3_realtime_kospi_intraday") -> Request:
    query = (("inddCycleTpCd", "60"), ("inqStrtDd", day), ("strtTm", "0900"), ("endTm", last))
    path = {"issuecode": "005930"} if "kospi" in name else {"marketcode": "kospi200", "issuecode": "101S6000"}
    return Request(endpoint(name), path, tuple((k, v) for k, v in query if v is not None))


def row(name: str) -> Request:
    return Request(endpoint(name), {"issuecode": "005930"})


class TestPagesOfDays:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            ("2024-03-06 12:00", kst("2024-03-06 12:00") + MOMENT),
            ("2024-03-06 15:44", kst("2024-03-06 15:44") + MOMENT),
            ("2024-03-06 15:45", kst("2024-03-07 06:30")),
        ],
    )
    def test_the_row_of_a_day_that_is_not_over_makes_them_passing(self, at: str, expected: datetime) -> None:
        assert until(history(last="20240430"), at, newest=date(2024, 3, 6)) == expected

    @pytest.mark.parametrize(
        ("last", "at", "expected"),
        [
            ("20231231", "2024-03-06 12:00", FOREVER),
            ("20240304", "2024-03-06 12:00", FOREVER),
            # The rows of the session before came this morning: they may still settle until the next one.
            ("20240305", "2024-03-06 12:00", kst("2024-03-07 06:30")),
            ("20240304", "2024-03-06 06:29", kst("2024-03-06 06:30")),
            ("20240304", "2024-03-06 06:30", FOREVER),
            ("20240430", "2024-03-06 12:00", kst("2024-03-07 06:30")),
            # The row of a Friday may come on Saturday, or not before Monday.
            ("20240430", "2024-03-08 12:00", kst("2024-03-09 06:30")),
            ("20240430", "2024-03-09 05:00", kst("2024-03-09 06:30")),
            ("20240430", "2024-03-10 05:00", kst("2024-03-11 06:30")),
            ("20240430", "2024-03-09 12:00", kst("2024-03-11 06:30")),
            ("20240307", "2024-03-09 12:00", kst("2024-03-11 06:30")),
            ("20240306", "2024-03-09 12:00", FOREVER),
            ("20240430", "2024-03-11 06:29", kst("2024-03-11 06:30")),
        ],
    )
    def test_they_are_final_or_live_until_more_is_published(self, last: str, at: str, expected: datetime) -> None:
        assert until(history("20240101", last), at) == expected

    @pytest.mark.parametrize(
        ("last", "at", "expected"),
        [
            ("20240305", "2024-03-06 17:59", kst("2024-03-06 18:00")),
            ("20240305", "2024-03-06 18:00", FOREVER),
            ("20240306", "2024-03-06 18:00", kst("2024-03-07 18:00")),
            ("20240430", "2024-03-08 19:00", kst("2024-03-11 18:00")),
        ],
    )
    def test_short_sales_come_in_the_evening(self, last: str, at: str, expected: datetime) -> None:
        assert until(shortsell(last), at) == expected

    def test_a_bar_of_a_week_or_month_is_final_when_its_days_are(self) -> None:
        assert until(history(last="20240305", freq="W"), "2024-03-08 12:00") != FOREVER
        assert until(history(last="20240305", freq="W"), "2024-03-13 12:00") == FOREVER
        assert until(history(last="20240305", freq="M"), "2024-03-29 12:00") != FOREVER
        assert until(history(last="20240305", freq="M"), "2024-04-03 12:00") == FOREVER

    def test_an_empty_page_is_believed_until_the_next_morning_at_most(self) -> None:
        assert until(history(last="20231231"), "2024-03-06 12:00", is_empty=True) == kst("2024-03-07 06:30")
        assert until(history(last="20240430"), "2024-03-06 12:00", is_empty=True) == kst("2024-03-06 12:00") + MOMENT

    def test_a_last_day_that_cannot_be_read_is_not_final(self) -> None:
        assert until(history(last="soon"), "2024-03-06 12:00") == kst("2024-03-07 06:30")

    @given(MOMENTS, st.integers(0, 30))
    def test_nothing_of_today_or_yesterday_is_ever_frozen(self, now: datetime, ago: int) -> None:
        last = now.date() - timedelta(days=ago)
        found = expires(history("20200101", f"{last:%Y%m%d}"), now, KRX)
        assert found > now
        if found == FOREVER:
            assert KRX.sessions(last + timedelta(days=1), now.date() - timedelta(days=1))
        else:
            assert found - now <= timedelta(days=11)

    @given(MOMENTS)
    def test_the_zone_of_the_machine_does_not_matter(self, moment: datetime) -> None:
        request = history(f"{moment:%Y}0101", f"{moment:%Y}0430")
        elsewhere = moment.astimezone(timezone(timedelta(hours=-5)))
        assert expires(request, moment, KRX) == expires(request, elsewhere, KRX)


class TestPagesOfBars:
    @pytest.mark.parametrize(
        ("day", "last", "at", "expected"),
        [
            ("20240305", "1530", "2024-03-06 09:01", FOREVER),
            ("20240306", "1039", "2024-03-06 12:00", kst("2024-03-06 12:00") + MOMENT),
            ("20240306", "1530", "2024-03-06 15:44", kst("2024-03-06 15:44") + MOMENT),
            ("20240306", "1530", "2024-03-06 15:45", FOREVER),
            ("20240306", "1800", "2024-03-06 15:45", kst("2024-03-06 15:45") + MOMENT),
            ("20240306", "1800", "2024-03-06 18:15", FOREVER),
            ("20240307", "1530", "2024-03-06 12:00", kst("2024-03-06 12:00") + MOMENT),
            # On a day without a session the service sends those of another one.
            ("20240303", "1530", "2024-03-06 12:00", kst("2024-03-06 12:00") + MOMENT),
            (None, "1530", "2024-03-06 20:00", kst("2024-03-06 20:00") + MOMENT),
            # The exam day of 2024 ends an hour late.
            ("20241114", "1530", "2024-11-14 16:00", kst("2024-11-14 16:00") + MOMENT),
            ("20241114", "1630", "2024-11-14 16:45", FOREVER),
        ],
    )
    def test_they_are_final_when_the_session_is_over(
        self, day: str | None, last: str, at: str, expected: datetime
    ) -> None:
        assert until(bars(day, last), at) == expected

    def test_derivatives_trade_longer(self) -> None:
        request = bars("20240306", "1545", "v3_realtime_futures_intraday")
        assert until(request, "2024-03-06 15:59") != FOREVER
        assert until(request, "2024-03-06 16:00") == FOREVER


class TestOthers:
    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            ("2024-03-06 06:29", kst("2024-03-06 06:30")),
            ("2024-03-06 06:30", kst("2024-03-07 06:30")),
            ("2024-03-08 12:00", kst("2024-03-09 06:30")),
        ],
    )
    def test_lists_live_until_the_morning(self, at: str, expected: datetime) -> None:
        assert until(listing(), at) == expected

    def test_an_empty_list_does_not(self) -> None:
        assert until(listing(), "2024-03-06 12:00", is_empty=True) == kst("2024-03-06 12:00") + MOMENT

    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            ("2024-03-06 03:00", kst("2024-03-06 06:30")),
            ("2024-03-06 08:00", kst("2024-03-06 09:00")),
            ("2024-03-06 12:00", kst("2024-03-06 15:40")),
            ("2024-03-06 15:40", kst("2024-03-07 00:00")),
            ("2024-03-09 12:00", kst("2024-03-10 00:00")),
        ],
    )
    def test_a_closing_row_never_outlives_its_day_or_its_hour(self, at: str, expected: datetime) -> None:
        assert until(row("v3_closed_kospi_closeprice"), at) == expected

    @pytest.mark.parametrize(
        ("name", "at", "expected"),
        [
            ("v3_closed_kospi_closeprice", "2024-11-14 15:50", "2024-11-14 16:40"),
            ("v3_closed_kospi_closeprice", "2024-11-14 16:39", "2024-11-14 16:40"),
            ("v3_closed_kospi_closeprice", "2024-11-14 16:40", "2024-11-15 00:00"),
            ("v3_closed_futures_closeprice", "2024-11-14 16:00", "2024-11-14 16:50"),
            ("v3_closed_futures_closeprice", "2024-11-14 16:50", "2024-11-15 00:00"),
        ],
    )
    def test_on_the_day_of_the_exam_a_closing_row_lives_until_the_later_close(
        self, name: str, at: str, expected: str
    ) -> None:
        assert until(row(name), at) == kst(expected)

    def test_live_rows_live_a_second_and_snapshots_until_the_next(self) -> None:
        now = kst("2024-03-06 12:00")
        assert until(price(), "2024-03-06 12:00") == now + MOMENT
        boards = Request(endpoint("v3_realtime_kospi_multiquote_lists"))
        assert until(boards, "2024-03-06 12:00") == now + MOMENT
        flows = Request(endpoint("v3_realtime_futures_investors"), {"marketcode": "kospi200"})
        assert until(flows, "2024-03-06 12:00") == now + timedelta(seconds=30)

    def test_holidays_live_a_day_and_what_is_only_planned_not_at_all(self) -> None:
        holidays = Request(endpoint("v3_extra_holiday"), {"nationcode": "KR"})
        assert until(holidays, "2024-03-06 12:00") == kst("2024-03-07 12:00")
        assert until(row("v2_stocks_selectivereal"), "2024-03-06 12:00") == kst("2024-03-06 12:00")

    @given(st.sampled_from(sorted(ENDPOINTS)), MOMENTS)
    def test_every_endpoint_has_a_rule(self, name: str, now: datetime) -> None:
        asked = Request(endpoint(name), {p.wire: "X" for p in endpoint(name).path_params})
        assert now <= expires(asked, now, KRX) <= FOREVER

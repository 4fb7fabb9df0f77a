"""The public functions against cassettes: the official address, no network, no key."""

from __future__ import annotations

import pytest

import kosdata as kd
from kosdata.errors import NotFoundError
from kosdata.wire.client import Client
from tests.conftest import ROOT

pytestmark = [pytest.mark.vcr, pytest.mark.usefixtures("recorded")]


def test_history_is_collected_over_its_pages(recorded: Client) -> None:
    frame = kd.fetch("v3_closed_kospi_history", code="005930", start="2023-08-01", end="2023-12-31")
    assert frame.index[0].strftime("%F") == "2023-08-01"
    assert frame.index[-1].strftime("%F") == "2023-12-28"
    assert frame.attrs["kosdata"]["requests"] == 2
    assert recorded.quota().limit == 50_000


def test_minutes_of_a_morning() -> None:
    frame = kd.fetch(
        "v3_realtime_kospi_intraday", code="005930", interval="10min", date="2024-01-05", start="09:00", end="10:00"
    )
    assert frame.index.strftime("%H:%M").tolist()[:6] == ["09:10", "09:20", "09:30", "09:40", "09:50", "10:00"]


def test_investors_of_an_issue() -> None:
    frame = kd.fetch("v3_investors_kospi_issue", code="005930")
    assert frame.index.tolist() == [f"{n:02d}" for n in range(1, 17)]


def test_index_in_won_and_shares() -> None:
    frame = kd.fetch("v3_closed_index_closeindex", market="kospi", code="K1")
    assert frame["value"].iloc[0] % 1_000_000 == 0


def test_a_code_of_another_market() -> None:
    with pytest.raises(NotFoundError, match="서브마켓/코드가 정상적이지 않습니다"):
        kd.fetch("v3_realtime_kospi_price", code="247540")


def test_cassettes_name_no_key_and_no_machine() -> None:
    cassettes = list((ROOT / "cassettes").rglob("*.yaml"))
    assert cassettes
    for cassette in cassettes:
        text = cassette.read_text(encoding="utf-8").lower()
        assert not {"apikey", "127.0.0.1", "localhost"} & set(text.split())
        assert "apikey" not in text
        assert "127.0.0.1" not in text

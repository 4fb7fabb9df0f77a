from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

import kosdata as kd
from kosdata.simulator import Simulator
from kosdata.wire.client import current, use


def test_without_a_key_both_ways_out_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(kd.ConfigError, match=r"KOSCOM_API_KEY.*demo"):
        kd.fetch("v3_closed_kospi_lists")
    monkeypatch.setenv("KOSCOM_API_KEY", "")
    use(None)
    with pytest.raises(kd.ConfigError, match="KOSCOM_API_KEY"):
        kd.fetch("v3_closed_kospi_lists")


def test_the_environment_can_be_chosen_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOSDATA_ENV", "demo")
    frame = kd.fetch("v3_closed_kospi_lists")
    assert frame.attrs["kosdata"]["source"] == "simulator"
    assert frame.attrs["kosdata"]["env"] == "demo"
    current().close()


def test_a_demo_restores_what_was_there() -> None:
    mine = kd.configure(env="sandbox", api_key="not-a-key")
    with kd.demo(now="2024-01-05T18:30", speed=0) as market:
        assert current() is market.client
        assert "2024-01-05 18:30" in repr(market)
        with kd.demo(seed=1, now="2024-01-05T18:30", speed=0) as other:
            assert current() is other.client
        assert current() is market.client
    assert current() is mine
    use(None)


def test_demos_may_be_closed_in_any_order() -> None:
    mine = kd.configure(env="sandbox", api_key="not-a-key")
    first, second, third = (kd.demo(now="2024-01-05T18:30", speed=0) for _ in range(3))
    first.close()
    assert current() is third.client
    third.close()
    third.close()
    assert current() is second.client
    assert len(kd.history("005930", "2024-01-04", "2024-01-05")) == 2
    second.close()
    assert current() is mine
    use(None)


def test_a_cell_that_is_run_again_replaces_its_market() -> None:
    market = kd.demo(now="2024-01-05T18:30", speed=0)
    first = weakref.ref(market)
    market = kd.demo(now="2024-01-05T18:30", speed=0)
    gc.collect()
    assert first() is None
    assert current() is market.client
    market.close()
    assert repr(market).endswith("closed>")
    with pytest.raises(kd.ConfigError):
        kd.quote("005930")
    kd.demo(now="2024-01-05T18:30", speed=0)  # which nobody keeps
    gc.collect()
    assert len(kd.history("005930", "2024-01-05")) == 1
    with kd.demo(now="2024-01-05T18:30", speed=0):
        pass
    use(None)


def test_another_process_needs_the_address_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Simulator(now="2024-01-12 10:00", speed=0) as gateway:
        monkeypatch.setenv("KOSDATA_ENV", "demo")
        monkeypatch.setenv("KOSDATA_BASE_URL", gateway.base_url)
        monkeypatch.setenv("KOSDATA_CACHE_DIR", str(tmp_path))
        with kd.Client() as asking, kd.stream_to_frame(["005930"], client=asking) as stream:
            assert stream.stats["transport"] == "ws"
            assert kd.history("005930", "2024-01-10", client=asking).attrs["kosdata"]["source"] == "simulator"
    assert not list(tmp_path.iterdir()), "answers of a synthetic market are not kept"


def test_seeds_are_markets_of_their_own() -> None:
    closes = []
    for seed in (0, 0, 1):
        with kd.demo(seed=seed, now="2024-01-05T18:30", speed=0):
            closes.append(kd.fetch("v3_closed_kospi_closeprice", code="005930")["close"].iloc[0])
    assert closes[0] == closes[1] != closes[2]


def test_nothing_is_sent_for_a_wrong_call() -> None:
    with kd.demo(now="2024-01-05T18:30", speed=0) as market:
        for wrong in (
            {"code": 5930, "start": "2023"},
            {"code": "005930", "start": "soon"},
            {"code": "005930", "start": "2023-12-01", "end": "2023-11-01"},
            {"code": "005930", "start": "2023", "freq": "Y"},
        ):
            with pytest.raises(kd.ArgumentError):
                kd.fetch("v3_closed_kospi_history", **wrong)
        with pytest.raises(kd.ArgumentError):
            kd.fetch("v3_nothing")
        assert market.simulator.count == 0


def test_hours_of_the_live_service() -> None:
    with kd.demo(now="2024-01-05T14:00", speed=0) as market:
        with pytest.raises(kd.NotReadyError, match="15:40 KST") as caught:
            kd.fetch("v3_closed_kospi_closeprice", code="005930")
        assert "당일 종가 제공 시간이 아닙니다" in str(caught.value)
        assert kd.fetch("v3_closed_kospi_history", code="005930", start="2024").index[-1].day == 4
        running = kd.fetch("v3_realtime_kospi_intraday", code="005930", interval="10min", date="2024-01-05")
        assert running.index[-1].strftime("%H:%M") <= "14:00"
        market.simulator.clock.advance(4 * 3600 + 1800)
        assert len(kd.fetch("v3_closed_kospi_closeprice", code="005930")) == 1


def test_an_unknown_contract_is_not_found() -> None:
    with kd.demo(now="2024-01-05T18:30", speed=0):
        for name in ("v3_realtime_futures_price", "v3_closed_futures_master", "v3_realtime_futures_orderbook"):
            with pytest.raises(kd.NotFoundError, match="no such code"):
                kd.fetch(name, market="kospi200", code="101Z9999")
        with pytest.raises(kd.NotFoundError):
            kd.fetch("v3_closed_futures_history", market="kospi200", code="101Z9999", start="2024")


def test_licences_and_quota_are_told() -> None:
    from kosdata.simulator import Simulator

    with Simulator(now="2024-01-05T18:30", speed=0, denied=["extra"], quota=40) as market, market.client() as client:
        with pytest.raises(kd.LicenceError, match="부가서비스"):
            kd.fetch("v3_extra_holiday", nation="KR", client=client)
        states = kd.capabilities(client=client)["state"]
        assert states["extra"] == "denied"
        assert set(states.drop("extra")) == {"granted"}
        left = kd.quota(client=client)
        assert left["limit"] == 40
        with pytest.raises(kd.QuotaError, match="09:00"):
            for day in range(1, 32):
                kd.fetch("v3_closed_kospi_history", code="005930", start=f"2023-12-{day:02d}", limit=1, client=client)
        before = market.count
        with pytest.raises(kd.QuotaError):
            kd.fetch("v3_closed_kospi_lists", client=client)
        assert market.count == before

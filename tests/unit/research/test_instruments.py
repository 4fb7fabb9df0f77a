"""Codes, and where they trade."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from kosdata.errors import ArgumentError, LicenceError, NotFoundError
from kosdata.research.instruments import Instrument, codes_of, listed, resolve
from kosdata.research.manner import Manner
from kosdata.simulator import Simulator
from kosdata.wire.client import Client
from kosdata.wire.rehearsal import Rehearsal
from tests.unit.wire.fakes import client as fake
from tests.unit.wire.fakes import ok


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(now="2024-01-12T18:30", speed=0) as simulator:
        yield simulator


@pytest.fixture
def asking(sim: Simulator) -> Iterator[Client]:
    with sim.client() as client:
        yield client


@pytest.mark.parametrize(
    ("given", "found", "single"),
    [
        ("005930", ["005930"], True),
        (" a005930 ", ["005930"], True),
        ("KR7005930003", ["005930"], True),
        ("KR4101W30004", ["101W3000"], True),
        ("005930*001", ["005930"], True),
        ("0037t0", ["0037T0"], True),
        ("005930, 000660", ["005930", "000660"], False),
        (["005930"], ["005930"], False),
        (("005930", "A005930", "000660"), ["005930", "000660"], False),
        (pd.Index(["000660", "005930"]), ["000660", "005930"], False),
        (pd.Series(["000660", "005930"]), ["000660", "005930"], False),
        ({"005930": 1}, ["005930"], False),
        ((code for code in ["K1"]), ["K1"], False),
    ],
)
def test_codes_are_read_as_they_are_written(given: Any, found: list[str], single: bool) -> None:
    assert codes_of(given) == (found, single)


@pytest.mark.parametrize(
    "given", [None, 5930, [5930], [], "", "5930", b"005930", [None], "삼성전자", ["005930", ""], {}], ids=repr
)
def test_what_is_no_code_is_refused(given: Any) -> None:
    with pytest.raises(ArgumentError):
        codes_of(given)


@pytest.mark.parametrize(
    ("code", "product", "market"),
    [
        ("K1", "index", "kospi"),
        ("Q1", "index", "kosdaq"),
        ("K2FA001", "futures", "kospi200"),
        ("101V3000", "futures", "kospi200"),
        ("A01V3000", "futures", "kospi200"),
        ("201V1330", "options", "kospi200"),
        ("301V1330", "options", "kospi200"),
        ("206V2J25", "options", "kosdaq150"),
    ],
)
def test_some_codes_say_by_themselves_where_they_trade(
    sim: Simulator, asking: Client, code: str, product: Any, market: str
) -> None:
    before = sim.count
    assert resolve([code], Manner.of(asking)) == {code: Instrument(code, product, market)}
    assert sim.count == before


def test_others_are_looked_up_once_in_two_lists(sim: Simulator, asking: Client) -> None:
    before, manner = sim.count, Manner.of(asking)
    found = resolve(["247540", "005930", "069500"], manner)
    assert list(found) == ["247540", "005930", "069500"]
    assert [each.market for each in found.values()] == ["kosdaq", "kospi", "kospi"]  # type: ignore[union-attr]
    assert sim.count == before + 2
    resolve(["000660"], manner)
    assert sim.count == before + 2
    konex = resolve(["690010"], manner)
    assert konex["690010"] == Instrument("690010", "stock", "konex")
    assert sim.count == before + 3


def test_a_market_that_is_given_is_believed(sim: Simulator, asking: Client) -> None:
    before, manner = sim.count, Manner.of(asking)
    assert resolve(["999999"], manner, "KOSDAQ")["999999"] == Instrument("999999", "stock", "kosdaq")
    assert resolve(["K1"], manner, "kospi")["K1"] == Instrument("K1", "index", "kospi")
    assert resolve(["101V3000"], manner, "kospi200")["101V3000"].product == "futures"  # type: ignore[union-attr]
    for market, text in [("kopsi", "Did you mean kospi"), ("nyse", "Markets: kospi")]:
        with pytest.raises(ArgumentError, match=text):
            resolve(["005930"], manner, market)
    assert sim.count == before


def test_what_cannot_be_meant_is_refused(asking: Client) -> None:
    with pytest.raises(ArgumentError, match="K1 is an index; this takes a stock or fund"):
        resolve(["K1"], Manner.of(asking), only=("stock",))


def test_an_unknown_code_is_told_with_what_is_near(asking: Client) -> None:
    with pytest.raises(NotFoundError, match="종목코드를 찾을 수 없습니다") as error:
        resolve(["005939"], Manner.of(asking))
    assert "005930" in str(error.value.hint) and "market=" in str(error.value.hint)
    found = resolve(["005939", "005930"], Manner.of(asking, on_error="collect"))
    assert isinstance(found["005939"], NotFoundError) and isinstance(found["005930"], Instrument)


def test_a_key_without_one_of_the_licences_finds_what_the_other_lists_have() -> None:
    with Simulator(now="2024-01-12T18:30", speed=0, denied=["주식실시간종가B"]) as sim, sim.client() as client:
        found = resolve(["005930"], Manner.of(client))
        assert found["005930"] == Instrument("005930", "stock", "kospi")


def test_without_any_licence_for_lists_the_refusal_is_told() -> None:
    with fake(lambda *_: (403, {}, b'{"message": "You cannot consume this service"}')) as client:
        refused = resolve(["005930"], Manner.of(client, on_error="collect"))
        assert isinstance(refused["005930"], LicenceError)


def test_lists_are_kept_without_a_cache_until_the_morning(sim: Simulator, asking: Client) -> None:
    before, manner = sim.count, Manner.of(asking)
    first = listed("kospi", manner)
    assert listed("kospi", manner).frame is first.frame and sim.count == before + 1
    assert "005930" in first.frame.index


def test_an_empty_list_is_not_kept() -> None:
    bodies = [{"isuLists": []}, {"isuLists": [{"isuSrtCd": "005930", "isuCd": "KR7005930003"}]}]
    with fake(lambda _, n: ok(bodies[min(n, 2) - 1])) as client:
        manner = Manner.of(client)
        assert listed("kospi", manner).frame.empty
        assert listed("kospi", manner).frame.index.tolist() == ["005930"]


def test_a_rehearsal_asks_for_nothing_and_takes_a_stock_for_one(sim: Simulator, asking: Client) -> None:
    before, rehearsal = sim.count, Rehearsal(asking)
    found = resolve(["005930", "247540"], Manner.of(rehearsal))
    assert all(isinstance(each, Instrument) for each in found.values())
    assert sim.count == before and rehearsal.requests == 2

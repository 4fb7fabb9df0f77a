"""Polls against the synthetic market's own totals, and against a service that misbehaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kosdata.errors import (
    ArgumentError,
    AuthError,
    LicenceError,
    NotFoundError,
    QuotaError,
    RateLimitError,
    ServerError,
    TransportError,
)
from kosdata.research.live.polling import Poll
from kosdata.simulator import Simulator
from kosdata.wire.client import Client
from tests.unit.research.markets import DERIVATIVES, MARKET
from tests.unit.wire import fakes
from tests.unit.wire.fakes import Sent, kst, no, ok

EARLY, OPEN, NOON = "2024-01-12 08:59:30", "2024-01-12 09:00:00", "2024-01-12 12:00:00"
FUTURE = "101V3000"
TICK = {"isuSrtCd", "trdPrc", "trdvol", "accTrdvol", "accTrdval", "trdTm"}


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(now=EARLY, speed=0) as simulator:
        yield simulator


@pytest.fixture
def asked(sim: Simulator) -> Iterator[Client]:
    at(sim, EARLY)
    with sim.client() as client:
        yield client


def at(sim: Simulator, moment: str) -> datetime:
    found = kst(moment)
    sim.clock.set(found)
    return found


def shares(market: str = "kospi") -> list[str]:
    return [issue.code for issue in MARKET.listed(market, kst(NOON).date())]


def volume(code: str, moment: str) -> int:
    now = kst(moment).replace(tzinfo=None)
    of = DERIVATIVES.quote("futures", "kospi200", FUTURE, now) if code in (FUTURE, "K2FA001") else None
    return int((of or MARKET.quote(code, now))["volume"][0])


def sizes(rows: list[dict[str, Any]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for row in rows:
        total[row["isuSrtCd"]] += row["trdvol"]
    return total


# What comes


@pytest.mark.parametrize("preset", ["tick", "tick10"])
@pytest.mark.parametrize("api", ["v3", "v2"])
def test_sizes_add_up_to_what_the_day_traded(sim: Simulator, api: str, preset: str) -> None:
    codes = [*shares()[:25], "005930", *shares("kosdaq")[:3], FUTURE, "K2FA001"]
    codes = list(dict.fromkeys(codes))
    at(sim, EARLY)
    with sim.client(api=api) as client:
        poll = Poll(client, codes, preset=preset)
        assert poll.round() == []
        begun = {code: volume(code, EARLY) for code in codes}
        rows: list[dict[str, Any]] = []
        moment = EARLY
        for moment in (OPEN, "2024-01-12 09:00:40", "2024-01-12 09:00:43", "2024-01-12 10:15:00", "2024-01-12 15:46"):
            at(sim, moment)
            rows += poll.round()
        assert sizes(rows) == Counter({c: n for c in codes if (n := volume(c, moment) - begun[c])})
        assert all(row["accTrdvol"] >= row["trdvol"] > 0 for row in rows)
        assert preset != "tick" or all(row.keys() == TICK for row in rows)
        assert preset == "tick" or {"hgprc", "lwprc", "opnprc"} <= rows[0].keys()
        assert poll.counts["rows"] == len(rows) and poll.counts["rounds"] == 6
        assert poll.counts["requests"] == 6 * poll.requests
        assert not poll.missing and not poll.refused


@pytest.mark.parametrize("market", ["kospi", "kosdaq"])
def test_a_whole_market_is_one_call_a_round(sim: Simulator, asked: Client, market: str) -> None:
    before = sim.count
    poll = Poll(asked, None, market=market)
    assert poll.round() == []
    now = at(sim, "2024-01-12 09:10:07")
    rows = poll.round()
    assert sim.count - before == 2 == poll.counts["requests"]
    snapshot = MARKET.snapshot(market, now.replace(tzinfo=None))
    expected = {code: int(n) for code, n in zip(snapshot["code"], snapshot["volume"], strict=True)}
    assert sizes(rows) == Counter({code: n for code, n in expected.items() if n})
    assert poll.images.keys() == expected.keys()
    assert {row["trdTm"] for row in rows} == {"09100700"}
    assert all(row.keys() == TICK for row in rows)
    assert poll.codes == () and "all of" in poll.why and "those of the list" in poll.why


def test_many_stocks_of_a_market_are_read_off_its_list(sim: Simulator, asked: Client) -> None:
    codes = shares()[:61]
    assert (Poll(asked, codes[:60]).requests, Poll(asked, codes).requests) == (3, 1)
    assert Poll(asked, codes, preset="tick10").requests == 4
    poll = Poll(asked, [*codes, "K2FA001"])
    poll.round()
    at(sim, "2024-01-12 09:10:07")
    expected = {code: n for code in codes if (n := volume(code, "2024-01-12 09:10:07"))}
    found = sizes(poll.round())
    assert found.pop("K2FA001") > 0
    assert found == Counter(expected)
    assert set(poll.images) == {*codes, "K2FA001"}


def test_the_first_round_is_what_there_is_and_no_trade(sim: Simulator, asked: Client) -> None:
    at(sim, NOON)
    poll = Poll(asked, ["005930"])
    assert (poll.round(), poll.pause() > 0) == ([], True)
    assert poll.images["005930"]["accTrdvol"] == volume("005930", NOON)
    assert poll.round() == []


@pytest.mark.parametrize(
    ("preset", "code", "one"), [("quote", "005930", 6), ("quote", FUTURE, 5), ("quote10", FUTURE, 37)]
)
def test_a_book_is_told_when_anything_in_it_changed(
    sim: Simulator, asked: Client, preset: str, code: str, one: int
) -> None:
    at(sim, "2024-01-12 10:00:00")
    poll = Poll(asked, [code], preset=preset)
    assert poll.round() == poll.round() == []
    at(sim, "2024-01-12 10:05:00")
    (row,) = poll.round()
    assert row == poll.images[code] and len(row) == one
    assert poll.round() == []


def test_best_quotes_of_a_market_come_off_its_list(sim: Simulator, asked: Client) -> None:
    at(sim, "2024-01-12 10:00:00")
    poll = Poll(asked, None, market="kospi", preset="quote")
    poll.round()
    at(sim, "2024-01-12 10:05:00")
    rows = poll.round()
    assert 0 < len(rows) <= len(shares())
    assert rows[0].keys() == {
        "isuSrtCd",
        *(f"{side}Step1Bstord{what}" for side in ("ask", "bid") for what in ("Prc", "Rqty")),
    }


def test_an_index_is_told_when_its_level_moves(sim: Simulator, asked: Client) -> None:
    at(sim, "2024-01-12 10:00:00")
    poll = Poll(asked, ["K1", "Q1"], preset="index")
    poll.round()
    now = at(sim, "2024-01-12 10:05:00").replace(tzinfo=None)
    rows = poll.round()
    assert [row["trdPrc"] for row in rows] == [MARKET.index_quote(code, now)["price"][0] for code in ("K1", "Q1")]
    at(sim, "2024-01-13 10:05:00")
    assert poll.round() == []


def test_a_new_day_begins_anew(sim: Simulator, asked: Client) -> None:
    at(sim, "2024-01-11 15:00:00")
    poll = Poll(asked, ["005930"])
    poll.round()
    at(sim, EARLY)
    assert poll.round() == []
    at(sim, OPEN)
    assert sizes(poll.round()) == Counter({"005930": n} if (n := volume("005930", OPEN)) else {})
    assert poll.counts["rebased"] == 0


def test_codes_come_and_go(sim: Simulator, asked: Client) -> None:
    poll = Poll(asked, ["005930"])
    poll.round()
    at(sim, "2024-01-12 09:30:00")
    poll.add(["000660"])
    assert [row["isuSrtCd"] for row in poll.round()] == ["005930"]
    at(sim, "2024-01-12 09:40:00")
    assert [row["isuSrtCd"] for row in poll.round()] == ["005930", "000660"]
    poll.remove(["005930"])
    at(sim, "2024-01-12 09:50:00")
    assert [row["isuSrtCd"] for row in poll.round()] == ["000660"]
    assert (poll.codes, set(poll.images)) == (("000660",), {"000660"})
    poll.remove(["000660"])
    with pytest.raises(ArgumentError, match="add one"):
        poll.round()
    assert poll.pause() > 0


def test_it_never_asks_the_cache(sim: Simulator) -> None:
    at(sim, NOON)
    with sim.client(cache=True) as client:
        poll = Poll(client, ["005930"])
        before = sim.count
        poll.round(), poll.round()
        assert sim.count - before == 2


# When


@pytest.mark.parametrize(
    ("now", "preset", "codes", "opens"),
    [
        ("2024-01-12 07:00:00", "tick", ["005930"], "2024-01-12 08:59:00"),
        ("2024-01-12 07:00:00", "quote10", ["005930"], "2024-01-12 08:30:00"),
        ("2024-01-12 07:00:00", "tick", ["005930", FUTURE], "2024-01-12 08:44:00"),
        ("2024-01-12 18:02:00", "tick", ["005930"], "2024-01-15 08:59:00"),
        ("2024-01-12 15:47:00", "tick", [FUTURE], "2024-01-15 08:44:00"),
        ("2024-01-12 15:32:00", "index", ["K1"], "2024-01-15 08:59:00"),
        ("2024-01-01 12:00:00", "tick", ["005930"], "2024-01-02 09:59:00"),
    ],
)
def test_it_waits_for_the_open(
    sim: Simulator, asked: Client, now: str, preset: str, codes: list[str], opens: str
) -> None:
    moment = at(sim, now)
    poll = Poll(asked, codes, preset=preset)
    assert poll.pause() == 0
    poll.round()
    assert (poll.pause(), poll.waits) == ((kst(opens) - moment).total_seconds(), "closed")
    at(sim, opens)
    assert (poll.pause(), poll.waits) == (0, None)


def test_it_keeps_to_the_interval(sim: Simulator, asked: Client) -> None:
    at(sim, NOON)
    poll, quick, market = (
        Poll(asked, ["005930"]),
        Poll(asked, ["005930"], interval=1.5),
        Poll(asked, None, market="kospi"),
    )
    busy = Poll(asked, None, market="kospi", interval=0.2)
    for each in (poll, quick, market, busy):
        each.round()
    assert [each.pause() for each in (poll, quick, market, busy)] == [3, 1.5, 3, 1]
    sim.clock.advance(0.25)
    assert (poll.pause(), quick.pause()) == (2.75, 1.25)
    sim.clock.advance(100)
    assert poll.pause() == 0
    poll.round()
    sim.clock.advance(-50)
    assert poll.pause() == 3
    assert "every 3 s" in poll.why


def test_a_small_quota_is_spread_over_the_day_and_a_fifth_is_kept() -> None:
    codes = shares()[:40]
    with Simulator(now="2024-01-12 09:00:00", speed=0, quota=122) as sim, sim.client() as client:
        poll = Poll(client, codes, interval=1)
        poll.round()
        left = client.quota().remaining
        assert left is not None
        expected = (kst("2024-01-12 18:01:00") - kst(OPEN)).total_seconds() * 2 / (0.8 * left)
        assert poll.pause() == pytest.approx(expected)
        assert f"every {expected:.3g} s, as the calls left today allow" in poll.why
        rounds = 1
        while (pause := poll.pause()) < 3_600:
            sim.clock.advance(pause)
            poll.round()
            rounds += 1
        # The day is over just when the free calls are.
        assert sim.clock.now() >= kst("2024-01-12 17:30:00")
        kept = client.quota().remaining
        assert kept is not None and 0.2 * left - 2 <= kept <= 0.2 * left + 4
        assert rounds * 2 == pytest.approx(0.8 * left, abs=6)


def test_what_others_use_up_is_told_from_the_close() -> None:
    with Simulator(now="2024-01-12 12:00:00", speed=0, quota=50) as sim, sim.client() as client:
        poll = Poll(client, ["005930"])
        poll.round()
        poll.pause()
        for _ in range(40):
            client.answer(fakes.price(), refresh=True)
        assert poll.pause() == (kst("2024-01-13 09:00:00") - kst(NOON)).total_seconds()
        assert poll.waits == "quota"
        at(sim, "2024-01-15 08:59:00")
        assert (poll.pause(), poll.waits) == (0, None)


# What goes wrong


def row(code: str, volume: Any = 10, **changes: Any) -> dict[str, Any]:
    return {
        "isuSrtCd": code,
        "trdPrc": 100,
        "accTrdvol": volume,
        "accTrdval": 1,
        "trdvol": 1,
        "trdTm": 10000000,
    } | changes


def codes_in(target: str) -> list[str]:
    query = parse_qs(urlsplit(target).query)
    return query["isuCd"][0].split(",") if "isuCd" in query else [target.split("/")[-2]]


def fake(answer: Callable[[list[str], int], Any]) -> tuple[Client, fakes.Clock]:
    """Return a client of a service that answers the codes of a request with what a function makes of them."""

    def told(target: str, number: int) -> Sent | Exception:
        found = answer(codes_in(target), number)
        if isinstance(found, tuple | Exception):
            return found
        return ok({"jsonrpc": "2.0", "result": {"isulist": found} if "isuCd=" in target else found[0]})

    clock = fakes.Clock()
    return fakes.client(told, clock, retries=1, pace=None), clock


def numbers(count: int) -> list[str]:
    return [f"{n:06}" for n in range(1, count + 1)]


WRONG = (400, {}, '{"error": "서브마켓/코드가 정상적이지 않습니다."}'.encode())


def test_volume_that_goes_back_is_counted_and_no_trade() -> None:
    volumes = iter([100, 130, 120, 125])
    client, _ = fake(lambda codes, _: [row(codes[0], next(volumes))])
    poll = Poll(client, ["005930"], market="kospi")
    assert [sizes(poll.round())["005930"] for _ in range(4)] == [0, 30, 0, 5]
    assert poll.counts["rebased"] == 1


def test_a_contract_that_takes_over_begins_anew() -> None:
    told = iter([("101S6000", 100), ("101S6000", 101), ("101S9000", 500), ("101S9000", 501)])

    def answer(codes: list[str], _: int) -> Any:
        named, volume = next(told)
        return [row(named, volume)]

    poll = Poll(fake(answer)[0], ["K2FA001"])
    assert [sizes(poll.round())["K2FA001"] for _ in range(4)] == [0, 1, 0, 1]


@pytest.mark.parametrize("unread", [None, "", " -", "soon", float("inf"), -1])
def test_a_volume_that_cannot_be_read_is_waited_for(unread: Any) -> None:
    volumes = iter(["1,000", unread, 1_010.0])
    poll = Poll(fake(lambda codes, _: [row(codes[0], next(volumes))])[0], ["005930"], market="kospi")
    assert [sizes(poll.round())["005930"] for _ in range(2)] == [0, 0]
    assert (poll.missing, poll.counts["unreadable"]) == ({"005930"}, 1)
    assert sizes(poll.round())["005930"] == 10
    assert not poll.missing


def test_a_code_that_is_left_out_is_told_and_asked_for_again() -> None:
    absent = [set(), {"000002"}, set()]
    client, _ = fake(lambda codes, n: [row(c, 10 * n) for c in codes if c not in absent[n - 1]])
    poll = Poll(client, numbers(3), market="kospi")
    poll.round()
    assert sizes(poll.round()) == Counter({"000001": 10, "000003": 10})
    assert poll.missing == {"000002"}
    assert sizes(poll.round()) == Counter({"000001": 10, "000002": 20, "000003": 10})
    assert not poll.missing


@pytest.mark.parametrize("spoilt", [WRONG, []])
def test_one_bad_code_spoils_its_group_once(spoilt: Any) -> None:
    sent: list[int] = []

    def answer(codes: list[str], n: int) -> Any:
        sent.append(n)
        if "000033" in codes:
            return spoilt if len(codes) > 1 else WRONG
        return [row(code, 10 * n) for code in codes]

    poll = Poll(fake(answer)[0], numbers(60), market="kospi", preset="tick10")
    assert poll.round() == []
    assert (set(poll.refused), poll.missing, poll.requests) == ({"000033"}, {"000033"}, 3)
    assert isinstance(poll.refused["000033"], NotFoundError)
    first = len(sent)
    assert len(poll.round()) == 59 and len(sent) - first == 3
    assert first <= 3 + 2 * 5


def test_nothing_but_bad_codes_is_an_error_that_asks_no_more() -> None:
    sent: list[int] = []

    def answer(codes: list[str], n: int) -> Any:
        sent.append(n)
        return WRONG

    poll = Poll(fake(answer)[0], numbers(2), market="kospi")
    for _ in range(2):
        with pytest.raises(NotFoundError):
            poll.round()
    assert len(sent) == 3


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (no(503, "down"), ServerError),
        (no(429, "API rate limit exceeded"), RateLimitError),
        (no(429, "API rate limit exceeded", X_RateLimit_Remaining_Day="0", X_RateLimit_Limit_Day="9"), QuotaError),
        (no(401, "Invalid authentication credentials"), AuthError),
        (no(403, "no"), LicenceError),
        (no(404, "no Route matched with those values"), NotFoundError),
        (ConnectionError("cut"), TransportError),
    ],
)
def test_what_has_no_answer_is_raised_and_nothing_is_lost(failure: Any, error: type[Exception]) -> None:
    is_down = False

    def answer(codes: list[str], n: int) -> Any:
        return failure if is_down and "000001" in codes else [row(code, 10 * n) for code in codes]

    client, clock = fake(answer)
    poll = Poll(client, numbers(40), market="kospi", preset="tick10")
    poll.round()
    before = {code: told["accTrdvol"] for code, told in poll.images.items()}
    is_down = True
    with pytest.raises(error) as caught:
        poll.round()
    if isinstance(caught.value, QuotaError):
        assert caught.value.reset_at == kst("2024-03-07 09:00:00")
        assert (poll.pause(), poll.waits) == (21 * 3_600, "quota")
        return
    assert poll.pause() == 3
    is_down = False
    clock.seconds += 60
    assert sizes(poll.round()) == Counter({c: told["accTrdvol"] - before[c] for c, told in poll.images.items()})
    assert not poll.refused and not poll.missing


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"codes": ["005930"], "preset": "change"}, "tick10"),
        ({"codes": ["005930"], "preset": "ticks"}, "not one of"),
        ({"codes": ["K1"]}, "is an index"),
        ({"codes": ["005930"], "preset": "index"}, "this takes an index"),
        ({"codes": None, "market": "konex"}, "kosdaq"),
        ({"codes": None}, "codes are missing"),
        ({"codes": None, "market": "kospi", "preset": "tick10"}, "Name codes"),
        ({"codes": []}, "empty"),
        ({"codes": ["005930"], "interval": 0}, "interval=0"),
        ({"codes": ["005930"], "interval": float("nan")}, "interval=nan"),
        ({"codes": ["005930"], "interval": "3s"}, "seconds"),
    ],
)
def test_what_cannot_be_polled_is_refused_before_anything_is_sent(
    sim: Simulator, asked: Client, given: dict[str, Any], said: str
) -> None:
    before = sim.count
    with pytest.raises(ArgumentError, match=said):
        Poll(asked, **given, **({"market": "kospi"} if given.get("preset") == "index" else {}))
    assert sim.count - before <= 2  # lists
    market = Poll(asked, None, market="kospi")
    with pytest.raises(ArgumentError, match="whole market"):
        market.add(["005930"])

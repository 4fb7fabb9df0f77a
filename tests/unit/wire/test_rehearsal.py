from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kosdata.catalogue import endpoint
from kosdata.errors import ConfigError
from kosdata.simulator import Simulator
from kosdata.wire.arguments import Request
from kosdata.wire.client import Client
from kosdata.wire.rehearsal import Rehearsal

_PAGE = (("trnsmCycleTpCd", "D"), ("inqStrtDd", "20230101"), ("inqEndDd", "20230430"), ("reqCnt", "100"))


def _page(market: str = "kospi", code: str = "005930") -> Request:
    return Request(endpoint(f"v3_closed_{market}_history"), {"issuecode": code}, _PAGE)


def _list(market: str = "kospi") -> Request:
    return Request(endpoint(f"v3_closed_{market}_lists"))


def test_a_rehearsal_sends_nothing_and_counts_each_request_once(market: Simulator, client: Client) -> None:
    rehearsal, before = Rehearsal(client), market.count
    (answer, again) = rehearsal.answers([_page(), _page()])
    rehearsal.answers([_page()])
    assert (answer.content.rows, again.content.rows) == ([], [])
    assert (rehearsal.requests, rehearsal.kept, market.count) == (1, 0, before)


def test_what_the_cache_has_answers_and_is_not_counted(market: Simulator) -> None:
    with market.client(cache=True) as client:
        rows = client.answer(_page()).content.rows
        rehearsal = Rehearsal(client)
        answer = rehearsal.answer(_page())
        assert (answer.content.rows, answer.cached) == (rows, True)
        assert (rehearsal.requests, rehearsal.kept) == (0, 1)


def test_what_is_to_be_asked_past_the_cache_counts_even_if_it_was_found_there(market: Simulator) -> None:
    with market.client(cache=True) as client:
        client.answer(_page())
        rehearsal = Rehearsal(client)
        rehearsal.answer(_page())
        rehearsal.answer(_page(), refresh=True)
        assert (rehearsal.requests, rehearsal.kept) == (1, 0)


def test_pages_of_another_market_count_only_while_the_market_of_a_code_is_unknown(market: Simulator) -> None:
    with market.client(cache=True) as client:
        client.answer(_page("kosdaq", "247540"))
        sure, guessing = Rehearsal(client), Rehearsal(client)
        sure.answer(_page("kospi", "247540"))
        guessing.answers([_list("kospi"), _list("kosdaq")])
        rows = guessing.answer(_page("kospi", "247540")).content.rows
        assert (sure.requests, sure.kept) == (1, 0)
        assert (guessing.requests, guessing.kept) == (2, 1) and rows


def test_a_rehearsal_speaks_for_its_client(market: Simulator, client: Client) -> None:
    client.answer(_list())
    rehearsal = Rehearsal(client)
    assert rehearsal.settings == client.settings
    assert rehearsal.ready() == client.ready()
    assert (rehearsal.now(), rehearsal.source, rehearsal.env) == (client.now(), client.source, client.env)
    assert rehearsal.quota() == client.quota() and rehearsal.quota().used > 0
    assert rehearsal.stats() == client.stats()
    assert rehearsal.cache_info() == client.cache_info()


def test_a_rehearsal_changes_nothing(market: Simulator) -> None:
    with market.client(cache=True) as client:
        client.answer(_page())
        info, stats = client.cache_info(), client.stats()
        with Rehearsal(client) as rehearsal:
            rehearsal.answers([_page(), _list()])
            rehearsal.forget([_page()])
            assert rehearsal.clear_cache() == 0
        assert (client.cache_info(), client.stats()) == (info, stats)
        assert client.answer(_page()).cached


def test_capabilities_that_are_not_known_yet_are_counted_and_not_believed(market: Simulator, client: Client) -> None:
    rehearsal = Rehearsal(client)
    rehearsal.capabilities()
    wanted = rehearsal.requests
    before = market.count
    known = client.capabilities()
    assert market.count - before == wanted == len(known)
    after = Rehearsal(client)
    assert (after.capabilities(), after.requests) == (known, 0)


def test_a_rehearsal_needs_a_key_as_its_client_does(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"env": "production", "cache": tmp_path}
    with Client(**settings) as client, pytest.raises(ConfigError, match="KOSCOM_API_KEY"):
        Rehearsal(client).answer(_page())
    assert not list(tmp_path.iterdir())

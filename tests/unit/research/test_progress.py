"""The bar of a long call: shown on demand, silent otherwise, and told of every page."""

from __future__ import annotations

import pytest

import kosdata as kd
from kosdata.research.progress import Bar
from kosdata.simulator import Simulator
from kosdata.wire.client import Client


def test_a_bar_that_is_wanted_counts_pages_on_standard_error(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    kd.history("005930", "2022", "2023", market="kospi", progress=True, client=client)
    shown = capsys.readouterr()
    assert "6/6" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("wanted", [None, False])
def test_nothing_is_shown_where_nobody_looks(
    client: Client, capsys: pytest.CaptureFixture[str], wanted: bool | None
) -> None:
    kd.history("005930", "2022", "2023", market="kospi", progress=wanted, client=client)
    assert capsys.readouterr() == ("", "")


def test_the_setting_of_the_client_counts_where_the_call_says_nothing(
    market: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    with market.client(progress=True) as asked:
        kd.history("005930", "2023-12", "2023-12", market="kospi", client=asked)
        assert "1/1" in capsys.readouterr().err
        kd.history("005930", "2023-12", "2023-12", market="kospi", progress=False, client=asked)
        assert capsys.readouterr().err == ""


def test_a_bar_ends_with_its_call_even_if_that_fails(client: Client) -> None:
    with pytest.raises(RuntimeError), Bar(client, wanted=True) as bar:
        bar.expect(2)
        raise RuntimeError
    assert bar._bar is not None
    assert bar._bar.disable

"""Files that results, pictures and recordings go to: what they hold, and which are refused before anything is asked."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import kosdata as kd
from kosdata.cli import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from kosdata.simulator import Simulator
    from tests.unit.cli.conftest import Run


def test_csv_comes_back_as_it_was(run: Run, client: kd.Client, tmp_path: Path) -> None:
    said = run("history 005930 000660 2024-01-10 -o bars.csv")
    assert (said.code, said.out) == (Exit.DONE, "")
    assert "6 rows in bars.csv" in said.err
    back = pd.read_csv(tmp_path / "bars.csv", dtype={"code": "str"}, parse_dates=["date"]).set_index(["code", "date"])
    expected = kd.history(["005930", "000660"], "2024-01-10", client=client)
    pd.testing.assert_frame_equal(back, expected, check_index_type=False)
    assert (tmp_path / "bars.csv").read_text().splitlines()[1].startswith("005930,2024-01-10,")


def test_json_keeps_zeros_hangul_and_the_zone(run: Run, tmp_path: Path) -> None:
    assert run("quote 005930 K1 -o quotes.json --lang ko").code == Exit.DONE
    first, index = json.loads((tmp_path / "quotes.json").read_text(encoding="utf-8"))
    assert first["종목코드"] == "005930"
    assert first["시각"].endswith("+09:00")
    assert index["시가"] is None
    run("history 005930 2024-01-12 -o day.json")
    assert json.loads((tmp_path / "day.json").read_text())[0]["date"] == "2024-01-12"


def test_parquet_comes_back_as_it_was(run: Run, client: kd.Client, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    assert run("listing kospi -o listing.parquet").code == Exit.DONE
    back = pd.read_parquet(tmp_path / "listing.parquet")
    pd.testing.assert_frame_equal(back, kd.listing("kospi", client=client))


def test_parquet_without_pyarrow_is_refused_before_anything_is_asked(
    run: Run, market: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kosdata.cli.values.find_spec", lambda name: None if name == "pyarrow" else find_spec(name))
    before = market.count
    said = run("quote 005930 -o quotes.parquet")
    assert said.code == Exit.WRONG_CALL
    assert "pip install 'kosdata[store]'" in said.err
    assert market.count == before


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("quote 005930 -o quotes.xls", ".csv, .parquet, .json"),
        ("quote 005930 -o nowhere/quotes.csv", "no folder"),
        ("quote 005930 -o taken.csv", "is a folder"),
        ("quote 005930 -o locked/quotes.csv", "permissions"),
        ("demo --chart nowhere/chart.png", "no folder"),
        ("demo --chart .", "is a folder"),
        ("demo --chart chart", ".png, .svg, .pdf"),
        ("demo --chart chart.foo", ".png, .svg, .pdf"),
        ("demo --chart locked/chart.png", "permissions"),
        ("stream 005930 --record there.jsonl", "exists: choose another name"),
        ("stream 005930 --record nowhere/ticks.jsonl", "no folder"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_asked(
    words: str, part: str, run: Run, market: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken.csv").mkdir()
    (tmp_path / "locked").mkdir()
    (tmp_path / "there.jsonl").write_text("")
    monkeypatch.setattr(os, "access", lambda path, _: path.name != "locked")  # root may write anywhere
    before = market.count
    said = run(words)
    assert (said.code, said.out, said.err.count("\n")) == (Exit.WRONG_CALL, "", 1)
    assert part in said.err
    assert market.count == before


def test_a_default_that_cannot_be_written_is_refused_as_well(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kosdata-demo.png").mkdir()
    said = run("demo")
    assert said.code == Exit.WRONG_CALL
    assert "argument --chart: kosdata-demo.png is a folder" in said.err


def test_a_file_that_fails_while_it_is_written_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    said = run("quote 005930 -o quotes.csv")
    assert said.code == Exit.REFUSED
    assert said.err == "kosdata: quotes.csv cannot be written: No space left on device. Name another file.\n"

"""The tables of functions in both READMEs are those of the catalogue. ``KOSDATA_RECORD=1`` writes them anew."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pandas as pd
import pytest

import kosdata as kd
from kosdata.frame.korean import korean
from kosdata.research.functions import FUNCTIONS
from tests.conftest import ROOT

TABLE = re.compile(r"(?<=<!-- functions -->\n).*?(?=<!-- /functions -->)", re.DOTALL)
RECORDING = bool(os.environ.get("KOSDATA_RECORD"))
# A row of more columns names the place where they are listed.
MOST_COLUMNS = 16
KOREAN_TITLES = {
    "history": "일·주·월 시세",
    "intraday": "일중 시세(10초, 분)",
    "quote": "현재가",
    "order_book": "호가와 잔량",
    "board": "시장 전체 시세표",
    "close": "당일 종가",
    "listing": "종목 목록",
    "master": "종목 마스터",
    "investors": "투자자별 매매",
    "members": "거래 상위 회원사",
    "short_selling": "공매도와 대차잔고",
    "foreign_holding": "외국인 보유",
    "nav_history": "ETF 순자산가치(NAV) 추이",
    "nav": "ETF 순자산가치(NAV)",
    "constituents": "ETF 구성종목(PDF)",
    "holidays": "휴장일",
    "market_cap": "지수 시가총액",
    "expected_index": "예상지수",
    "search": "이름·초성으로 종목 찾기",
    "panel": "여러 종목의 한 항목",
    "join": "한 종목의 여러 자료",
    "futures_curve": "선물 월물별 시세",
    "option_chain": "옵션 행사가별 시세",
    "continuous": "이어 붙인 연결선물",
}
KOREAN_UNITS = {
    "": "",
    "won": "원",
    "points": "포인트",
    "shares": "주",
    "contracts": "계약",
    "won a point": "포인트당 원",
    "days": "일",
    "issues": "종목",
    "%": "%",
}


def place(name: str, row: pd.Series) -> str:
    """Return where the columns of a function are listed."""
    if name == "join":
        return f'`kd.functions().loc["{name}", "columns"]`'
    return f'`kd.fields("{row["endpoints"].split()[0]}")`'


def english() -> str:
    """Return the table of README.md."""
    lines = ["| function | a row is | columns (unit) |", "| --- | --- | --- |"]
    for name, row in kd.functions().iterrows():
        number = len(FUNCTIONS[str(name)].columns)
        columns = row["columns"] if number <= MOST_COLUMNS else f"{number} columns: {place(str(name), row)}"
        lines.append(f"| `{name}` | {row['rows']} | {columns} |")
    return "\n".join(lines) + "\n"


def hangul() -> str:
    """Return the table of README.ko.md."""
    lines = ['| 함수 | 내용 | 행 | 열(단위), `lang="ko"`일 때의 이름 |', "| --- | --- | --- | --- |"]
    for name, row in kd.functions().iterrows():
        of = FUNCTIONS[str(name)]
        rows = in_korean(of.columns, of.rows, of.rows)
        columns = f"{len(of.columns)}개: {place(str(name), row)}"
        if not of.columns:
            columns = "종목마다 하나"
        elif len(of.columns) <= MOST_COLUMNS:
            columns = "; ".join(group(part, of.columns, of.rows) for part in row["columns"].split(", "))
        lines.append(f"| `{name}` | {KOREAN_TITLES[str(name)]} | {rows} | {columns} |")
    return "\n".join(lines) + "\n"


def in_korean(columns: tuple[str, ...], rows: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    """Return the Korean names that some columns have in a frame, those of its index with them."""
    frame = korean(pd.DataFrame(columns=[*columns, *rows]))
    return ", ".join(name for name, column in zip(frame, [*columns, *rows], strict=True) if column in wanted)


def group(part: str, columns: tuple[str, ...], rows: tuple[str, ...]) -> str:
    """Return columns of one unit: of ``open high (won)``, 시가, 고가(원)."""
    names, _, unit = part.partition(" (")
    unit = "·".join(KOREAN_UNITS[each] for each in unit.removesuffix(")").split(" or "))
    return in_korean(columns, rows, tuple(names.split())) + (f"({unit})" if unit else "")


@pytest.mark.parametrize(("document", "table"), [("README.md", english), ("README.ko.md", hangul)])
def test_the_table_of_functions_is_that_of_the_catalogue(document: str, table: object) -> None:
    path = ROOT / document
    text = path.read_text(encoding="utf-8")
    if RECORDING:
        path.write_text(TABLE.sub(lambda _: table(), text), encoding="utf-8")  # type: ignore[operator]
        pytest.skip("written anew")
    assert TABLE.search(text)[0] == table()  # type: ignore[index,operator]


def test_every_function_of_the_table_is_public_and_the_other_way_round() -> None:
    assert set(FUNCTIONS) <= set(kd.__all__)
    others = {"cache_info", "capabilities", "clear_cache", "code_table", "configure", "decode", "demo", "endpoints"}
    others |= {"failures", "fetch", "fields", "functions", "plan", "quota", "rolls"}
    others |= {"is_open", "parse_code", "price_limits", "round_to_tick", "sessions", "tick_size"}
    others |= {"register_dask", "replay", "stream_to_frame"}
    functions = {name for name in kd.__all__ if name[0].islower()}
    assert functions - others == set(FUNCTIONS)


def test_every_function_has_a_korean_title() -> None:
    assert set(KOREAN_TITLES) == set(FUNCTIONS)


def test_both_readmes_have_the_same_sections_lists_tables_and_snippets() -> None:
    assert list(outline("README.ko.md")) == list(outline("README.md"))


def outline(document: str) -> Iterator[str]:
    """Yield what does not depend on the language: kinds of lines, the code that rows of tables begin with, fences."""
    is_fenced = False
    for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
        kind = line.partition(" ")[0]
        if kind.startswith("```"):
            is_fenced = not is_fenced
            yield kind
        elif not is_fenced and kind == "|":
            yield " ".join([kind, *re.findall(r"`[^`]+`", line.split(" | ")[0])])
        elif not is_fenced and kind in {"#", "##", "###", "-"}:
            yield kind


def test_both_readmes_tell_the_same_examples_of_commands_and_ratios() -> None:
    assert last_cells("README.ko.md", "예", r"`[^`]+`") == last_cells("README.md", "example", r"`[^`]+`")
    assert last_cells("README.ko.md", "비율", r"[\d.]+") == last_cells("README.md", "ratio", r"[\d.]+")


def last_cells(document: str, title: str, wanted: str) -> list[list[str]]:
    """Return what the last cells of the table hold whose last column is called so."""
    table = (ROOT / document).read_text(encoding="utf-8").partition(f" | {title} |\n")[2].partition("\n\n")[0]
    assert table
    return [re.findall(wanted, row.rpartition(" | ")[2]) for row in table.splitlines()]

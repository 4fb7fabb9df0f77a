from __future__ import annotations

from unicodedata import normalize

import pytest

import kosdata as kd
from kosdata.errors import ArgumentError, LicenceError
from kosdata.simulator import Simulator
from kosdata.wire.client import Client
from tests.unit.wire import fakes

NOW = "2024-01-12T18:30"


def _fake(names: dict[str, str]) -> Client:
    """Return a client whose lists hold some names, all on KOSPI."""

    def answer(target: str, _: int) -> fakes.Sent:
        if "/kospi/lists" not in target:
            return fakes.ok({"trdDd": "20240306", "mktEndTm": "1540", "isuLists": []})
        rows = [
            {"isuSrtCd": code, "isuCd": f"KR7{code}003", "isuKorNm": name, "isuKorAbbr": name}
            for code, name in names.items()
        ]
        return fakes.ok({"trdDd": "20240306", "mktEndTm": "1540", "isuLists": rows})

    return fakes.client(answer)


LIVE = {
    "005930": "삼성전자",
    "005935": "삼성전자우",
    "006400": "삼성SDI",
    "032830": "삼성생명",
    "000660": "SK하이닉스",
    "005380": "현대차",
    "012330": "현대모비스",
    "035420": "NAVER",
    "035421": "네이버웹툰",
    "035720": "카카오",
    "323410": "카카오뱅크",
    "000270": "기아",
    "105560": "KB금융",
    "086790": "하나금융지주",
    "000880": "한화",
    "008770": "호텔신라",
}


@pytest.mark.parametrize(
    ("text", "codes", "match"),
    [
        ("삼성전자", ["005930", "005935"], "exact"),
        ("삼성", ["005930", "032830", "005935", "006400"], "prefix"),
        ("005930", ["005930"], "exact"),
        ("A005930", ["005930"], "exact"),
        ("005930*001", ["005930"], "exact"),
        ("KR7005930003", ["005930"], "exact"),
        ("0059", ["005930", "005935"], "prefix"),
        ("sk하이닉스", ["000660"], "exact"),
        ("Sk", ["000660"], "prefix"),
        ("생명", ["032830"], "contains"),
        ("ㅅㅅㅈㅈ", ["005930", "005935"], "initials"),
        ("삼ㅅㅈㅈ", ["005930", "005935"], "initials"),
        ("ㅎㄷㅊ", ["005380"], "initials"),
        ("samsung", ["005930", "032830", "005935", "006400"], "sound"),
        ("HYUNDAI", ["005380", "012330"], "sound"),
        ("kakao", ["035720", "323410"], "sound"),
        ("kakao bank", ["323410"], "sound"),
        ("hynix", ["000660"], "sound"),
        ("SK hynix", ["000660"], "sound"),
        ("mobis", ["012330"], "sound"),
        ("kia", ["000270"], "sound"),
        ("shilla", ["008770"], "sound"),
    ],
)
def test_codes_are_found_as_people_look_for_them(text: str, codes: list[str], match: str) -> None:
    with _fake(LIVE) as client:
        found = kd.search(text, market="kospi", client=client)
        found = found[found["product"] == "stock"]
        assert set(found.index) == set(codes)
        assert found.index[0] == codes[0]
        assert found["match"].iloc[0] == match


def test_a_name_in_latin_letters_and_one_in_korean_are_both_found() -> None:
    with _fake(LIVE) as client:
        found = kd.search("naver", market="kospi", client=client)
        assert found.loc[["035420", "035421"], "match"].tolist() == ["exact", "sound"]


def test_a_decomposed_text_is_read_as_any_other() -> None:
    with _fake(LIVE) as client:
        assert kd.search(normalize("NFD", "삼성전자"), client=client).index[0] == "005930"


def test_the_best_comes_first_and_the_limit_is_told(client: Client) -> None:
    everything = kd.search("200", limit=None)
    some = kd.search("200", limit=3)
    assert some.index.tolist() == everything.index[:3].tolist()
    assert some.attrs["kosdata"]["found"] == len(everything) > 3
    ranks = everything["match"].map(["exact", "prefix", "contains", "initials", "sound"].index)
    assert ranks.is_monotonic_increasing


def test_indices_are_found_by_both_names(client: Client) -> None:
    for text in ("통신업", "telecom", "K20"):
        found = kd.search(text)
        assert found.index[0] == "K20"
        assert found.loc["K20", ["name_ko", "market", "product", "match"]].tolist() == [
            "통신업",
            "kospi",
            "index",
            "exact",
        ]


def test_contracts_are_looked_for_only_where_asked(client: Client) -> None:
    assert "101V3000" not in kd.search("101V3000").index
    found = kd.search("101V3000", market="kospi200")
    assert found.loc["101V3000", ["market", "product", "match"]].tolist() == ["kospi200", "futures", "exact"]
    assert set(kd.search("2403", market="kospi200", limit=None)["product"]) == {"futures", "options"}


def test_one_market_asks_for_one_list(market: Simulator) -> None:
    with market.client() as client:
        before = market.count
        found = kd.search("누리", market="kosdaq", client=client)
        assert market.count - before == 1
        assert set(found["market"]) == {"kosdaq"}
        kd.search("바이오", market="kosdaq", client=client)
        assert market.count - before == 1
        kd.search("K1", market="index", client=client)
        assert market.count - before == 1


def test_nothing_found_has_its_reason_and_every_column(client: Client) -> None:
    nothing, something = kd.search("없는이름"), kd.search("삼성")
    assert nothing.empty and "없는이름" in nothing.attrs["kosdata"]["reason"]
    assert nothing.attrs["kosdata"]["found"] == 0
    assert nothing.dtypes.to_dict() == something.dtypes.to_dict()
    assert nothing.index.dtype == something.index.dtype
    assert something.columns.tolist() == ["name_ko", "name_ko_short", "market", "product", "match"]


def test_lists_that_the_contract_does_not_cover_are_named() -> None:
    with Simulator(now=NOW, speed=0, denied=["konex_close"]) as sim, sim.client() as client:
        found = kd.search("삼성", client=client)
        assert found.index[0] == "005930"
        assert found.attrs["kosdata"]["not_covered"] == "konex"
        with pytest.raises(LicenceError):
            kd.search("삼성", market="konex", client=client)


@pytest.mark.parametrize(
    ("text", "arguments", "says"),
    [
        ("", {}, "nothing to look for"),
        ("  ", {}, "nothing to look for"),
        (5930, {}, "'005930'"),
        (None, {}, "nothing to look for"),
        ("삼성", {"market": "kosdak"}, "kosdaq"),
        ("삼성", {"limit": 0}, "limit"),
        ("삼성", {"lang": "de"}, "lang"),
    ],
)
def test_a_wrong_search_is_refused_before_anything_is_sent(
    text: object, arguments: dict[str, object], says: str, market: Simulator, client: Client
) -> None:
    before = market.count
    with pytest.raises(ArgumentError, match=says):
        kd.search(text, **arguments)  # type: ignore[arg-type]
    assert market.count == before


def test_column_names_come_in_korean(client: Client) -> None:
    assert "시장" in kd.search("삼성", lang="ko").columns


def test_several_words_do_not_begin_in_the_middle_of_another_name(client: Client) -> None:
    assert kd.search("lg chem").empty
    assert kd.search("mobis").index.tolist()[:1] == kd.search("현대모비스").index.tolist()[:1]

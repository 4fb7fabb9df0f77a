from __future__ import annotations

from unicodedata import normalize

import pytest

from kosdata.frame.hangul import by_initials, folded, likeness


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ㅅㅅㅈㅈ", "삼성전자"),
        ("삼ㅅㅈㅈ", "삼성전자"),
        ("삼성ㅈ", "삼성전자"),
        ("ㅎㅇㄴㅅ", "sk하이닉스"),
        ("skㅎㅇ", "sk하이닉스"),
        ("ㄳ", "금속"),  # what a keyboard makes of ㄱ and ㅅ
        ("ㅄ", "부산"),
        ("ㄲ", "까르푸"),
    ],
)
def test_initials_find_the_names_they_begin(text: str, name: str) -> None:
    pattern = by_initials(text)
    assert pattern is not None and pattern.search(name)


@pytest.mark.parametrize(("text", "name"), [("ㅅㅅㅈㅈ", "삼성전기차"), ("ㄱ", "까르푸"), ("ㅅㅈ", "삼성전자우")])
def test_initials_do_not_find_others(text: str, name: str) -> None:
    pattern = by_initials(text)
    assert pattern is not None and not pattern.match(name)


@pytest.mark.parametrize("text", ["삼성", "samsung", "005930", "", "ㅏㅏ"])
def test_a_text_without_bare_initials_is_none(text: str) -> None:
    assert by_initials(text) is None


@pytest.mark.parametrize("letters", [".*", "(", "[a", "\\"])
def test_other_signs_stand_for_themselves(letters: str) -> None:
    pattern = by_initials(f"ㅅ{letters}")
    assert pattern is not None and pattern.match(f"삼{letters}") and not pattern.match("삼성")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("samsung", "삼성전자"),
        ("samsong", "삼성전자"),
        ("hyundai", "현대차"),
        ("hyundae", "현대차"),
        ("kakao", "카카오"),
        ("kakaobank", "카카오뱅크"),
        ("naver", "네이버"),
        ("hynix", "SK하이닉스"),
        ("skhynix", "SK하이닉스"),
        ("celltrion", "셀트리온"),
        ("posco", "포스코인터내셔널"),
        ("kia", "기아"),
        ("hanwha", "한화솔루션"),
        ("lotte", "롯데케미칼"),
        ("chemical", "롯데케미칼"),
        ("shilla", "호텔신라"),
        ("hankook", "한국전력"),
        ("hanguk", "한국전력"),
        ("kolon", "코오롱인더"),
        ("cheil", "제일기획"),
        ("shinhan", "신한지주"),
        ("doosan", "두산"),
        ("krafton", "크래프톤"),
        ("hybe", "하이브"),
        ("ecopro", "에코프로비엠"),
        ("amorepacific", "아모레퍼시픽"),
        ("daewoo", "대우건설"),
        ("lselectric", "LS일렉트릭"),
        ("netmarble", "넷마블"),
        ("leverage", "KODEX 레버리지"),
        ("포스코", "POSCO홀딩스"),
        ("네이버", "NAVER"),
    ],
)
def test_a_name_is_heard_in_its_latin_spellings(text: str, name: str) -> None:
    assert likeness(text, name) is not None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("samsung", "현대차"),
        ("kia", "카카오"),
        ("kakao", "기아"),
        ("naver", "누리"),
        ("hynix", "한화"),
        ("zzz", "제일"),
        ("", "삼성"),
        ("aeiou", "이오"),
    ],
)
def test_other_names_are_not_heard(text: str, name: str) -> None:
    assert likeness(text, name) is None


def test_the_beginning_of_a_word_is_told_from_its_inside() -> None:
    inside, first = likeness("mobis", "현대모비스"), likeness("mobis", "모비스")
    assert inside is not None and first is not None
    assert (inside[0], first[0]) == (False, True)


def test_the_closer_sound_counts_more() -> None:
    close, far = likeness("hana", "하나금융지주"), likeness("hana", "한미반도체")
    assert close is not None and (far is None or close > far)


def test_long_words_of_many_spellings_end() -> None:
    assert likeness("chgcyrzthchgcyrzthchgcyrzth" * 8, "삼성전자") is None


def test_decomposed_and_spaced_texts_are_the_same_text() -> None:
    assert folded(normalize("NFD", " 삼성 전자 ")) == "삼성전자"
    assert folded("KODEX 200") == "kodex200"
    heard = likeness("samsung", normalize("NFD", "삼성전자"))
    assert heard is not None and heard[0]

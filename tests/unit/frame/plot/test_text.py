"""Text: Korean where a font has it."""

from __future__ import annotations

import matplotlib as mpl
import pytest
from matplotlib.collections import PolyCollection

from kosdata.frame.korean import korean
from kosdata.frame.plot import plot
from kosdata.frame.plot import text as texts
from kosdata.frame.plot.text import TextStyle
from tests.unit.frame.plot.pictures import bars, drawn, names, of


def test_korean_columns_are_read_and_words_are_korean_where_a_font_is(with_korean_font: None) -> None:
    axes = plot(korean(bars(3)), overlays=["거래대금"])
    assert axes.figure.axes[1].get_ylabel() == "거래량"
    assert len(of(axes, PolyCollection)[0].get_paths()) == 3
    assert plot(bars(3), lang="ko").figure.axes[1].get_ylabel() == "거래량"
    assert axes.figure.axes[1].yaxis.label.get_fontfamily()[-1] == "DejaVu Sans Mono"


def test_without_a_korean_font_words_are_english_and_names_in_latin_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_korean_font", lambda: ())
    axes = plot(korean(bars(3)), title="삼성전자 漢", overlays={"평균": 2}, lang="ko")
    assert axes.get_title() == "samseongjeonja ?"
    assert names(axes) == ["pyeonggyun"]
    assert axes.figure.axes[1].get_ylabel() == "volume"
    drawn(axes)


def test_the_readers_own_font_is_kept_and_a_korean_one_only_added(with_korean_font: None) -> None:
    own = tuple(mpl.rcParams["font.family"])
    assert TextStyle.of("ko") == TextStyle("ko", (*own, "DejaVu Sans Mono"))
    with mpl.rc_context({"font.family": ["DejaVu Sans Mono"]}):
        assert TextStyle.of("ko") == TextStyle("ko", ("DejaVu Sans Mono",))

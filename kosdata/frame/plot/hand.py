"""Text in pictures: Korean where a font has it, else English or Latin letters; never a glyph that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

__all__ = ["Hand", "Lang", "romanised"]

Lang = Literal["en", "ko"]

_FONTS: Final = (
    "NanumGothic",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "Malgun Gothic",
    "AppleGothic",
    "Apple SD Gothic Neo",
    "NanumBarunGothic",
    "NanumSquare",
    "Pretendard",
    "Source Han Sans KR",
    "UnDotum",
    "Baekmuk Dotum",
)
_FIRST, _LAST = "가", "힣"
# The letters of the national romanisation, each syllable by itself.
_HEADS: Final = "g kk n d tt r m b pp s ss _ j jj ch k t p h".split()  # noqa: SIM905 - a table is read in a row
_HEARTS: Final = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split()  # noqa: SIM905
_TAILS: Final = "_ k k k n n n t l k m l l l p l m p p t t ng t t k t p t".split()  # noqa: SIM905
_UNITS: Final[dict[Lang, tuple[tuple[float, str], ...]]] = {
    "en": ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")),
    "ko": ((1e12, "조"), (1e8, "억"), (1e4, "만")),
}


@dataclass(frozen=True, slots=True)
class Hand:
    """How text is written into a picture.

    Attributes
    ----------
    lang : {"en", "ko"}
        Language of the words: Korean only where a font has it.
    family : tuple of str
        Fonts, the reader's own first, then one that has Korean.
    """

    lang: Lang
    family: tuple[str, ...]

    @classmethod
    def of(cls, lang: Lang) -> Hand:
        """Return the hand for a language with the fonts that are installed."""
        from matplotlib import rcParams

        own = tuple(rcParams["font.family"])
        family = own if _has(own, _FIRST) else (*own, *_korean_font())
        return cls(lang if _has(family, _FIRST) else "en", family)

    def word(self, english: str, korean: str) -> str:
        """Return a word in the language of the picture."""
        return korean if self.lang == "ko" else english

    def legible(self, text: object) -> str:
        """Return text that the fonts can show: Korean in Latin letters where they have none, other signs as ``?``."""
        written = str(text)
        if written.isascii():
            return written
        return "".join(
            sign if sign.isascii() or _has(self.family, sign) else romanised(sign, unknown="?") for sign in written
        )

    def amount(self, number: float, _: object = None) -> str:
        """Return a count or a sum of money in thousands, millions, ...; of ten thousands and so on in Korean."""
        return amount(number, self.lang)

    def signed(self, number: float) -> str:
        """Return a difference, rounded."""
        return f"{'+' if number > 0 else ''}{amount(number, self.lang, digits=3)}"

    def fonts(self) -> dict[str, Any]:
        """Return what a text of matplotlib has to be given."""
        return {"fontfamily": list(self.family)}


def amount(number: float, lang: Lang, digits: int = 4) -> str:
    """Return a count in the units in which one speaks of it.

    Examples
    --------
    >>> amount(1_270_000_000, "en"), amount(1_270_000_000, "ko"), amount(-950, "en")
    ('1.27B', '12.7억', '-950')
    """
    for unit, name in _UNITS[lang]:
        if abs(number) >= unit:
            scaled = number / unit
            return f"{scaled:,.0f}{name}" if abs(scaled) >= 1000 else f"{scaled:.{digits}g}{name}"
    return f"{number:.{digits}g}"


def price(number: float, _: object = None) -> str:
    """Return a price without idle digits.

    Examples
    --------
    >>> price(74800.0), price(398.85)
    ('74,800', '398.85')
    """
    return f"{number:,.4f}".rstrip("0").rstrip(".")


def romanised(text: str, unknown: str = "") -> str:
    """Return Korean text in Latin letters, syllable by syllable; other signs as they are, or as `unknown`.

    Examples
    --------
    >>> romanised("삼성전자")
    'samseongjeonja'
    """
    return "".join(_syllable(sign) if _FIRST <= sign <= _LAST else unknown or sign for sign in text)


def _syllable(sign: str) -> str:
    rest, tail = divmod(ord(sign) - ord(_FIRST), len(_TAILS))
    head, heart = divmod(rest, len(_HEARTS))
    return (_HEADS[head] + _HEARTS[heart] + _TAILS[tail]).replace("_", "")


def _korean_font() -> tuple[str, ...]:
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return tuple(name for name in _FONTS if name in installed)[:1]


def _has(family: Sequence[str], sign: str) -> bool:
    return any(ord(sign) in _signs(path) for path in filter(None, map(_path, family)))


def _path(family: str) -> str | None:
    from matplotlib.font_manager import FontProperties, findfont

    try:
        # A generic family always has a font; a name that is not installed is no reason to complain.
        return findfont(FontProperties(family=[family]), fallback_to_default=False)
    except ValueError:
        return None


@cache
def _signs(path: str) -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(path).get_charmap())

"""Text in pictures: Korean where a font has it, else English or Latin letters; never a glyph that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from kosdata.frame.korean import titles

__all__ = ["Lang", "TextStyle", "price"]

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
_SCALES: Final[dict[Lang, tuple[tuple[float, str], ...]]] = {
    "en": ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")),
    "ko": ((1e12, "조"), (1e8, "억"), (1e4, "만")),
}
_KOREAN_UNITS: Final = {"won": "원", "points": "포인트", "shares": "주", "contracts": "계약", "days": "일"}


@dataclass(frozen=True, slots=True)
class TextStyle:
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
    def of(cls, lang: Lang) -> TextStyle:
        """Return the style for a language with the fonts that are installed."""
        from matplotlib import rcParams

        own = tuple(rcParams["font.family"])
        family = own if _has(own, _FIRST) else (*own, *_korean_font())
        return cls(lang if _has(family, _FIRST) else "en", family)

    def word(self, english: str, korean: str) -> str:
        """Return a word in the language of the picture."""
        return korean if self.lang == "ko" else english

    def column(self, name: str, unit: str = "") -> str:
        """Return what a column is called, and its unit if there is one.

        Examples
        --------
        >>> TextStyle("en", ()).column("foreign_ratio", "%")
        'foreign ratio, %'
        """
        title = titles().get(name, name) if self.lang == "ko" else name.replace("_", " ")
        return self.with_unit(title, unit)

    def with_unit(self, title: str, unit: str) -> str:
        """Return a title and the unit of what it names, if there is one."""
        if self.lang == "ko":
            unit = " 또는 ".join(_KOREAN_UNITS.get(each, each) for each in unit.split(" or "))
        return self.displayable(", ".join(filter(None, (title, unit))))

    def displayable(self, text: object) -> str:
        """Return text that the fonts can show: Korean in Latin letters where they have none, other signs as ``?``."""
        written = str(text)
        if written.isascii():
            return written
        return "".join(
            sign if sign.isascii() or _has(self.family, sign) else _romanised(sign, unknown="?") for sign in written
        )

    def legend_label(self, text: object) -> str:
        """Return text for a legend, which leaves out what is empty or begins with an underscore."""
        label = self.displayable(text)
        return f" {label}" if label[:1] in ("", "_") else label

    def amount(self, number: float, _: object = None) -> str:
        """Return a count or a sum of money in thousands, millions, ...; of ten thousands and so on in Korean."""
        return _amount(number, self.lang)

    def signed(self, number: float) -> str:
        """Return a difference, rounded."""
        return f"{'+' if number > 0 else ''}{_amount(number, self.lang, digits=3)}"

    def fonts(self) -> dict[str, Any]:
        """Return what a text of matplotlib has to be given."""
        return {"fontfamily": list(self.family)}


def _amount(number: float, lang: Lang, digits: int = 4) -> str:
    """Return a count in the units in which one speaks of it.

    Examples
    --------
    >>> _amount(1_270_000_000, "en"), _amount(1_270_000_000, "ko"), _amount(-950, "en")
    ('1.27B', '12.7억', '-950')
    """
    for scale, name in _SCALES[lang]:
        if abs(number) >= scale:
            scaled = number / scale
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


def _romanised(text: str, unknown: str = "") -> str:
    """Return Korean text in Latin letters, syllable by syllable; other signs as they are, or as `unknown`.

    Examples
    --------
    >>> _romanised("삼성전자")
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

"""Korean names as people look for them: by initial consonants, and by how they sound in Latin letters. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice, product
from typing import Final
from unicodedata import normalize

__all__ = ["by_initials", "folded", "likeness"]

_FIRST, _LAST = "가", "힣"
_VOWELS_EACH, _FINALS_EACH = 21, 28
_INITIALS: Final = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
# What keyboards make of two consonants typed one after the other.
_PAIRS: Final = str.maketrans(
    {
        "ㄳ": "ㄱㅅ",
        "ㄵ": "ㄴㅈ",
        "ㄶ": "ㄴㅎ",
        "ㄺ": "ㄹㄱ",
        "ㄻ": "ㄹㅁ",
        "ㄼ": "ㄹㅂ",
        "ㄽ": "ㄹㅅ",
        "ㄾ": "ㄹㅌ",
        "ㄿ": "ㄹㅍ",
    }
    | {"ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ"}
)

# Sounds: one letter for all that spellings mix up. K is g, k, c; t is d, t; p is b, p, v, f; l is l, r; j is j, ch, z.
_HEADS: Final = ("k", "k", "n", "t", "t", "l", "m", "p", "p", "s", "s", "", "j", "j", "j", "k", "t", "p", "h")
_HEARTS: Final = (
    "a",
    "e",
    "a",
    "e",
    "u",
    "e",
    "u",
    "e",
    "o",
    "a",
    "e",
    "e",
    "o",
    "u",
    "o",
    "e",
    "i",
    "u",
    "u",
    "i",
    "i",
)
_TAILS: Final = "- k k k n n n t l k m p l l p l m p p t t n t t k t p -".replace("-", "_").split()
_LATIN: Final[dict[str, tuple[str, ...]]] = {
    "tion": ("son",),
    **dict.fromkeys(("oo", "ou", "eo", "eu", "oe"), ("u",)),
    **dict.fromkeys(("ae", "ai", "ay", "ei"), ("e",)),
    **{"ee": ("i",), "ch": ("j", "k"), "sh": ("s",), "th": ("t", "s"), "ph": ("p",), "ck": ("k",)},
    **{"ng": ("n", "nk"), "x": ("ks",), "c": ("k",), "q": ("k",), "z": ("j", "s"), "w": ("",)},
    **dict.fromkeys("gk", ("k",)),
    **dict.fromkeys("dt", ("t",)),
    **dict.fromkeys("bpvf", ("p",)),
    **dict.fromkeys("lr", ("l",)),
}
# Letters that are heard otherwise in some places: before a bright vowel, before none, at the end of a word.
_PLACED: Final[dict[str, tuple[str, ...]]] = {
    "a(?=[bcdfgjklmnprstvz]e)": ("e", "a"),
    "c(?=[eiy])": ("s",),
    "g(?=[eiy])": ("k", "j"),
    "er(?![aeiouy])": ("u", "e"),
    "r(?![aeiouy])": ("", "l"),
    "y(?![aeiou])": ("i", "e"),
    "y": ("", "i"),
    "e$": ("e", ""),
}
_RULES: Final = [
    *((re.compile(rule), sounds) for rule, sounds in _PLACED.items()),
    *((re.compile(letters), _LATIN[letters]) for letters in sorted(_LATIN, key=len, reverse=True)),
]
_MOST_SPELLINGS: Final = 64
# How alike the vowels must be too; with one consonant alone there is nothing else to go by.
_ALIKE: Final = {1: 0.9, 2: 0.75}
_ALIKE_OF_MORE: Final = 0.6


def folded(text: str) -> str:
    """Return a text as names are compared: composed, in small letters, without spaces."""
    return "".join(normalize("NFC", text).casefold().split())


def by_initials(text: str) -> re.Pattern[str] | None:
    """Return what finds the names that a text with bare initial consonants means; None if it has none.

    Examples
    --------
    >>> bool(by_initials("ㅅㅅㅈㅈ").match("삼성전자")), bool(by_initials("삼ㅅㅈ").match("삼성전자"))
    (True, True)
    """
    spread = text.translate(_PAIRS)
    if not any(letter in _INITIALS for letter in spread):
        return None
    return re.compile("".join(_any_with(letter) if letter in _INITIALS else re.escape(letter) for letter in spread))


def likeness(text: str, name: str) -> tuple[bool, float] | None:
    """Return whether a name begins like a text, and how much alike they sound; None if they do not.

    Parameters
    ----------
    text : str
        What somebody wrote, in Latin letters or Korean, folded.
    name : str
        A name, as it is.

    Examples
    --------
    >>> likeness("hynix", "SK하이닉스")[0], likeness("mobis", "현대모비스")[0], likeness("samsung", "현대차")
    (True, False, None)
    """
    units = _units(name)
    best: tuple[bool, float] | None = None
    for wanted in _spellings(text):
        bones = _bones(wanted)
        if not bones:
            continue
        for at, (_, is_first) in enumerate(units):
            found = max(_covers(wanted, bones, [sound for sound, _ in units[at:]]), default=0.0)
            if found >= _ALIKE.get(len(bones), _ALIKE_OF_MORE):
                best = max(best or (False, 0.0), (is_first, found))
    return best


def _covers(wanted: str, bones: str, sounds: Sequence[str]) -> Iterator[float]:
    """Yield how alike a sound is to the beginnings of a name that have its consonants."""
    sound = ""
    for unit in sounds:
        before, sound = _bones(sound), _joined(sound + unit)
        here = _bones(sound)
        if not (here.startswith(bones) or bones.startswith(here)) or (len(before) >= len(bones) and here != before):
            return
        if len(here) >= len(bones):
            yield SequenceMatcher(None, wanted, sound, autojunk=False).ratio()


@lru_cache(maxsize=16_384)
def _units(name: str) -> tuple[tuple[str, bool], ...]:
    """Return the sounds that a name is made of, syllables and runs of letters, and whether each begins a word."""
    units: list[tuple[str, bool]] = []
    for word in normalize("NFC", name).casefold().split():
        runs = re.findall(r"[가-힣]|[a-z]+|[0-9]", word)
        sounds = list(map(_sound, runs))
        for n in range(1, len(sounds)):
            if sounds[n - 1][-1:] + sounds[n][:1] in ("nl", "ln"):  # they meet as l, as in Silla
                sounds[n - 1], sounds[n] = sounds[n - 1][:-1] + "l", "l" + sounds[n][1:]
        units += [(sound, n == 0 or runs[n - 1].isascii()) for n, sound in enumerate(sounds)]
    return tuple(units)


def _sound(run: str) -> str:
    return _syllable(run) if _FIRST <= run <= _LAST else next(_of_latin(run))


@lru_cache(maxsize=64)
def _spellings(text: str) -> tuple[str, ...]:
    """Return the sounds that a text may stand for."""
    runs = re.findall(r"[가-힣]|[a-z]+|[0-9]", text)
    each = [[_syllable(run)] if _FIRST <= run <= _LAST else [*islice(_of_latin(run), _MOST_SPELLINGS)] for run in runs]
    return tuple(dict.fromkeys(_joined("".join(parts)) for parts in islice(product(*each), _MOST_SPELLINGS)))


def _syllable(letter: str) -> str:
    number, tail = divmod(ord(letter) - ord(_FIRST), _FINALS_EACH)
    head, heart = divmod(number, _VOWELS_EACH)
    return _HEADS[head] + _HEARTS[heart] + _TAILS[tail].strip("_")


def _of_latin(run: str) -> Iterator[str]:
    """Yield the sounds of a word in Latin letters, or of a digit; the likeliest comes first."""
    choices: list[tuple[str, ...]] = []
    at = 0
    while at < len(run):
        heard = ((found.end(), sounds) for rule, sounds in _RULES if (found := rule.match(run, at)))
        at, sounds = next(heard, (at + 1, (run[at],)))
        choices.append(sounds)
    return (_joined("".join(parts)) for parts in product(*choices))


def _joined(sound: str) -> str:
    """Return a sound as it is spoken: what is doubled is heard once, and h only at the beginning."""
    once = re.sub(r"([klmnpstj])\1+", r"\1", sound)
    return re.sub("[ae]i", "e", once[:1] + once[1:].replace("h", ""))


def _bones(sound: str) -> str:
    return re.sub("[aeiou]", "", sound)


def _any_with(initial: str) -> str:
    first = ord(_FIRST) + _INITIALS.index(initial) * _VOWELS_EACH * _FINALS_EACH
    return f"[{chr(first)}-{chr(first + _VOWELS_EACH * _FINALS_EACH - 1)}{initial}]"

"""Codes by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import pandas as pd

from kosdata.catalogue.codes import DERIVATIVES, INDICES, STOCKS, indices
from kosdata.errors import ArgumentError, KosError, LicenceError, NotFoundError
from kosdata.frame.hangul import by_initials, folded, likeness
from kosdata.research.instruments import lists, unknown_market
from kosdata.research.manner import Lang, Manner, settled
from kosdata.research.parts import Part, Parts, finish
from kosdata.research.routes import Product
from kosdata.wire import arguments as args
from kosdata.wire.client import Client

__all__ = ["COLUMNS", "search"]

COLUMNS: Final = ("name_ko", "name_ko_short", "market", "product", "match")
_KINDS: Final = ("exact", "prefix", "contains", "initials", "sound")
_VOWELS: Final = frozenset("aeiouy")
_SOUND: Final = _KINDS.index("sound")
# What sounds less like the text than the best by so much is meant no more.
_WORSE: Final = 0.12


_Rank: TypeAlias = tuple[int, int, float, int, int]
"""How it fits, whether inside a word, how little it sounds alike, length of the name, place in the lists."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One code that may be meant."""

    code: str
    name_ko: str
    name_ko_short: str
    market: str
    product: Product
    name_en: str = ""
    isin: str = ""

    @property
    def korean(self) -> tuple[str, ...]:
        """The names of a list; one may be missing."""
        return tuple(name for name in dict.fromkeys((self.name_ko_short, self.name_ko)) if isinstance(name, str))


def search(
    text: str,
    *,
    limit: int | None = 20,
    market: str | None = None,
    allow_partial: bool = False,
    refresh: bool = False,
    progress: bool | None = None,
    lang: Lang = "en",
    client: Client | None = None,
) -> pd.DataFrame:
    """Return the codes of stocks, funds and indices that a text may mean.

    Parameters
    ----------
    text : str
        Part of a Korean name; its initial consonants, as ``"ㅅㅅㅈㅈ"`` or ``"삼ㅅㅈㅈ"``; how it sounds in Latin
        letters, as ``"samsung"``; the beginning of a code; an ISIN. Case and spaces do not matter.
    limit : int, optional
        Rows at most, 20 by default; None for all.
    market : str, optional
        Look there alone: a market of stocks (``"kosdaq"``, with its indices), of indices (``"index"`` for all), or of
        futures and options (``"kospi200"``). Stocks and indices by default.
    allow_partial : bool, default False
        Begin even if fewer calls are left today than are needed.
    refresh : bool, default False
        Ask for the lists even if they are there.
    progress : bool, optional
        Show a bar. By default when it takes over two seconds, on a terminal or in a notebook.
    lang : {"en", "ko"}, default "en"
        Language of the column names.
    client : Client, optional
        Client to ask through. The current one by default.

    Returns
    -------
    DataFrame
        Indexed by ``code``, best first: ``name_ko``, ``name_ko_short``, ``market``, ``product`` (``stock`` for funds
        too) and how the text fits (``match``): ``exact``, ``prefix``, ``contains``, ``initials`` or ``sound``. All
        text. Among equals the shorter name comes first. ``attrs`` tells how many were ``found`` in all, and the
        reason where that is none.

    Raises
    ------
    ArgumentError
        If `text` is empty, `limit` is below 1 or the market is unknown.
    QuotaError
        If fewer calls are left today than are needed; nothing was sent.
    KosError
        If a list cannot be had. Lists that the key's contract does not cover are left out, and ``attrs`` says so.

    See Also
    --------
    history : Bars of the codes.

    Notes
    -----
    The API has Korean names only: Latin letters are compared with what a Korean name sounds like. Names of indices are
    in the catalogue, in Korean and most of them in English.

    Endpoint: ``lists``, kept until the next morning.

    Examples
    --------
    >>> kd.search("삼성", market="kospi")[["name_ko_short", "match"]]
           name_ko_short   match
    code
    005930          삼성전자  prefix
    005935         삼성전자우  prefix
    >>> kd.search("ㅅㅅㅈㅈ").index[0], kd.search("hynix").index[0], kd.search("kospi 200").index[0]
    ('005930', '000660', 'K51')
    """
    wanted = _text(text)
    if limit is not None and not (isinstance(limit, int) and limit >= 1):
        raise ArgumentError(f"limit={limit!r} is not a number of rows: write 20, or None for all.")
    where = _where(market)
    manner = Manner.of(client, refresh=refresh, allow_partial=allow_partial, progress=progress, lang=lang)
    candidates, parts = settled(manner, lambda manner: _candidates(where, manner))
    ranked = _ranked(wanted, _code(text), candidates, has_words=" " in text.strip())
    found = sorted(_clear(list(ranked)), key=lambda each: each[0])
    shown = found[:limit]
    frame = _frame([candidate for _, candidate in shown], [_KINDS[rank[0]] for rank, _ in shown])
    refused = [market for market, part in parts.items() if isinstance(part, KosError)]
    return finish(
        frame,
        {market: part for market, part in parts.items() if isinstance(part, Part)},
        manner,
        found=len(found),
        not_covered=" ".join(refused) or None,
        reason=None if found else f"no name, code or ISIN that is listed today fits {text!r}",
    )


def _text(text: object) -> str:
    if isinstance(text, int) and not isinstance(text, bool):
        raise ArgumentError(f"text={text} is a number, and numbers lose their zeros: write {f'{text:06d}'!r}.")
    if not isinstance(text, str) or not folded(text):
        raise ArgumentError(f"text={text!r} is nothing to look for: write part of a name or a code, such as '삼성'.")
    return folded(text)


def _code(text: str) -> str | None:
    """Return the short code that a text spells in any of the ways that codes are written."""
    try:
        return args.short_code(text)
    except ArgumentError:
        return None


def _where(market: str | None) -> list[tuple[str, Product]]:
    """Return the lists to look into: markets and what trades there."""
    if market is None:
        return [*((m, "stock") for m in STOCKS), *((m, "index") for m in INDICES)]
    name = str(market).strip().lower()
    where: list[tuple[str, Product]] = [(name, "stock")] if name in STOCKS else []
    where += [(m, "index") for m in INDICES if name in ("index", m)]
    if name in DERIVATIVES:
        where += [(name, "futures"), (name, "options")]
    if not where:
        raise unknown_market(market, (*STOCKS, "index", *INDICES, *DERIVATIVES))
    return where


def _candidates(where: Sequence[tuple[str, Product]], manner: Manner) -> tuple[list[_Candidate], Parts]:
    """Return everything that is listed somewhere, and the lists."""
    found: list[_Candidate] = []
    parts: dict[str, Part | KosError] = {}
    asked = [each for each in where if each[1] != "index"]
    outcomes = dict(zip(asked, lists(asked, manner, anew=manner.refresh), strict=True))
    for market, product in where:
        if product == "index":
            found += _indices(market)
            continue
        outcome = outcomes[market, product]
        parts[market if product == "stock" else f"{market} {product}"] = outcome
        if isinstance(outcome, Part):
            found += _listed(outcome, market, product)
        elif not isinstance(outcome, LicenceError) and not (
            product == "options" and isinstance(outcome, NotFoundError)  # few futures have options
        ):
            raise outcome
    refused = [part for part in parts.values() if isinstance(part, KosError)]
    if refused and len(refused) == len(parts):
        raise refused[0]
    return found, parts


def _indices(market: str) -> list[_Candidate]:
    rows = indices(market).values()
    return [_Candidate(row["code"], row["name_ko"], row["name_ko"], market, "index", row["name_en"]) for row in rows]


def _listed(part: Part, market: str, product: Product) -> list[_Candidate]:
    frame = part.frame
    rows = zip(frame.index, frame["name_ko"], frame["name_ko_short"], frame["isin"], strict=True)
    return [_Candidate(str(code), ko, short, market, product, isin=isin) for code, ko, short, isin in rows]


def _ranked(
    text: str, code: str | None, candidates: Sequence[_Candidate], *, has_words: bool
) -> Iterator[tuple[_Rank, _Candidate]]:
    """Yield the candidates that fit, and their rank: the lower the better."""
    initials = by_initials(text)
    has_sound = initials is None and not (text.isascii() and _VOWELS.isdisjoint(text))
    for place, each in enumerate(candidates):
        names = [folded(name) for name in (*each.korean, each.name_en) if name]
        length = min(map(len, names), default=0)
        short_code, isin = each.code.lower(), str(each.isin).lower()
        starts = [name.find(text) for name in names]
        if code == each.code or text in (short_code, isin, *names):
            yield (0, 0, 0.0, length, place), each
        elif short_code.startswith(text) or 0 in starts or (text.startswith("kr") and isin.startswith(text)):
            yield (1, 0, 0.0, length, place), each
        elif max(starts, default=-1) > 0:
            yield (2, 0, 0.0, length, place), each
        elif initials is not None:
            found = [hit.start() for name in names if (hit := initials.search(name))]
            if found:
                yield (3, int(min(found) > 0), 0.0, length, place), each
        # Several words begin with one: what sounds alike from the middle of a name on is another name.
        elif has_sound and (heard := _heard(text, each)) is not None and (heard[0] or not has_words):
            yield (_SOUND, int(not heard[0]), -heard[1], length, place), each


def _clear(found: Sequence[tuple[_Rank, _Candidate]]) -> Iterator[tuple[_Rank, _Candidate]]:
    """Yield what was found, without what only sounds a little like the text where something else is clearly meant."""
    best = max((1.0 if rank[0] < 2 else -rank[2] for rank, _ in found), default=0.0)
    return (each for each in found if each[0][0] != _SOUND or -each[0][2] >= best - _WORSE)


def _heard(text: str, of: _Candidate) -> tuple[bool, float] | None:
    """Return how much alike a text and a name sound, where they are written in different letters."""
    names = (name for name in of.korean if text.isascii() != name.isascii() or _is_mixed(name))
    return max((heard for name in names if (heard := likeness(text, name)) is not None), default=None)


def _is_mixed(name: str) -> bool:
    return not name.isascii() and any(letter.isascii() and letter.isalpha() for letter in name)


def _frame(candidates: Sequence[_Candidate], kinds: Sequence[str]) -> pd.DataFrame:
    given = [(c.name_ko, c.name_ko_short, c.market, c.product) for c in candidates]
    rows = [(*row, kind) for row, kind in zip(given, kinds, strict=True)]
    index = pd.Index([c.code for c in candidates], dtype="str", name="code")
    return pd.DataFrame(rows, columns=list(COLUMNS), index=index, dtype="str")

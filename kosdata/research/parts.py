"""What came for each code, and the one frame that is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import pandas as pd

from kosdata.catalogue import ENDPOINTS
from kosdata.errors import KosError
from kosdata.frame.korean import korean
from kosdata.frame.stack import stack
from kosdata.research.failures import written
from kosdata.research.manner import Manner

__all__ = ["Part", "Parts", "each_part", "finish", "units", "whole"]


@dataclass(frozen=True, slots=True)
class Part:
    """What answers one call, and where it came from.

    Parameters
    ----------
    frame : DataFrame
        The rows. Never changed: others may hold the same one.
    endpoint : str
        Id of the endpoint.
    requests, cached : int
        Pages asked of the gateway, and pages that the cache had.
    fetched_at, newest_at, expires : datetime
        When the oldest page was asked for, when the newest one, and until when all of them hold.
    reason : str or None
        Why there are no rows.
    rebased : bool
        Prices were re-based after some pages had been kept, and all were asked for again.
    holes, absent : int
        Pages without a row between others, and sessions without a row between others.
    aside : mapping
        What stood beside the rows and is in no column.
    notes : mapping of str to str
        What a user must know of the frame, by the name that it bears in ``attrs``.
    moved : bool
        The newest row starts from other prices than the row before it.
    is_official : bool
        The newest row is what the exchange closed with, and not a snapshot.
    """

    frame: pd.DataFrame
    endpoint: str
    requests: int
    cached: int
    fetched_at: datetime
    newest_at: datetime
    expires: datetime
    reason: str | None = None
    rebased: bool = False
    holes: int = 0
    absent: int = 0
    aside: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    moved: bool = False
    is_official: bool = True

    @classmethod
    def of(cls, parts: Sequence[Part], frame: pd.DataFrame, **changes: Any) -> Part:
        """Return what was made of several parts, and what they cost together."""
        reasons = dict.fromkeys(part.reason for part in parts if part.reason)
        merged = cls(
            frame=frame,
            endpoint=" ".join(dict.fromkeys(id for part in parts for id in part.endpoint.split())),
            requests=sum(part.requests for part in parts),
            cached=sum(part.cached for part in parts),
            fetched_at=min(part.fetched_at for part in parts),
            newest_at=max(part.newest_at for part in parts),
            expires=min(part.expires for part in parts),
            reason="; ".join(reasons) or None,
            rebased=any(part.rebased for part in parts),
            holes=sum(part.holes for part in parts),
            absent=sum(part.absent for part in parts),
            notes={name: text for part in parts for name, text in part.notes.items()},
            moved=any(part.moved for part in parts),
            is_official=all(part.is_official for part in parts),
        )
        return replace(merged, **changes)

    @classmethod
    def none(cls, frame: pd.DataFrame, endpoint_id: str, now: datetime, reason: str) -> Part:
        """Return the part of a question that need not be asked."""
        return cls(frame, endpoint_id, 0, 0, now, now, now, reason)

    def again(self) -> Part:
        """Return the part as one that cost nothing this time."""
        return replace(self, requests=0, cached=self.requests + self.cached, rebased=False)

    def after(self, earlier: Part) -> Part:
        """Return the part with what it cost to ask in vain before; nothing else is left of that."""
        rebased = self.rebased or earlier.rebased
        requests, cached = self.requests + earlier.requests, self.cached + earlier.cached
        return replace(self, requests=requests, cached=cached, rebased=rebased)

    def noting(self, **notes: str) -> Part:
        """Return the part with more notes."""
        return replace(self, notes={**self.notes, **notes})

    def having(self, frame: pd.DataFrame, **changes: Any) -> Part:
        """Return the part with another frame."""
        return replace(self, frame=frame, **changes)


Parts = Mapping[str, Part | KosError]
"""Code to what answers about it, or to why nothing does."""


def each_part(parts: Parts, change: Callable[[Part], Part]) -> dict[str, Part | KosError]:
    """Return parts changed, and errors as they are."""
    return {code: change(part) if isinstance(part, Part) else part for code, part in parts.items()}


def whole(parts: Parts, like: pd.DataFrame, *, single: bool, inner: bool = True) -> pd.DataFrame:
    """Return what came for some codes as one frame.

    Parameters
    ----------
    parts : mapping
        Code to part or error.
    like : DataFrame
        What the frame of a code looks like without rows.
    single : bool
        One code was asked for as a string: its own frame.
    inner : bool
        Frames have an index of their own under that of the codes; otherwise they are indexed by code already.
    """
    frames = {code: part.frame for code, part in parts.items() if isinstance(part, Part)}
    if single or not inner:
        filled = [frame for frame in frames.values() if len(frame)]
        if len(filled) < 2:
            # A copy through and through: copy-on-write does not guard extension arrays, and others may hold this frame.
            return (filled or [*frames.values(), like])[0].copy()
        return pd.concat(filled)
    return stack(frames, like)


def finish(frame: pd.DataFrame, parts: Parts, manner: Manner, **said: Any) -> pd.DataFrame:
    """Return a frame that says where it came from, under the column names of the language asked for.

    Parameters
    ----------
    frame : DataFrame
        The answer.
    parts : mapping
        What it was made of.
    manner : Manner
        How it was asked for.
    **said : Any
        What else is to be said of it; None is left out.
    """
    come = {code: part for code, part in parts.items() if isinstance(part, Part)}
    client = manner.client
    about: dict[str, Any] = {
        "source": client.source,
        "env": client.settings.env,
        "endpoint": "",
        "requests": sum(part.requests for part in come.values()),
        "cached_pages": sum(part.cached for part in come.values()),
    }
    if come:
        about["fetched_at"] = min(part.fetched_at for part in come.values()).isoformat(timespec="milliseconds")
    for name in ("rebased", "holes", "absent"):
        if codes := [code for code, part in come.items() if getattr(part, name)]:
            about[_SAID[name]] = " ".join(codes) or True
    if frame.empty and come:
        about["reason"] = "; ".join(dict.fromkeys(part.reason for part in come.values() if part.reason))
    if failed := {code: part for code, part in parts.items() if isinstance(part, KosError)}:
        about["failures"] = written(failed)
    ids = tuple(dict.fromkeys(id for part in come.values() for id in part.endpoint.split()))
    about["endpoint"] = " ".join(ids)
    about["units"] = units(ids, tuple(map(str, frame.columns)))
    about |= _notes(come)
    frame = korean(frame) if manner.lang == "ko" else frame
    frame.attrs["kosdata"] = about | {name: value for name, value in said.items() if value is not None}
    return frame


_SAID = {"rebased": "rebased", "holes": "empty_pages_between", "absent": "rows_missing"}


def _notes(parts: Mapping[str, Part]) -> dict[str, str]:
    """Return what is to be said of the frame: once where it holds for every code, else with the codes."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(name for part in parts.values() for name in part.notes):
        codes: dict[str, list[str]] = {}
        for code, part in parts.items():
            if name in part.notes:
                codes.setdefault(part.notes[name], []).append(code)
        (text, named), *others = codes.items()
        same = not others and len(named) == len(parts)
        found[name] = text if same else "; ".join(f"{' '.join(named)}: {text}" for text, named in codes.items())
    return found


@lru_cache(maxsize=512)
def units(endpoint_ids: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """Return the units of columns: ``won: open high; shares: volume``."""
    known: dict[str, dict[str, None]] = {}
    for each in (ENDPOINTS[id] for id in endpoint_ids if id in ENDPOINTS):
        for f in each.record.fields:
            # The same column may be won for one code and points for another.
            known.setdefault(f.column, {}).update(dict.fromkeys(filter(None, (f.unit or "").split(" or "))))
    together: dict[str, list[str]] = {}
    for column in columns:
        # What is made here by subtraction keeps the unit.
        found = known.get(column) or known.get(column.replace("net_", "buy_")) or {}
        if unit := " or ".join(found):
            together.setdefault(unit, []).append(column)
    return "; ".join(f"{unit}: {' '.join(names)}" for unit, names in together.items())

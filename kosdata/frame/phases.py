"""The stretches of days that bars are cut from: the regular session, and what lies around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kosdata.catalogue.calendar import KRX, Hours, Product, Span
from kosdata.catalogue.codes import short_code
from kosdata.catalogue.contracts import kind_of
from kosdata.catalogue.seoul import DAY

__all__ = ["AUCTION_DELAY", "DAY_BEGINS", "Phases", "Session", "hours_of", "micros", "phases", "product_of"]

Ints = NDArray[np.int64]

Session: TypeAlias = Literal["regular", "after_hours", "all"]

DAY_BEGINS: Final = 7 * 3_600_000_000
"""Nothing trades at this time of day; night sessions end at six."""
AUCTION_DELAY: Final = 60_000_000
"""An auction may take place up to half a minute late, so that nobody can aim at its moment."""

# Derivatives at night, since 2009 at one exchange or another; the calendar has no table of them. Since it is the Korea
# Exchange itself that trades, a night is the first part of the session after it.
_NIGHT: Final = Span(time(18), time(6))
_NIGHT_FIRST_SINCE: Final = date(2025, 6, 9)
_LONGEST_PAUSE: Final = timedelta(days=14)
_EPOCH: Final = date(1970, 1, 1).toordinal()


class Phases(NamedTuple):
    """Stretches in order of time, in microseconds.

    Attributes
    ----------
    after, upto : array of int
        What has a time after the one and up to the other belongs to the stretch.
    start, end : array of int
        Bars are counted from `start`; the last one ends at `end`.
    day : array of int
        Days since 1970 of the session.
    is_regular : array of bool
        Whether it is the regular session.
    """

    after: Ints
    upto: Ints
    start: Ints
    end: Ints
    day: Ints
    is_regular: NDArray[np.bool_]


def product_of(code: str) -> Product:
    """Return whose hours a code keeps.

    Examples
    --------
    >>> product_of("005930"), product_of("101V3000"), product_of("K2FA001"), product_of("K1")
    ('stock', 'derivative', 'derivative', 'stock')
    """
    return "derivative" if kind_of(short_code(code)) else "stock"


def hours_of(day: int, product: Product) -> Hours:
    """Return the trading hours of a day since 1970."""
    return KRX.hours(date.fromordinal(_EPOCH + day), product)


def phases(days: Iterable[int], product: Product, session: Session, shift: int = 0) -> Phases:
    """Return the stretches of some days.

    Parameters
    ----------
    days : iterable of int
        Days since 1970, ascending. Whether they are sessions is not asked: what has traded has traded.
    product : {"stock", "derivative"}
        Whose hours.
    session : {"regular", "after_hours", "all"}
        Which stretches.
    shift : int, default 0
        What to take off Seoul time, in microseconds.
    """
    rows = [
        row for day in days for row in _of_day(day, product) if session == "all" or row[-1] == (session == "regular")
    ]
    found = np.array(rows, dtype=np.int64).reshape(-1, 6).T
    after, upto, start, end = found[:4] - shift
    return Phases(after, upto, start, end, found[4], found[5].astype(np.bool_))


def _of_day(day: int, product: Product) -> Iterator[tuple[int, int, int, int, int, bool]]:
    midnight, on = day * DAY, date.fromordinal(_EPOCH + day)
    hours = hours_of(day, product)
    evening = day
    if product == "derivative" and on >= _NIGHT_FIRST_SINCE and KRX.knows(on + _LONGEST_PAUSE):
        evening = KRX.next_session(on).toordinal() - _EPOCH
    opens, closes = midnight + micros(hours.open), midnight + micros(hours.close)
    yield midnight + DAY_BEGINS - 1, opens - AUCTION_DELAY, midnight + DAY_BEGINS, opens, day, False
    yield opens - AUCTION_DELAY, closes + AUCTION_DELAY, opens, closes, day, True
    spans = [(hours.post_close, 0), (hours.single_price, 0)] if product == "stock" else [(_NIGHT, DAY)]
    later = [(midnight + micros(span.start), midnight + over + micros(span.end)) for span, over in spans if span]
    last, tomorrow = closes + AUCTION_DELAY, midnight + DAY + DAY_BEGINS
    # What trades at the very start of a later stretch is its own, as the opening auction is that of the session.
    for n, (start, end) in enumerate(later):
        if last < start - 1:
            yield last, start - 1, last, start, day, False
        following = later[n + 1][0] if n + 1 < len(later) else tomorrow
        upto = min(end + AUCTION_DELAY, following - 1)
        yield start - 1, upto, start, end, evening, False
        last = upto
    yield last, tomorrow - 1, last, tomorrow, evening, False


def micros(moment: time) -> int:
    """Return a time of day in microseconds."""
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000

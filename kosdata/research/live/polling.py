"""A source for streams where the service pushes nothing: snapshots, asked for again and again."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from kosdata.catalogue.spelling import choice
from kosdata.errors import ApiError, ArgumentError, KosError, NotFoundError
from kosdata.research.instruments import Instrument, codes_of, instruments_of, resolve
from kosdata.research.live.pacing import Pacing
from kosdata.research.live.snapshots import WAYS, Told, code_of, read, since, went_back
from kosdata.research.manner import Manner, call_for
from kosdata.research.multi_issue import Question, questions
from kosdata.research.routes import route
from kosdata.wire import paging
from kosdata.wire.answer import Answer
from kosdata.wire.arguments import Request
from kosdata.wire.client import Client
from kosdata.wire.envelope import Row

__all__ = ["Poll", "pause_of"]

_BOARD_MARKETS: Final = ("kospi", "kosdaq")
# So many stocks of a market are three calls, which tell when each of them traded; the list of the market is one call,
# and does not.
_MANY: Final = 60
_NO_PATH: Final = 404
_LONGEST_INTERVAL: Final = 3_600.0


class _Asked(NamedTuple):
    """One request of every round, and the instruments that it is about; none for all of a market."""

    request: Request
    about: tuple[Instrument, ...]
    is_board: bool


class Poll:
    """Ask for the present state of some codes, or of a whole market, round by round.

    It has no thread and does not wait: whoever runs it calls `round`, waits for `pause` seconds, and calls `round`
    again. An error of `round` loses nothing that the next round cannot tell, only how it came about.

    Parameters
    ----------
    client : Client
        Whom to ask.
    codes : sequence of str or None
        Codes as a user writes them; None for all of `market`.
    market : str, optional
        Market of all codes, looked up by default; or the whole market, ``"kospi"`` or ``"kosdaq"``.
    preset : {"tick", "tick10", "quote", "quote10", "index"}
        Which rows.
    interval : float, optional
        Seconds between two rounds at least; 3 by default.

    Attributes
    ----------
    images : dict of str to dict
        The newest row of each code, in the spelling of the preset; of ``tick`` and ``tick10`` with the size of the
        last trade, where it is told. A new dict after each round.
    missing : frozenset of str
        Codes that the last round did not tell of.
    refused : dict of str to KosError
        Codes that the service knows nothing of, and why; they are not asked about again.
    counts : Counter
        ``rounds``, ``requests``, ``rows`` emitted, ``rebased`` (volumes that went back: nothing was emitted) and
        ``unreadable`` volumes.

    Raises
    ------
    ArgumentError
        If the preset cannot be polled, or a code has no such rows.
    KosError
        If a code is listed nowhere, or the lists cannot be had.
    """

    def __init__(
        self,
        client: Client,
        codes: Sequence[str] | None,
        *,
        market: str | None = None,
        preset: str = "tick",
        interval: float | None = None,
    ) -> None:
        if preset == "change":
            raise ArgumentError("preset='change' cannot be polled: write 'tick10' or 'quote10', which have its items.")
        choice("preset", preset, tuple(WAYS))
        self._client = client
        self._manner = Manner.of(client, refresh=True)
        self._preset, self._way = preset, WAYS[preset]
        self._market = market
        self._is_whole = codes is None
        self._instruments: dict[str, Instrument] = {}
        self._asked: list[_Asked] = []
        self._told: dict[str, Told] = {}
        self.images: dict[str, Row] = {}
        self.missing: frozenset[str] = frozenset()
        self.refused: dict[str, KosError] = {}
        self.counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._pacing = Pacing(client, pause_of(interval), is_early=self._way.name == "order_book")
        if codes is None:
            if market is None:
                raise ArgumentError("codes are missing: name some, or a whole market, 'kospi' or 'kosdaq'.")
            self._asked = [self._of_market(str(market).lower(), ())]
            self._pacing.ask([each.request for each in self._asked])
        else:
            self.add(codes)

    # What is asked

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes that are asked about; none named for a whole market."""
        return tuple(self._instruments)

    @property
    def requests(self) -> int:
        """Requests of a round."""
        return len(self._asked)

    def add(self, codes: Sequence[str]) -> None:
        """Ask about more codes from the next round on, which tells where they stand.

        Raises
        ------
        ArgumentError
            If the whole market is asked about already, or a code has no such rows.
        KosError
            If a code is listed nowhere.
        """
        self._check_chosen()
        given, _ = codes_of(codes)
        # The lists of the morning do for finding codes.
        found = resolve(given, Manner.of(self._client), self._market, only=self._way.only)
        with self._lock:
            self._ask_about({**self._instruments, **{each.code: each for each in instruments_of(found)}})
            self.refused = {code: error for code, error in self.refused.items() if code not in found}

    def remove(self, codes: Sequence[str]) -> None:
        """Ask about some codes no more.

        Raises
        ------
        ArgumentError
            If the whole market is asked about.
        """
        self._check_chosen()
        gone = set(codes_of(codes)[0])
        with self._lock:
            self._ask_about({code: each for code, each in self._instruments.items() if code not in gone})
            self.refused = {code: error for code, error in self.refused.items() if code not in gone}
            self._keep(self._told)

    # Rounds

    def round(self) -> list[Row]:
        """Ask once, and return what is new since the round before: wire rows, in the order of the codes.

        A code that is told of for the first time, or for the first time on a day, has an image and no row.

        Raises
        ------
        KosError
            If a request has no answer, or no code is left to ask about. What the service told of other codes in this
            round is told again by the next.
        """
        if not self._asked:
            raise next(iter(self.refused.values()), ArgumentError("There is no code to poll: add one."))
        self.counts["rounds"] += 1
        now = self._pacing.begin()
        told = self._answers(now.date())
        with self._lock:
            if not self._is_whole:
                told = {code: told[code] for code in self._instruments if code in told}
            if self.refused and not self._asked:
                raise next(iter(self.refused.values()))
            rows = [row for code, each in told.items() if (row := self._new(code, each)) is not None]
            wanted = self._told if self._is_whole else {**self._instruments, **self.refused}
            self.missing = frozenset(wanted.keys() - told.keys())
            self._keep({**self._told, **told})
        self.counts["rows"] += len(rows)
        return rows

    def pause(self) -> float:
        """Return the seconds until the next round: 0 for the first, hours where the market is closed.

        They are seconds of the client's clock. Whoever waits may wait in parts, and ask again.
        """
        return self._pacing.pause()

    @property
    def waits(self) -> str | None:
        """Why `pause` is longer than from round to round: ``closed``, or ``quota`` used up but for the reserve."""
        return self._pacing.waits

    @property
    def why(self) -> str:
        """What is asked, how often, and what it cannot see."""
        boards = sum(each.is_board for each in self._asked)
        groups = sum(len(each.about) > 1 and not each.is_board for each in self._asked)
        ways = {"whole markets": boards, "20 codes": groups, "one code": len(self._asked) - boards - groups}
        calls = ", ".join(f"{count} of {way}" for way, count in ways.items() if count)
        codes = f"all of {self._market}" if self._is_whole else f"{len(self._instruments)} codes"
        trades = self._way.new == "volume"
        unseen = (
            "trades of a code between two rounds are one row, at the last price, with their sizes added"
            if trades
            else "what changed and changed back between two rounds is not seen"
        )
        times = "; times of rows from the list of a market are those of the list" if boards and trades else ""
        return (
            f"REST polls of {codes}, {self._pacing}, in {self.requests} calls a round ({calls}): {unseen}; the order "
            f"of rows of different codes within a round is unknown{times}."
        )

    # How it is done

    def _check_chosen(self) -> None:
        if self._is_whole:
            raise ArgumentError(f"The whole market {self._market!r} is polled; codes are neither added nor removed.")

    def _of_market(self, market: str, about: tuple[Instrument, ...]) -> _Asked:
        if self._way.board is None or market not in _BOARD_MARKETS:
            raise ArgumentError(
                f"market={market!r} with preset={self._preset!r} cannot be polled whole: the API has lists of 'kospi' "
                "and 'kosdaq', for 'tick' and 'quote'. Name codes for anything else."
            )
        call = call_for(self._manner, route(self._client, self._way.board, "stock", market), market)
        (request,) = paging.requests(call, self._manner.days)
        return _Asked(request, about, is_board=True)

    def _ask_about(self, instruments: dict[str, Instrument]) -> None:
        """Make the requests of the rounds to come, as few as tell what is wanted."""
        stocks: dict[str, list[Instrument]] = {}
        for each in instruments.values():
            if each.product == "stock":
                stocks.setdefault(each.market, []).append(each)
        has_board = self._way.board is not None
        wide = [m for m, here in stocks.items() if has_board and m in _BOARD_MARKETS and len(here) > _MANY]
        rest = [each for each in instruments.values() if each.product != "stock" or each.market not in wide]
        made, _ = questions(self._way.name, rest, self._manner, many=self._way.many)
        asked = [*(self._of_market(m, tuple(stocks[m])) for m in wide), *map(self._request, made)]
        self._instruments, self._asked = instruments, asked
        self._pacing.ask([each.request for each in asked])

    def _request(self, question: Question) -> _Asked:
        (request,) = paging.requests(question.call, self._manner.days)
        return _Asked(request, question.about, is_board=False)

    def _answers(self, today: date) -> dict[str, Told]:
        """Return what is told now. A group that one bad code spoils is halved until that code stands alone."""
        asked = self._asked
        found: dict[str, Told] = {}
        refused: dict[str, KosError] = {}
        while asked:
            outcomes = self._client.outcomes([each.request for each in asked], refresh=True)
            self.counts["requests"] += len(asked)
            for each, outcome in zip(asked, outcomes, strict=True):
                if isinstance(outcome, Answer):
                    found |= self._read(each, outcome, today)
            again: list[_Asked] = []
            for each, outcome in zip(asked, outcomes, strict=True):
                if not self._is_spoiled(each, outcome, has_come=bool(found or self._told)):
                    if isinstance(outcome, KosError):
                        raise outcome
                elif len(each.about) > 1:
                    half = len(each.about) // 2
                    again += [part for group in (each.about[:half], each.about[half:]) for part in self._group(group)]
                else:
                    refused[each.about[0].code] = _error(each, outcome)
            asked = again
        if refused:
            with self._lock:
                self.refused = {**self.refused, **refused}
                self._ask_about({code: each for code, each in self._instruments.items() if code not in refused})
        return found

    def _keep(self, told: dict[str, Told]) -> None:
        """Remember what was told, of what is asked about."""
        self._told = {code: each for code, each in told.items() if self._is_whole or code in self._instruments}
        self.images = {code: each.row for code, each in self._told.items()}

    def _group(self, about: Sequence[Instrument]) -> list[_Asked]:
        made, _ = questions(self._way.name, about, self._manner, many=self._way.many)
        return [self._request(question) for question in made]

    def _is_spoiled(self, each: _Asked, outcome: Answer | KosError, *, has_come: bool) -> bool:
        """Return whether an answer lacks for one of its codes; codes that were told of before are good."""
        if each.is_board:
            return False
        if isinstance(outcome, NotFoundError):
            return outcome.status != _NO_PATH
        is_new = has_come and not any(of.code in self._told for of in each.about)
        return is_new and (type(outcome) is ApiError or (isinstance(outcome, Answer) and not outcome.content.rows))

    def _read(self, each: _Asked, answer: Answer, today: date) -> dict[str, Told]:
        """Return what an answer tells, by code."""
        rows, beside, of = answer.content.rows, answer.content.beside, each.request.endpoint
        wanted = {one.code for one in each.about}
        is_alone = len(rows) == 1 and len(each.about) == 1
        found: dict[str, Told] = {}
        for row in rows:
            named = code_of(row, of)
            # A connected code is answered under that of the contract it stands for.
            is_other = is_alone and (each.about[0].product != "stock" or not named)
            code = each.about[0].code if is_other else named
            if not code or (wanted and code not in wanted):
                continue
            told = read(row, code, self._way, named=named, day=today, beside=beside if each.is_board else None)
            if told is None:
                self.counts["unreadable"] += 1
            else:
                found[code] = told
        return found

    def _new(self, code: str, told: Told) -> Row | None:
        """Return the row that stands for what happened since a code was last told of; None where nothing did."""
        last = self._told.get(code)
        if last is None:
            return None
        if went_back(last, told, self._way):
            self.counts["rebased"] += 1
        return since(last, told, self._way)


def pause_of(interval: float | None) -> float:
    """Return the seconds between two rounds that a user wrote."""
    if interval is None:
        return 3.0
    if isinstance(interval, bool) or not isinstance(interval, int | float) or not 0 < interval <= _LONGEST_INTERVAL:
        raise ArgumentError(f"interval={interval!r} is no pause between two rounds: write seconds, such as 3 or 0.5.")
    return float(interval)


def _error(each: _Asked, outcome: Answer | KosError) -> KosError:
    if isinstance(outcome, KosError):
        return outcome
    of, code = each.request.endpoint, each.about[0].code
    return NotFoundError(f"{of.id}: {code} was asked for and is not in the answer.", endpoint=of.id)

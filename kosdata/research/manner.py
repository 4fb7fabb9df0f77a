"""How a question is asked: whom, past the cache or not, what becomes of errors, and what it may cost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeVar

from kosdata.catalogue.calendar import Calendar
from kosdata.catalogue.model import Endpoint
from kosdata.catalogue.spelling import choice
from kosdata.errors import ArgumentError, KosError
from kosdata.research.sessions import calendar
from kosdata.wire import arguments as args
from kosdata.wire.arguments import Call
from kosdata.wire.client import Client, current
from kosdata.wire.rehearsal import Rehearsal

__all__ = ["Lang", "Manner", "OnError", "call_for", "settled"]

T = TypeVar("T")
Lang = Literal["en", "ko"]
OnError = Literal["raise", "collect"]
_PLENTY: Final = 2_000  # requests; with fewer left, every call is gone through before it is made


@dataclass(frozen=True, slots=True)
class Manner:
    """How a question is asked, the same for every function.

    Parameters
    ----------
    client : Client
        Whom to ask.
    refresh : bool
        Ask even for what the cache has.
    on_error : {"raise", "collect"}
        Whether what fails ends the call, or is listed by `failures`.
    allow_partial : bool
        Begin even if the day's quota is too small.
    progress : bool, optional
        Show a bar.
    lang : {"en", "ko"}
        Language of the column names.
    """

    client: Client
    refresh: bool = False
    on_error: OnError = "raise"
    allow_partial: bool = False
    progress: bool | None = None
    lang: Lang = "en"

    @classmethod
    def of(
        cls,
        client: Client | None,
        *,
        refresh: bool = False,
        on_error: OnError = "raise",
        allow_partial: bool = False,
        progress: bool | None = None,
        lang: Lang = "en",
    ) -> Manner:
        """Return the manner that the arguments of a function describe.

        Raises
        ------
        ArgumentError
            If a word is none of the choices.
        """
        if not isinstance(client, Client | None):
            raise ArgumentError(f"client={client!r} is no Client: leave it out, or pass kosdata.Client(...).")
        choice("on_error", on_error, ("raise", "collect"))
        choice("lang", lang, ("en", "ko"))
        choice("refresh", refresh, (True, False))
        choice("allow_partial", allow_partial, (True, False))
        return cls(client or current(), refresh, on_error, allow_partial, progress, lang)

    @property
    def days(self) -> Calendar:
        """Sessions of the exchange; where its table ends, the service is asked, and not before arguments are read."""
        return calendar(self.client)

    @property
    def is_strict(self) -> bool:
        """Whether the first error ends the call."""
        return self.on_error == "raise"

    def collecting(self) -> Manner:
        """Return the manner in which errors stand in the places of what failed."""
        return replace(self, on_error="collect")

    def anew(self) -> Manner:
        """Return the manner that goes past the cache."""
        return replace(self, refresh=True)


def settled(manner: Manner, work: Callable[[Manner], T]) -> T:
    """Return the result of some work that the day's quota allows and that is all of one day.

    Parameters
    ----------
    manner : Manner
        How to ask.
    work : callable
        What depends on the day. Done again if midnight passed, or the server told that this machine's day is off.

    Raises
    ------
    QuotaError
        If it needs more requests than are left today; nothing was sent.
    """
    client = manner.client
    left = client.quota().remaining
    if client.sends and not manner.allow_partial and left is not None and left < _PLENTY:
        # Lists, pages and closing rows are asked for one after the other: only together they tell the cost.
        rehearsal = Rehearsal(client)
        with suppress(KosError):
            work(replace(manner, client=rehearsal, progress=False))
        if (shortage := client.shortage(rehearsal.requests, rehearsal.kept)) is not None:
            raise shortage
    today = client.now().date()
    result = work(manner)
    return result if client.now().date() == today else work(manner)


def call_for(manner: Manner, of: Endpoint, market: str = "", code: str | None = None, **given: Any) -> Call:
    """Return the call that asks an endpoint about a code of a market.

    Raises
    ------
    ArgumentError
        If an argument is wrong.
    """
    told = {"marketcode": market, "issuecode": code}
    named = {p.wire: told[p.wire] for p in of.path_params if told.get(p.wire)}
    return args.call(of, named | given, today=manner.client.now().date(), calendar=manner.days)

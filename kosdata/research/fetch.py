"""Any endpoint by its id: from call to frame, and from a saved body to the same frame."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, overload

import pandas as pd

from kosdata.catalogue import STREAMS, endpoint
from kosdata.catalogue.model import Endpoint, Paging
from kosdata.errors import ArgumentError
from kosdata.frame.lengths import interval_name
from kosdata.research import stream_messages
from kosdata.research.asking import asides, ask, framed
from kosdata.research.manner import Manner, settled
from kosdata.research.parts import Part, finish
from kosdata.wire import arguments as args
from kosdata.wire import envelope
from kosdata.wire.arguments import Call
from kosdata.wire.client import Client
from kosdata.wire.collect import collect
from kosdata.wire.envelope import Row

Body = bytes | str | Mapping[str, Any] | list[Any]


@overload
def fetch(
    endpoint_id: str, *, raw: Literal[False] = False, refresh: bool = ..., client: Client | None = ..., **arguments: Any
) -> pd.DataFrame: ...
@overload
def fetch(
    endpoint_id: str, *, raw: Literal[True], refresh: bool = ..., client: Client | None = ..., **arguments: Any
) -> list[Row]: ...
def fetch(
    endpoint_id: str, *, raw: bool = False, refresh: bool = False, client: Client | None = None, **arguments: Any
) -> pd.DataFrame | list[Row]:
    """Return the answer of any endpoint of the catalogue.

    The frame stays close to the wire: columns of the catalogue, bars labelled by their end, times of day as
    ``timedelta64[us]`` unless ``date=`` is given. A span that holds more rows than one page is asked for page by page.

    Parameters
    ----------
    endpoint_id : str
        Id of the endpoint, as in `endpoints`.
    raw : bool, default False
        Return the rows as the wire has them, dates newest first, nothing scaled or renamed.
    refresh : bool, default False
        Ask the gateway even for what the cache has.
    client : Client, optional
        Client to ask through. The current one by default.
    **arguments : Any
        Parameters of the endpoint, under the names of the wire (``issuecode``, ``inqStrtDd``) or the readable ones:
        ``code`` or ``codes`` (short codes), ``market``, ``start`` and ``end`` (days, both included; of bars, times of
        day between which a label lies), ``date`` (a session), ``freq`` (``D``, ``W``, ``M``), ``interval`` (``10s``,
        ``1min``, ``10min``), ``fields`` (columns wanted of one issue), ``nation``. A ``limit`` asks for the newest
        rows in one request. `endpoints` says what each endpoint takes.

    Returns
    -------
    DataFrame
        One row of the record, indexed as `fields` shows; won, shares, contracts, points and per cent. ``attrs``
        tells where it came from, and the reason where it is empty. With ``raw=True`` a list of dictionaries.

    Raises
    ------
    ArgumentError
        If an argument is unknown, missing or wrong; nothing was sent.
    KosError
        If the gateway refuses, cannot be reached or sends what does not fit the catalogue.

    See Also
    --------
    decode : The same frame from a saved body.

    Examples
    --------
    >>> df = kd.fetch("v3_closed_kospi_history", code="005930", start="2024-01-02", end="2024-01-05")
    >>> df[["open", "high", "low", "close"]].dtypes.unique()
    array([dtype('float64')], dtype=object)
    >>> df.index.strftime("%m-%d").tolist()
    ['01-02', '01-03', '01-04', '01-05']
    >>> kd.fetch("v3_closed_kospi_history", code="005930", start="2024-01-06", end="2024-01-07").empty
    True
    """
    of, manner = endpoint(endpoint_id), Manner.of(client, refresh=refresh)
    asked = manner.client

    def call() -> Call:
        return args.call(of, arguments, today=asked.now().date(), calendar=manner.days)

    if raw:
        return settled(manner, lambda how: collect(how.client, call(), refresh=refresh, calendar=how.days)).rows
    columns = _columns(of, call().items if _gives(arguments, "fields", "items") else ())
    stamped = _gives(arguments, "date", "inqStrtDd")

    def work(manner: Manner) -> tuple[Call, Part]:
        made = call()
        (part,) = ask([made], manner, columns=columns, stamped=stamped)
        assert isinstance(part, Part)  # noqa: S101 - errors are raised
        return made, part

    made, part = settled(manner, work)
    frame = part.frame.copy()
    absent = [code for code in made.codes if code not in frame.index]
    return finish(
        frame,
        {"": part},
        manner,
        **part.aside,
        units=_units(of, columns),
        absent=" ".join(absent) or None,
        reason=part.reason,
        **_of_bars(made),
    )


def decode(endpoint_id: str, body: Body, **arguments: Any) -> pd.DataFrame:
    """Return the frame of a body that was saved earlier; nothing is sent.

    Parameters
    ----------
    endpoint_id : str
        Id of the endpoint that the body answers, or of a channel of the stream.
    body : bytes, str, dict or list
        The body, as text or parsed.
    **arguments : Any
        What the call had asked for, as far as it is known: ``date=`` turns times of day into instants,
        ``interval=`` tells the length of bars, ``fields=`` leaves the columns of chosen items.

    Returns
    -------
    DataFrame
        The frame that `fetch` makes of the same body.

    Raises
    ------
    ArgumentError
        If there is no such endpoint, or an argument is wrong.
    ApiError
        If the body is a refusal; its subclasses say why.
    SchemaError
        If the body is not JSON or does not fit the catalogue.

    Examples
    --------
    >>> body = '{"jsonrpc": "2.0", "result": {"isuSrtCd": "005930", "nav": 0, "cmpprevddNav": 0}}'
    >>> kd.decode("v3_extra_kospi_nav", body)
            nav  nav_change
    code
    005930  0.0         0.0
    """
    if endpoint_id in STREAMS:
        return stream_messages.to_frame(STREAMS[endpoint_id], body)
    of = endpoint(endpoint_id)
    if isinstance(body, list):
        raise ArgumentError("body is what the service sent, an object; rows alone, as of raw=True, are no body.")
    parsed = body if isinstance(body, Mapping | list) else envelope.parse(_bytes(body), endpoint=of)
    content = envelope.unpack(of, dict(parsed) if isinstance(parsed, Mapping) else parsed)
    _check_names(of, arguments)
    call = Call(of, day=_day(of, arguments), interval=_interval(of, arguments))
    columns = _columns(of, _items(of, arguments))
    frame = framed(of, content.rows, content.beside, call, columns=columns)
    frame.attrs["kosdata"] = {
        **asides(of.record, content.rows, content.beside),
        "endpoint": of.id,
        "units": _units(of, columns),
        **{name: value for name, value in _of_bars(call).items() if value is not None},
        **({} if content.rows else {"reason": content.reason}),
    }
    return frame


def _of_bars(call: Call) -> dict[str, str | None]:
    """Return what is to be said of bars as the wire has them."""
    if call.endpoint.paging is Paging.TIMES:
        return {"interval": interval_name(call.interval) if call.interval else None, "label": "right"}
    return {"freq": call.freq if call.freq != "D" else None}


def _units(of: Endpoint, columns: tuple[str, ...] | None) -> str:
    record = of.record if columns is None else of.record.only(columns)
    return ", ".join(sorted({f.unit for f in record.fields if f.unit}))


def _columns(of: Endpoint, items: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the columns of the items asked for, where items can be chosen."""
    if of.paging is not Paging.ITEMS or not items:
        return None
    wanted = {item.lower() for item in items}
    return tuple(f.column for f in of.record.fields if wanted & {s.lower() for s in f.spellings})


def _items(of: Endpoint, arguments: Mapping[str, Any]) -> tuple[str, ...]:
    if of.paging is not Paging.ITEMS or not (given := arguments.get("fields", arguments.get("items"))):
        return ()
    return args.listed(of.query_params[0], given)


def _gives(arguments: Mapping[str, Any], *names: str) -> bool:
    return any(arguments.get(name) is not None for name in names)


def _check_names(of: Endpoint, arguments: Mapping[str, Any]) -> None:
    known = {"date", "code", "market", "issucode"} | {name for p in of.params for name in (p.name, p.wire)}
    if unknown := arguments.keys() - known:
        raise ArgumentError(f"{of.id} takes no argument {', '.join(sorted(map(repr, unknown)))}.")


def _day(of: Endpoint, arguments: Mapping[str, Any]) -> date | None:
    names = ("date", "inqStrtDd") if of.paging is Paging.TIMES else ("date",)
    given = next((arguments[name] for name in names if arguments.get(name) is not None), None)
    return None if given is None else args.day(given)


def _interval(of: Endpoint, arguments: Mapping[str, Any]) -> int | None:
    param = of.param("inddCycleTpCd")
    given = arguments.get("interval", arguments.get("inddCycleTpCd"))
    return int(args.text(param, given)) if param is not None and given is not None else None


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    raise ArgumentError(f"body is bytes, text or parsed JSON, not {type(body).__name__}.")

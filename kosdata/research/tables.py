"""The catalogue as frames: what can be called, what comes back, what codes stand for."""

from __future__ import annotations

import pandas as pd

from kosdata.catalogue import ENDPOINTS, STREAMS, codes
from kosdata.catalogue import endpoint as _endpoint
from kosdata.catalogue.dictionary import DICTIONARY
from kosdata.catalogue.fields import IN_USE
from kosdata.catalogue.model import Endpoint, Field, Stream
from kosdata.frame.codecs import dtype


def endpoints() -> pd.DataFrame:
    """Return every call and channel of the API.

    Returns
    -------
    DataFrame
        One row an endpoint, indexed by ``id``: version, status, operation, titles, path, its parameters, licence
        group, hours, paging and the columns that come back. All text.

    See Also
    --------
    fields : What the columns of an endpoint are.
    fetch : Call an endpoint by its id.

    Examples
    --------
    >>> kd.endpoints().loc["v3_closed_kospi_history", ["path", "licence"]].tolist()
    ['/v3/market/closed/kospi/{issuecode}/history', 'stock_close_A']
    """
    rows = [_rest(e) for e in ENDPOINTS.values()] + [_stream(s) for s in STREAMS.values()]
    return pd.DataFrame(rows, dtype="str").set_index("id")


def fields(endpoint: str | None = None) -> pd.DataFrame:
    """Return what the values of the API are.

    Parameters
    ----------
    endpoint : str, optional
        Id of an endpoint: its columns in their order, with the units that they have there. By default every value of
        the dictionary.

    Returns
    -------
    DataFrame
        One row a value, indexed by its name on the wire (``wire``): column, dtype, unit of the column, scale from the
        wire to that unit (and that of index values), titles, other spellings, code table, whether it is required and
        whether any body carries it.

    Raises
    ------
    ArgumentError
        If there is no such endpoint.

    Examples
    --------
    >>> kd.fields("v3_closed_index_history").loc["accTrdval", ["column", "unit", "dtype"]].tolist()
    ['value', 'won', 'int64']
    """
    if endpoint is None:
        shown = [(f, True) for f in IN_USE] + [(f, False) for f in DICTIONARY]
    elif endpoint in STREAMS:
        records = STREAMS[endpoint].presets.values()
        shown = list({f.wire: (f, True) for record in records for f in record.fields}.values())
    else:
        shown = [(f, True) for f in _endpoint(endpoint).record.fields]
    return pd.DataFrame([_field(f, used) for f, used in shown]).astype(_FIELD_DTYPES).set_index("wire")


def code_table(name: str | None = None) -> pd.DataFrame:
    """Return what the codes of a list stand for.

    Parameters
    ----------
    name : str, optional
        ``index_codes``, ``investors``, ``markets``, ``errors`` and so on. By default the tables that there are.

    Returns
    -------
    DataFrame
        One row a code, all text; or one row a table.

    Raises
    ------
    ArgumentError
        If there is no such table.

    Examples
    --------
    >>> kd.code_table("investors").set_index("code").loc["10", "name_en"]
    'individuals'
    """
    rows = [dict(row) for row in codes.table(name)] if name else [{"table": table} for table in codes.TABLES]
    return pd.DataFrame(rows, dtype="str")


_FIELD_DTYPES = {
    "wire": "str",
    "column": "str",
    "dtype": "str",
    "unit": "str",
    "scale": "int64",
    "index_scale": "int64",
    "name_ko": "str",
    "name_en": "str",
    "spellings": "str",
    "codes": "str",
    "required": "bool",
    "in_use": "bool",
    "fid": "Int64",
}


def _field(f: Field, used: bool) -> dict[str, object]:
    values = (
        f.wire,
        f.column,
        dtype(f),
        f.unit,
        f.scale,
        f.index_scale,
        f.ko,
        f.en,
        " ".join(f.spellings),
        f.codes,
        f.required,
        used,
        f.fid,
    )
    return dict(zip(_FIELD_DTYPES, values, strict=True))


def _rest(e: Endpoint) -> dict[str, str]:
    return {
        "id": e.id,
        "version": e.version,
        "status": e.status,
        "operation": e.operation,
        "name_ko": e.ko,
        "name_en": e.en,
        "path": e.path,
        "parameters": " ".join(p.name if p.required else f"[{p.name}]" for p in e.params),
        "licence": e.licence.group,
        "licence_ko": e.licence.ko,
        "hours": str(e.published),
        "paging": e.paging.name.lower(),
        "columns": " ".join(f.column for f in e.record.fields),
    }


def _stream(s: Stream) -> dict[str, str]:
    columns = dict.fromkeys(f.column for record in s.presets.values() for f in record.fields)
    return {
        "id": s.id,
        "version": s.version,
        "status": s.status,
        "operation": "stream",
        "name_ko": s.ko,
        "name_en": s.en,
        "path": s.path,
        "parameters": "codes [preset]" if s.id == "ws_issue" else "",
        "licence": s.licence.group,
        "licence_ko": s.licence.ko,
        "hours": str(s.published),
        "paging": "none",
        "columns": " ".join(columns),
    }

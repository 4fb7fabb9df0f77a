"""Columns that several functions have in common, as the catalogue has them."""

from __future__ import annotations

from typing import Final

from kosdata.catalogue import records as r
from kosdata.catalogue.model import Record

__all__ = ["CONTRACT_BAR", "DAILY_BAR", "INTRADAY_BAR", "columns_of"]


def columns_of(record: Record, *without: str) -> tuple[str, ...]:
    """Return the columns of a row, without its index, its code and what else is named."""
    left_out = {*record.index, "code", "change_code", *without}
    return tuple(f.column for f in record.fields if f.column not in left_out)


DAILY_BAR: Final = columns_of(r.DAILY_BAR)
CONTRACT_BAR: Final = columns_of(r.DAILY_BAR_DERIVATIVE, "name_ko")
INTRADAY_BAR: Final = columns_of(r.BAR, "volume_cum", "value_cum", "name")

"""The market calendar, carried beyond its table by the holidays that the service announces."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from kosdata.catalogue import endpoint
from kosdata.catalogue.calendar import KRX, Calendar
from kosdata.errors import KosError
from kosdata.frame.normalize import to_frame
from kosdata.wire.arguments import Request
from kosdata.wire.client import Client

_KEY = "calendar"


def calendar(client: Client) -> Calendar:
    """Return the sessions as far as they are known: the built-in table, and what is announced after its end.

    Nothing is asked while the table covers today. Without the licence for holidays the table stands alone, and warns.
    """
    today = client.now().date()
    if today <= KRX.valid_through:
        return KRX
    kept: Calendar | None = client.memo.get(_KEY, client.now())
    if kept is None:
        kept = _announced(client)
        if client.sends:
            tomorrow = datetime.combine(today + timedelta(days=1), time.min, client.now().tzinfo)
            client.memo.put(_KEY, kept, tomorrow, 1)
    return kept


def _announced(client: Client) -> Calendar:
    holidays = endpoint("v3_extra_holiday")
    try:
        content = client.answer(Request(holidays, {"nationcode": "KR"})).content
        days = [moment.date() for moment in to_frame(content.rows, holidays.record).index]
    except KosError:
        return KRX
    return KRX.extended(days, max(days)) if days else KRX

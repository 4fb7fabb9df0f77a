"""The market calendar, carried beyond its table by the holidays that the service announces."""

from __future__ import annotations

from kosdata.catalogue import endpoint
from kosdata.catalogue.calendar import KRX, Calendar
from kosdata.errors import KosError
from kosdata.frame.normalize import to_frame
from kosdata.wire.arguments import Request
from kosdata.wire.client import Client


def calendar(client: Client) -> Calendar:
    """Return the sessions as far as they are known: the built-in table, and what is announced after its end.

    Nothing is asked while the table covers today. Without the licence for holidays the table stands alone, and warns.
    """
    today = client.now().date()
    if today <= KRX.valid_through:
        return KRX
    holidays = endpoint("v3_extra_holiday")
    try:
        content = client.answer(Request(holidays, {"nationcode": "KR"})).content
        days = [moment.date() for moment in to_frame(content.rows, holidays.record).index]
    except KosError:
        return KRX
    return KRX.extended(days, max(days)) if days else KRX

"""The time of the exchange: Seoul's, nine hours ahead of UTC and without a summer time since 1988."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["AHEAD", "DAY", "SEOUL"]

SEOUL: Final = ZoneInfo("Asia/Seoul")
DAY: Final = 86_400_000_000
"""Microseconds of a day."""
AHEAD: Final = 9 * 3_600_000_000
"""Microseconds that clocks in Seoul are ahead of UTC."""

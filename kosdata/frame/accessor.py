"""``df.kos``: a door to what can be done with a frame. Each part loads when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from kosdata.frame.bars import Freq, Label, Session

__all__ = ["Kos"]


@pd.api.extensions.register_dataframe_accessor("kos")
class Kos:
    """Bars, averages, spreads, checks and pictures of a frame.

    It never changes its frame, and reads English and Korean column names.

    Parameters
    ----------
    frame : DataFrame
        Ticks, bars, quotes or order books.

    Examples
    --------
    >>> bars = kd.intraday("005930", date="2024-01-05")
    >>> bars.kos.ohlc("30min").index.strftime("%H:%M").tolist()[:3]
    ['09:00', '09:30', '10:00']
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def ohlc(
        self, freq: Freq = "1min", *, session: Session = "regular", label: Label = "left", fill: bool = False
    ) -> pd.DataFrame:
        """Return bars made of ticks or of shorter bars, cut from the open of each session.

        Parameters
        ----------
        freq : str, int or Timedelta, default "1min"
            Length of a bar: ``"10s"``, ``"5min"``, ``"1h"``, a number of seconds; or ``"D"``, ``"W"``, ``"M"``.
        session : {"regular", "after_hours", "all"}, default "regular"
            Which trades: those of the session, with both auctions, those around it, or all.
        label : {"left", "right"}, default "left"
            Whether the time of a bar is its start or its end.
        fill : bool, default False
            Whether bars of the session without a trade are there, flat at the last price.

        Returns
        -------
        DataFrame
            ``open``, ``high``, ``low``, ``close`` (float64), ``volume``, ``value``, ``count`` (int64), by ``time`` or
            ``date``, under ``code`` if there are codes. ``attrs`` says what was left out.

        Raises
        ------
        ArgumentError
            If an argument is wrong, a column is missing, or two bars of one time differ.

        Notes
        -----
        The first bar includes the opening auction, the last one the closing auction. The value of ticks of futures and
        options is in points times contracts, as ticks know no multiplier.

        Examples
        --------
        >>> bars = kd.intraday(["005930", "101V3000"], date="2024-01-05").kos.ohlc("2h")
        >>> bars.index.get_level_values("time").strftime("%H:%M").tolist()
        ['09:00', '11:00', '13:00', '15:00', '08:45', '10:45', '12:45', '14:45']
        """
        from kosdata.frame.bars import ohlc

        return ohlc(self._frame, freq, session=session, label=label, fill=fill)

    def vwap(self, freq: Freq | None = None) -> pd.Series[Any]:
        """Return the average price of the shares that were traded.

        Parameters
        ----------
        freq : str, int or Timedelta, optional
            Average of each bar of this length. By default each row has that of its session so far.

        Returns
        -------
        Series
            ``vwap`` (float64), missing where nothing has traded.

        Examples
        --------
        >>> kd.history("005930", "2024-01-11", "2024-01-12").kos.vwap().round(1).tolist()
        [75224.2, 74723.4]
        """
        from kosdata.frame.measures import vwap

        return vwap(self._frame, freq)

    def returns(self) -> pd.Series[Any]:
        """Return the change of the price since the row before of the same code, as a part of it.

        Returns
        -------
        Series
            ``returns`` (float64): 0.01 is one per cent. Where the frame has ``change``, the price before is the one
            that the exchange counts from, so that a split is no loss.

        Examples
        --------
        >>> kd.history("005930", "2024-01-11", "2024-01-12").kos.returns().round(4).tolist()
        [-0.0053, -0.008]
        """
        from kosdata.frame.measures import returns

        return returns(self._frame)

    def spread(self) -> pd.Series[Any]:
        """Return the best ask less the best bid, in won or points.

        Returns
        -------
        Series
            ``spread`` (float64), missing where a side is empty.

        Examples
        --------
        >>> kd.order_book(["005930"]).kos.spread().tolist()
        [100.0]
        """
        from kosdata.frame.measures import spread

        return spread(self._frame)

    def imbalance(self, levels: int = 1) -> pd.Series[Any]:
        """Return how much more there is to buy than to sell: bid less ask, as a part of both.

        Parameters
        ----------
        levels : int, default 1
            How many levels of the book are added up on each side.

        Returns
        -------
        Series
            ``imbalance`` (float64) from -1 to 1, missing where there are no orders.

        Examples
        --------
        >>> kd.order_book(["005930"]).kos.imbalance(10).between(-1, 1).tolist()
        [True]
        """
        from kosdata.frame.measures import imbalance

        return imbalance(self._frame, levels)

    def wide(self, column: str) -> pd.DataFrame:
        """Return one column of a frame of several codes with a column a code.

        Parameters
        ----------
        column : str
            Which column, in English or in Korean.

        Returns
        -------
        DataFrame
            By time or date, ascending, or by what else there is a row of each code for, such as investors; what a code
            lacks is missing.

        Raises
        ------
        ArgumentError
            If the column is missing, the frame is of one code, or a code has two rows of one time.

        Examples
        --------
        >>> kd.history(["005930", "000660"], "2024-01-11", "2024-01-12").kos.wide("close").shape
        (2, 2)
        """
        from kosdata.frame.wide import column_by_code

        return column_by_code(self._frame, column)

    def korean(self) -> pd.DataFrame:
        """Return the frame under Korean column and index names; what has none keeps its own.

        Returns
        -------
        DataFrame
            The same rows.

        Examples
        --------
        >>> kd.history("005930", "2024-01-11").kos.korean().columns.tolist()
        ['시가', '고가', '저가', '종가', '거래량', '거래대금', '전일대비']
        """
        from kosdata.frame.korean import korean

        return korean(self._frame)

    def check(self, *, market: str | None = None) -> pd.DataFrame:
        """Return what looks wrong in bars or ticks; nothing is mended.

        Parameters
        ----------
        market : str, optional
            Whose tick sizes hold: ``"kospi"``, ``"kosdaq"``, ``"etf"``. By default those that fit best.

        Returns
        -------
        DataFrame
            One row a finding: ``code``, ``at``, ``rule``, ``column``, ``value``, ``expected``, ``note``. Rules are
            ``no_price``, ``outside``, ``off_tick``, ``rebased``, ``no_time``, ``missing_session``, ``no_session``,
            ``repeated`` and ``unsorted``.

        Examples
        --------
        >>> kd.history("005930", "2024-01-02").kos.check().empty
        True
        """
        from kosdata.frame.checks import check

        return check(self._frame, market=market)

    def plot(self, **kw: Any) -> Any:
        """Return the picture of the frame on matplotlib Axes: candles with volume, lines, depth or flows.

        Parameters
        ----------
        **kw
            Such as ``freq="5min"``, ``overlays=(5, 20)``, ``style="us"``, ``ax=``: see `kosdata.frame.plot.plot`.

        Returns
        -------
        Axes or array of Axes
            Where it was drawn; global settings of matplotlib stay as they are.
        """
        from kosdata.frame.plot import plot

        return plot(self._frame, **kw)

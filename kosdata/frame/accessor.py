"""``df.kos``: a door to what can be done with a frame. Each part loads when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from kosdata.frame.bars import Freq, Label, Session
    from kosdata.frame.plot.canvas import Style, Target
    from kosdata.frame.plot.overlays import Overlays
    from kosdata.frame.plot.reading import Kind
    from kosdata.frame.plot.text import Lang

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
        """Return bars made of ticks or of shorter bars.

        Bars are cut from the open of each session, which is an hour late on some days. The first one includes the
        opening auction; the last one includes the closing auction, and ends with the session.

        Parameters
        ----------
        freq : str, int or Timedelta, default "1min"
            Length of a bar: ``"10s"``, ``"5min"``, ``"1h"``, a number of seconds; or ``"D"``, ``"W"``, ``"M"``.
        session : {"regular", "after_hours", "all"}, default "regular"
            Which trades: those of the session, those around it, or both. Bars after hours are cut from the start of
            their own trading; those of a night session run across midnight.
        label : {"left", "right"}, default "left"
            Whether the time of a bar is its start or its end. Days, weeks and months bear their last session.
        fill : bool, default False
            Whether bars of the session without a trade are there, flat at the last price; else they are left out.
            Nothing is filled beyond the moment up to which the frame knows what has traded.

        Returns
        -------
        DataFrame
            ``open``, ``high``, ``low``, ``close`` (float64, won or points), ``volume`` (shares or contracts), ``value``
            (won), ``count`` (int64; Int64 where the shorter bars may lack one), oldest first, indexed by ``time`` in
            Seoul, or ``date``; under ``code`` if there are codes. ``count`` is the number of trades; of bars that do
            not know it, how many of them had one. Bars that say whether they are ``final`` (bool) make bars that do.
            ``attrs`` says what was left out: ``without_time`` (signals, quotes), ``without_trade``,
            ``outside_session``, and ``repeated`` for bars that were there twice; and how many rows came before the one
            above (``unsorted``).

        Raises
        ------
        ArgumentError
            If an argument is wrong, a column is missing, the frame is of bars that do not make these, or two bars of
            one time differ.

        Notes
        -----
        The frame is one of ticks, with ``price`` and ``size``, or of bars, with ``open high low close volume value``;
        indexed by ``time``, in Seoul unless it has a zone, or by ``date`` for weeks and months. Rows of several codes
        have them in a column or a level ``code``, or as the columns of a wide frame. Names may be Korean.

        A trade at the very end of a bar belongs to the next one, and at the end of the session to the last. Identical
        ticks are all kept. The value of ticks is price times size; that of futures and options is in points times
        contracts, rounded, as ticks know no multiplier.

        Examples
        --------
        >>> bars = kd.intraday(["005930", "101V3000"], date="2024-01-05").kos.ohlc("2h")
        >>> bars.index.get_level_values("time").strftime("%H:%M").tolist()
        ['09:00', '11:00', '13:00', '15:00', '08:45', '10:45', '12:45', '14:45']
        """
        from kosdata.frame.bars import ohlc

        return ohlc(self._frame, freq, session=session, label=label, fill=fill)

    def vwap(self, freq: Freq | None = None) -> pd.Series[Any]:
        """Return the volume-weighted average price (VWAP).

        Parameters
        ----------
        freq : str, int or Timedelta, optional
            Average of each bar of this length, as `ohlc` takes it. By default each row has that of its day so far,
            trades after hours included.

        Returns
        -------
        Series
            ``vwap`` (float64, won or points), missing where nothing has traded, and where it lies beyond low to high of
            a session: its prices were re-based since, and volume and value were not.

        Raises
        ------
        ArgumentError
            If a column is missing, or the frame is of bars of futures, options or indices.

        Notes
        -----
        Bars of contracts have their value in won and their prices in points; only their ticks have an average. With
        `freq` the value of a bar of theirs is rounded to a whole point first.

        Examples
        --------
        >>> kd.history("005930", "2024-01-11", "2024-01-12").kos.vwap().round(1).tolist()
        [75224.2, 74723.4]
        """
        from kosdata.frame.measures import vwap

        return vwap(self._frame, freq)

    def returns(self) -> pd.Series[Any]:
        """Return the simple return since the row before of the same code, as a fraction.

        Returns
        -------
        Series
            ``returns`` (float64): 0.01 is one per cent; missing where there is no price before. Where days or quotes
            have ``change``, the price before is the one that the exchange counts from, so that a split is no loss and
            the first row has a return as well.

        Raises
        ------
        ArgumentError
            If there is neither ``close`` nor ``price``.

        Examples
        --------
        >>> kd.history("005930", "2024-01-11", "2024-01-12").kos.returns().round(4).tolist()
        [-0.0053, -0.008]
        """
        from kosdata.frame.measures import returns

        return returns(self._frame)

    def spread(self) -> pd.Series[Any]:
        """Return the bid-ask spread: the best ask less the best bid.

        Returns
        -------
        Series
            ``spread`` (float64, won or points), missing where a side is empty.

        Raises
        ------
        ArgumentError
            If a side is missing: the frame is none of `order_book`, `quote` or quotes of a stream.

        Examples
        --------
        >>> kd.order_book(["005930"]).kos.spread().tolist()
        [100.0]
        """
        from kosdata.frame.measures import spread

        return spread(self._frame)

    def imbalance(self, levels: int = 1) -> pd.Series[Any]:
        """Return the order book imbalance: (bid - ask) / (bid + ask) of the sizes.

        Parameters
        ----------
        levels : int, default 1
            How many levels of the book are added up on each side.

        Returns
        -------
        Series
            ``imbalance`` (float64) from -1 to 1, missing where there are no orders.

        Raises
        ------
        ArgumentError
            If a level is missing.

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
        >>> kd.investors(["005930", "000660"]).kos.wide("net_value").index[0]
        'financial investment firms'
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
            Whose tick sizes hold: ``"kospi"``, ``"kosdaq"``, ``"etf"``. By default those of stocks or funds that fit
            best.

        Returns
        -------
        DataFrame
            One row a finding: ``code`` (missing if the frame has none), ``at`` (Seoul time, without a zone), ``rule``,
            ``column``, ``value``, ``expected`` and ``note``, in the order of the frame. Rules are ``no_price``,
            ``outside``, ``off_tick``, ``rebased``, ``no_time``, ``missing_session``, ``no_session``, ``repeated`` and
            ``unsorted``. Prices off the grid are those of splits and the like as well, which re-base all prices before;
            where more than half are off every grid, the first one stands for all.

        Raises
        ------
        ArgumentError
            If the frame has neither ``close`` nor ``price``, or no times.

        Examples
        --------
        >>> kd.history("005930", "2024-01-02").kos.check().empty
        True
        """
        from kosdata.frame.checks import check

        return check(self._frame, market=market)

    def plot(
        self,
        *,
        kind: Kind | None = None,
        freq: Freq | None = None,
        column: str | None = None,
        overlays: Overlays | None = None,
        volume: bool = True,
        rebase: bool | None = None,
        style: Style = "korean",
        lang: Lang | None = None,
        title: str | None = None,
        figsize: tuple[float, float] | None = None,
        ax: Target = None,
    ) -> Axes | NDArray[Any]:
        """Return the picture of a frame: candles, lines, an order book, flows of investors, or a curve of contracts.

        Parameters
        ----------
        kind : {"candles", "line", "depth", "investors", "smile", "curve"}, optional
            Which picture. What the columns make by default: candles of one code, lines of several.
        freq : str, int or Timedelta, optional
            Length of a bar that shorter ones or ticks are put together to, as ``"5min"``; ``"W"`` or ``"M"`` of days.
            Ticks make minutes by default. Of one column a code it takes the last prices, and the sums of volumes.
        column : str, optional
            Column that is drawn: of lines ``"close"`` by default, of investors ``"value"`` (or ``"volume"``), of
            options ``"implied_vol"``; where there is one column a code, a code.
        overlays : int, str, Series, DataFrame, sequence of them, or mapping of names to them, optional
            Lines over prices of one code: a number is the moving average of so many bars, a text a column, a Series any
            values under the index of the frame, a DataFrame a Series for each of its columns.
        volume : bool, default True
            Show the volume below prices, where the frame has it.
        rebase : bool, optional
            Begin all lines at 100; overlays keep their distance to the price. By default if there are several codes.
        style : {"korean", "us"}, default "korean"
            ``"korean"`` is red for rises and blue for falls, ``"us"`` green for rises and red for falls.
        lang : {"en", "ko"}, optional
            Language of the words; that of the columns by default. Without a Korean font words are English, and Korean
            names are in Latin letters.
        title : str, optional
            Title of the picture; the code by default, where there is one.
        figsize : tuple of float, optional
            Width and height in inches of a new figure.
        ax : Axes, sequence of Axes, Figure or SubFigure, optional
            Where to draw. A new figure of pyplot by default. In a single Axes the volume stands at the foot of prices;
            two of them come to share their x axis.

        Returns
        -------
        Axes or array of Axes
            The Axes of prices; those of the volume are the next of the figure. An array where each of several codes, or
            calls and puts, have a panel of their own.

        Raises
        ------
        ArgumentError
            If the frame lacks what the picture needs; the message names it and what supplies it. Or if an argument is
            wrong, or means nothing to this picture.

        Notes
        -----
        The frame is what `history`, `intraday`, `order_book`, `investors`, `option_chain` or `futures_curve` return,
        ticks of a stream, bars of `ohlc`, or prices with one column a code. English or Korean columns.

        Bars stand at positions 0, 1, ..., so that nights and weekends leave no gaps. A price of 0 is none. Axes name
        what they show, and its unit where the frame knows it. Settings of matplotlib stay as they are. Frames without
        rows give titled Axes that say why. Pictures of synthetic data say that they are.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> axes = kd.history("005930", period="1m").kos.plot(overlays=(5, 20), title="005930", ax=Figure())
        >>> axes.get_title(), axes.get_ylabel(), [line.get_label() for line in axes.lines]
        ('005930', 'price, won', ['MA5', 'MA20'])
        """
        from kosdata.frame.plot import plot

        return plot(
            self._frame,
            kind=kind,
            freq=freq,
            column=column,
            overlays=overlays,
            volume=volume,
            rebase=rebase,
            style=style,
            lang=lang,
            title=title,
            figsize=figsize,
            ax=ax,
        )

"""Pictures of frames on matplotlib: candles, lines, order books, investors, curves; and one that follows a stream."""

from kosdata.frame.plot.charts import plot, save
from kosdata.frame.plot.following import LiveChart

__all__ = ["LiveChart", "plot", "save"]

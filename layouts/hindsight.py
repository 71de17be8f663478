"""What really happened after a forecast was made, for whoever looks at a past moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.forecasts import all_forecasts
from domain.pictures import ForecastRow
from domain.viewer import SYSTEM, WHO
from layouts.stage import stage
from live.views import viewing

HOUR = timedelta(hours=1)


def what_happened(row: ForecastRow | None) -> Sequence[tuple[datetime, float]]:
    """The hours a forecast was made for, as they came; nothing live.

    As known then, only what was known by the moment. Blocks on the store: views of a moment are drawn
    in threads.
    """
    seen = viewing.get()
    made_of = {forecast.code: forecast for forecast in all_forecasts()}
    if seen is None or row is None or not row.times or row.key not in made_of:
        return ()
    forecast, until = made_of[row.key], row.times[-1] + HOUR
    if seen.known == "then":
        until = min(until, seen.at)
    if until <= row.times[0]:
        return ()
    times, values = stage.reads.series(WHO.get() or SYSTEM, forecast.metric, forecast.subject, row.times[0], until)
    return tuple(zip(times, values, strict=True))

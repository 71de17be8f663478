"""Makes all forecasts of ``domain.forecasts``; runs in a process of its own.

Importing statsforecast takes seconds and some 200 MB, and fitting holds the interpreter: none of
that belongs beside the live picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import structlog

from domain.forecasts import all_forecasts
from domain.forecasts.base import Forecast
from domain.pictures import ForecastRow
from domain.viewer import SYSTEM
from pipeline import forecast_model as model
from pipeline.children import end_with_parent, own_store, say
from pipeline.derive import hour_of
from settings import Settings
from store.engine import Store

HOUR = timedelta(hours=1)
PAST_SHOWN_HOURS = 168
MOST_MISSING = 0.10  # share of the hours
LONGEST_GAP_HOURS = 24
STALE_HOURS = 6
log = structlog.get_logger(__name__)


class UnfitSeriesError(Exception):
    """The past does not carry a forecast; ``code`` is a notice, ``params`` its figures."""

    def __init__(self, code: str, **params: Any) -> None:
        """Remember why."""
        super().__init__(code)
        self.code, self.params = code, params


class Series(msgspec.Struct, kw_only=True):
    """An hourly past without gaps.

    Attributes:
        start: its first hour.
        values: one value an hour; short gaps are filled in.
        known: which of them were there.
    """

    start: datetime
    values: model.Values
    known: np.ndarray[Any, Any]

    def time(self, index: int) -> datetime:
        """Hour of the value at ``index``."""
        return self.start + index * HOUR


def run(settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> list[ForecastRow]:
    """Make and store all forecasts; one that cannot be made leaves the others alone.

    Args:
        settings: the configuration; its store is opened here.
        clock: aware UTC.

    Returns:
        The forecasts made.
    """
    end_with_parent()
    store = own_store(settings)
    made = []
    try:
        for forecast in all_forecasts():
            try:
                row = make(store, forecast, msgspec.structs.asdict(settings.limits), clock())
            except UnfitSeriesError as unfit:
                log.info("no_forecast", forecast=forecast.code, reason=unfit.code, **unfit.params)
                say(notice=unfit.code, params={"series": forecast.code, **unfit.params})
                continue
            except Exception:
                log.exception("forecast_failed", forecast=forecast.code)
                say(notice="forecast_failed", params={"series": forecast.code})
                continue
            store.save_forecasts([row])
            say(made=forecast.code)
            made.append(row)
    finally:
        store.close()
    return made


def main(settings: Settings) -> int:
    """The inner command ``forecast``: make all forecasts, telling the parent which.

    Returns:
        Exit code.
    """
    run(settings)
    return 0


def make(store: Store, forecast: Forecast, limits: dict[str, float], now: datetime) -> ForecastRow:
    """Make one forecast from the stored roll-ups.

    Args:
        store: read from.
        forecast: what to forecast.
        limits: thresholds by name.
        now: aware UTC.

    Raises:
        UnfitSeriesError: the past is too short, too gappy or too old.
    """
    since = hour_of(now) - timedelta(hours=forecast.history_hours)
    times, values = store.reads.series(SYSTEM, forecast.metric, forecast.subject, since, now)
    series = prepare(times, values, now)
    prediction = model.predict(series.values, forecast.horizon_hours, forecast.seasons_hours, forecast.floor)
    limit = limits.get(forecast.limit_name) if forecast.limit_name else None
    shown = range(max(0, len(series.values) - PAST_SHOWN_HOURS), len(series.values))
    return ForecastRow(
        key=forecast.code,
        unit=forecast.unit,
        past_times=[series.time(i) for i in shown],
        past_values=[float(series.values[i]) if series.known[i] else None for i in shown],
        times=[series.time(len(series.values) + i) for i in range(forecast.horizon_hours)],
        mean=prediction.mean.tolist(),
        lower_80=prediction.lower_80.tolist(),
        upper_80=prediction.upper_80.tolist(),
        lower_95=prediction.lower_95.tolist(),
        upper_95=prediction.upper_95.tolist(),
        model=prediction.model,
        made_at=now,
        mase=prediction.mase,
        coverage_80=prediction.coverage_80,
        limit=limit,
        crossing_probability=None
        if limit is None
        else model.crossing_probability(prediction, limit, float(series.values[-1])),
        backtest_days=prediction.backtest_days,
    )


def prepare(times: Sequence[datetime], values: Sequence[float], now: datetime) -> Series:
    """Lay the values on a grid of hours and fill short gaps.

    A gap takes the value of the same hour a day before, else it is bridged by a straight line.

    Raises:
        UnfitSeriesError: ``forecast_too_short``, ``forecast_gaps`` or ``forecast_stale`` with figures.
    """
    if not times or (times[-1] - times[0]) / HOUR + 1 < model.SHORTEST_HISTORY_HOURS:
        have = int((times[-1] - times[0]) / HOUR) + 1 if times else 0
        raise UnfitSeriesError("forecast_too_short", hours=have, needed=model.SHORTEST_HISTORY_HOURS)
    if now - times[-1] > STALE_HOURS * HOUR:
        raise UnfitSeriesError("forecast_stale", hours=int((now - times[-1]) / HOUR))
    length = round((times[-1] - times[0]) / HOUR) + 1
    grid = np.full(length, np.nan)
    for moment, value in zip(times, values, strict=True):
        grid[round((moment - times[0]) / HOUR)] = value
    known = np.isfinite(grid)
    missing, longest = 1.0 - float(known.mean()), _longest_gap(known)
    if missing > MOST_MISSING or longest > LONGEST_GAP_HOURS:
        raise UnfitSeriesError("forecast_gaps", percent=round(100 * missing), longest_hours=longest)
    return Series(start=times[0], values=_filled(grid), known=known)


def _longest_gap(known: np.ndarray[Any, Any]) -> int:
    edges = np.flatnonzero(known)
    return int(np.max(np.diff(edges)) - 1) if len(edges) > 1 else len(known)


def _filled(grid: model.Values) -> model.Values:
    filled = grid.copy()
    for index in np.flatnonzero(np.isnan(filled)):
        if index >= 24:
            filled[index] = filled[index - 24]
    known = np.isfinite(filled)
    hours = np.arange(len(filled))
    return np.interp(hours, hours[known], filled[known])

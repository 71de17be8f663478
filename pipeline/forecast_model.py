"""Forecast of one hourly series with intervals that were earned in a back-test.

The mean comes from MSTL over a day and a week (statsforecast), from the seasonal naive while the
history is short. The intervals do not trust the model's own idea of its error: the same model is
run from earlier origins, and how far it was off at each distance makes the predictive distribution
(split conformal, scaled by distance). Coverage is counted with each origin judged by the others
only, so the number shown was not fitted to itself.
"""

from __future__ import annotations

import warnings
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

LONG_HISTORY_HOURS = 3 * 168
SHORTEST_HISTORY_HOURS = 6 * 24
WEEK = 168
ORIGINS = 16
ORIGIN_STEP_HOURS = 17  # not a divisor of a day: the origins fall on all hours


class Prediction(msgspec.Struct, kw_only=True):
    """What a series will do, hour by hour.

    Attributes:
        mean: expected value.
        lower_80, upper_80, lower_95, upper_95: central intervals.
        model: what made the mean.
        mase: mean absolute error of the back-test over the in-sample error of "as a week ago";
            below 1 the model is worth having. None when the history is too short to tell.
        coverage_80: share of back-test points inside the 80 % interval.
        backtest_days: how far back the origins reach.
        paths: possible courses, one a row; for probabilities of what happens anywhere on the way.
    """

    mean: Values
    lower_80: Values
    upper_80: Values
    lower_95: Values
    upper_95: Values
    model: str
    mase: float | None
    coverage_80: float | None
    backtest_days: int | None
    paths: Values


def predict(values: Values, horizon: int, seasons: tuple[int, ...], floor: float | None) -> Prediction:
    """Forecast a complete hourly series.

    Args:
        values: the past, oldest first, no gaps, at least ``SHORTEST_HISTORY_HOURS``.
        horizon: hours ahead.
        seasons: season lengths in hours, shortest first.
        floor: least possible value, or None.
    """
    long = len(values) >= LONG_HISTORY_HOURS + horizon
    errors, origins = _backtest(values, horizon, seasons, long)
    mean = _clip(_mean(values, horizon, seasons, long), floor)
    scale = _scale(errors)
    standard = np.abs(errors) / scale
    half_80, half_95 = (_quantile(standard, share) * scale for share in (0.80, 0.95))
    signed = np.concatenate([errors, -errors])  # as often above as below: few origins cannot tell a bias
    return Prediction(
        mean=mean,
        lower_80=_clip(mean - half_80, floor),
        upper_80=mean + half_80,
        lower_95=_clip(mean - half_95, floor),
        upper_95=mean + half_95,
        model="MSTL" if long else "SeasonalNaive",
        mase=_mase(values, errors, min(origins)),
        coverage_80=_coverage(errors, 0.80),
        backtest_days=round((len(values) - min(origins)) / 24),
        paths=_clip(mean + signed, floor),
    )


def crossing_probability(prediction: Prediction, limit: float, now: float) -> float | None:
    """Probability that the series goes above ``limit`` anywhere in the horizon.

    Args:
        prediction: the forecast.
        limit: the line.
        now: the last known value; above the line already there is nothing to cross.

    Returns:
        0..1, never exactly 0 or 1 (a few dozen paths cannot say never); None when already above.
    """
    if now >= limit:
        return None
    above = int(np.count_nonzero(prediction.paths.max(axis=1) > limit))
    return (above + 0.5) / (len(prediction.paths) + 1.0)


def _mean(values: Values, horizon: int, seasons: tuple[int, ...], long: bool) -> Values:
    """The model's expected course."""
    from statsforecast.models import MSTL, AutoETS, SeasonalNaive

    model: Any
    if long:
        # Non-seasonal trend model: what is seasonal was taken out before. Seasonal AutoARIMA takes
        # more than a minute a series and is no better.
        model = MSTL(season_length=list(seasons), trend_forecaster=AutoETS(season_length=1, model="AAN", damped=True))
    else:
        model = SeasonalNaive(season_length=seasons[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence remarks; the back-test is what counts
        return np.asarray(model.forecast(y=values, h=horizon)["mean"], dtype=np.float64)


def _backtest(values: Values, horizon: int, seasons: tuple[int, ...], long: bool) -> tuple[Values, list[int]]:
    """Errors (truth minus forecast) from earlier origins, one origin a row."""
    least = LONG_HISTORY_HOURS if long else 2 * seasons[0]
    last = len(values) - horizon
    origins = list(range(last, least - 1, -ORIGIN_STEP_HOURS))[:ORIGINS] or [last]
    errors = [values[o : o + horizon] - _mean(values[:o], horizon, seasons, long) for o in origins]
    return np.asarray(errors, dtype=np.float64), origins


def _scale(errors: Values) -> Values:
    """Typical size of the error by distance, smoothed; it does not shrink further out."""
    size = np.sqrt(np.mean(errors**2, axis=0))
    window = np.ones(13) / 13.0
    smooth = np.convolve(np.pad(size, 6, mode="edge"), window, mode="valid")
    return np.maximum(np.maximum.accumulate(smooth), 1e-9)


def _quantile(standard: Values, share: float) -> float:
    return float(np.quantile(standard, min(1.0, share * (1.0 + 1.0 / standard.shape[0]))))


def _coverage(errors: Values, share: float) -> float | None:
    """Share inside the interval, each origin judged by the others."""
    if len(errors) < 3:
        return None
    inside = []
    for index in range(len(errors)):
        others = np.delete(errors, index, axis=0)
        scale = _scale(others)
        half = _quantile(np.abs(others) / scale, share) * scale
        inside.append(float(np.mean(np.abs(errors[index]) <= half)))
    return float(np.mean(inside))


def _mase(values: Values, errors: Values, first_origin: int) -> float | None:
    past = values[:first_origin]
    if len(past) <= WEEK:
        return None
    naive = float(np.mean(np.abs(past[WEEK:] - past[:-WEEK])))
    return float(np.mean(np.abs(errors))) / naive if naive > 0 else None


def _clip(values: Values, floor: float | None) -> Values:
    return values if floor is None else np.maximum(values, floor)

"""The forecast knows the week, says how sure it is, and that is true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from pipeline import forecast_model as model
from pipeline.forecaster import UnfitSeriesError, prepare

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def _port(days: int, seed: int = 5, noise: float = 0.01) -> Any:
    """A day and a week pattern with noise, share of capacity."""
    hours = np.arange(days * 24)
    day = 0.05 * np.sin(2 * np.pi * hours / 24)
    week = 0.06 * np.where((hours // 24) % 7 >= 5, -1.0, 0.4)
    return 0.7 + day + week + np.random.default_rng(seed).normal(0, noise, len(hours))


@pytest.fixture(scope="module")
def prediction() -> Any:
    past = _port(59)
    return past, model.predict(past[: 56 * 24], 72, (24, 168), 0.0)


def test_it_beats_as_a_week_ago(prediction: Any) -> None:
    past, made = prediction
    truth = past[56 * 24 :]
    naive = np.mean(np.abs(truth - past[49 * 24 : 49 * 24 + 72]))
    assert np.mean(np.abs(truth - made.mean)) < naive
    assert made.model == "MSTL"
    assert 0 < made.mase < 1


def test_the_intervals_hold_what_they_say(prediction: Any) -> None:
    past, made = prediction
    truth = past[56 * 24 :]
    inside = np.mean((made.lower_80 <= truth) & (truth <= made.upper_80))
    assert 0.6 <= inside <= 1.0
    assert 0.7 <= made.coverage_80 <= 0.95
    assert np.all(made.lower_95 <= made.lower_80)
    assert np.all(made.upper_80 <= made.upper_95)
    assert np.all(np.diff(made.upper_80 - made.lower_80) >= -1e-12)


def test_crossing_is_likelier_for_a_nearer_line(prediction: Any) -> None:
    _, made = prediction
    chances = [model.crossing_probability(made, line, 0.7) for line in (0.74, 0.80, 0.99)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.9
    assert 0 < chances[2] < 0.05
    assert model.crossing_probability(made, 0.65, 0.7) is None


def test_a_short_history_gets_the_seasonal_naive() -> None:
    past = _port(8)
    made = model.predict(past, 72, (24, 168), 0.0)
    assert made.model == "SeasonalNaive"
    assert made.mean.tolist() == pytest.approx([*past[-24:]] * 3)


def test_nothing_falls_below_the_floor() -> None:
    hours = np.arange(56 * 24)
    nights = np.maximum(0.0, 20 * np.sin(2 * np.pi * hours / 24)) + np.random.default_rng(1).poisson(1, len(hours))
    made = model.predict(nights.astype(float), 72, (24, 168), 0.0)
    assert min(made.mean.min(), made.lower_95.min(), made.paths.min()) >= 0.0


def _hours(count: int, leave_out: range = range(0)) -> tuple[list[datetime], list[float]]:
    kept = [i for i in range(count) if i not in leave_out]
    start = datetime(2026, 3, 2, 8, tzinfo=UTC) - timedelta(hours=count - 1)
    return [start + timedelta(hours=i) for i in kept], [float(i % 24) for i in kept]


def test_short_gaps_are_filled_as_the_day_before() -> None:
    series = prepare(*_hours(200, range(100, 105)), NOW)
    assert len(series.values) == 200
    assert series.values[100:105].tolist() == [float(i % 24) for i in range(100, 105)]
    assert series.known.sum() == 195


@pytest.mark.parametrize(
    ("hours", "gap", "code"),
    [(0, range(0), "forecast_too_short"), (100, range(0), "forecast_too_short"),
     (400, range(50, 80), "forecast_gaps"), (400, range(1, 399, 5), "forecast_gaps"),
     (400, range(390, 400), "forecast_stale")],
)  # fmt: skip
def test_a_past_that_does_not_carry_a_forecast_says_why(hours: int, gap: range, code: str) -> None:
    with pytest.raises(UnfitSeriesError) as refused:
        prepare(*_hours(hours, gap), NOW)
    assert refused.value.code == code
    assert refused.value.params

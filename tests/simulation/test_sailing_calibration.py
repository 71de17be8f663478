"""Are the probabilities to make the ship what they say? Held against two weeks of the simulated port."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from datasources.simulation.chance import day_start, local_day
from datasources.simulation.world import Scale, World
from domain.open_hours import OpenHours
from domain.records import Node
from domain.rota import Area, Inspections
from domain.sailing_check import NODES, Baseline, Finished, Outlook, Standing

GEO = Path(__file__).parents[2] / "assets" / "geo"
ZONE = ZoneInfo("Asia/Shanghai")
ROTA = Inspections(areas={"north": Area(weekend=("saturday",)), "south": Area(weekend=("sunday",))})
NAMES = ("direction", "farm", "mode", "area", "platform")
FIRST = local_day(datetime(2026, 9, 1, tzinfo=UTC).timestamp())
HISTORY, TRIED = 40, 12  # days
BINS = np.linspace(0, 1, 6)
Truth = tuple[np.ndarray, dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def truth() -> Truth:
    """Node times of every declaration of the span, and its words."""
    world = World(Scale(seed=11, trucks=60, vessels=30, geo=GEO))
    nodes, words = [], []
    for day in range(FIRST, FIRST + HISTORY + TRIED + 4):
        tasks = world.tasks(day)
        nodes.append(np.stack([getattr(tasks, node.value) for node in Node], axis=1))
        words += [
            ("import" if tasks.imported[i] else "export", "1" if tasks.farm[i] else "",
             "machine" if tasks.machine[i] else "manual", world.geography.platforms[int(tasks.platform[i])].area,
             str(tasks.platform[i]))
            for i in range(len(tasks.declaration))
        ]  # fmt: skip
    return np.concatenate(nodes).astype(float), dict(zip(NAMES, np.array(words, object).T, strict=True))


def judged(truth: Truth, now: float, dice: np.random.Generator) -> list[tuple[float, bool, bool]]:
    """(said, made it, ended within the interval) of every export under way, against deadlines by chance."""
    nodes, words = truth
    ended, moment = nodes[:, -1], datetime.fromtimestamp(now, UTC)
    done = np.flatnonzero((ended <= now) & (ended > now - HISTORY * 86400))
    span = (moment - timedelta(days=HISTORY + 4), moment + timedelta(days=14))
    hours = {area: OpenHours.of(ROTA, area, ZONE, *span) for area in ("", *ROTA.areas)}
    known = Finished({name: column[done] for name, column in words.items()}, nodes[done], ended[done])
    baseline, found = Baseline(known, hours), []
    for i in np.flatnonzero((nodes[:, 0] <= now) & (ended > now) & (words["direction"] == "export")):
        stage = int((nodes[i] <= now).sum()) - 1
        own = {name: column[i] for name, column in words.items()}
        outlook = baseline.outlook(Standing(own, NODES[stage], nodes[i, stage], now))
        if isinstance(outlook, Outlook):
            due = now + dice.uniform(0, 30) * 3600
            early, late = outlook.quantile(0.1), outlook.quantile(0.9)
            inside = early is not None and late is not None and early.timestamp() <= ended[i] <= late.timestamp()
            found.append((outlook.by(datetime.fromtimestamp(due, UTC)), bool(ended[i] <= due), inside))
        else:
            found.append((np.nan, False, False))
    return found


def test_probabilities_are_as_often_right_as_they_say(truth: Truth) -> None:
    dice = np.random.default_rng(3)
    begin = day_start(FIRST + HISTORY)
    moments = [begin + day * 86400 + hour * 3600 for day in range(TRIED) for hour in (10 + day % 2 * 9, 15)]
    found = np.array([one for now in moments for one in judged(truth, float(now), dice)])
    said, was, inside = found[~np.isnan(found[:, 0])].T
    assert len(said) > 1500
    assert np.isnan(found[:, 0]).mean() < 0.02  # nearly all can be judged
    shares = []
    for low, high in pairwise(BINS):
        chosen = (said >= low) & (said < high)
        shares.append((round(float(said[chosen].mean()), 3), round(float(was[chosen].mean()), 3), int(chosen.sum())))
    assert all(abs(told - true) < 0.08 for told, true, _ in shares), shares
    assert np.mean((said - was) ** 2) < 0.12  # half of what a toss of the coin scores
    assert 0.75 < inside.mean() < 0.87, inside.mean()  # an interval of 80 %

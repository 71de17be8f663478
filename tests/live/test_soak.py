"""The judgement of a soak; the soak itself with COCKPIT_FULL=1 (two minutes; an hour is ``make soak``)."""

from __future__ import annotations

import os
import random

import pytest

from bench.soak import Samples, soak, trend

EVERY = [10.0 * i for i in range(360)]


def noisy(slope_percent, noise_percent=0.5):
    chance = random.Random(3)
    return [300 * (1 + slope_percent / 100 * t / 3600) + chance.gauss(0, 3 * noise_percent) for t in EVERY]


def test_a_leak_is_seen_through_the_noise_and_noise_is_no_leak():
    assert trend(EVERY, noisy(2.0)).grows
    assert not trend(EVERY, noisy(0.0)).grows
    assert not trend(EVERY, noisy(-5.0)).grows


def test_open_files_that_pile_up_are_seen():
    samples = Samples()
    for i, at in enumerate(EVERY):
        samples.add(at, {"open files of the server": 30 + i / 30, "memory": 300})
    assert [fine for *_, fine in samples.judge()] == [False, True]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(os.environ.get("COCKPIT_FULL") != "1", reason="takes minutes")
def test_two_minutes_of_the_real_thing():
    files = next(row for row in soak(2, 0.5).judge() if row[0].startswith("open files"))
    assert files[-1]

"""How good feeds are, by hour: counts add up whoever adds them, and any moment can be asked for."""

from __future__ import annotations

from datetime import timedelta

from domain.scores import Counts
from store.engine import Store
from tests.store.samples import ENTERPRISE, NOW, PORT

HOUR = NOW.replace(minute=0, second=0, microsecond=0)


def test_counts_are_added_to_those_there(store: Store) -> None:
    for _ in range(3):
        store.add_quality({("ais", "VesselPosition", HOUR): Counts(judged=10, late=2, timed=10)})
    store.add_quality({("ais", "", HOUR): Counts(judged=2, malformed=2)})
    store.add_quality({})
    rows = store.reads.scores(PORT)
    assert [(row.key, row.score.rows, row.score.worst) for row in rows] == [
        ("ais/", 2, "compliance"), ("ais/VesselPosition", 30, "timeliness"),
    ]  # fmt: skip
    assert rows[1].score.shares["timeliness"] == 0.8
    assert store.reads.quality_hours(PORT, HOUR - timedelta(hours=1)) == {
        ("ais", "", HOUR): Counts(judged=2, malformed=2),
        ("ais", "VesselPosition", HOUR): Counts(judged=30, late=6, timed=30),
    }
    assert store.reads.changes()["quality"] == 4


def test_the_course_is_by_the_hour_and_ends_a_day_ago(store: Store) -> None:
    for hours, bad in ((30, 10), (20, 5), (2, 0)):
        store.add_quality({("ais", "VesselPosition", HOUR - timedelta(hours=hours)): Counts(judged=10, malformed=bad)})
    (row,) = store.reads.scores(PORT)
    assert (row.hours, row.course) == ([HOUR - timedelta(hours=20), HOUR - timedelta(hours=2)], [75, 100])
    assert row.score.rows == 20


def test_a_past_moment_has_the_score_of_its_day(store: Store) -> None:
    store.add_quality({("ais", "VesselPosition", HOUR - timedelta(hours=5)): Counts(judged=10, malformed=10)})
    store.add_quality({("ais", "VesselPosition", HOUR): Counts(judged=10)})
    (then,) = store.reads.scores(PORT, NOW - timedelta(hours=3))
    assert (then.score.overall, then.score.rows) == (50, 10)
    assert store.reads.scores(PORT, NOW - timedelta(hours=5)) == []  # that hour was under way
    (now,) = store.reads.scores(PORT)
    assert now.score.rows == 20


def test_it_is_the_ports_figure(store: Store) -> None:
    store.add_quality({("ais", "VesselPosition", HOUR): Counts(judged=10)})
    assert store.reads.scores(ENTERPRISE) == []
    assert store.reads.quality_hours(ENTERPRISE, HOUR - timedelta(hours=1)) == {}

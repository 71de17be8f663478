"""Scores of feeds as they run: counted, stored, gone on with after a restart, shown with feed and picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes import feed, registered, settings, wait_for

from datasources.contract import Batch
from domain.errors import StoreUnavailableError
from domain.pictures import FeedRow, FeedState, Picture
from domain.records import Origin, Reject, VehiclePosition, YardBlock
from domain.scores import Counts, Score
from domain.viewer import SYSTEM
from pipeline.collector import Collector
from pipeline.freshness import head_of, stamp
from pipeline.scoring import Hours, Scoring
from store.engine import open_store

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
HOUR = NOW.replace(minute=0)
TRUCKS = feed("trucks", every_seconds=10.0)


def truck(at: datetime, **more: float) -> VehiclePosition:
    full = {"speed_kmh": 20.0, "heading_degrees": 90.0, **more}
    return VehiclePosition(
        feed="trucks", origin=Origin.SIMULATED, event_time=at, vehicle_id="鲁B12345", lon=120.2, lat=36.0, **full
    )


def bad() -> Reject:
    return Reject(feed="trucks", ref="", reason="undecodable", detail="x", raw="x")


def test_the_last_day_counts_and_the_rest_is_forgotten() -> None:
    now = NOW
    known: Hours = {("trucks", "VehiclePosition", HOUR - timedelta(hours=3)): Counts(judged=1, malformed=1)}
    scoring = Scoring([TRUCKS], lambda: now, known)
    first = scoring.score("trucks")
    assert first is not None
    assert (first.overall, first.worst) == (50, "compliance")
    scoring.judged(TRUCKS, Batch(records=[truck(NOW)], rejects=[bad()]), NOW)
    both = scoring.score("trucks")
    assert both is not None
    assert both.rows == 3
    now = NOW + timedelta(hours=23)
    scoring.judged(TRUCKS, Batch(records=[truck(now)]), now)
    later = scoring.score("trucks")
    assert later is not None
    assert later.rows == 3  # the known hour is a day old, that of the first batch is not
    assert known[("trucks", "VehiclePosition", HOUR - timedelta(hours=3))] == Counts(judged=1, malformed=1)
    assert scoring.score("others") is None


def test_a_row_older_than_expected_is_late_but_not_what_happened_before_the_start() -> None:
    times = iter([NOW - timedelta(minutes=30)])
    scoring = Scoring([TRUCKS], lambda: next(times, NOW), {})
    scoring.judged(TRUCKS, Batch(records=[truck(NOW - timedelta(hours=h)) for h in range(1, 9)]), NOW)
    scoring.judged(TRUCKS, Batch(records=[truck(NOW - timedelta(seconds=s)) for s in (0, 29, 31, 600)]), NOW)
    found = scoring.score("trucks")
    assert found is not None
    assert (found.worst, found.shares["timeliness"], found.rows) == ("timeliness", 0.5, 12)


def test_what_the_store_calls_late_counts_where_age_says_nothing() -> None:
    scoring = Scoring([TRUCKS], lambda: NOW, {})
    block = YardBlock(
        feed="trucks", origin=Origin.LIVE, event_time=NOW, block_id="A", name="A", terminal="T", capacity_teu=1
    )
    for batch in (Batch(records=[block] * 4), Batch(records=[truck(NOW)] * 4)):
        scoring.judged(TRUCKS, batch, NOW)
        scoring.overtaken("trucks", batch, 2, NOW)
    saved: Hours = {}
    scoring.save(saved.update)
    assert {key[1]: counts.late for key, counts in saved.items()} == {"YardBlock": 2, "VehiclePosition": 0}


def test_what_the_store_did_not_take_is_handed_to_it_again() -> None:
    scoring = Scoring([TRUCKS], lambda: NOW, {})

    def locked(hours: Hours) -> None:
        scoring.judged(TRUCKS, Batch(records=[truck(NOW)]), NOW)  # more comes meanwhile
        raise StoreUnavailableError("locked", "busy")

    scoring.judged(TRUCKS, Batch(records=[truck(NOW)]), NOW)
    with pytest.raises(StoreUnavailableError):
        scoring.save(locked)
    saved: list[Hours] = []
    scoring.save(saved.append)
    scoring.save(saved.append)
    assert [{key: counts.judged for key, counts in one.items()} for one in saved] == [
        {("trucks", "VehiclePosition", HOUR): 2}
    ]


def test_a_mapping_says_what_may_be_missing() -> None:
    mapped = feed("trucks", options={"mapping": {"vehicle_id": "a", "speed_kmh": "b"}})
    for one, blank in ((mapped, 0), (TRUCKS, 1)):
        scoring, saved = Scoring([one], lambda: NOW, {}), {}
        scoring.judged(one, Batch(records=[truck(NOW, heading_degrees=None)]), NOW)  # type: ignore[arg-type]
        scoring.save(saved.update)
        assert saved["trucks", "VehiclePosition", HOUR].blank == blank


def test_a_picture_has_the_score_of_the_worst_feed_behind_it() -> None:
    def row(key: str, state: FeedState, compliance: float) -> FeedRow:
        score = Score(overall=90, worst="compliance", shares={"compliance": compliance}, rows=7)
        return FeedRow(
            key=key, title="", adapter="", origin="live", state=state, every_seconds=1, expected_seconds=10, score=score
        )

    rows = [row("a", FeedState.OK, 0.999), row("b", FeedState.OK, 0.876), row("c", FeedState.DISABLED, 0.1)]
    stamped = stamp(Picture(), head_of(rows, NOW))
    assert stamped.score == Score(overall=90, worst="compliance", shares={"compliance": 0.88}, rows=0)
    assert stamp(Picture(), head_of([], NOW)).score is None


def test_a_running_feed_is_scored_stored_and_gone_on_with(tmp_path: Path) -> None:
    with registered("fake") as source:
        source.poll = lambda context: Batch(records=[truck(context.now())], rejects=[bad()])
        given = settings(tmp_path, feed("trucks", every_seconds=0.2))
        given.home.mkdir(exist_ok=True)
        store = open_store(given.database_url)
        collector = Collector(given, store, lambda topic, picture: None)
        collector.start()
        wait_for(lambda: (row := collector.health()[0]).score is not None and row.score.rows >= 6)
        collector.stop()
        (stored,) = store.reads.scores(SYSTEM)
        assert (stored.feed, stored.dataset, stored.score.worst) == ("trucks", "VehiclePosition", "compliance")
        assert stored.score.shares["compliance"] == 0.5
        again = Collector(given, store, lambda topic, picture: None)
        shown = again.health()[0].score
        assert shown is not None
        assert shown.rows == stored.score.rows
        store.close()

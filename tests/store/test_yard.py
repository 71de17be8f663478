"""The yard: occupancy by block, and its stock by hour held against a count of every box."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.records import ContainerStay, Origin
from store.engine import Store
from tests.store.samples import NOW, PORT, ago, block, stay


def test_occupancy_by_block_in_teu(store: Store) -> None:
    rows = [stay(str(n), ago(days=2), length=length) for n, length in enumerate((20, 40, 45, None))]
    gone = stay("gone", ago(days=2), ago(hours=1), length=40)
    announced = stay("announced", NOW + timedelta(hours=1), at=ago(hours=1))
    store.ingest("test", [block("A1", 10), block("B1", 50), *rows, gone, announced])
    picture = store.reads.yard(PORT)
    assert [(row.key, row.boxes, row.teu, row.occupancy) for row in picture.rows] == [
        ("A1", 4, 6, 0.6),
        ("B1", 0, 0, 0),
    ]
    assert (picture.boxes, picture.teu, picture.capacity_teu, picture.occupancy) == (4, 6, 60, 0.1)
    assert picture.occupancy_day_ago == 8 / 60
    assert (picture.origins, picture.feeds) == (["simulated"], ["test"])
    assert store.reads.yard(PORT, ago(hours=2)).boxes == 5
    assert store.reads.yard(PORT, ago(days=3)).boxes == 0


def test_boxes_outside_surveyed_blocks_stand_in_one_row_per_feed_without_capacity(store: Store) -> None:
    elsewhere = stay("2", ago(hours=2), block_id="?", length=40)
    store.ingest("test", [block("A1"), stay("1", ago(hours=2), block_id=""), elsewhere, stay("3", ago(hours=2))])
    rows = {row.key: (row.boxes, row.teu, row.capacity_teu, row.occupancy) for row in store.reads.yard(PORT).rows}
    assert rows == {"A1": (1, 1, 100, 0.01), "feed:test": (2, 3, 0, None)}


def test_a_yard_nobody_surveyed_has_no_occupancy(store: Store) -> None:
    store.ingest("test", [stay("1", ago(hours=2), block_id="")])
    picture = store.reads.yard(PORT)
    assert (picture.boxes, picture.occupancy, picture.occupancy_day_ago) == (1, None, None)


_QUARTERS = st.integers(-8, 40).map(lambda n: ago(hours=6) + timedelta(minutes=15 * n))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(_QUARTERS, st.none() | _QUARTERS, st.sampled_from([20, 40])), max_size=25))
def test_the_stock_by_hour_and_its_peak_are_exact(
    throw_away: Callable[[], Store], spans: list[tuple[datetime, datetime | None, int]]
) -> None:
    since, until = ago(hours=6), ago(hours=1)

    def standing(at: datetime) -> list[int]:
        return [length for arrived, left, length in spans if arrived <= at and (left is None or at < left)]

    store = throw_away()
    store.ingest("t", [stay(str(n), a, d, length=size, at=a) for n, (a, d, size) in enumerate(spans)])
    seen = store.reads.yard_course(PORT, since, until)
    hours, boxes, teu, peak, at = seen.hours, seen.boxes, seen.teu, seen.peak, seen.peak_at
    assert hours == [since + timedelta(hours=n) for n in range(5)]
    assert boxes == [len(standing(hour)) for hour in hours]
    assert teu == [sum(length // 20 for length in standing(hour)) for hour in hours]
    instants = [since + timedelta(minutes=15 * n) for n in range(20)]
    assert peak == max(len(standing(instant)) for instant in instants)
    assert (at is None) == (peak == 0)
    assert at is None or len(standing(at)) == peak


def test_roll_ups_agree_with_the_records(store: Store) -> None:
    store.ingest(
        "test", [block("A1", 10), stay("1", ago(hours=3)), stay("2", ago(minutes=90), block_id="?", length=40)]
    )
    rows = {
        (metric, subject, hour): value for metric, subject, hour, value in store.reads.hourly(PORT, ago(hours=3), NOW)
    }
    assert rows["yard_teu", "port", ago(hours=1)] == 3
    assert rows["yard_occupancy", "port", ago(hours=1)] == 0.1  # the box in no surveyed block does not count
    assert rows["yard_occupancy", "A1", ago(hours=3)] == 0.1
    assert ("yard_teu", "port", NOW) not in rows


def test_the_month_at_altenwerder_peaks_where_its_readme_says(sqlite_store: Store, shared_data: Path) -> None:
    """The README beside the file: 101,907 containers, stock peaks at 18,660 boxes on 2021-07-11."""

    def time(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    with gzip.open(shared_data / "terminal" / "yard_flow_deham_cta.csv.gz", "rt") as file:
        stays = [
            ContainerStay(
                feed="cta", origin=Origin.RECORDED, event_time=time(row["arrival_time"]), stay_id=row["container_id"],
                length_ft=int(float(row["length_ft"])), arrived_at=time(row["arrival_time"]),
                departed_at=time(row["departure_time"]),
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip
    assert sqlite_store.ingest("cta", stays).accepted == 101_907
    since, until = datetime(2021, 5, 1, tzinfo=UTC), datetime(2021, 10, 1, tzinfo=UTC)
    course = sqlite_store.reads.yard_course(PORT, since, until, "cta")
    hours, boxes, peak, at = course.hours, course.boxes, course.peak, course.peak_at
    assert at is not None
    assert (peak, at.date().isoformat()) == (18_660, "2021-07-11")
    assert max(boxes) == 18_660  # it stood so at a full hour, too
    assert max(zip(boxes, hours, strict=True))[1].date().isoformat() == "2021-07-11"

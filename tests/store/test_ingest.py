"""Ingest: exact counts, the same batch in any order and any number of times, all or nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from domain.records import GateState, Measurement, Node, Record, Reject, VesselPosition, VesselStatic
from store import sql
from store.engine import Store, open_store
from tests.store.samples import NOW, PORT, ago, block, common, content, move, one_of_each, stay, step, task, truck


def test_every_type_is_stored_and_known_again(store: Store) -> None:
    records = one_of_each()
    first = store.ingest("test", records)
    assert (first.accepted, first.duplicate, first.late) == (len(records), 0, 0)
    assert first.fresh == records
    again = store.ingest("test", records)
    assert (again.accepted, again.duplicate, again.late, again.fresh) == (0, len(records), 0, [])


def test_an_unknown_type_is_refused(store: Store) -> None:
    with pytest.raises(TypeError, match="Record"):
        store.ingest("test", [Record(**common(NOW))])


def test_duplicates_inside_one_batch_are_counted(store: Store) -> None:
    records = one_of_each()
    result = store.ingest("test", records + records[::-1] + records)
    assert (result.accepted, result.duplicate) == (len(records), 2 * len(records))
    assert len(result.fresh) == len(records)


def test_big_batches_that_overlap_are_counted_exactly(store: Store) -> None:
    def batch(first: int, end: int) -> list[Record]:
        return [r for n in range(first, end) for r in (move(f"m{n}", NOW), stay(f"s{n}", ago(days=1)))]

    assert store.ingest("test", batch(0, 1000)).accepted == 2000
    overlap = store.ingest("test", batch(700, 1700))
    assert (overlap.accepted, overlap.duplicate, len(overlap.fresh)) == (1400, 600, 1400)
    inside = store.ingest("test", [move(f"m{n}x", NOW) for n in range(300)])  # between known keys
    assert (inside.accepted, inside.duplicate) == (300, 0)
    assert store.ingest("test", batch(0, 1700)).duplicate == 3400


def test_flags_are_counted_on_accepted_rows_only(store: Store) -> None:
    rows = [move("1", NOW, flags=("a", "b")), move("2", NOW, flags=("a",)), move("3", NOW)]
    result = store.ingest("test", [*rows, rows[0]])
    assert (result.flagged, result.flags) == (2, {"a": 2, "b": 1})
    assert store.ingest("test", rows).flagged == 0


def test_quarantine_keeps_a_row_once_and_a_bounded_number(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rejects = [Reject(feed="f", ref=f"x.csv:{n}", reason="bad", detail=f"lat={n}", raw=f"raw {n}") for n in range(5)]
    first = store.ingest("f", [], rejects)
    assert (first.quarantined, first.duplicate, first.reasons) == (5, 0, {"bad": 5})
    again = store.ingest("f", [], [*rejects, rejects[0]])
    assert (again.quarantined, again.duplicate) == (0, 6)
    newest = store.reads.quarantine(PORT, "f", limit=2)
    assert [(row["ref"], row["raw"], row["times"]) for row in newest] == [
        ("x.csv:4", "raw 4", 2),
        ("x.csv:3", "raw 3", 2),
    ]
    assert store.reads.quarantine(PORT, "other") == []
    from store import ingest

    more = [Reject(feed="f", ref=f"y.csv:{n}", reason="bad", detail="", raw="") for n in range(5)]
    ingest.ingest(store._database, "f", [], more, None, NOW, quarantine_rows=3)
    assert [row["ref"] for row in store.reads.quarantine(PORT)] == ["y.csv:4", "y.csv:3", "y.csv:2"]
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    assert store.reads.series(PORT, "quarantine_dropped", "f", hour, hour + timedelta(hours=1)) == ([hour], [7.0])
    one = [Reject(feed="g", ref="z.csv:1", reason="bad", detail="", raw="")]
    ingest.ingest(store._database, "g", [], one, None, NOW, quarantine_rows=3)
    ingest.ingest(store._database, "g", [], one, None, NOW, quarantine_rows=3)  # known already: nobody has to leave
    assert store.reads.series(PORT, "quarantine_dropped", "f", hour, hour + timedelta(hours=1)) == ([hour], [8.0])


def test_the_cursor_is_stored_with_the_rows_or_not_at_all(store: Store) -> None:
    assert store.cursor("f") is None
    store.ingest("f", [move("1", NOW)], cursor={"line": 1})
    broken = truck("T", NOW, lon=None)  # the database refuses it
    with pytest.raises(IntegrityError):
        store.ingest(
            "f", [move("2", NOW), broken], [Reject(feed="f", ref="", reason="r", detail="", raw="")], {"line": 2}
        )
    assert store.cursor("f") == {"line": 1}
    assert store.reads.counts(PORT)["gate_move"] == 1
    assert store.reads.counts(PORT)["quarantine"] == 0


def test_a_late_state_goes_into_history_and_not_into_the_picture(store: Store) -> None:
    store.ingest("test", [task("D", ago(hours=1), platform="new")])
    result = store.ingest("test", [task("D", ago(hours=2), platform="old")])
    assert (result.accepted, result.late, result.fresh) == (1, 1, [])
    assert [row.platform for row in store.reads.queue(PORT).rows] == ["new"]
    assert [row.platform for row in store.reads.queue(PORT, ago(minutes=90)).rows] == ["old"]
    assert store.reads.queue(PORT, ago(hours=3)).rows == []


def test_a_source_may_correct_a_moment(store: Store) -> None:
    arrived = ago(hours=5)
    store.ingest("test", [stay("s", arrived, at=arrived)])
    result = store.ingest("test", [stay("s", arrived, ago(hours=1), at=arrived)])
    assert (result.accepted, result.late) == (1, 0)
    assert store.reads.yard(PORT).boxes == 0
    assert store.reads.counts(PORT)["container_stay"] == 1


def test_late_positions_never_move_the_latest_back(store: Store) -> None:
    store.ingest("test", [truck("T", ago(seconds=10), lon=120.30)])
    result = store.ingest("test", [truck("T", ago(minutes=9), lon=120.10), truck("U", ago(minutes=9))])
    assert (result.accepted, result.late, [r.vehicle_id for r in result.fresh]) == (2, 1, ["U"])
    assert list(store.reads.vehicles(PORT).lon) == [120.30, 120.2]
    assert [p[1] for p in store.reads.track(PORT, "vehicles", "T", ago(hours=1), NOW)] == [120.10, 120.30]


def test_the_history_of_positions_is_thinned_and_the_latest_is_not(store: Store) -> None:
    standing = [truck("T", ago(seconds=300 - n)) for n in range(300)]  # one fix a second, not moving
    result = store.ingest("test", standing)
    assert (result.accepted, len(result.fresh)) == (300, 300)
    assert store.reads.counts(PORT)["vehicle_position"] == 5  # one a minute
    assert store.reads.vehicles(PORT).as_of == standing[-1].event_time
    driving = [truck("D", ago(seconds=60 - n), lon=120.2 + n * 0.0003) for n in range(60)]  # 27 m each
    store.ingest("test", driving)
    assert store.reads.counts(PORT)["vehicle_position"] == 5 + 60
    assert store.ingest("test", standing + driving).duplicate == 360
    assert len(store.reads.track(PORT, "vehicles", "T", ago(hours=1), NOW)) == 6  # and where it is now


def _queue(gate_id: str, at: datetime, waiting: int) -> GateState:
    return GateState(gate_id=gate_id, name=gate_id, trucks_waiting=waiting, wait_minutes=1.0, **common(at))


def test_a_late_state_of_a_gate_is_known_of_its_own_moment_alone(store: Store) -> None:
    store.ingest("test", [_queue("G1", ago(minutes=1), 9)])
    result = store.ingest("test", [_queue("G1", ago(minutes=20), 4), _queue("G2", ago(minutes=20), 5)])
    assert (result.accepted, result.late, [r.gate_id for r in result.fresh]) == (2, 1, ["G2"])
    assert {row.key: row.trucks_waiting for row in store.reads.gates(PORT).rows} == {"G1": 9, "G2": 5}
    then = store.reads.gates(PORT, ago(minutes=10))
    assert {row.key: row.trucks_waiting for row in then.rows} == {"G1": 4, "G2": 5}


def test_static_messages_repeat_without_growing(store: Store) -> None:
    def said(minutes: int, **more: str) -> VesselStatic:
        return VesselStatic(mmsi=412000001, **more, **common(ago(minutes=minutes)))

    named = [said(minutes, name="XIN QINGDAO") for minutes in range(60, 0, -6)]
    assert store.ingest("ais", named).accepted == 10
    assert store.ingest("ais", named).duplicate == 10
    assert store.ingest("ais", [said(0, callsign="BOAB")]).accepted == 1
    assert store.reads.counts(PORT)["vessel_static"] == 2


def test_a_node_reached_twice_keeps_both_times(store: Store) -> None:
    store.ingest("test", [step("D", Node.INSPECTED, ago(hours=2))])
    result = store.ingest("test", [step("D", Node.INSPECTED, ago(hours=3)), step("D", Node.INSPECTED, ago(hours=1))])
    assert (result.accepted, result.late) == (2, 1)
    seen = store.reads.inspection(PORT, "D")
    assert seen is not None
    assert seen.nodes == {"inspected": ago(hours=1)}
    earlier = store.reads.inspection(PORT, "D", ago(minutes=150))
    assert earlier is not None
    assert earlier.nodes == {"inspected": ago(hours=3)}


_MINUTES = st.integers(0, 600).map(lambda n: ago(minutes=n))
_SOME = st.integers(0, 3).map(str)
_RECORD = st.one_of(
    st.builds(lambda i, at, cap: block(i, cap, at), _SOME, _MINUTES, st.integers(1, 3)),
    st.builds(lambda i, at, end: stay(i, at, end, at=at), _SOME, _MINUTES, st.none() | _MINUTES),
    st.builds(lambda i, at, p: task(i, at, platform=p), _SOME, _MINUTES, _SOME),
    st.builds(step, _SOME, st.sampled_from(Node), _MINUTES),
    st.builds(lambda i, at, lon: truck(i, at, 120 + lon / 1000), _SOME, _MINUTES, st.integers(0, 3)),
    st.builds(lambda i, at, n: _queue(i, at, n), _SOME, _MINUTES, st.integers(0, 3)),
    st.builds(lambda i, at, d: move(i, at, d), _SOME, _MINUTES, st.sampled_from(["in", "out"])),
    st.builds(lambda i, at, n: Measurement(measure="tide", subject=i, value=n, unit="m", **common(at)),
              _SOME, _MINUTES, st.integers(0, 3)),
    st.builds(lambda n, at: VesselStatic(mmsi=412000001, name=n, **common(at)), _SOME, _MINUTES),
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(records=st.lists(_RECORD, max_size=30), seed=st.integers())
def test_the_same_batch_in_any_order_any_number_of_times(
    throw_away: Callable[[], Store], records: list[Record], seed: int
) -> None:
    shuffled = random.Random(seed)
    one, other = throw_away(), throw_away()
    first = one.ingest("test", records)
    assert first.accepted + first.duplicate == len(records)
    mixed = list(records)
    shuffled.shuffle(mixed)
    counted = other.ingest("test", mixed)
    assert (counted.accepted, counted.duplicate, counted.late) == (first.accepted, first.duplicate, first.late)
    state = content(one)
    assert content(other) == state
    for _ in range(3):
        shuffled.shuffle(mixed)
        again = other.ingest("test", mixed)
        assert (again.accepted, again.fresh) == (0, [])
    assert content(other) == state


def test_a_batch_ten_times_shuffled_in_pieces_gives_one_state(new_store: Callable[[], Store]) -> None:
    records: list[Record] = []
    for n in range(60):
        at = ago(minutes=600 - 10 * n)
        records += [
            stay(f"s{n % 20}", ago(days=1), None if n % 3 else at, at=at),
            task(f"D{n % 15}", at, platform=str(n % 4)),
            step(f"D{n % 15}", list(Node)[n % 7], at),
            truck(f"T{n % 5}", at, lon=120 + n / 100),  # every fix beyond the dead-band
            move(f"m{n}", at),
        ]
    shuffled = random.Random(7)
    states = []
    for _ in range(3):
        store = new_store()
        for _ in range(10):
            shuffled.shuffle(records)
            for start in range(0, len(records), 37):
                store.ingest("test", records[start : start + 37], received_at=NOW + timedelta(seconds=start))
        states.append(content(store))
    assert states[0] == states[1] == states[2]


def moves(first: int, end: int) -> list[Record]:
    return [move(f"m{n:05}", ago(seconds=n)) for n in range(first, end)]


def stays(first: int, end: int) -> list[Record]:
    """From the second batch on every seventh is a new version."""
    return [
        stay(f"s{n:05}", ago(days=2), ago(hours=n % 3) if first and n % 7 == 0 else None) for n in range(first, end)
    ]


@pytest.mark.parametrize("kind", [moves, stays])
def test_a_large_batch_meets_what_is_there_as_small_ones_do(
    store: Store, kind: Callable[[int, int], list[Record]], tmp_path: Path
) -> None:
    """Large batches are staged and moved in one statement; nothing else may differ."""
    small = open_store(f"sqlite:///{tmp_path / 'small.db'}", clock=lambda: NOW)
    first, second = kind(0, sql.STAGED_FROM + 100), kind(sql.STAGED_FROM - 300, 2 * sql.STAGED_FROM + 10)
    for batch in (first, second, first):
        large = store.ingest("test", batch, (), None, NOW)
        parts = [small.ingest("test", batch[i : i + 500], (), None, NOW) for i in range(0, len(batch), 500)]
        assert large.accepted == sum(part.accepted for part in parts)
        assert large.duplicate == sum(part.duplicate for part in parts)
        assert large.fresh == [record for part in parts for record in part.fresh]
    assert content(store) == content(small)
    small.close()


def test_where_a_feeds_things_were_last_is_known_by_name_place_and_times(store: Store) -> None:
    store.ingest("test", [truck("T1", ago(hours=1)), truck("T1", ago(minutes=5), lon=120.3), truck("T2", ago(hours=9))])
    ship = VesselPosition(**common(ago(minutes=1), recorded_time=ago(days=400)), mmsi=412000001, lon=1.0, lat=2.0)
    store.ingest("test", [ship])
    store.ingest("other", [truck("T3", ago(minutes=1), feed="other")])
    assert store.newest_fixes("test", ago(hours=6)) == [truck("T1", ago(minutes=5), lon=120.3), ship]

"""The fair order: the published rule, and equal treatment as properties."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.queue_order import Waiting, has_priority, key, order, waiting
from domain.records import Direction, EnterpriseClass, InspectionMode, InspectionTask
from tests.domain.samples import GOOD, NOW, good

T0 = datetime(2026, 3, 2, tzinfo=UTC)
times = st.none() | st.integers(0, 40).map(lambda hours: T0 + timedelta(hours=hours))
items = st.builds(
    Waiting,
    declaration_no=st.integers(0, 10**6).map(lambda n: f"{n:018d}"),
    platform=st.sampled_from(["北1", "北2", "南1"]),
    direction=st.sampled_from([Direction.EXPORT, Direction.IMPORT, None]),
    enterprise_class=st.sampled_from(EnterpriseClass),
    fresh=st.booleans(),
    vessel_departure_at=times,
    appointed_at=times,
    applied_at=times,
)
queues = st.lists(items, max_size=30, unique_by=lambda item: item.declaration_no)
EXPORT = Waiting(declaration_no="5", direction=Direction.EXPORT, vessel_departure_at=T0, appointed_at=T0)
IMPORT = Waiting(declaration_no="5", direction=Direction.IMPORT, appointed_at=T0)


def numbers(queue):
    return [place.waiting.declaration_no for place in order(queue)]


def rank_of(queue, number):
    return next(place.rank for place in order(queue) if place.waiting.declaration_no == number)


def test_the_published_rule():
    late, early = T0 + timedelta(hours=5), T0 + timedelta(hours=1)
    queue = [
        replace(IMPORT, declaration_no="import-late", appointed_at=late),
        replace(IMPORT, declaration_no="import-early", appointed_at=early),
        replace(EXPORT, declaration_no="export-late", vessel_departure_at=late, appointed_at=T0),
        replace(EXPORT, declaration_no="export-early", vessel_departure_at=early, appointed_at=late),
        replace(IMPORT, declaration_no="import-aeo", enterprise_class=EnterpriseClass.ADVANCED, appointed_at=late),
        replace(EXPORT, declaration_no="export-fresh", fresh=True, vessel_departure_at=late),
    ]
    assert numbers(queue) == [
        "export-fresh",
        "import-aeo",
        "export-early",
        "export-late",
        "import-early",
        "import-late",
    ]


def test_aeo_and_fresh_are_equal_and_other_classes_have_no_priority():
    assert key(replace(EXPORT, fresh=True)) == key(replace(EXPORT, enterprise_class=EnterpriseClass.ADVANCED))
    for enterprise_class in (EnterpriseClass.GENERAL, EnterpriseClass.GENERAL_CERTIFIED, EnterpriseClass.UNKNOWN):
        assert key(replace(EXPORT, enterprise_class=enterprise_class)) == key(EXPORT)


def test_missing_times_stand_last_in_their_lane_and_are_flagged():
    queue = [
        replace(EXPORT, declaration_no="1", vessel_departure_at=None),
        replace(EXPORT, declaration_no="2", vessel_departure_at=T0 + timedelta(days=99)),
        replace(IMPORT, declaration_no="3", appointed_at=None),
        replace(IMPORT, declaration_no="4"),
        replace(IMPORT, declaration_no="5", direction=None),
    ]
    places = order(queue)
    assert [place.waiting.declaration_no for place in places] == ["2", "1", "4", "3", "5"]
    assert [place.flags for place in places] == [
        (),
        ("sailing_unknown",),
        (),
        ("appointment_unknown",),
        ("direction_unknown",),
    ]


def test_ties_go_by_application_then_number():
    queue = [
        replace(EXPORT, declaration_no="3", applied_at=T0),
        replace(EXPORT, declaration_no="2", applied_at=None),
        replace(EXPORT, declaration_no="1", applied_at=None),
        replace(EXPORT, declaration_no="4", applied_at=T0 - timedelta(minutes=1)),
    ]
    assert numbers(queue) == ["4", "3", "1", "2"]


def test_the_reasons_say_why():
    queue = [
        replace(EXPORT, declaration_no="1", fresh=True),
        replace(EXPORT, declaration_no="2"),
        replace(IMPORT, declaration_no="3", appointed_at=T0 - timedelta(hours=1)),
        IMPORT,
        replace(IMPORT, declaration_no="9"),
    ]
    said = [(reason.code, reason.params) for reason in order(queue)[-1].reasons]
    assert said == [
        ("rank", {"rank": 5}),
        ("no_priority", {}),
        ("import_by_appointment", {"time": T0}),
        ("ahead_priority", {"count": 1}),
        ("ahead_exports", {"count": 1}),
        ("ahead_earlier_appointment", {"count": 1}),
        ("ahead_equal", {"count": 1}),
    ]


@given(queues, st.randoms())
def test_the_order_is_total_and_does_not_depend_on_how_rows_arrive(queue, random):
    places = order(queue)
    shuffled = list(queue)
    random.shuffle(shuffled)
    assert order(shuffled) == places
    assert sorted(numbers(queue)) == sorted(item.declaration_no for item in queue)
    for platform in {item.platform for item in queue}:
        ranks = [place.rank for place in places if place.waiting.platform == platform]
        assert ranks == list(range(1, len(ranks) + 1))


@given(queues)
def test_who_stands_ahead_is_accounted_for(queue):
    for place in order(queue):
        ahead = sum(reason.params["count"] for reason in place.reasons if reason.code.startswith("ahead_"))
        assert ahead == place.rank - 1


@given(queues, st.data())
def test_a_platform_does_not_feel_another(queue, data):
    platform = data.draw(st.sampled_from(["北1", "北2", "南1"]))
    alone = [item for item in queue if item.platform == platform]
    assert [place for place in order(queue) if place.waiting.platform == platform] == order(alone)


@settings(deadline=None)
@given(queues.filter(bool), st.data())
def test_a_better_key_never_gives_a_worse_place(queue, data):
    item = data.draw(st.sampled_from(queue))
    hour = timedelta(hours=data.draw(st.integers(0, 50)))
    better = data.draw(
        st.sampled_from(
            [
                replace(item, fresh=True),
                replace(item, enterprise_class=EnterpriseClass.ADVANCED),
                replace(item, vessel_departure_at=(item.vessel_departure_at or T0) - hour),
                replace(item, appointed_at=(item.appointed_at or T0) - hour),
                replace(item, applied_at=(item.applied_at or T0) - hour),
            ]
        )
    )
    improved = [better if other is item else other for other in queue]
    assert rank_of(improved, item.declaration_no) <= rank_of(queue, item.declaration_no)


@given(queues.filter(lambda queue: len(queue) > 1), st.data())
def test_serving_one_keeps_the_order_of_the_rest(queue, data):
    served = data.draw(st.sampled_from(queue))
    rest = [item for item in queue if item is not served]
    assert numbers(rest) == [number for number in numbers(queue) if number != served.declaration_no]


@given(queues.filter(lambda queue: len(queue) > 1))
def test_nobody_without_priority_stands_before_one_with(queue):
    for before, after in zip(order(queue), order(queue)[1:], strict=False):
        if before.waiting.platform == after.waiting.platform:
            assert has_priority(before.waiting) >= has_priority(after.waiting)


@given(
    agent=st.text(max_size=5),
    country=st.text(max_size=5),
    source_rank=st.none() | st.integers(1, 99),
    second_application=st.booleans(),
    mode=st.sampled_from(InspectionMode),
    entry_state=st.text(max_size=5),
)
def test_equal_treatment_nothing_else_counts(**particulars):
    """Who the agent is, where the goods come from or what the source ranked moves nobody."""
    task = good(InspectionTask)
    assert key(waiting(replace(task, **particulars), NOW)) == key(waiting(task, NOW))


def test_waiting_takes_the_booking_time_and_falls_back_on_the_source():
    task = replace(next(record for record in GOOD if isinstance(record, InspectionTask)), appointed_for=T0)
    assert waiting(task, NOW).appointed_at == NOW
    assert waiting(task).appointed_at == T0


def test_the_real_queue_of_the_seed(shared_data):
    """Row 1 is AEO; 2 and 3 are fresh (import, export); then exports; then imports; no times given."""
    classes = {"高级认证企业": EnterpriseClass.ADVANCED}
    with (shared_data / "seeds" / "queue_confirmation_20.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    queue = [
        Waiting(
            declaration_no=row["报关单号"],
            platform=row["查验地点"],
            direction=Direction.EXPORT if row["进出口"] == "出口" else Direction.IMPORT,
            enterprise_class=classes.get(row["企业资质"], EnterpriseClass.UNKNOWN),
            fresh=row["特殊货物标识"] == "特殊货物",
        )
        for row in rows
    ]
    source_rank = {row["报关单号"]: int(row["序号"]) for row in rows}
    fair = [source_rank[number] for number in numbers(queue)]
    assert fair[:3] == [1, 3, 2]
    assert sorted(fair[3:13]) == [4, 5, 6, 7, 8, 9, 10, 11, 12, 19]
    assert sorted(fair[13:]) == [13, 14, 15, 16, 17, 18, 20]
